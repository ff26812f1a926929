//! Incoming history: pushes, versions and ledger records of a remote that we have not seen.

use super::rebase;
use crate::compare::{self, StateChange};
use crate::error::Result;
use crate::history::ledger::LedgerEntry;
use crate::history::source::SourceVersion;
use crate::history::version::Version;
use crate::object::{Id, Source};
use crate::store::{Heads, common};

#[derive(Debug, Default)]
pub struct Incoming {
    pub source: Vec<IncomingPush>,
    pub versions: Vec<Version>,
    pub ledger: Vec<LedgerChange>,
}

/// A source version, and its changes since the one before.
#[derive(Debug)]
pub struct IncomingPush {
    pub version: SourceVersion,
    pub change: StateChange,
}

/// A record of the ledger, with the number of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerChange {
    pub step: LedgerEntry,
    pub number: Option<u64>,
}

impl Incoming {
    /// History that `theirs` has beyond `ours`. All of it must be here.
    pub fn of<S: Source + ?Sized>(objects: &S, ours: &Heads, theirs: &Heads) -> Result<Incoming> {
        let mut source = Vec::new();
        let mut before = None;
        let first = common(&ours.source, &theirs.source);
        if let Some(last) = first.checked_sub(1) {
            before = Some(SourceVersion::load(objects, first as u64, theirs.source[last])?.state);
        }
        for (number, id) in numbered(&theirs.source, first) {
            let version = SourceVersion::load(objects, number, id)?;
            let change = compare::between(objects, before.as_ref(), Some(&version.state))?;
            before = Some(version.state);
            source.push(IncomingPush { version, change });
        }
        let first = common(&ours.versions, &theirs.versions);
        let versions = numbered(&theirs.versions, first);
        let versions = versions
            .map(|(number, id)| Version::load(objects, number, id))
            .collect::<Result<_>>()?;
        let ledger = rebase::split_ledgers(objects, ours, theirs)?.theirs;
        let ledger = ledger.into_iter().map(|step| LedgerChange::of(step, theirs)).collect();
        Ok(Incoming { source, versions, ledger })
    }

    pub fn is_empty(&self) -> bool {
        self.source.is_empty() && self.versions.is_empty() && self.ledger.is_empty()
    }
}

impl LedgerChange {
    /// A record of the ledger that goes with these lists.
    pub fn of(step: LedgerEntry, lists: &Heads) -> LedgerChange {
        let at = lists.versions.iter().position(|id| Some(*id) == step.version());
        LedgerChange { step, number: at.map(|at| at as u64 + 1) }
    }
}

fn numbered(ids: &[Id], first: usize) -> impl Iterator<Item = (u64, Id)> {
    ids.iter().enumerate().skip(first).map(|(at, id)| (at as u64 + 1, *id))
}

/// Records that a ledger has beyond those of an earlier one, oldest first.
pub fn moved_since<S: Source + ?Sized>(
    objects: &S,
    before: &Heads,
    now: &Heads,
) -> Result<Vec<LedgerChange>> {
    let new = rebase::split_ledgers(objects, before, now)?.theirs;
    Ok(new.into_iter().map(|step| LedgerChange::of(step, now)).collect())
}
