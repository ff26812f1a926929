//! Deletion of a version, and undeletion: one ledger record each. The active version stays what it is.

use super::promote::{self, PointerMove, PointerState, PointerSwap, RefusedPointer};
use crate::error::{Error, Hint, Result};
use crate::history::ledger;
use crate::history::record::{Author, Event};
use crate::history::version::Status;
use crate::object::Id;
use crate::store::Store;
use std::rc::Rc;

/// Change of a version that is or becomes deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletionChange {
    Delete,
    Undelete { reason: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionOutcome {
    Done,
    /// The same command did it before.
    DoneBefore,
}

impl DeletionChange {
    fn event(&self) -> Event {
        match self {
            DeletionChange::Delete => Event::Delete,
            DeletionChange::Undelete { .. } => Event::Undelete,
        }
    }

    pub fn word(&self) -> &'static str {
        self.event().word()
    }

    /// Checks the change, and gives its outcome.
    pub fn plan(&self, pointer_state: &PointerState, number: u64) -> Result<DeletionOutcome> {
        match self {
            DeletionChange::Delete => plan_deletion(pointer_state, number),
            DeletionChange::Undelete { .. } => plan_undeletion(pointer_state, number),
        }
    }

    /// Makes the change here.
    pub fn apply(&self, store: &Store, number: u64, who: &Author) -> Result<DeletionOutcome> {
        let lock = store.lock()?;
        let look = Rc::new(store.read_heads_under(&lock)?);
        let pointer_state = PointerState::at(store, look.clone())?;
        let outcome = self.plan(&pointer_state, number)?;
        match outcome {
            DeletionOutcome::Done => {
                let change = self.step(&pointer_state);
                promote::record_here(store, (&lock, &look), &pointer_state, number, change, who)?;
            }
            DeletionOutcome::DoneBefore => store.confirm_heads()?,
        }
        Ok(outcome)
    }

    /// Stores the record of a change that was planned, as [`promote::record_promotion`] does. Where the record is
    /// here already and was not sent, it is the step.
    pub fn record(
        &self,
        store: &Store,
        pointer_state: &PointerState,
        number: u64,
        who: &Author,
    ) -> Result<PointerSwap> {
        let event = self.event();
        let is_deleted = pointer_state.after().status(number) == Status::Deleted;
        if let Some(pointer) = pointer_state.pointer
            && is_deleted == (event == Event::Delete)
        {
            return Ok(PointerSwap { number, expected: Some(pointer), new: pointer });
        }
        promote::store_record(store, pointer_state, number, self.step(pointer_state), who)
    }

    fn step(&self, pointer_state: &PointerState) -> PointerMove {
        let reason = match self {
            DeletionChange::Delete => None,
            DeletionChange::Undelete { reason } => reason.clone(),
        };
        let active = pointer_state.pointer.and_then(|active| active.version);
        PointerMove { event: self.event(), reason, active }
    }
}

fn plan_deletion(pointer_state: &PointerState, number: u64) -> Result<DeletionOutcome> {
    let refuse = |why: &str| Err(Error::failed(format!("Cannot delete v{number}: {why}.")));
    let mut outcome = DeletionOutcome::DoneBefore;
    for catalog in [&pointer_state.live, pointer_state.after()] {
        catalog.get(number)?;
        match catalog.status(number) {
            Status::Deleted => continue,
            Status::Active => {
                let changed = catalog
                    .id(number)
                    .and_then(|id| pointer_state.newest_record(Event::Promote, (id, number)));
                let active = Some(number);
                let details = RefusedPointer {
                    version: number,
                    active,
                    changed,
                    ..RefusedPointer::default()
                };
                return refuse("it is the active version. Promote a different version first")
                    .map_err(|error| error.with_details(details));
            }
            // A damaged one may be deleted already, so it does not count.
            Status::Staged | Status::Superseded if catalog.remaining().count() == 1 => {
                return refuse("it is the only remaining version");
            }
            Status::Staged | Status::Superseded | Status::Damaged => {
                outcome = DeletionOutcome::Done;
            }
        }
    }
    Ok(outcome)
}

/// A version that was never deleted is refused. One that was undeleted is not: after a lost answer the same command
/// comes again.
fn plan_undeletion(pointer_state: &PointerState, number: u64) -> Result<DeletionOutcome> {
    let catalogs = [&pointer_state.live, pointer_state.after()];
    for catalog in catalogs {
        catalog.get(number)?;
    }
    if catalogs.iter().any(|catalog| catalog.status(number) == Status::Deleted) {
        return Ok(DeletionOutcome::Done);
    }
    let version = pointer_state.live.get(number)?.id;
    if was_undeleted(pointer_state, version)? {
        return Ok(DeletionOutcome::DoneBefore);
    }
    let status = pointer_state.live.status(number).word();
    Err(Error::failed(format!("cannot undelete v{number}: it is not deleted, it is {status}"))
        .hint(Hint::ListDeleted))
}

/// True if the newest record of the version's deletion takes it back.
fn was_undeleted(pointer_state: &PointerState, version: Id) -> Result<bool> {
    let head = pointer_state.pointer.map(|active| active.ledger);
    for step in ledger::steps(pointer_state.objects, head) {
        let step = step?;
        match step.record.event {
            Event::Undelete | Event::Delete if step.version() == Some(version) => {
                return Ok(step.record.event == Event::Undelete);
            }
            _ => {}
        }
    }
    Ok(false)
}
