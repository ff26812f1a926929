//! Followers: the other remotes of a project whose agent runs on the platform. A promotion moves the platform's pointer, then
//! theirs, then the one here.

use super::destination::Destination;
use super::remote::NamedRemote;
use super::{Phase, Reporter};
use crate::client::push::{self, PushOutcome};
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::store::Heads;

/// Remotes of a step of the pointer: the one that decides, and those that follow it.
#[derive(Default)]
pub struct StepRemotes {
    /// `None`: the pointer is moved here alone.
    pub authority: Option<NamedRemote>,
    pub followers: Vec<NamedRemote>,
}

impl From<Option<NamedRemote>> for StepRemotes {
    fn from(authority: Option<NamedRemote>) -> StepRemotes {
        StepRemotes { authority, followers: Vec::new() }
    }
}

/// A remote that was asked before anything is live.
pub struct Follower(Destination);

/// The pointer of a follower after a step.
#[derive(Debug)]
pub struct FollowerOutcome {
    pub name: String,
    /// The reason why its pointer is not moved yet: the next promotion, or a push to it, moves it.
    pub open: Option<Error>,
}

impl Follower {
    /// Asks a remote. One that has what is not here is an error; one that cannot be reached is none, as it must not keep a bad
    /// version live.
    pub fn ask<R: Reporter>(
        reporter: &mut R,
        (project, who): (&Project, &Author),
        remote: NamedRemote,
        authority: &str,
    ) -> Result<Follower> {
        let step = Hint::StepAtOne { remote: authority.to_owned() };
        Destination::for_push(reporter, project, remote, who)
            .map(Follower)
            .map_err(|error| error.also(step))
    }

    pub fn name(&self) -> &str {
        &self.0.remote.name
    }

    /// Sends everything that belongs to the step.
    pub fn step<R: Reporter>(
        self,
        reporter: &mut R,
        project: &Project,
        heads: &Heads,
    ) -> FollowerOutcome {
        let name = self.name().to_owned();
        let open = self.send(reporter, project, heads).err();
        FollowerOutcome { name, open }
    }

    fn send<R: Reporter>(self, reporter: &mut R, project: &Project, heads: &Heads) -> Result<()> {
        let Destination { remote, head, .. } = self.0;
        let (head, store) = (head?, project.store());
        let sent = reporter.phase(Phase::Sending, |progress| {
            push::send(store, &remote.name, &*remote.remote, head, heads, progress)
        })?;
        match sent {
            PushOutcome::Done(_) => Ok(()),
            PushOutcome::Behind(_) => Err(Error::conflict(format!(
                "somebody else pushed to \"{}\" meanwhile",
                remote.name
            ))),
        }
    }
}
