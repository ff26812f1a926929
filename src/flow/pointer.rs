//! Change of the pointer at a remote: checked against the remote's pointer, applied there, and then
//! here.
//!
//! In this order, because the remote decides for everybody: a crash in between leaves a pointer
//! here that the next command moves after it.

use super::destination::{Destination, behind};
use super::follower::{Follower, FollowerOutcome, StepRemotes};
use super::remote::NamedRemote;
use super::{Notice, Phase, Reporter};
use crate::client::promote::{self, PromoteOutcome, RemoteHistory};
use crate::client::{DeployPlan, Deployed, PlanRequest};
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::recorded_change::RecordedChange;
use crate::merge::incoming::{self, LedgerChange};
use crate::operations::promote::{PointerState, PointerSwap};
use crate::protocol::Head;
use crate::store::{Heads, Store};
use serde::Serialize;

/// Side that decides which version is live.
pub enum Authority {
    /// There is no remote, or it is left alone.
    Here,
    Remote(Box<RemotePointer>),
}

/// The pointer of a remote, and what both ledgers are together.
pub struct RemotePointer {
    remote: NamedRemote,
    head: Head,
    history: RemoteHistory,
    followers: Vec<Follower>,
}

/// Results of a step beside the moved pointer.
#[derive(Default)]
pub struct StepTaken {
    /// Requests that changed an agent where it runs.
    pub deployed: Option<Deployed>,
    pub followers: Vec<FollowerOutcome>,
}

/// A step that is to be taken.
pub struct PointerRequest<'a> {
    /// As in `promote v2`: for messages, and to be typed again.
    pub action: &'a str,
    /// The name of the remote, where it was said.
    pub remote: Option<&'a str>,
    /// With this, nothing is changed.
    pub dry_run: bool,
    /// Leave out what was recorded here and cannot follow on the ledger there.
    pub theirs: bool,
}

impl Authority {
    /// Asks the remote what is live. A ledger that is behind is brought here, and reported.
    pub fn find<R: Reporter>(
        reporter: &mut R,
        (project, who): (&Project, &Author),
        remotes: StepRemotes,
        step: &PointerRequest<'_>,
    ) -> Result<Authority> {
        let StepRemotes { authority: Some(remote), followers } = remotes else {
            return Ok(Authority::Here);
        };
        let Destination { remote, head, .. } = Destination::ask(project, remote, who)?;
        let head = head.map_err(unchanged)?;
        let history = promote::join_remote(
            project.store(),
            &remote.name,
            &*remote.remote,
            &head,
            !step.dry_run,
            step.theirs,
        );
        let history = history.map_err(unchanged)?.or_else(|both| {
            reporter.notice(Notice::Diverged(&both))?;
            Err(diverged(step, &remote.name).with_details(DivergedRecords {
                remote: remote.name.clone(),
                ours: recorded(&both.ours),
                theirs: recorded(&both.theirs),
            }))
        })?;
        reporter
            .notice(Notice::LedgersJoined { remote: &remote.name, joined: &history.history })?;
        let followers = followers
            .into_iter()
            .map(|one| Follower::ask(reporter, (project, who), one, &remote.name))
            .collect::<Result<_>>()?;
        Ok(Authority::Remote(Box::new(RemotePointer { remote, head, history, followers })))
    }

    /// Pointer and versions against which the change is checked.
    pub fn pointer_state<'a>(&'a self, store: &'a Store) -> Result<PointerState<'a>> {
        match self {
            Authority::Here => PointerState::here(store),
            Authority::Remote(remote) => remote.pointer_state(store),
        }
    }

    /// The remote that was asked.
    pub fn name(&self) -> Option<&str> {
        match self {
            Authority::Here => None,
            Authority::Remote(remote) => Some(&remote.remote.name),
        }
    }

    /// The remotes that follow the one that was asked.
    pub fn followers(&self) -> Vec<&str> {
        match self {
            Authority::Here => Vec::new(),
            Authority::Remote(remote) => remote.followers.iter().map(Follower::name).collect(),
        }
    }

    /// The requests that a promotion would send to a remote on which the agent runs.
    pub fn plan(&self, number: u64) -> Result<Option<DeployPlan>> {
        match self {
            Authority::Here => Ok(None),
            Authority::Remote(remote) => {
                remote.remote.remote.plan(&PlanRequest::Promote { number })
            }
        }
    }

    /// Records of the remote's ledger that were not known here.
    pub fn incoming(&self) -> &[LedgerChange] {
        match self {
            Authority::Here => &[],
            Authority::Remote(remote) => &remote.history.history.incoming,
        }
    }
}

