//! The ledger, ours behind theirs: records that the remote has not seen are made again with the
//! versions' new ids, as long as nobody promoted or deleted there meanwhile.

use super::series::RebasedSeries;
use crate::error::{Error, Hint, Result};
use crate::history::ledger::{self, LedgerEntry};
use crate::object::{Id, Sink, Source};
use crate::store::{Active, Heads};
use std::collections::HashSet;

/// Records of each side since the last common one; oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitLedgers {
    pub ours: Vec<LedgerEntry>,
    pub theirs: Vec<LedgerEntry>,
}

pub enum RebasedLedger {
    To(Option<Active>),
    Diverged(SplitLedgers),
}

pub fn rebase_ledger<S: Source + Sink>(
    objects: &mut S,
    ours: &Heads,
    theirs: &Heads,
    versions: &RebasedSeries,
) -> Result<RebasedLedger> {
    let SplitLedgers { ours: mine, theirs: news } = split_ledgers(objects, ours, theirs)?;
    let Some(active) = ours.active.filter(|_| !mine.is_empty()) else {
        return Ok(RebasedLedger::To(theirs.active));
    };
    if !news.is_empty() {
        return Ok(RebasedLedger::Diverged(SplitLedgers { ours: mine, theirs: news }));
    }
    let new = |id: Id| versions.renamed.get(&id).copied().unwrap_or(id);
    let mut head = theirs.active.map(|active| active.ledger);
    for step in &mine {
        let Some(version) = step.version() else { return Err(unsent_purge(step)) };
        head = Some(ledger::append(objects, &step.record, new(version), head)?);
    }
    let version = match active.version {
        Some(number) => Some(renumbered(ours, versions, number, new)?),
        None => None,
    };
    Ok(RebasedLedger::To(head.map(|ledger| Active { version, ledger })))
}

/// Its record names versions by the numbers that they have here, and by ids that others do not know.
fn unsent_purge(step: &LedgerEntry) -> Error {
    let what = format!("cannot join the ledgers: the purge {} was never sent", step.id.short());
    Error::conflict(what)
        .hint("clone the remote into another folder and purge the same object there")
}

/// New number of a version.
fn renumbered(
    ours: &Heads,
    versions: &RebasedSeries,
    number: u64,
    new: impl Fn(Id) -> Id,
) -> Result<u64> {
    let id = usize::try_from(number - 1).ok().and_then(|at| ours.versions.get(at));
    let at = id.and_then(|id| versions.ids.iter().position(|other| *other == new(*id)));
    let missing = || {
        Error::corrupt(format!("ACTIVE names v{number}, which does not exist"))
            .hint(Hint::FsckAffected)
    };
    at.map(|at| at as u64 + 1).ok_or_else(missing)
}

/// The records that only one side has.
pub fn split_ledgers<S: Source + ?Sized>(
    objects: &S,
    ours: &Heads,
    theirs: &Heads,
) -> Result<SplitLedgers> {
    if ours.active == theirs.active {
        return Ok(SplitLedgers { ours: Vec::new(), theirs: Vec::new() });
    }
    let steps = |heads: &Heads| ledger::steps(objects, heads.active.map(|active| active.ledger));
    let theirs_all: Vec<LedgerEntry> = steps(theirs).collect::<Result<_>>()?;
    let known: HashSet<Id> = theirs_all.iter().map(|step| step.id).collect();
    let mut mine = Vec::new();
    let mut both = None;
    for step in steps(ours) {
        let step = step?;
        if known.contains(&step.id) {
            both = Some(step.id);
            break;
        }
        mine.push(step);
    }
    let mut news: Vec<LedgerEntry> =
        theirs_all.into_iter().take_while(|step| Some(step.id) != both).collect();
    mine.reverse();
    news.reverse();
    Ok(SplitLedgers { ours: mine, theirs: news })
}
