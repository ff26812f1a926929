//! The ledger: a hash chain of promotions, deletions and undeletions, whose newest record `ACTIVE` names.
//!
//! A record is a tree: `record`, `version` (the version's tree) or `purge` (what a purge did), `previous` (the record
//! before it; absent in the first). What a version's status is follows from folding the chain.

use super::record::{self, Event, LedgerRecord, PREVIOUS, PURGE, RECORD, VERSION};
use crate::error::{Error, Result};
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use std::collections::{HashMap, HashSet};

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

/// The record that promoted a version last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastPromotion {
    pub record: Id,
    /// The number of records before it.
    pub position: u64,
}

/// Sums over the whole chain of ledger records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerIndex {
    /// The number of records.
    pub records: u64,
    pub promoted: HashMap<Id, LastPromotion>,
    pub deleted: HashSet<Id>,
    /// The versions in the order they became active, newest first, each change once.
    pub was_active: Vec<Id>,
}

/// The newest records of a chain, folded from the newest back.
#[derive(Debug, Default)]
pub struct NewerRecords {
    count: u64,
    /// The last promotion of each version: its record, and the number of records after that.
    promoted: HashMap<Id, (Id, u64)>,
    deleted: HashSet<Id>,
    /// Versions whose deletion is taken back.
    undeleted: HashSet<Id>,
    /// In the order in which they became active, newest first, each change once.
    pub was_active: Vec<Id>,
}

impl NewerRecords {
    /// Folds the records after `until`, if they are so many at most and follow it.
    pub fn since<S: Source + ?Sized>(
        source: &S,
        head: Id,
        until: Id,
        most: usize,
    ) -> Result<Option<NewerRecords>> {
        let mut newer = NewerRecords::default();
        for step in steps(source, Some(head)).take(most) {
            let step = step?;
            if step.id == until {
                return Ok(Some(newer));
            }
            newer.take(&step);
        }
        Ok(None)
    }

    fn take(&mut self, step: &LedgerEntry) {
        match (step.record.event, step.version()) {
            (Event::Promote, Some(version)) => {
                self.promoted.entry(version).or_insert((step.id, self.count));
                if self.was_active.last() != Some(&version) {
                    self.was_active.push(version);
                }
            }
            // The walk goes back: the newest of the two decides.
            (Event::Delete, Some(version)) if !self.undeleted.contains(&version) => {
                self.deleted.insert(version);
            }
            (Event::Undelete, Some(version)) if !self.deleted.contains(&version) => {
                self.undeleted.insert(version);
            }
            (Event::Delete | Event::Undelete, Some(_)) => {}
            (_, None) | (Event::Purge, _) => {}
        }
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Last promotion of a version in these records, which follow so many others.
    pub fn promotion(&self, version: &Id, before: u64) -> Option<LastPromotion> {
        let (record, after) = self.promoted.get(version)?;
        Some(LastPromotion { record: *record, position: before + self.count - 1 - after })
    }

    /// True or false if a version is deleted or undeleted in these records.
    pub fn deletion(&self, version: &Id) -> Option<bool> {
        match (self.deleted.contains(version), self.undeleted.contains(version)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// Versions that were active before, without the newest if it is active still.
    pub fn continued<'a>(&self, earlier: &'a [Id]) -> &'a [Id] {
        let again = self.was_active.last().is_some_and(|last| earlier.first() == Some(last));
        &earlier[usize::from(again)..]
    }

    /// The index of the chain: what is known up to a record, and these that follow it.
    pub fn onto(&self, earlier: LedgerIndex) -> LedgerIndex {
        let LedgerIndex { records, mut promoted, mut deleted, was_active } = earlier;
        let newer = self.promoted.keys();
        promoted.extend(newer.filter_map(|id| Some((*id, self.promotion(id, records)?))));
        deleted.retain(|id| !self.undeleted.contains(id));
        deleted.extend(&self.deleted);
        let active = [&self.was_active[..], self.continued(&was_active)].concat();
        LedgerIndex { records: records + self.count, promoted, deleted, was_active: active }
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
    let (mut newer, mut read) = (NewerRecords::default(), 0);
    for step in steps(source, head) {
        let step = step?;
        read += 1;
        if let Some((_, earlier)) = known.as_ref().filter(|(id, _)| *id == step.id) {
            return Ok((newer.onto(earlier.clone()), read));
        }
        newer.take(&step);
    }
    Ok((newer.onto(LedgerIndex::default()), read))
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
        let promoted: HashSet<Id> = folded.promoted.keys().copied().collect();
        assert_eq!(promoted, HashSet::from([version(1), version(2)]));
        assert_eq!((folded.records, folded.promoted[&version(1)].position), (5, 3));
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
