//! Rebase of our unpushed versions behind those of a remote: the next free numbers, and rewritten
//! records.
//!
//! Nothing counts before the store's refs are replaced: this only puts the rewritten records into a
//! batch and returns the new refs.

mod ledger;
mod numbers;
mod series;
#[cfg(test)]
mod tests;

pub use ledger::{SplitLedgers, split_ledgers};

use crate::error::Result;
use crate::history::ledger::LedgerEntry;
use crate::merge::Side;
use crate::object::{Sink, Source};
use crate::store::Heads;
use serde::Serialize;

/// A number that became another one: `v5` → `v7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NumberChange {
    pub from: u64,
    pub to: u64,
}

/// The number of a primitive, or of the persona, that became another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Renumbered {
    pub kind: &'static str,
    pub name: String,
    pub from: String,
    pub to: String,
}

/// Heads after a rebase: everything that the remote has, and ours behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebased {
    pub heads: Heads,
    pub source: Vec<NumberChange>,
    pub versions: Vec<NumberChange>,
    pub primitives: Vec<Renumbered>,
    /// Records of our ledger that will not be part of it, oldest first.
    pub left_out: Vec<LedgerEntry>,
}

impl Rebased {
    /// True if nothing of ours changes.
    pub fn is_empty(&self) -> bool {
        let Rebased { source, versions, primitives, left_out, .. } = self;
        source.is_empty() && versions.is_empty() && primitives.is_empty() && left_out.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebaseOutcome {
    Rebased(Rebased),
    /// Both promoted or deleted since. Only a choice of theirs decides it: a promotion that a remote
    /// has cannot be undone by one that it has never seen.
    Diverged(SplitLedgers),
}

/// Places our versions behind those of a remote. Its objects must be here.
pub fn rebase<S: Source + Sink>(
    objects: &mut S,
    ours: &Heads,
    theirs: &Heads,
    choice: Option<Side>,
) -> Result<RebaseOutcome> {
    let sources = series::sources(objects, ours, theirs)?;
    let versions = series::versions(objects, ours, theirs, &sources)?;
    let ledger = ledger::rebase_ledger(objects, ours, theirs, &versions)?;
    let (active, left_out) = match ledger {
        ledger::RebasedLedger::To(active) => (active, Vec::new()),
        ledger::RebasedLedger::Diverged(diverged) if choice == Some(Side::Theirs) => {
            (theirs.active, diverged.ours)
        }
        ledger::RebasedLedger::Diverged(diverged) => return Ok(RebaseOutcome::Diverged(diverged)),
    };
    let heads = Heads { source: sources.ids, versions: versions.ids, active };
    let (source, versions) = (sources.moved, versions.moved);
    Ok(RebaseOutcome::Rebased(Rebased {
        heads,
        source,
        versions,
        primitives: sources.primitives,
        left_out,
    }))
}
