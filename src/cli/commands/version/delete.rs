//! `version delete`: a version that shall never be promoted again.

use crate::cli::context::Context;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::{Terminal, print_git};
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::flow::delete;
use crate::flow::git::GitOutcome;
use crate::flow::pointer::PointerRequest;
use crate::history::revision::Revision;
use crate::operations::promote::Deleted;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Delete a version, so that it can never be promoted again
///
/// It stays in the list and can be inspected; none of its content is removed. The active version and the only
/// remaining one cannot be deleted.
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
struct Answer<'a> {
    deleted: u64,
    changed: bool,
    git: Option<&'a GitOutcome>,
}

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
        let version = &self.version;
        let prepared = delete::prepare(&mut Terminal::new(cx), at, remote, &step, version)?;
        let (number, question) = (prepared.number, format!("Delete v{}?", prepared.number));
        if prepared.deleted == Deleted::Done && !cx.confirm(&question, self.force)? {
            return Ok(Exit::Done);
        }
        let (deleted, git) = prepared.apply(&mut Terminal::new(cx), at)?;
        if cx.out.is_json() {
            let changed = deleted == Deleted::Done;
            cx.out.json(&Answer { deleted: number, changed, git: git.as_ref() })?;
        } else {
            cx.out.line(match deleted {
                Deleted::Done => format!("✓ Deleted v{number}."),
                Deleted::AlreadyDeleted => format!("v{number} is already deleted. No change."),
            })?;
        }
        git.iter().for_each(|git| print_git(cx, git));
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}
