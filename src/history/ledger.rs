//! The ledger: a hash chain of promotions, deletions and undeletions, whose newest record `ACTIVE` names.
//!
//! A record is a tree: `record`, `version` (the version's tree) or `purge` (what a purge did), `previous` (the record
//! before it; absent in the first). What a version's status is follows from folding the chain.

use super::record::{self, Event, LedgerRecord, PREVIOUS, PURGE, RECORD, VERSION};
use crate::error::{Error, Result};
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use std::collections::HashSet;

/// One record with its links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    pub id: Id,
    pub record: LedgerRecord,
    pub subject: LedgerSubject,
    pub previous: Option<Id>,
}

/// Subject of a ledger record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerSubject {
    /// The tree of a version.
    Version(Id),
    /// The tree that says what a purge did.
    Purge(Id),
}

impl From<Id> for LedgerSubject {
    fn from(version: Id) -> LedgerSubject {
        LedgerSubject::Version(version)
    }
}

impl LedgerEntry {
    pub fn load<S: Source + ?Sized>(source: &S, id: &Id) -> Result<LedgerEntry> {
        let tree = source.tree(id)?;
        let unknown = tree
            .entries()
            .iter()
            .find(|e| !matches!(&*e.name, RECORD | VERSION | PURGE | PREVIOUS));
        if let Some(entry) = unknown {
            return Err(Error::corrupt(format!(
                "ledger record {id} has an unknown entry \"{}\"",
                entry.name
            )));
        }
        let bytes = source.blob(&tree.require(RECORD)?)?;
        let record = record::decode_step(&bytes, id)?;
        let subject = match record.event {
            Event::Purge => LedgerSubject::Purge(tree.require(PURGE)?),
            Event::Promote | Event::Delete | Event::Undelete => {
                LedgerSubject::Version(tree.require(VERSION)?)
            }
        };
        Ok(LedgerEntry {
            id: *id,
            record,
            subject,
            previous: tree.get(PREVIOUS).map(|entry| entry.id),
        })
    }

    /// The version that it is about; none for a purge.
    pub fn version(&self) -> Option<Id> {
        match self.subject {
            LedgerSubject::Version(id) => Some(id),
            LedgerSubject::Purge(_) => None,
        }
    }
}

/// Stores a record that follows `previous`.
pub fn append<S: Sink + ?Sized>(
    sink: &mut S,
    record: &LedgerRecord,
    subject: impl Into<LedgerSubject>,
    previous: Option<Id>,
) -> Result<Id> {
    let blob = sink.put_blob(record::encode(record), None)?;
    let subject = match subject.into() {
        LedgerSubject::Version(id) => TreeEntry::directory(VERSION, id),
        LedgerSubject::Purge(id) => TreeEntry::directory(PURGE, id),
    };
    let mut entries = vec![TreeEntry::file(RECORD, blob), subject];
    entries.extend(previous.map(|id| TreeEntry::directory(PREVIOUS, id)));
    sink.put_tree(&Tree::new(entries)?, previous)
}

/// The records from `head` back to the first, newest first.
pub fn steps<S: Source + ?Sized>(
    source: &S,
    head: Option<Id>,
) -> impl Iterator<Item = Result<LedgerEntry>> {
    let mut next = head;
    std::iter::from_fn(move || {
        let step = LedgerEntry::load(source, &next?);
        next = step.as_ref().ok().and_then(|step| step.previous);
        Some(step)
    })
}

/// Sums over the whole chain of ledger records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerIndex {
    pub promoted: HashSet<Id>,
    pub deleted: HashSet<Id>,
    /// The versions in the order they became active, newest first, each change once.
    pub was_active: Vec<Id>,
}

impl LedgerIndex {
    /// Continues an earlier index: the chain up to the record that this one follows. `undeleted` are the versions
    /// whose deletion a later record takes back.
    fn follow(&mut self, earlier: LedgerIndex, undeleted: &HashSet<Id>) {
        self.promoted.extend(earlier.promoted);
        self.deleted.extend(earlier.deleted.difference(undeleted));
        let again =
            self.was_active.last().is_some_and(|last| earlier.was_active.first() == Some(last));
        self.was_active.extend(earlier.was_active.into_iter().skip(usize::from(again)));
    }
}

/// Folds the chain. A promote that names the version that is active already adds nothing.
pub fn fold<S: Source + ?Sized>(source: &S, head: Option<Id>) -> Result<LedgerIndex> {
    fold_onto(source, head, None).map(|(folded, _)| folded)
}

