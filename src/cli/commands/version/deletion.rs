//! Step that `version delete` and `version undelete` share: here, or at the remote first.

use crate::cli::context::Context;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::{Terminal, print_git};
use crate::error::Result;
use crate::flow::deletion;
use crate::flow::git::GitOutcome;
use crate::flow::pointer::PointerRequest;
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::operations::deletion::{DeletionChange, DeletionOutcome};

/// Options of both commands.
#[derive(Debug, clap::Args)]
pub struct DeletionArgs {
    /// If both sides promoted or deleted, continue from the ledger of the remote and leave yours out
    #[arg(long, conflicts_with = "offline")]
    theirs: bool,
    #[command(flatten)]
    pub at: RemoteArgs,
}

/// Result of the step.
pub struct DeletionResult {
    pub number: u64,
    /// Status of the version once it is restored.
    pub undeleted: &'static str,
    /// False if the version was deleted or restored before.
    pub changed: bool,
    pub git: Option<GitOutcome>,
}

impl DeletionArgs {
    /// Applies the change, if `confirm` permits it; else `None`. It is asked only about a step that changes something.
    pub fn apply(
        &self,
        cx: &mut Context<'_>,
        project: &Project,
        (action, version): (&str, &Revision),
        change: DeletionChange,
        confirm: impl FnOnce(&mut Context<'_>, u64) -> Result<bool>,
    ) -> Result<Option<DeletionResult>> {
        let step = PointerRequest {
            action: &format!("{action} {version}"),
            remote: self.at.remote.as_deref(),
            dry_run: false,
            theirs: self.theirs,
        };
        let mut remote = self.at.reach(cx, project)?;
        let who = cx.who_at(project, remote.as_mut())?;
        let (at, mut terminal) = ((project, &who), Terminal::new(cx));
        let prepared = deletion::prepare(&mut terminal, at, remote, &step, version, change)?;
        let (number, undeleted) = (prepared.number, prepared.undeleted.word());
        if prepared.outcome == DeletionOutcome::Done && !confirm(cx, number)? {
            return Ok(None);
        }
        let (outcome, git) = prepared.apply(&mut Terminal::new(cx), at)?;
        let changed = outcome == DeletionOutcome::Done;
        Ok(Some(DeletionResult { number, undeleted, changed, git }))
    }
}

impl DeletionResult {
    /// Prints what comes after the answer.
    pub fn finish(&self, cx: &mut Context<'_>) {
        self.git.iter().for_each(|git| print_git(cx, git));
    }
}
