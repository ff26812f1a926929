//! `version delete`: a version that cannot be promoted any more.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::{Terminal, print_git};
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::flow::deletion;
use crate::flow::git::GitOutcome;
use crate::flow::pointer::PointerRequest;
use crate::history::revision::Revision;
use crate::operations::deletion::{DeletionChange, DeletionOutcome};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Delete a version, so that it cannot be promoted
///
/// It stays in the list and can be inspected; none of its content is removed, and `version undelete` restores it. The
/// active version and the only remaining one cannot be deleted.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// The version to delete
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::versions))]
    version: Revision,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    /// If both sides promoted or deleted, continue from the ledger of the remote and leave yours out
    #[arg(long, conflicts_with = "offline")]
    theirs: bool,
    #[command(flatten)]
    at: RemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    deleted: u64,
    changed: bool,
    git: Option<&'a GitOutcome>,
}

answer!(versionDeletion: Answer<'_>);

impl Delete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let step = PointerRequest {
            action: &format!("delete {}", self.version),
            remote: self.at.remote.as_deref(),
            dry_run: false,
            theirs: self.theirs,
        };
        let mut remote = self.at.reach(cx, &project)?;
        let who = cx.who_at(&project, remote.as_mut())?;
        let at = (&project, &who);
        let (mut terminal, change) = (Terminal::new(cx), DeletionChange::Delete);
        let prepared = deletion::prepare(&mut terminal, at, remote, &step, &self.version, change)?;
        let (number, question) = (prepared.number, format!("Delete v{}?", prepared.number));
        if prepared.outcome == DeletionOutcome::Done && !cx.confirm(&question, self.force)? {
            return Ok(Exit::Done);
        }
        let (outcome, git) = prepared.apply(&mut Terminal::new(cx), at)?;
        let changed = outcome == DeletionOutcome::Done;
        if cx.out.is_json() {
            cx.out.json(&Answer { deleted: number, changed, git: git.as_ref() })?;
        } else if changed {
            cx.out.line(format!("✓ Deleted v{number}."))?;
            let options = self.at.options();
            cx.out
                .hint(format!("run `lua-store version undelete v{number}{options}` to restore it"));
        } else {
            cx.out.line(format!("v{number} is already deleted. No change."))?;
        }
        git.iter().for_each(|git| print_git(cx, git));
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}
