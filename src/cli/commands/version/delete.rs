//! `version delete`: a version that cannot be promoted any more.

use super::deletion::{DeletionArgs, DeletionResult};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, complete, platform_remote};
use crate::error::Result;
use crate::flow::git::GitOutcome;
use crate::history::revision::Revision;
use crate::operations::deletion::DeletionChange;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Delete a version, so that it cannot be promoted
///
/// It stays in the list and can be inspected; none of its content is removed, and `version undelete` restores it. The
/// active version and the only remaining one cannot be deleted. On the Lua platform the version stays as it is.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// The version to delete
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::versions))]
    version: Revision,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    step: DeletionArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    deleted: u64,
    changed: bool,
    /// Remotes on the Lua platform: the version stays there, as a deletion is not sent.
    stays_on: &'a [String],
    git: Option<&'a GitOutcome>,
}

answer!(versionDeletion: Answer<'_>);

impl Delete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let confirm =
            |cx: &mut Context<'_>, number| cx.confirm(&format!("Delete v{number}?"), self.force);
        let (what, change) = (("delete", &self.version), DeletionChange::Delete);
        let Some(done) = self.step.apply(cx, &project, what, change, confirm)? else {
            return Ok(Exit::Done);
        };
        let DeletionResult { number, changed, git, .. } = &done;
        let (number, changed) = (*number, *changed);
        let stays_on = &platform_remote::names(&project)?;
        if !stays_on.is_empty() {
            let names = stays_on.join(" and ");
            cx.out.note(format!(
                "v{number} stays on {names}: a deletion is not sent to the Lua platform."
            ));
        }
        if cx.out.is_json() {
            cx.out.json(&Answer { deleted: number, changed, stays_on, git: git.as_ref() })?;
        } else if changed {
            cx.out.line(format!("✓ Deleted v{number}."))?;
            let options = self.step.at.options();
            cx.out
                .hint(format!("run `lua-store version undelete v{number}{options}` to restore it"));
        } else {
            cx.out.line(format!("v{number} is already deleted. No change."))?;
        }
        done.finish(cx);
        Ok(Exit::Done)
    }
}