impl RemotePointer {
    pub fn pointer_state<'a>(&'a self, store: &'a Store) -> Result<PointerState<'a>> {
        self.history.history.pointer_state(store, &self.history.seen.objects)
    }

    /// Takes a step there, at the followers, and then here.
    pub fn apply<R: Reporter>(
        self,
        reporter: &mut R,
        project: &Project,
        action: &str,
        step: &PointerSwap,
    ) -> Result<StepTaken> {
        let RemotePointer { remote, head, history, followers } = self;
        let (store, name, before) = (project.store(), &remote.name, head.clone());
        let taken = reporter.phase(Phase::Sending, |progress| {
            let step = (step.number, step.new);
            promote::send_promotion(
                store,
                name,
                &*remote.remote,
                head,
                &history.history,
                step,
                progress,
            )
        });
        // A deployment that was refused says itself what is live, or deleted, now.
        let is_said = remote.remote.is_deployed_to();
        match taken.map_err(|error| if is_said { error } else { unchanged(error) })? {
            PromoteOutcome::Done(there) => {
                let heads = Heads { active: Some(step.new), ..history.history.ours.clone() };
                let followers = take_step(reporter, project, followers, &heads);
                if !promote::catch_up(store, &there, &history.history)? {
                    reporter.notice(Notice::LedgerBehind { remote: name })?;
                }
                Ok(StepTaken { deployed: remote.remote.deployed(), followers })
            }
            PromoteOutcome::Behind(head) => Err(behind(reporter, store, action, name, &head)),
            PromoteOutcome::Moved(now) => {
                let (before, now) = (before.heads, now.heads);
                let new = incoming::moved_since(store.objects(), &before, &now).unwrap_or_default();
                reporter.notice(Notice::Overtaken(&new))?;
                Err(overtaken(action, name, &new))
            }
        }
    }

    /// There is nothing to do there, unless the promotion of that version was interrupted: ours comes up to it.
    pub fn catch_up<R: Reporter>(
        self,
        reporter: &mut R,
        project: &Project,
        promoted: Option<u64>,
    ) -> Result<StepTaken> {
        if let Some(number) = promoted {
            reporter.phase(Phase::Sending, |_| self.remote.remote.finish(number))?;
        }
        let deployed = self.remote.remote.deployed();
        let history = &self.history.history;
        let followers = take_step(reporter, project, self.followers, &history.ours);
        if !promote::catch_up(project.store(), &self.head.heads, history)? {
            reporter.notice(Notice::LedgerBehind { remote: &self.remote.name })?;
        }
        project.store().confirm_heads().map(|()| StepTaken { deployed, followers })
    }
}

/// Moves the pointers of the followers.
fn take_step<R: Reporter>(
    reporter: &mut R,
    project: &Project,
    followers: Vec<Follower>,
    heads: &Heads,
) -> Vec<FollowerOutcome> {
    followers.into_iter().map(|one| one.step(reporter, project, heads)).collect()
}

fn unchanged(error: Error) -> Error {
    match error.hints() {
        // The change may have been applied although its answer was lost.
        [Hint::Text(hint)] if hint == promote::UNANSWERED => error,
        _ => error.also(Hint::StepOffline),
    }
}

/// Both sides recorded something that the other has not seen.
fn diverged(step: &PointerRequest<'_>, name: &str) -> Error {
    let PointerRequest { action, remote, .. } = step;
    Error::conflict(format!(
        "cannot {action}: the records that were created offline and the ledger of \"{name}\" have diverged"
    ))
    .hint(Hint::StepTheirs { action: (*action).to_owned(), remote: remote.map(str::to_owned) })
}

/// Somebody was faster.
fn overtaken(action: &str, name: &str, new: &[LedgerChange]) -> Error {
    Error::conflict(format!(
        "cannot {action}: somebody else moved the pointer of \"{name}\" meanwhile"
    ))
    .hint("run the same command again to decide on what is live now; nothing was changed")
    .with_details(OvertakenStep { remote: name.to_owned(), changes: recorded(new) })
}

/// Records of others that came before a step.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OvertakenStep {
    remote: String,
    changes: Vec<RecordedChange>,
}

/// Records of both sides that cannot follow each other.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DivergedRecords {
    remote: String,
    ours: Vec<RecordedChange>,
    theirs: Vec<RecordedChange>,
}

fn recorded(changes: &[LedgerChange]) -> Vec<RecordedChange> {
    changes.iter().map(|change| RecordedChange::step(&change.step, change.number)).collect()
}
