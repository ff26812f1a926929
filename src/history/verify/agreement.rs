//! Agreement of the store with itself: versions with the source versions that they were made of,
//! refs with the remote-tracking refs, the pointer with the records in the packs.

use super::Problem;
use crate::error::Hint;
use crate::history::ledger::{self, LedgerEntry};
use crate::history::rules::ReadParts;
use crate::history::source::SourceVersion;
use crate::history::version::{self, Version};
use crate::object::{Id, ObjectKind};
use crate::store::refs::{RefName, SOURCE, VERSIONS};
use crate::store::{Odb, Store};
use std::collections::{BTreeMap, HashSet};

/// `refs` are those that can be read, and `read` is what the rules have compared.
pub fn problems(store: &Store, refs: &[(RefName, Id)], read: &ReadParts) -> Vec<Problem> {
    let refs: BTreeMap<&RefName, Id> = refs.iter().map(|(name, id)| (name, *id)).collect();
    let theirs = of_remotes(store);
    let mut problems: Vec<Problem> = refs
        .iter()
        .filter(|(name, id)| name.series() == version::REFS && !read.has_origin(id))
        .filter_map(|(name, id)| origin(store, &refs, name, *id, theirs.contains(id)))
        .collect();
    problems.extend(remotes(store, &refs));
    problems.extend(missing_pointer(store));
    problems.extend(unfinished_purge(store));
    problems
}

/// The versions of remotes. A promotion brings them without the source versions that they were made of, which have
/// their numbers there, and here only after a pull.
fn of_remotes(store: &Store) -> HashSet<Id> {
    let remotes = store.tracked().unwrap_or_default();
    let known = remotes.iter().filter_map(|name| store.remote(name).ok().flatten());
    known.flat_map(|tracking| tracking.heads.versions).collect()
}

/// Checks that a version holds the content of the source version that its record names. Unreadable
/// objects are reported by other checks.
fn origin(
    store: &Store,
    refs: &BTreeMap<&RefName, Id>,
    name: &RefName,
    id: Id,
    is_theirs: bool,
) -> Option<Problem> {
    let made = Version::load(store.objects(), name.number(), id).ok()?;
    let of = RefName::new(SOURCE, made.meta.source_version).ok()?;
    // The log knows which source version was lost. Without one only a gap tells: later ones that are here.
    let is_gap =
        || refs.keys().any(|other| other.series() == SOURCE && other.number() >= of.number());
    if is_theirs && (store.has_log() || !is_gap()) {
        return None;
    }
    let what = match refs.get(&of) {
        Some(id) => {
            let pushed = SourceVersion::load(store.objects(), of.number(), *id).ok()?;
            if (pushed.state, pushed.source) == (made.state, made.source) {
                return None;
            }
            format!("the ref \"{of}\" is not the source version of version v{}", made.number)
        }
        None => {
            format!("version v{} was created from the ref \"{of}\", which is missing", made.number)
        }
    };
    Some(problem(what, vec![of.short()], Hint::RepairFromRemote))
}

/// Versions are numbered once: two stores with the same later version have the same earlier ones.
/// Newer versions of a remote, or those that a pull left out, are no loss.
fn remotes(store: &Store, refs: &BTreeMap<&RefName, Id>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for remote in store.tracked().unwrap_or_default() {
        let Some(tracking) = store.remote(&remote).ok().flatten() else { continue };
        for (series, ids) in
            [(SOURCE, &tracking.heads.source), (VERSIONS, &tracking.heads.versions)]
        {
            let here = |number: u64| refs.get(&RefName::new(series, number).ok()?).copied();
            let numbered: Vec<(u64, Id)> = (1..).zip(ids.iter().copied()).collect();
            let common =
                numbered.iter().rposition(|(number, id)| here(*number) == Some(*id)).unwrap_or(0);
            let other = numbered[..common]
                .iter()
                .filter(|(number, id)| here(*number).is_some_and(|own| own != *id));
            for name in other.filter_map(|(number, _)| RefName::new(series, *number).ok()) {
                let what = format!(
                    "the ref \"{name}\" differs from {remote}, which has the same later refs"
                );
                problems.push(problem(what, vec![name.short()], Hint::Repair));
            }
        }
    }
    problems
}

/// A record that follows another one proves that there was a pointer. Checked only if neither a
/// pointer nor a log of the refs is left; a first record alone is left by a promotion that was cut
/// off before its commit point.
fn missing_pointer(store: &Store) -> Option<Problem> {
    if store.active().is_ok_and(|active| active.is_some()) || store.has_log() {
        return None;
    }
    let objects = store.objects();
    let known = known_records(store);
    let later = objects.ids().ok()?.into_iter().find(|id| {
        !known.contains(id)
            && is_tree(objects, id)
            && LedgerEntry::load(objects, id).is_ok_and(|step| step.previous.is_some())
    })?;
    let what =
        format!("ACTIVE is missing: the ledger has record {}, and nothing names it", later.short());
    Some(problem(what, Vec::new(), Hint::RecoverPointer))
}

/// A purged object that is stored: a purge was cut off, or somebody stored it at that moment.
fn unfinished_purge(store: &Store) -> Option<Problem> {
    let left = store.purged_and_stored().ok()?.into_iter().next()?;
    let what = format!("object {left} was purged, and is still stored");
    let next = Some(Hint::FinishPurge);
    Some(Problem { subject: "purged".to_owned(), what, affects: Vec::new(), next })
}

/// Records that remotes have belong to them.
fn known_records(store: &Store) -> HashSet<Id> {
    let remotes = store.tracked().unwrap_or_default();
    let heads = remotes.iter().filter_map(|name| store.remote(name).ok().flatten()?.heads.active);
    heads
        .flat_map(|active| {
            ledger::steps(store.objects(), Some(active.ledger)).map_while(Result::ok)
        })
        .map(|step| step.id)
        .collect()
}

fn is_tree(objects: &Odb, id: &Id) -> bool {
    matches!(objects.kind_and_len(id), Ok(Some((ObjectKind::Tree, _))))
}

fn problem(what: String, affects: Vec<String>, next: Hint) -> Problem {
    Problem { subject: "refs".to_owned(), what, affects, next: Some(next) }
}
