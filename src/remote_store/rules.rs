//! Rules for transactions: those of the agent, and the most that one may add.

use super::bearer::TxnEffects;
use super::head::StoredHead;
use crate::error::Result;
use crate::history::rules::{self, NewRecord, RefScope};
use crate::object::Id;
use crate::protocol::{CreateRefs, Refusal, Transaction, limits};
use crate::store::{Heads, Odb};
use std::fmt;

/// Rule that a transaction breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokenRule {
    DoesNothing,
    TooManyRefs,
    TooManyRecords,
    /// The pack contains this object.
    Purged(Id),
    /// A rule of the agent, as `fsck` says it too.
    OfAgent(String),
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BrokenRule::DoesNothing => f.write_str("the transaction does nothing"),
            BrokenRule::TooManyRefs => {
                write!(f, "the transaction creates more than {} refs", limits::MAX_REFS)
            }
            BrokenRule::TooManyRecords => {
                write!(f, "more than {} ledger records at once", limits::MAX_RECORDS)
            }
            BrokenRule::Purged(object) => {
                write!(f, "the pack contains object {object}, which was purged: fetch first")
            }
            BrokenRule::OfAgent(sentence) => f.write_str(sentence),
        }
    }
}

impl<H> From<BrokenRule> for Refusal<H> {
    fn from(rule: BrokenRule) -> Refusal<H> {
        Refusal::Invalid { reason: rule.to_string() }
    }
}

/// Effects of the transaction, or the first rule that it breaks. Its expectations hold, and what it names is among
/// the objects.
pub fn check(
    head: &StoredHead,
    tx: &Transaction,
    objects: &Odb,
) -> Result<Result<TxnEffects, BrokenRule>> {
    let creates = || tx.source.iter().chain(&tx.versions);
    if tx.is_empty() || creates().any(|create| create.ids.is_empty()) {
        return Ok(Err(BrokenRule::DoesNothing));
    }
    if creates().map(|create| create.ids.len()).sum::<usize>() > limits::MAX_REFS {
        return Ok(Err(BrokenRule::TooManyRefs));
    }
    let before = Heads {
        source: head.heads.source.clone(),
        versions: head.heads.versions.clone(),
        active: head.heads.active,
    };
    let report = rules::check(objects, &before, &after(&before, tx), RefScope::Whole)?;
    if let Some(breach) = report.breaches.first() {
        return Ok(Err(BrokenRule::OfAgent(breach.sentence())));
    }
    let effects = effects(report.made);
    if effects.records() > limits::MAX_RECORDS {
        return Ok(Err(BrokenRule::TooManyRecords));
    }
    Ok(Ok(effects))
}

fn after(before: &Heads, tx: &Transaction) -> Heads {
    let with = |series: &[Id], create: &Option<CreateRefs>| {
        series.iter().chain(create.iter().flat_map(|create| &create.ids)).copied().collect()
    };
    Heads {
        source: with(&before.source, &tx.source),
        versions: with(&before.versions, &tx.versions),
        active: tx.active.as_ref().map(|swap| swap.new).or(before.active),
    }
}

fn effects(made: Vec<NewRecord>) -> TxnEffects {
    let mut effects = TxnEffects::default();
    for made in made {
        match made {
            NewRecord::Source(number, by) => effects.source(number, &by),
            NewRecord::Version(number, by) => effects.version(number, &by),
            NewRecord::LedgerEntry(event, number, by) => effects.step(event, number, &by),
        }
    }
    effects
}
