//! `version undelete`: a deleted version has the status again that it had before.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::{Terminal, print_git};
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::flow::deletion;
use crate::flow::git::GitOutcome;
use crate::flow::pointer::PointerRequest;
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::operations::deletion::{DeletionChange, DeletionOutcome};
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
    /// If both sides promoted or deleted, continue from the ledger of the remote and leave yours out
    #[arg(long, conflicts_with = "offline")]
    theirs: bool,
    #[command(flatten)]
    at: RemoteArgs,
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
        let step = PointerRequest {
            action: &format!("undelete {}", self.version),
            remote: self.at.remote.as_deref(),
            dry_run: false,
            theirs: self.theirs,
        };
        let mut remote = self.at.reach(cx, &project)?;
        let who = cx.who_at(&project, remote.as_mut())?;
        let at = (&project, &who);
        let change = DeletionChange::Undelete { reason: self.reason };
        let mut terminal = Terminal::new(cx);
        let prepared = deletion::prepare(&mut terminal, at, remote, &step, &self.version, change)?;
        let (number, status) = (prepared.number, prepared.undeleted.word());
        let (outcome, git) = prepared.apply(&mut Terminal::new(cx), at)?;
        let changed = outcome == DeletionOutcome::Done;
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
        git.iter().for_each(|git| print_git(cx, git));
        cx.look_after(&project);
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
