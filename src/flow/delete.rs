//! Deletion of a version: judged, recorded at the remote, then here, then committed in git.

use super::pointer::{Authority, PointerRequest};
use super::remote::NamedRemote;
use super::{Reporter, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::revision::Revision;
use crate::operations::promote::{self, Deleted};

/// A deletion that was judged and can be taken.
pub struct PreparedDeletion {
    authority: Authority,
    pub number: u64,
    pub deleted: Deleted,
}

/// Judges a deletion. Nothing is deleted yet.
pub fn prepare<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    remote: Option<NamedRemote>,
    step: &PointerRequest<'_>,
    version: &Revision,
) -> Result<PreparedDeletion> {
    let authority = Authority::find(reporter, (project, who), remote, step)?;
    let (number, deleted) = {
        let pointer_state = authority.pointer_state(project.store())?;
        let number = pointer_state.number(version)?;
        (number, promote::plan_deletion(&pointer_state, number)?)
    };
    Ok(PreparedDeletion { authority, number, deleted })
}

impl PreparedDeletion {
    /// Deletes the version, so that it can never be promoted again.
    pub fn apply<R: Reporter>(
        self,
        reporter: &mut R,
        (project, who): (&Project, &Author),
    ) -> Result<(Deleted, Option<git::GitOutcome>)> {
        let PreparedDeletion { authority, number, deleted } = self;
        let store = project.store();
        let deleted = match authority {
            // Judged once more, under the lock.
            Authority::Here => promote::delete(store, number, who)?,
            Authority::Remote(remote) if deleted == Deleted::AlreadyDeleted => {
                remote.catch_up(reporter, project)?;
                deleted
            }
            Authority::Remote(remote) => {
                let step =
                    promote::record_deletion(store, &remote.pointer_state(store)?, number, who)?;
                remote.apply(reporter, project, &format!("delete v{number}"), &step)?;
                deleted
            }
        };
        let event = git::GitEvent::Deleted(number);
        let done = deleted == Deleted::Done;
        Ok((deleted, done.then(|| git::commit_after(project, &event, who)).flatten()))
    }
}
