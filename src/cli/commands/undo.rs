//! `undo`: takes back the last command that changed the store or the files.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::op_view::OperationView;
use crate::cli::progress::{self, Unit};
use crate::cli::safety_snapshot::print_kept;
use crate::error::Result;
use crate::operations::undo;
use serde::Serialize;

/// Undo the last command that changed the store or the files
///
/// Undoes a push or a version that was not sent, a pull, a restore, a promotion without a remote. Run it again to
/// undo the command before. A change that a remote has cannot be undone: the message names the command that reverts
/// it with a new version. Nothing is lost: `op log` lists what was undone, and the earlier files are stored as a
/// safety snapshot.
#[derive(Debug, clap::Args)]
pub struct Undo {
    /// Show what would be undone, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    undone: OperationView<'a>,
    dry_run: bool,
    /// The safety snapshot with the files as they were.
    snapshot: Option<u64>,
}

answer!(undo: Answer<'_>);

impl Undo {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let plan = undo::prepare(&project)?;
        let operation = plan.operation.clone();
        let who = cx.who(&project)?;
        let term = *cx.out.term();
        let kept = match self.dry_run {
            true => None,
            false => progress::show(&term, "Restoring", Unit::Item, |progress| {
                plan.run(&project, &who, progress)
            })?,
        };
        let view = OperationView::new(&operation, None);
        if cx.out.is_json() {
            let dry_run = self.dry_run;
            print_kept(cx, kept);
            cx.out.json(&Answer { undone: view, dry_run, snapshot: kept })?;
            return Ok(Exit::Done);
        }
        let verb = if self.dry_run { "Would undo" } else { "✅ Undone:" };
        cx.out.line(format!("{verb} operation {}, `{}`", operation.number, operation.command))?;
        for line in view.undone_lines() {
            cx.out.line(format!("   {line}"))?;
        }
        print_kept(cx, kept);
        Ok(Exit::Done)
    }
}
