//! `source rollback`: the files of an older push come back.

use super::find;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::file_line;
use crate::cli::progress::with_progress;
use crate::cli::safety_snapshot::print_kept;
use crate::cli::{Exit, complete};
use crate::diff::TreeChange;
use crate::error::{Error, Hint, Result};
use crate::history::any_version::{AnyVersion, VersionContent};
use crate::history::revision::Revision;
use crate::history::source;
use crate::operations::rollback::{self, RollbackSource};
use crate::report::FileChangeView;
use crate::store::Store;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Restore the files of an older source version, as the next source version
///
/// Removes files added since, restores modes and links, and never touches ignored files. Edits that were not
/// pushed are stored as a safety snapshot first.
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// The source version to restore, `3` or `v3`, or another version; see `help versions`
    #[arg(long, value_name = "N", required_unless_present = "snapshot", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::sources))]
    version: Option<Revision>,
    /// The older form of `snapshot restore`
    #[arg(
        long,
        value_name = "N",
        hide = true,
        conflicts_with = "version",
        allow_negative_numbers = true
    )]
    snapshot: Option<Revision>,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    /// List the files that would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(flatten)]
    plan: Plan<'a>,
    source_version: Option<u64>,
    /// The safety snapshot with the files as they were.
    snapshot: Option<u64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Plan<'a> {
    dry_run: bool,
    files: Vec<FileChangeView<'a>>,
}

answer! {
    sourceRollback: Answer<'_>,
    sourceRollbackPlan: Plan<'_>,
}

impl Rollback {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let revision = match (self.version, self.snapshot) {
            (Some(version), _) => version.in_sources(),
            (None, snapshot) => snapshot.unwrap_or(Revision::Latest).in_snapshots(),
        };
        let (from, name) = origin(&find(cx, revision)?.1, project.store())?;
        if let RollbackSource::Version(_) = from {
            cx.out.note("`source rollback` restores files only. To change the live version, run `lua-store version promote`.");
        }
        let rollback =
            with_progress(cx, "Reading", |progress| rollback::prepare(&project, from, &progress))?;
        let changes = rollback.changes.clone();
        if self.dry_run {
            return preview(cx, &name, &changes);
        }
        let question = format!(
            "Rolling back to {name} will overwrite local files and create a new version. Continue?"
        );
        if !cx.confirm(&question, self.force)? {
            return Ok(Exit::Done);
        }
        let done = with_progress(cx, "Restoring", |progress| rollback.run(&who, &progress))?;
        if cx.out.is_json() {
            let files = FileChangeView::all(&changes);
            print_kept(cx, done.kept);
            let (source_version, snapshot) = (done.number, done.kept);
            cx.out.json(&Answer {
                plan: Plan { dry_run: false, files },
                source_version,
                snapshot,
            })?;
            return Ok(Exit::Done);
        }
        cx.out.line(format!("✓ Rolled back to {name}: {} file(s) changed.", changes.len()))?;
        match (done.number, from) {
            (Some(number), _) => cx.out.line(format!("💾 Backup at v{number}"))?,
            (None, RollbackSource::Version(_)) => {
                cx.out.line("It was the newest source version already.")?
            }
            (None, RollbackSource::Snapshot(_) | RollbackSource::Files { .. }) => {
                cx.out.hint("run `lua-store push` to store it as a source version")
            }
        }
        print_kept(cx, done.kept);
        Ok(Exit::Done)
    }
}

/// The push, or the safety snapshot, with the files of a version, and its name.
fn origin(version: &AnyVersion, store: &Store) -> Result<(RollbackSource, String)> {
    if let VersionContent::Snapshot(kept) = &version.content {
        let name = format!("safety snapshot {}", kept.number);
        return Ok((RollbackSource::Snapshot(kept.number), name));
    }
    let number = version.source_number().unwrap_or_default();
    let pushed = source::get(store, number);
    if pushed.is_ok_and(|pushed| pushed.source == version.files()) {
        return Ok((RollbackSource::Version(number), format!("v{number}")));
    }
    let name = &version.name;
    Err(Error::failed(format!("cannot roll back to {name}: no local push contains its files"))
        .hint(Hint::PullEverything))
}

fn preview(cx: &mut Context<'_>, name: &str, changes: &[TreeChange]) -> Result<Exit> {
    if cx.out.is_json() {
        cx.out.json(&Plan { dry_run: true, files: FileChangeView::all(changes) })?;
        return Ok(Exit::Done);
    }
    for change in changes {
        cx.out.line(file_line(change))?;
    }
    cx.out.line(format!(
        "Would roll back to {name}: {} file(s). Nothing was changed.",
        changes.len()
    ))?;
    Ok(Exit::Done)
}