/// The same, with the number of records that were read. `known` is the chain up to some record: the walk
/// ends there. The newest record is always read, as the next one will name it.
pub fn fold_onto<S: Source + ?Sized>(
    source: &S,
    head: Option<Id>,
    known: Option<(Id, LedgerIndex)>,
) -> Result<(LedgerIndex, usize)> {
    let (mut folded, mut undeleted, mut read) = (LedgerIndex::default(), HashSet::new(), 0);
    for step in steps(source, head) {
        let step = step?;
        read += 1;
        if let Some((_, earlier)) = known.as_ref().filter(|(id, _)| *id == step.id) {
            folded.follow(earlier.clone(), &undeleted);
            break;
        }
        match (step.record.event, step.version()) {
            (Event::Promote, Some(version)) => {
                folded.promoted.insert(version);
                if folded.was_active.last() != Some(&version) {
                    folded.was_active.push(version);
                }
            }
            // The walk goes back: the newest of the two decides.
            (Event::Delete, Some(version)) if !undeleted.contains(&version) => {
                folded.deleted.insert(version);
            }
            (Event::Undelete, Some(version)) if !folded.deleted.contains(&version) => {
                undeleted.insert(version);
            }
            (Event::Delete | Event::Undelete, Some(_)) => {}
            (_, None) | (Event::Purge, _) => {}
        }
    }
    Ok((folded, read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Memory;

    fn record(event: Event, at_ms: i64) -> LedgerRecord {
        LedgerRecord { event, by: "ann@example.com".into(), at_ms, reason: None }
    }

    #[test]
    fn folding_tells_what_was_live_and_what_is_gone() {
        let mut memory = Memory::default();
        let version = |n| Id::from_bytes([n; 32]);
        let mut head = None;
        let history = [
            (Event::Promote, 1),
            (Event::Promote, 2),
            (Event::Delete, 3),
            (Event::Promote, 1),
            (Event::Delete, 2),
        ];
        for (at, (event, n)) in history.into_iter().enumerate() {
            head = Some(append(&mut memory, &record(event, at as i64), version(n), head).unwrap());
        }
        let (folded, read) = fold_onto(&memory, head, None).unwrap();
        assert_eq!(folded.promoted, HashSet::from([version(1), version(2)]));
        assert_eq!(folded.deleted, HashSet::from([version(2), version(3)]));
        assert_eq!(folded.was_active, [version(1), version(2), version(1)]);
        assert_eq!(read, 5);
    }

    #[test]
    fn a_chain_is_folded_onto_any_of_its_beginnings() {
        let mut memory = Memory::default();
        let mut heads = vec![];
        let (promote, delete, undelete) = (Event::Promote, Event::Delete, Event::Undelete);
        let history = [
            (1, promote),
            (4, delete),
            (2, promote),
            (2, promote),
            (1, promote),
            (4, undelete),
            (3, delete),
            (3, undelete),
            (3, delete),
            (1, promote),
        ];
        for (at, (n, event)) in history.into_iter().enumerate() {
            let version = Id::from_bytes([n; 32]);
            heads.push(
                append(&mut memory, &record(event, at as i64), version, heads.last().copied())
                    .unwrap(),
            );
        }
        let head = heads.last().copied();
        let whole = fold(&memory, head).unwrap();
        assert_eq!(whole.deleted, HashSet::from([Id::from_bytes([3; 32])]));
        for (at, known) in heads.iter().enumerate() {
            let earlier = fold(&memory, Some(*known)).unwrap();
            let (folded, read) = fold_onto(&memory, head, Some((*known, earlier))).unwrap();
            assert_eq!((&folded, read), (&whole, heads.len() - at));
        }
        let foreign = (Id::from_bytes([9; 32]), LedgerIndex::default());
        assert_eq!(fold_onto(&memory, head, Some(foreign)).unwrap(), (whole, heads.len()));
    }

    #[test]
    fn a_record_changed_anywhere_changes_every_later_id() {
        let mut memory = Memory::default();
        let version = Id::from_bytes([1; 32]);
        let mut chain = |first_at| {
            let first =
                append(&mut memory, &record(Event::Promote, first_at), version, None).unwrap();
            append(&mut memory, &record(Event::Promote, 9), version, Some(first)).unwrap()
        };
        assert_ne!(chain(1), chain(2));
    }

    #[test]
    fn a_missing_record_is_damage_and_ends_the_chain() {
        let mut memory = Memory::default();
        let lost = Id::from_bytes([9; 32]);
        let head = append(&mut memory, &record(Event::Promote, 1), lost, Some(lost)).unwrap();
        let all: Vec<_> = steps(&memory, Some(head)).collect();
        assert_eq!(all.len(), 2);
        assert!(all[0].is_ok());
        assert!(all[1].is_err());
    }
}
