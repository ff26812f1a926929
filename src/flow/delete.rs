//! Deletion of a version: judged, recorded at the remote, then here, then committed in git.

use super::pointer::{Authority, Step};
use super::remote::NamedRemote;
use super::{Reporter, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Who;
use crate::history::revision::Revision;
use crate::operations::promote::{self, Deleted};

/// A deletion that was judged and can be taken.
pub struct Prepared {
    authority: Authority,
    pub number: u64,
    pub deleted: Deleted,
}

/// Judges a deletion. Nothing is deleted yet.
pub fn prepare<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Who),
    remote: Option<NamedRemote>,
    step: &Step<'_>,
    version: &Revision,
) -> Result<Prepared> {
    let authority = Authority::find(reporter, (project, who), remote, step)?;
    let (number, deleted) = {
        let ground = authority.ground(project.store())?;
        let number = ground.number(version)?;
        (number, promote::judge_deletion(&ground, number)?)
    };
    Ok(Prepared { authority, number, deleted })
}

impl Prepared {
    /// Deletes the version, so that it can never be promoted again.
    pub fn take<R: Reporter>(
        self,
        reporter: &mut R,
        (project, who): (&Project, &Who),
    ) -> Result<(Deleted, Option<git::Outcome>)> {
        let Prepared { authority, number, deleted } = self;
        let store = project.store();
        let deleted = match authority {
            // Judged once more, under the lock.
            Authority::Here => promote::delete(store, number, who)?,
            Authority::Remote(remote) if deleted == Deleted::AlreadyDeleted => {
                remote.settle(reporter, project)?;
                deleted
            }
            Authority::Remote(remote) => {
                let step = promote::record_deletion(store, &remote.ground(store)?, number, who)?;
                remote.take(reporter, project, &format!("delete v{number}"), &step)?;
                deleted
            }
        };
        let event = git::Event::Deleted(number);
        let done = deleted == Deleted::Done;
        Ok((deleted, done.then(|| git::commit_after(project, &event, who)).flatten()))
    }
}
