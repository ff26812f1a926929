//! Deletion and undeletion of a version: checked, recorded at the remote, then here, then committed in git.

use super::pointer::{Authority, PointerRequest};
use super::remote::NamedRemote;
use super::{Reporter, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::revision::Revision;
use crate::history::version::Status;
use crate::operations::deletion::{DeletionChange, DeletionOutcome};
use crate::operations::promote::PointerState;
use crate::store::Store;

/// A change that was checked and can be made.
pub struct PreparedDeletion {
    authority: Authority,
    change: DeletionChange,
    pub number: u64,
    pub outcome: DeletionOutcome,
    /// The status of the version if it is not deleted.
    pub undeleted: Status,
}

/// Checks a change. Nothing is changed yet.
pub fn prepare<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    remote: Option<NamedRemote>,
    step: &PointerRequest<'_>,
    version: &Revision,
    change: DeletionChange,
) -> Result<PreparedDeletion> {
    let authority = Authority::find(reporter, (project, who), remote.into(), step)?;
    let (number, outcome, undeleted) = {
        let pointer_state = authority.pointer_state(project.store())?;
        let number = pointer_state.number(version)?;
        let undeleted = pointer_state.live.status_undeleted(number);
        (number, change.plan(&pointer_state, number)?, undeleted)
    };
    Ok(PreparedDeletion { authority, change, number, outcome, undeleted })
}

impl PreparedDeletion {
    /// Pointer and versions against which the change was checked.
    pub fn pointer_state<'s>(&'s self, store: &'s Store) -> Result<PointerState<'s>> {
        self.authority.pointer_state(store)
    }

    /// Makes the change, at the remote first.
    pub fn apply<R: Reporter>(
        self,
        reporter: &mut R,
        (project, who): (&Project, &Author),
    ) -> Result<(DeletionOutcome, Option<git::GitOutcome>)> {
        let PreparedDeletion { authority, change, number, outcome, .. } = self;
        let store = project.store();
        let outcome = match authority {
            // Checked once more, under the lock.
            Authority::Here => change.apply(store, number, who)?,
            Authority::Remote(remote) if outcome == DeletionOutcome::DoneBefore => {
                remote.catch_up(reporter, project, None)?;
                outcome
            }
            Authority::Remote(remote) => {
                let step = change.record(store, &remote.pointer_state(store)?, number, who)?;
                let action = format!("{} v{number}", change.word());
                remote.apply(reporter, project, &action, &step)?;
                outcome
            }
        };
        let event = match change {
            DeletionChange::Delete => git::GitEvent::Deleted(number),
            DeletionChange::Undelete { .. } => git::GitEvent::Undeleted(number),
        };
        let done = outcome == DeletionOutcome::Done;
        Ok((outcome, done.then(|| git::commit_after(project, &event, who)).flatten()))
    }
}
