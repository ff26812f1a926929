//! Rules for transactions: those of the agent, and the most that one may add.

use super::bearer::Deeds;
use super::head::StoredHead;
use crate::error::Result;
use crate::history::rules::{self, Made, Scope};
use crate::object::Id;
use crate::protocol::{CreateRefs, Transaction, limits};
use crate::store::{Heads, Odb};

/// Effects of the transaction, or the first rule that it breaks. Its expectations hold, and what it names is among
/// the objects.
pub fn check(head: &StoredHead, tx: &Transaction, objects: &Odb) -> Result<Result<Deeds, String>> {
    let creates = || tx.source.iter().chain(&tx.versions);
    if tx.is_empty() || creates().any(|create| create.ids.is_empty()) {
        return Ok(Err("the transaction does nothing".to_owned()));
    }
    if creates().map(|create| create.ids.len()).sum::<usize>() > limits::MAX_REFS {
        return Ok(Err(format!("the transaction creates more than {} refs", limits::MAX_REFS)));
    }
    let before =
        Heads { source: head.source.clone(), versions: head.versions.clone(), active: head.active };
    let report = rules::check(objects, &before, &after(&before, tx), Scope::Whole)?;
    if let Some(breach) = report.breaches.first() {
        return Ok(Err(breach.sentence()));
    }
    let deeds = deeds(report.made);
    if deeds.records() > limits::MAX_RECORDS {
        return Ok(Err(format!("more than {} ledger records at once", limits::MAX_RECORDS)));
    }
    Ok(Ok(deeds))
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

fn deeds(made: Vec<Made>) -> Deeds {
    let mut deeds = Deeds::default();
    for made in made {
        match made {
            Made::Source(number, by) => deeds.source(number, &by),
            Made::Version(number, by) => deeds.version(number, &by),
            Made::Step(event, number, by) => deeds.step(event, number, &by),
        }
    }
    deeds
}
