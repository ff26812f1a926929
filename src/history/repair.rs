//! Repair of lost or damaged refs and of the pointer, as far as their content is certain: from the
//! log of the refs, from a remote or a bundle, from the ledger. Whole refs are not touched, and a
//! ref without a certain content is left as it is. An interrupted repair is run again.

use super::catalog::Catalog;
use super::ledger;
use crate::error::{Kind, Result};
use crate::history::recovery;
use crate::object::{Id, Source};
use crate::store::refs::{RefCheck, RefName, SOURCE, VERSIONS};
use crate::store::{Active, Heads, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Refs that were restored to their former content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    pub refs: BTreeMap<RefName, Id>,
    pub pointer: Option<Active>,
}

/// Repairs the refs first and then the pointer, which names one of them. `others` are the heads of
/// remotes and bundles; their objects are here.
pub fn repair(store: &Store, others: &[Heads]) -> Result<Repaired> {
    let lock = store.lock()?;
    let check = store.refs().check();
    let mut refs = BTreeMap::new();
    for name in wanted(store, &check, others)? {
        if let Some(id) = candidate(store, &check, others, &name) {
            refs.insert(name, id);
        }
    }
    store.refs().mend(&lock, &refs)?;
    let pointer = pointer(store, others)?;
    if let Some(was) = &pointer {
        store.restore_pointer(&lock, was)?;
    }
    // An earlier repair may have restored a ref that this one finds whole, and died before it was
    // durable.
    store.confirm()?;
    Ok(Repaired { refs, pointer })
}

/// Refs to repair: those with a problem, those whose object is missing while the log knows another
/// one, and of a damaged `packed-refs` those that other heads have beyond its readable part.
fn wanted(store: &Store, check: &RefCheck, others: &[Heads]) -> Result<BTreeSet<RefName>> {
    let mut wanted: BTreeSet<RefName> =
        check.problems.iter().flat_map(|trouble| trouble.refs.iter().cloned()).collect();
    let logged = store.logged().refs;
    for (name, id) in &check.refs {
        // Whole, and of something else.
        let is_other = logged.get(name).is_some_and(|was| was != id)
            && !recovery::is_of(store.objects(), name, *id);
        if is_other || !store.objects().contains(id)? {
            wanted.insert(name.clone());
        }
    }
    if store.refs().list(SOURCE).is_err() || store.refs().list(VERSIONS).is_err() {
        let readable: BTreeSet<&RefName> = check.refs.iter().map(|(name, _)| name).collect();
        let doubted = wanted.clone();
        for heads in
            others.iter().filter(|heads| !check.refs.is_empty() && agrees(check, heads, &doubted))
        {
            for (series, ids) in [(SOURCE, &heads.source), (VERSIONS, &heads.versions)] {
                let names =
                    (1..=ids.len() as u64).filter_map(|number| RefName::new(series, number).ok());
                wanted.extend(names.filter(|name| !readable.contains(name)));
            }
        }
    }
    Ok(wanted)
}

/// Former content of a ref, from the log, the store or other heads, if such a version exists.
fn candidate(store: &Store, check: &RefCheck, others: &[Heads], name: &RefName) -> Option<Id> {
    let logged = store.logged().refs.get(name).copied();
    let wanted = BTreeSet::from([name.clone()]);
    let there = others.iter().filter(|heads| agrees(check, heads, &wanted)).find_map(|heads| {
        let ids = if name.series() == SOURCE { &heads.source } else { &heads.versions };
        ids.get(usize::try_from(name.number()).ok()?.checked_sub(1)?).copied()
    });
    let is_whole = |id: &Id| recovery::is_of(store.objects(), name, *id);
    let sure = [logged, there].into_iter().flatten().find(is_whole);
    let is_reported = check.problems.iter().any(|trouble| trouble.refs.contains(name));
    sure.or_else(|| recovery::found(store, check, name).filter(|id| is_reported && is_whole(id)))
}

/// True if other heads have the same versions under all numbers that both have, ignoring those in
/// doubt: otherwise they belong to another history.
fn agrees(check: &RefCheck, heads: &Heads, doubted: &BTreeSet<RefName>) -> bool {
    let damaged: BTreeSet<&RefName> =
        check.problems.iter().flat_map(|trouble| &trouble.refs).collect();
    let certain =
        check.refs.iter().filter(|(name, _)| !doubted.contains(name) && !damaged.contains(name));
    certain.filter(|(name, _)| [SOURCE, VERSIONS].contains(&name.series())).all(|(name, id)| {
        let ids = if name.series() == SOURCE { &heads.source } else { &heads.versions };
        ids.get(name.number() as usize - 1).is_none_or(|other| other == id)
    })
}

/// The pointer that was, where the one that is there is none, is damaged, or is an older one.
fn pointer(store: &Store, others: &[Heads]) -> Result<Option<Active>> {
    let now = match Catalog::load(store) {
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == Kind::Corrupt => store.active().ok().flatten(),
        Err(error) => return Err(error),
    };
    let versions = store.refs().list(VERSIONS).unwrap_or_default();
    let logged = store.logged().active.filter(|was| fits(store, &versions, was));
    let Some(now) = now else {
        let same = |heads: &&Heads| versions.iter().map(|(_, id)| id).eq(&heads.versions);
        let mut there = others.iter().filter(same).filter_map(|heads| heads.active);
        return Ok(logged.or_else(|| there.find(|was| fits(store, &versions, was))));
    };
    // A pointer that follows the logged one is newer than the log, and something else is damaged.
    let goes_on = |was: &Active| {
        ledger::steps(store.objects(), Some(now.ledger))
            .map_while(Result::ok)
            .any(|step| step.id == was.ledger)
    };
    Ok(logged.filter(|was| *was != now && !(fits(store, &versions, &now) && goes_on(was))))
}

/// True if the ledger behind a pointer is whole, and promoted the version that the pointer names.
fn fits(store: &Store, versions: &[(u64, Id)], was: &Active) -> bool {
    let Ok(folded) = ledger::fold(store.objects(), Some(was.ledger)) else { return false };
    let named = was.version.and_then(|number| versions.iter().find(|(other, _)| *other == number));
    named.map(|(_, id)| id) == folded.was_active.first()
}
