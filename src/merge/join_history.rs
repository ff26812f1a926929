//! Join of histories: our versions and ledger with those of a remote, for a promotion there. The remote's ledger
//! decides, and ours catches up. Source versions matter only where something that they made has to go there.

use super::rebase::{self, SplitLedgers};
use crate::error::Result;
use crate::history::catalog::Catalog;
use crate::history::ledger::LedgerEntry;
use crate::merge::incoming::LedgerChange;
use crate::object::Source;
use crate::operations::promote::{self, PointerState};
use crate::store::{Heads, Odb, Store, StoreLock, common};

#[derive(Clone, Debug, Default)]
pub struct JoinedHistory {
    /// Heads of the remote, and after them the versions that only we have, where the numbers allow it.
    pub theirs: Heads,
    /// Our heads after the join: the remote's versions where their numbers are free here, and its ledger with the
    /// records that only we have behind it.
    pub ours: Heads,
    /// Records that only the remote has, oldest first.
    pub incoming: Vec<LedgerChange>,
    /// Records that only we have, oldest first.
    pub unsent: Vec<LedgerChange>,
    /// Records of ours that will be in no ledger, oldest first.
    pub left_out: Vec<LedgerChange>,
    /// Number of versions that have the same number here and there; later numbers mean two versions each. `None`:
    /// none do.
    shared: Option<usize>,
}

/// Ledgers that cannot become one: the records of each side, oldest first.
#[derive(Clone, Debug)]
pub struct DivergedLedgers {
    pub ours: Vec<LedgerChange>,
    pub theirs: Vec<LedgerChange>,
}

/// Joins both histories. `theirs` leaves out our records that cannot follow the remote's. The
/// remote's ledger must be in `objects`.
pub fn join_histories<S: Source + ?Sized>(
    objects: &S,
    local: &Heads,
    remote: &Heads,
    theirs: bool,
) -> Result<Result<JoinedHistory, DivergedLedgers>> {
    let SplitLedgers { ours: mine, theirs: incoming } =
        rebase::split_ledgers(objects, local, remote)?;
    let both = common(&local.versions, &remote.versions);
    let apart = both < local.versions.len().min(remote.versions.len());
    let longer = if local.versions.len() > remote.versions.len() { local } else { remote };
    let (here, there) = if apart { (local, remote) } else { (longer, longer) };
    let moved = |steps: Vec<LedgerEntry>, lists| {
        steps.into_iter().map(|step| LedgerChange::of(step, lists)).collect()
    };
    // Records can go there when the versions that they name are there, or can go too.
    let can_send = !apart && local.source.starts_with(&remote.source);
    let are_there =
        mine.iter().all(|step| step.version().is_some_and(|id| remote.versions.contains(&id)));
    let can_follow = incoming.is_empty() && (can_send || are_there);
    if !mine.is_empty() && !can_follow && !theirs {
        return Ok(Err(DivergedLedgers {
            ours: moved(mine, local),
            theirs: moved(incoming, remote),
        }));
    }
    let keep = !mine.is_empty() && can_follow;
    let mine = moved(mine, local);
    let (unsent, left_out) = if keep { (mine, Vec::new()) } else { (Vec::new(), mine) };
    let active = if keep { local.active } else { remote.active };
    Ok(Ok(JoinedHistory {
        theirs: Heads {
            versions: there.versions.clone(),
            active: remote.active,
            ..Heads::default()
        },
        ours: Heads { versions: here.versions.clone(), active, source: local.source.clone() },
        incoming: moved(incoming, remote),
        unsent,
        left_out,
        shared: apart.then_some(both),
    }))
}

impl JoinedHistory {
    /// Ground on which a promotion at the remote is decided. `objects` holds the remote's versions and its ledger.
    pub fn pointer_state<'a>(
        &self,
        store: &'a Store,
        objects: &'a Odb,
    ) -> Result<PointerState<'a>> {
        let live = Catalog::of(store, objects, &self.theirs)?;
        let after = (!self.unsent.is_empty()).then(|| Catalog::of(store, objects, &self.ours));
        Ok(PointerState {
            objects,
            live,
            after: after.transpose()?,
            pointer: self.ours.active,
            shared: self.shared,
        })
    }

    /// True if a number means the same version here and there.
    pub fn same_number(&self, number: u64) -> bool {
        self.shared.is_none_or(|both| number <= both as u64)
    }

    /// True if the pointer can be ours: the version that it names has this number here too.
    pub fn can_catch_up(&self) -> bool {
        self.ours
            .active
            .and_then(|active| active.version)
            .is_none_or(|number| self.same_number(number))
    }
}

/// Brings our versions and the pointer up to those of a remote that were fetched. `left_out` are the records
/// that only we have and that nobody wants; others of ours stay. `false`: ours cannot follow.
pub fn catch_up(store: &Store, remote: &Heads, left_out: &[LedgerChange]) -> Result<bool> {
    let lock = store.lock()?;
    let local = store.heads()?;
    let Ok(history) = join_histories(store.objects(), &local, remote, !left_out.is_empty())? else {
        return Ok(false);
    };
    let unseen = history.left_out.iter().any(|moved| !left_out.contains(moved));
    if unseen || !history.can_catch_up() {
        return Ok(false);
    }
    put_in_force(store, &lock, &local, &history.ours).map(|()| true)
}

fn put_in_force(store: &Store, lock: &StoreLock, local: &Heads, new: &Heads) -> Result<()> {
    match new.active {
        _ if new == local => Ok(()),
        Some(active) if new.versions == local.versions => {
            promote::move_to(store, lock, local.active.as_ref(), &active)
        }
        _ => store.replace_refs(lock, local, new),
    }
}
