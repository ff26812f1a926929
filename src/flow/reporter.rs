//! Reporter: notices of a flow to its front end while it goes on.

use super::destination::Delivery;
use super::git;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::merge::incoming::{Incoming, LedgerChange};
use crate::merge::join_history::{DivergedLedgers, JoinedHistory};
use crate::merge::rebase::Rebased;
use crate::operations::push::Pushed;
use crate::progress::Progress;

/// A part of the work that may take long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The project is read and kept.
    Pushing,
    /// Versions are sent to a remote.
    Sending,
    /// The project is read.
    Reading,
    /// Files of a version are brought back.
    Restoring,
    /// Incoming versions are merged into the files.
    Merging,
}

/// Something that happened, at the moment when it did. What comes after it may still fail.
pub enum Notice<'a> {
    /// The remote has versions that are not here: the flow stops, or supersedes them.
    Incoming(&'a Incoming),
    /// Records that both sides made since their ledgers were equal: the flow stops.
    Diverged(&'a DivergedLedgers),
    /// Records that somebody made at the remote since it was asked: the flow stops.
    Overtaken(&'a [LedgerChange]),
    /// Our numbers moved behind those of the remote.
    Renumbered(&'a Rebased),
    /// The push is done here.
    Pushed { pushed: &'a Pushed, project: &'a Project, who: &'a Author },
    /// git has the commit, or a warning.
    Git(&'a git::GitOutcome),
    /// The remote has everything that is here.
    Delivered(&'a Delivery),
    /// The ledgers of both sides as one, before a step is judged on it.
    LedgersJoined { remote: &'a str, joined: &'a JoinedHistory },
    /// The step is taken at the remote, and the ledger here cannot follow.
    LedgerBehind { remote: &'a str },
    /// A value of the server is in a file. `spared` is what stays, as other code uses it too.
    Edited { label: &'a str, path: &'a str, spared: Option<&'a str> },
}

/// The front end of a flow.
pub trait Reporter {
    /// Does the work of a phase, and shows how far it is.
    fn phase<T: Send>(
        &mut self,
        phase: Phase,
        work: impl FnOnce(&Progress) -> Result<T>,
    ) -> Result<T>;

    fn notice(&mut self, notice: Notice<'_>) -> Result<()>;
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Reporter for Quiet {
    fn phase<T: Send>(&mut self, _: Phase, work: impl FnOnce(&Progress) -> Result<T>) -> Result<T> {
        work(&Progress::default())
    }

    fn notice(&mut self, _: Notice<'_>) -> Result<()> {
        Ok(())
    }
}
