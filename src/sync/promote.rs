//! `version promote` and `version delete` with a remote: its pointer moves first, ours then.

use super::Remote;
use super::push::{Sent, send};
use super::standing::{Order, Standing};
use crate::agent::ledger;
use crate::agent::promote::{self, Step};
use crate::error::Result;
use crate::progress::Progress;
use crate::protocol::Head;
use crate::store::{Active, Heads, Store};

/// What became of a step.
#[derive(Debug)]
pub enum Taken {
    /// There and here.
    Done,
    /// Somebody else moved the pointer there, or took a number that this needs. What there is was brought
    /// here; nothing was changed, neither there nor here.
    Behind(Head),
}

/// Takes a step of the pointer at the remote and then here. What the remote lacks for it (the version, those
/// before it, records made offline) goes with it in one transaction.
pub fn take(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: Head,
    step: &Step,
    progress: &Progress,
) -> Result<Taken> {
    let local = aim(store.heads()?, &head, step, store)?;
    let new = match send(store, name, remote, head, &local, progress)? {
        // Power may fail here: the remote is ahead then, and the same command or a `pull` catches up.
        Sent::Done(_) => step.new,
        Sent::Behind(head) => match head.active {
            Some(there) if is_same(store, &there, &step.new)? => there,
            _ => return Ok(Taken::Behind(head)),
        },
    };
    promote::take(store, &Step { new, ..*step }).map(|()| Taken::Done)
}

/// Whether the remote has taken this very step already, at another time: the answer to it was lost, and
/// the command was run again.
fn is_same(store: &Store, there: &Active, here: &Active) -> Result<bool> {
    let record = |active: &Active| ledger::Step::load(store.objects(), &active.ledger);
    let (theirs, ours) = (record(there)?, record(here)?);
    let what = |step: &ledger::Step| (step.record.event, step.version, step.previous);
    let why = |step: &ledger::Step| (step.record.by.clone(), step.record.reason.clone());
    Ok(there.version == here.version && what(&theirs) == what(&ours) && why(&theirs) == why(&ours))
}

/// What the remote is to have afterwards. Source and agent versions that others pushed meanwhile are no
/// hindrance as long as the version itself is the same there.
fn aim(local: Heads, head: &Head, step: &Step, store: &Store) -> Result<Heads> {
    let mut aim = Heads { active: Some(step.new), ..local };
    let standing = Standing::of(&aim, head, store.objects())?;
    let at = (step.number - 1) as usize;
    let is_there = at < head.versions.len() && head.versions.get(at) == aim.versions.get(at);
    let others_pushed = |order| matches!(order, Order::Behind | Order::Diverged);
    if is_there && (others_pushed(standing.source) || others_pushed(standing.versions)) {
        (aim.source, aim.versions) = (head.source.clone(), head.versions.clone());
    }
    Ok(aim)
}
