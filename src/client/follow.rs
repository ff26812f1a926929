//! Following: a remote purged objects, and this store does the same to all that it has, unpushed versions too.
//!
//! A remote that has other ids than it had is believed only where a purge explains all of them: what was known of it,
//! rewritten here from the ids of the purged objects, must be the beginning of what it has now.

use super::Remote;
use super::fetch::{self, LIMITS, absent, get, newest, sound};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::ledger;
use crate::history::purge::{self, PurgedObject};
use crate::history::record::{self, LedgerRecord};
use crate::object::{Id, ObjectKind, Rewriter, Sink, Source};
use crate::operations::purge as local;
use crate::progress::Progress;
use crate::protocol::{FetchRequest, Head};
use crate::store::{Heads, Odb, RemoteTracking, Store};
use std::collections::HashSet;

/// Purge of a remote that this store had not seen.
struct NewPurge {
    record: LedgerRecord,
    objects: Vec<PurgedObject>,
}

impl NewPurge {
    fn sentence(&self, remote: &str) -> String {
        let (by, at) = (&self.record.by, record::iso(self.record.at_ms));
        let (count, reason) =
            (self.objects.len(), self.record.reason.as_deref().unwrap_or_default());
        format!(
            "{remote} purged {count} object(s), and now this store too: by {by} at {at}: {reason}"
        )
    }
}

/// Head of a remote for who fetches: where the remote purged objects, this store does the same first.
pub fn read_head(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    progress: &Progress,
) -> Result<Head> {
    match fetch::read_head(store, name, remote) {
        Err(error) if error.kind() == Kind::Rewritten => {
            follow(store, name, remote, error, progress)?;
            fetch::read_head(store, name, remote)
        }
        other => other,
    }
}

/// Does what the purges among new ledger records did, to what only this store has; and finishes what was cut off.
pub fn after_fetch(
    store: &Store,
    name: &str,
    (before, now): (Option<&RemoteTracking>, &RemoteTracking),
    progress: &Progress,
) -> Result<()> {
    let known = before.cloned().unwrap_or_default();
    // The caches go with what was purged, and this names nothing of it.
    let said = store.last_known(name).filter(|said| said.refs.heads == now.heads);
    if apply(store, name, store.objects(), (&known, &now.heads), progress)? {
        store.set_remote(&store.lock()?, name, now)?;
        store.drop_purged(progress)?;
        said.map_or(Ok(()), |said| store.set_last_known(name, &said))?;
    }
    Ok(())
}

/// Gets what a remote has that was rewritten, and does the same here if it was by purges. `refused` is the error
/// otherwise.
fn follow(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    refused: Error,
    progress: &Progress,
) -> Result<()> {
    let head: Head = remote.any_head()?;
    let want = absent(store, head.heads.roots())?;
    if want.is_empty() || head.heads.active.is_none() {
        return Err(refused);
    }
    let known = store.remote(name)?.unwrap_or_default();
    let have = newest(&known);
    let (spool, id) = get(store, remote, &FetchRequest { want, have }, progress)?;
    let mut refused = Some(refused);
    let checked = store.receive_if(spool.path(), id, &LIMITS, progress, |objects| {
        match apply(store, name, objects, (&known, &head.heads), progress)? {
            true => Ok(()),
            false => Err(refused.take().unwrap_or_else(|| Error::failed("not followed"))),
        }
    });
    sound(checked?)?;
    store.drop_purged(progress).map(drop)
}

/// Does the same as the purges of a remote's ledger that are new here. Its objects are among `objects`; `tracking` is what
/// it had. `false`: there are none, or they do not explain what differs.
fn apply(
    store: &Store,
    name: &str,
    objects: &Odb,
    (tracking, now): (&RemoteTracking, &Heads),
    progress: &Progress,
) -> Result<bool> {
    let new = unseen(store, objects, tracking, now)?;
    if new.is_empty() {
        return Ok(false);
    }
    local::require_closed(store)?;
    let pairs: Vec<(Id, Id)> =
        new.iter().flat_map(|purge| &purge.objects).map(PurgedObject::pair).collect();
    let batch = store.batch();
    // The pack that has them is not taken in yet.
    for (_, tombstone) in &pairs {
        batch.add(ObjectKind::Blob, &objects.blob(tombstone)?, None)?;
    }
    let mut rewriter = Rewriter::new(pairs.iter().copied());
    let sink: &mut dyn Sink = &mut &batch;
    let before = purge::rewrite(&mut rewriter, &batch, sink, &tracking.heads)?;
    if !is_beginning(objects, &before, now)? {
        return Ok(false);
    }
    let lock = store.lock()?;
    let local = store.heads()?;
    let rewritten = purge::rewrite(&mut rewriter, &batch, sink, &local)?;
    let snapshots = local::rewritten_snapshots(store, &batch, &mut rewriter)?;
    batch.commit_under(Some(&lock))?;
    let mut list = store.purged()?;
    pairs.iter().for_each(|(object, tombstone)| list.insert(*object, *tombstone));
    store.set_purged(&lock, &list)?;
    if rewritten != local {
        store.replace_refs(&lock, &local, &rewritten)?;
    }
    local::replace_snapshots(store, &lock, &snapshots)?;
    let is_news = rewritten != local || before != tracking.heads || !snapshots.is_empty();
    let receipts = tracking.receipts.clone();
    let known = RemoteTracking { etag: String::new(), heads: before, receipts };
    store.set_remote(&lock, name, &known)?;
    store.forget_last_known(name)?;
    drop(lock);
    if is_news {
        new.iter().for_each(|purge| progress.remark(purge.sentence(name)));
    }
    Ok(true)
}

/// Purges of the remote's ledger that are not in ours, newest first.
fn unseen(
    store: &Store,
    objects: &Odb,
    tracking: &RemoteTracking,
    now: &Heads,
) -> Result<Vec<NewPurge>> {
    let ours = [tracking.heads.active, store.active()?];
    let ours: HashSet<Id> = ours.into_iter().flatten().map(|active| active.ledger).collect();
    let mut new = Vec::new();
    for step in ledger::steps(objects, now.active.map(|active| active.ledger)) {
        let step = step?;
        if ours.contains(&step.id) {
            break;
        }
        if let Some(details) = purge::details(objects, &step)? {
            new.push(NewPurge { record: step.record, objects: details.objects });
        }
    }
    Ok(new)
}

/// True if a remote's history goes on from an earlier one.
fn is_beginning(objects: &Odb, before: &Heads, now: &Heads) -> Result<bool> {
    let series =
        now.source.starts_with(&before.source) && now.versions.starts_with(&before.versions);
    let Some(ledger) = before.active.map(|active| active.ledger).filter(|_| series) else {
        return Ok(series);
    };
    for step in ledger::steps(objects, now.active.map(|active| active.ledger)) {
        if step?.id == ledger {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The hint of a command that does not follow by itself.
pub fn hint(name: &str) -> Hint {
    Hint::FollowPurge { remote: name.to_owned() }
}
