//! `purge`: a leaked secret or a file that never should have been pushed goes out of every version.
//!
//! New trees → one pack → the list of purged objects → all refs and the pointer in one step → snapshots → one pack without
//! the old bytes. Cut off anywhere, the same command finishes it.

pub mod places;
mod select;
mod similar;

pub use places::Place;
pub use select::select;
pub use similar::Similar;

use super::wording;
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::purge::{self, PurgeTarget, PurgedObject};
use crate::history::record::Author;
use crate::object::{Id, Rewriter};
use crate::progress::Progress;
use crate::store::{Store, StoreLock, refs};
use std::collections::HashSet;

/// Effects of a purge, before it is done.
#[derive(Debug, Default)]
pub struct PurgePlan {
    pub targets: Vec<PurgeTarget>,
    /// Places of the objects.
    pub places: Vec<Place>,
    /// Other objects that contain parts of what is purged.
    pub similar: Vec<Similar>,
    /// Files of the project that still have purged bytes.
    pub workspace: Vec<String>,
}

/// Result of a purge.
#[derive(Clone, Debug, Default)]
pub struct Purged {
    pub objects: Vec<PurgedObject>,
    /// Numbers of what was rewritten.
    pub source: Vec<u64>,
    pub versions: Vec<u64>,
    pub snapshots: Vec<u64>,
    /// The ledger record.
    pub record: Option<Id>,
}

/// Finds what a purge of these names would do.
pub fn plan(project: &Project, names: &[String]) -> Result<PurgePlan> {
    let objects = select(project.store(), names)?;
    let (targets, places) = places::targets(project.store(), &objects)?;
    let similar = similar::find(project.store(), &targets)?;
    let workspace = places::in_workspace(project, &targets, &places)?;
    Ok(PurgePlan { targets, places, similar, workspace })
}

/// Refuses what would end half done, before anything changes.
pub fn require_ready(project: &Project, progress: &Progress) -> Result<()> {
    let store = project.store();
    store.require_whole()?;
    require_closed(store)?;
    let damaged = store.objects().check(progress)?.damage.into_iter().next();
    damaged.map_or(Ok(()), |damage| {
        let what = format!("cannot purge: \"{}\" is damaged: {}", damage.pack, damage.reason);
        Err(Error::corrupt(what).hint(Hint::FsckAffected))
    })
}

/// Refuses while a merge is open: its files and its other side may have what is purged.
pub fn require_closed(store: &Store) -> Result<()> {
    match store.open_merge()? {
        None => Ok(()),
        Some(_) => Err(Error::conflict("cannot purge while a merge is open").hint(Hint::OpenMerge)),
    }
}

/// Purges here, and nowhere else.
pub fn purge(
    project: &Project,
    targets: &[PurgeTarget],
    who: &Author,
    reason: &str,
    progress: &Progress,
) -> Result<Purged> {
    let store = project.store();
    wording::check(store, &[("reason", Some(reason)), ("author", Some(&who.by))])?;
    let lock = store.lock()?;
    let heads = store.heads()?;
    let batch = store.batch();
    let objects = purge::bury(&mut &batch, targets, who, reason)?;
    let new = purge::purge(&batch, &mut &batch, &heads, objects, (who, reason))?;
    let mut rewriter = Rewriter::new(new.details.objects.iter().map(PurgedObject::pair));
    let snapshots = rewritten_snapshots(store, &batch, &mut rewriter)?;
    batch.commit_under(Some(&lock))?;
    let mut list = store.purged()?;
    new.details.objects.iter().for_each(|one| list.insert(one.object, one.tombstone));
    store.set_purged(&lock, &list)?;
    store.replace_refs(&lock, &heads, &new.heads)?;
    replace_snapshots(store, &lock, &snapshots)?;
    drop(lock);
    store.drop_purged(progress)?;
    Ok(Purged {
        source: new.details.source.iter().map(|one| one.number).collect(),
        versions: new.details.versions.iter().map(|one| one.number).collect(),
        snapshots: snapshots.into_iter().map(|(number, _)| number).collect(),
        objects: new.details.objects,
        record: new.heads.active.map(|active| active.ledger),
    })
}

/// Finishes a purge that was cut off after its commit point. `false`: there is none. One that was cut off before it is
/// left to whoever says the reason again.
pub fn finish(project: &Project, progress: &Progress) -> Result<bool> {
    let store = project.store();
    let stored = store.purged_and_stored()?;
    if stored.is_empty() {
        return Ok(false);
    }
    let lock = store.lock()?;
    let batch = store.batch();
    let list = store.purged()?;
    let mut rewriter = Rewriter::new(list.pairs());
    if purge::rewrite(&mut rewriter, &batch, &mut &batch, &store.heads()?)? != store.heads()? {
        return Ok(false);
    }
    let snapshots = rewritten_snapshots(store, &batch, &mut rewriter)?;
    batch.commit_under(Some(&lock))?;
    replace_snapshots(store, &lock, &snapshots)?;
    // The process that was cut off may have died before a name was durable, and the old objects go now.
    store.confirm()?;
    drop(lock);
    store.drop_purged(progress)?;
    Ok(true)
}

/// Lets a purged object be stored again. `false`: it was not purged.
pub fn allow(project: &Project, object: &Id) -> Result<bool> {
    let lock = project.store().lock()?;
    let mut list = project.store().purged()?;
    let removed = list.remove(object);
    if removed {
        project.store().set_purged(&lock, &list)?;
    }
    Ok(removed)
}

/// The snapshots that become others, with their new ids.
pub fn rewritten_snapshots(
    store: &Store,
    batch: &crate::store::Batch,
    rewriter: &mut Rewriter,
) -> Result<Vec<(u64, Id)>> {
    let mut changed = Vec::new();
    for (number, id) in store.refs().list(refs::SNAPSHOTS)? {
        let new = rewriter.rewrite(batch, &mut &*batch, id)?;
        changed.extend((new != id).then_some((number, new)));
    }
    Ok(changed)
}

/// Replaces snapshots. What was remembered of a bundle goes too where it leads to purged objects: nobody has it under
/// that name any more.
pub fn replace_snapshots(store: &Store, lock: &StoreLock, snapshots: &[(u64, Id)]) -> Result<()> {
    // The operation log names versions that contain what is purged, and undo must not bring them back.
    store.clear_operations()?;
    snapshots
        .iter()
        .try_for_each(|(number, id)| store.refs().replace_snapshot(lock, *number, *id))?;
    let config = store.config()?;
    let bundles = store.tracked()?.into_iter().filter(|name| config.remote(name).is_none());
    let bundles: HashSet<String> = bundles.collect();
    bundles.iter().try_for_each(|name| store.forget_remote(lock, name))
}
