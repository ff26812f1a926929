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
pub struct PreparedPromotion<'a> {
    pub authority: Authority,
    pub promotion: Promotion,
    /// Pointer and versions that it was judged on, where this store decides.
    here: Option<PointerState<'a>>,
}

pub struct Promoted {
    pub promotion: Promotion,
    pub git: Option<git::GitOutcome>,
    pub step: StepTaken,
}

/// Judges a promotion. Nothing is live by it yet.
pub fn prepare<'a, R: Reporter>(
    reporter: &mut R,
    (project, who): (&'a Project, &Author),
    remotes: impl Into<StepRemotes>,
    step: &PointerRequest<'_>,
    version: &Revision,
    expect: Option<&Revision>,
) -> Result<PreparedPromotion<'a>> {
    let authority = Authority::find(reporter, (project, who), remotes.into(), step)?;
    if let Authority::Here = authority {
        let pointer_state = PointerState::here(project.store())?;
        let promotion = promote::plan_promotion(&pointer_state, version, expect)?;
        return Ok(PreparedPromotion { authority, promotion, here: Some(pointer_state) });
    }
    let pointer_state = authority.pointer_state(project.store())?;
    let promotion = promote::plan_promotion(&pointer_state, version, expect)?;
    drop(pointer_state);
    Ok(PreparedPromotion { authority, promotion, here: None })
}

impl<'a> PreparedPromotion<'a> {
    /// Pointer and versions against which the promotion was checked.
    pub fn pointer_state<'s>(&'s self, store: &'s Store) -> Result<PointerState<'s>> {
        self.authority.pointer_state(store)
    }

    /// Makes the version live.
    pub fn apply<R: Reporter>(
        self,
        reporter: &mut R,
        (project, who): (&'a Project, &Author),
        request: &PromoteRequest,
    ) -> Result<Promoted> {
        let PreparedPromotion { authority, promotion, here } = self;
        let (store, number) = (project.store(), promotion.number);
        let (promotion, step) = match authority {
            Authority::Here => {
                let pointer_state = here.map_or_else(|| PointerState::here(store), Ok)?;
                let checked = (pointer_state, promotion);
                (promote::promote(store, checked, request, who)?, StepTaken::default())
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
