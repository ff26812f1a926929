//! Promotion with a remote, for `version promote` and `version delete`: the remote's pointer moves first, and ours
//! follows.

use super::Remote;
use super::fetch::{self, Peeked};
pub use super::push::UNANSWERED;
use super::push::{PushOutcome, send};
use crate::error::Result;
use crate::merge::join_history::{self, DivergedLedgers, JoinedHistory};
use crate::progress::Progress;
use crate::protocol::{Head, limits};
use crate::store::{Active, Heads, Store};

/// History of a remote for a promotion, and its join with ours.
pub struct RemoteHistory {
    pub seen: Peeked,
    pub history: JoinedHistory,
}

/// Looks at the versions and the ledger of a remote: brought here, or only to be read. `theirs` leaves out what was
/// recorded here and cannot follow on its ledger.
pub fn join_remote(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: &Head,
    keep: bool,
    theirs: bool,
) -> Result<Result<RemoteHistory, DivergedLedgers>> {
    let seen = if keep {
        fetch::bring_versions(store, name, remote, head)?;
        Peeked::here(store)
    } else {
        fetch::peek_versions(store, name, remote, head)?
    };
    let history =
        join_history::join_histories(&seen.objects, &store.heads()?, &head.heads, theirs)?;
    Ok(history.map(|history| RemoteHistory { seen, history }))
}

/// Outcome of a promotion.
#[derive(Debug)]
pub enum PromoteOutcome {
    /// Done there, and not here yet. Its heads afterwards, as far as they were sent.
    Done(Heads),
    /// Somebody else moved the pointer there meanwhile. Nothing was changed.
    Moved(Head),
    /// The version cannot be sent before others' versions were fetched. Nothing was changed.
    Behind(Head),
}

/// Takes a step of the pointer at the remote. What the remote lacks for it (the version, those
/// before it, records made offline) goes with it in one transaction.
pub fn send_promotion(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    mut head: Head,
    history: &JoinedHistory,
    (number, new): (u64, Active),
    progress: &Progress,
) -> Result<PromoteOutcome> {
    let ours = Heads { active: Some(new), ..history.ours.clone() };
    for _ in 0..limits::RACES {
        let aim = target_heads(&ours, history, &head, number);
        match send(store, name, remote, head.clone(), &aim, progress)? {
            // Power may fail here: the remote is ahead then, and the same command or a `pull` catches up.
            PushOutcome::Done(_) => return Ok(PromoteOutcome::Done(aim)),
            PushOutcome::Behind(now) if now.heads.active != head.heads.active => {
                return Ok(PromoteOutcome::Moved(now));
            }
            PushOutcome::Behind(now) if now == head => return Ok(PromoteOutcome::Behind(now)),
            // Others only pushed: that is no reason not to.
            PushOutcome::Behind(now) => head = now,
        }
    }
    Ok(PromoteOutcome::Behind(head))
}

/// Heads that the remote is to have afterwards: one record more, where the version is there, whatever others pushed
/// and whatever waits here. Otherwise what is here goes along.
fn target_heads(ours: &Heads, history: &JoinedHistory, head: &Head, number: u64) -> Heads {
    let at = (number - 1) as usize;
    let is_there =
        at < head.heads.versions.len() && head.heads.versions.get(at) == ours.versions.get(at);
    match is_there
        && history
            .unsent
            .iter()
            .all(|moved| moved.step.version().is_some_and(|id| head.heads.versions.contains(&id)))
    {
        true => Heads { active: ours.active, ..head.heads.clone() },
        false => ours.clone(),
    }
}

/// Moves the history here to that of the remote. `false`: it has something else meanwhile.
pub fn catch_up(store: &Store, there: &Heads, history: &JoinedHistory) -> Result<bool> {
    join_history::catch_up(store, there, &history.left_out)
}
