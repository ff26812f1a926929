//! Promotion: judged by what is live at the remote, or here where there is none, taken there, then here, then
//! committed in git.

use super::pointer::{Authority, Step};
use super::remote::NamedRemote;
use super::{Reporter, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Who;
use crate::history::revision::Revision;
use crate::operations::promote::{self, Ground, Promotion, Request};
use crate::store::Store;

/// A promotion that was judged and can be taken.
pub struct Prepared {
    pub authority: Authority,
    pub promotion: Promotion,
}

pub struct Promoted {
    pub promotion: Promotion,
    pub git: Option<git::Outcome>,
}

/// Judges a promotion. Nothing is live by it yet.
pub fn prepare<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Who),
    remote: Option<NamedRemote>,
    step: &Step<'_>,
    version: &Revision,
    expect: Option<&Revision>,
) -> Result<Prepared> {
    let authority = Authority::find(reporter, (project, who), remote, step)?;
    let promotion = promote::judge(&authority.ground(project.store())?, version, expect)?;
    Ok(Prepared { authority, promotion })
}

impl Prepared {
    /// What the promotion was judged by.
    pub fn ground<'a>(&'a self, store: &'a Store) -> Result<Ground<'a>> {
        self.authority.ground(store)
    }

    /// Makes the version live.
    pub fn take<R: Reporter>(
        self,
        reporter: &mut R,
        (project, who): (&Project, &Who),
        request: &Request,
    ) -> Result<Promoted> {
        let Prepared { authority, promotion } = self;
        let (store, number) = (project.store(), promotion.number);
        let promotion = match authority {
            // Judged once more, under the lock.
            Authority::Here => promote::promote(store, &Revision::Number(number), request, who)?,
            Authority::Remote(remote) if promotion.settled => {
                remote.settle(reporter, project)?;
                promotion
            }
            Authority::Remote(remote) => {
                let (ground, reason) = (remote.ground(store)?, request.reason.as_deref());
                let step = promote::record_promotion(store, &ground, number, reason, who)?;
                drop(ground);
                remote.take(reporter, project, &format!("promote v{number}"), &step)?;
                promotion
            }
        };
        let event = git::Event::Promoted(promotion.number);
        let git = (!promotion.settled).then(|| git::commit_after(project, &event, who)).flatten();
        Ok(Promoted { promotion, git })
    }
}
