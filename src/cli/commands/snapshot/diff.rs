//! `snapshot diff`: the files of a safety snapshot against the project, or against another version.

use super::find;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_section};
use crate::cli::{Exit, complete};
use crate::diff;
use crate::error::Result;
use crate::history::revision::Revision;
use crate::operations::stage;
use crate::progress::Progress;
use crate::report::FileChangeView;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show the files that differ between a safety snapshot and the project
///
/// With two: the second against the first.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The snapshot, `1`, `v1` or `latest`
    #[arg(default_value = "latest", add = ArgValueCompleter::new(complete::snapshots))]
    from: Revision,
    /// Another snapshot, or any version such as `source/v6`, instead of the project
    #[arg(add = ArgValueCompleter::new(complete::snapshots))]
    to: Option<Revision>,
    #[command(flatten)]
    view: FileView,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    from: &'a str,
    to: &'a str,
    files: Vec<FileChangeView<'a>>,
}

answer!(snapshotDiff: Answer<'_>);

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let from = find(&project, self.from)?;
        let to = self.to.map(|to| find(&project, to)).transpose()?;
        let (snapshot, source) = stage::preview_files(&project, &Progress::default())?;
        let (name, tree) = match &to {
            Some(to) => (&*to.name, to.files()),
            None => ("project", snapshot.tree),
        };
        let changes = diff::find_renames(diff::trees(&source, Some(from.files()), Some(tree))?);
        if cx.out.is_json() {
            let files = FileChangeView::all(&changes);
            cx.out.json(&Answer { from: &from.name, to: name, files })?;
            return Ok(Exit::Done);
        }
        cx.page();
        if self.view.in_words() {
            cx.out.line(format!("Diff {} → {name}", from.name))?;
        }
        print_section(cx, &source, &changes, &self.view)?;
        Ok(Exit::Done)
    }
}
