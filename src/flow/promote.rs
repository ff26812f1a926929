//! Promotion: checked against the live version of the remote, or of this store without one, applied
//! there, then here, then committed in git.

use super::follower::StepRemotes;
use super::pointer::{Authority, PointerRequest, StepTaken};
use super::{Reporter, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::revision::Revision;
use crate::operations::promote::{self, PointerState, PromoteRequest, Promotion};
use crate::store::Store;

/// A promotion that was judged and can be taken.
pub struct PreparedPromotion {
    pub authority: Authority,
    pub promotion: Promotion,
}

pub struct Promoted {
    pub promotion: Promotion,
    pub git: Option<git::GitOutcome>,
    pub step: StepTaken,
}

/// Judges a promotion. Nothing is live by it yet.
pub fn prepare<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    remotes: impl Into<StepRemotes>,
    step: &PointerRequest<'_>,
    version: &Revision,
    expect: Option<&Revision>,
) -> Result<PreparedPromotion> {
    let authority = Authority::find(reporter, (project, who), remotes.into(), step)?;
    let promotion =
        promote::plan_promotion(&authority.pointer_state(project.store())?, version, expect)?;
    Ok(PreparedPromotion { authority, promotion })
}

impl PreparedPromotion {
    /// Pointer and versions against which the promotion was checked.
    pub fn pointer_state<'a>(&'a self, store: &'a Store) -> Result<PointerState<'a>> {
        self.authority.pointer_state(store)
    }

    /// Makes the version live.
    pub fn apply<R: Reporter>(
        self,
        reporter: &mut R,
        (project, who): (&Project, &Author),
        request: &PromoteRequest,
    ) -> Result<Promoted> {
        let PreparedPromotion { authority, promotion } = self;
        let (store, number) = (project.store(), promotion.number);
        let (promotion, step) = match authority {
            // Judged once more, under the lock.
            Authority::Here => {
                let promotion = promote::promote(store, &Revision::Number(number), request, who)?;
                (promotion, StepTaken::default())
            }
            Authority::Remote(remote) if promotion.settled => {
                (promotion, remote.catch_up(reporter, project, Some(number))?)
            }
            Authority::Remote(remote) => {
                let (pointer_state, reason) =
                    (remote.pointer_state(store)?, request.reason.as_deref());
                let step = promote::record_promotion(store, &pointer_state, number, reason, who)?;
                drop(pointer_state);
                let action = format!("promote v{number}");
                (promotion, remote.apply(reporter, project, &action, &step)?)
            }
        };
        let event = git::GitEvent::Promoted(promotion.number);
        let git = (!promotion.settled).then(|| git::commit_after(project, &event, who)).flatten();
        Ok(Promoted { promotion, git, step })
    }
}
