//! `version undelete`: a deleted version has the status again that it had before.

use super::deletion::{DeletionArgs, DeletionResult};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::flow::git::GitOutcome;
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::operations::deletion::DeletionChange;
use crate::operations::purge;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Restore a deleted version
///
/// It is staged or superseded again, as before it was deleted, keeps its number, and can be promoted. The ledger records
/// who restored it, when and why. With a remote, the remote decides: it is restored there first.
#[derive(Debug, clap::Args)]
pub struct Undelete {
    /// The version to restore
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::deleted_versions))]
    version: Revision,
    /// The reason to record in the ledger
    #[arg(short = 'm', long, visible_alias = "message", value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    step: DeletionArgs,
}

/// Answer of `version undelete`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    undeleted: u64,
    /// The status that it has again.
    status: &'static str,
    /// False if it was restored before.
    changed: bool,
    /// Paths of the version that a purge replaced by tombstones.
    purged: &'a [String],
    git: Option<&'a GitOutcome>,
}

answer!(versionUndeletion: Answer<'_>);

impl Undelete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let change = DeletionChange::Undelete { reason: self.reason };
        let what = ("undelete", &self.version);
        let done = self.step.apply(cx, &project, what, change, |_, _| Ok(true))?;
        let Some(done) = done else { return Ok(Exit::Done) };
        let DeletionResult { number, undeleted: status, changed, git } = &done;
        let (number, status, changed) = (*number, *status, *changed);
        let purged = purged_paths(&project, number)?;
        if cx.out.is_json() {
            let (undeleted, purged, git) = (number, &*purged, git.as_ref());
            cx.out.json(&Answer { undeleted, status, changed, purged, git })?;
        } else if changed {
            cx.out.line(format!("✓ Restored v{number} ({status})."))?;
        } else {
            cx.out.line(format!("v{number} is already restored ({status}). No change."))?;
        }
        if !purged.is_empty() {
            let paths = purged.join(", ");
            cx.out.warn(format!("v{number} was purged since, and stays so: {paths}"));
        }
        done.finish(cx);
        Ok(Exit::Done)
    }
}

/// Paths of a version that a purge replaced. A purge is for ever, and the rest of the version is still there.
fn purged_paths(project: &Project, number: u64) -> Result<Vec<String>> {
    let list = project.store().purged()?;
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let tombstones = list.pairs().map(|(_, tombstone)| tombstone).collect();
    let name = format!("versions/v{number}");
    let places = purge::places::of(project.store(), &tombstones)?;
    let of_version = places.into_iter().filter(|place| place.versions.contains(&name));
    Ok(of_version.map(|place| place.path).collect())
}
