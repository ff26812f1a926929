//! `snapshot restore`: the project as it was when a safety snapshot was taken.

use super::find;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::file_line;
use crate::cli::progress::with_progress;
use crate::cli::safety_snapshot::print_kept;
use crate::cli::{Exit, complete};
use crate::error::{Error, Result};
use crate::history::any_version::VersionContent;
use crate::history::revision::Revision;
use crate::operations::rollback::{self, RollbackSource};
use crate::report::FileChangeView;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Restore all files of the project from a safety snapshot
///
/// Files added since are removed; ignored files are never touched. The current files are stored as a safety snapshot
/// first, so that this can be undone. `restore --from snapshot/v1 PATH` restores some of them.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The snapshot, `1`, `v1` or `latest`
    #[arg(add = ArgValueCompleter::new(complete::snapshots))]
    snapshot: Revision,
    /// List the files that would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    from: &'a str,
    dry_run: bool,
    files: Vec<FileChangeView<'a>>,
    /// The safety snapshot with the files as they were; null where nothing was lost.
    snapshot: Option<u64>,
}

answer!(snapshotRestore: Answer<'_>);

impl Restore {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let found = find(&project, self.snapshot)?;
        let VersionContent::Snapshot(kept) = &found.content else {
            return Err(Error::usage(format!("\"{}\" is not a safety snapshot", found.name)).hint(
                format!(
                    "run `lua-store restore --from {} .` to restore the files of a version",
                    found.name
                ),
            ));
        };
        let (who, from) = (cx.who(&project)?, RollbackSource::Snapshot(kept.number));
        let rollback =
            with_progress(cx, "Reading", |progress| rollback::prepare(&project, from, &progress))?;
        let changes = rollback.changes.clone();
        let kept = match self.dry_run {
            true => None,
            false => with_progress(cx, "Restoring", |progress| rollback.run(&who, &progress))?.kept,
        };
        if cx.out.is_json() {
            let files = FileChangeView::all(&changes);
            print_kept(cx, kept);
            cx.out.json(&Answer {
                from: &found.name,
                dry_run: self.dry_run,
                files,
                snapshot: kept,
            })?;
            return Ok(Exit::Done);
        }
        cx.out.line(match self.dry_run {
            true => format!("Would restore {} file(s) from {}:", changes.len(), found.name),
            false => format!("✓ Restored {} file(s) from {}:", changes.len(), found.name),
        })?;
        changes.iter().try_for_each(|change| cx.out.line(file_line(change)))?;
        print_kept(cx, kept);
        Ok(Exit::Done)
    }
}
