//! `source diff`: what differs between the files of two pushes.

use super::number;
use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_files};
use crate::cli::{Exit, complete};
use crate::diff;
use crate::error::Result;
use crate::history::source;
use crate::report::FileChangeView;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Say which files differ between two source versions
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The older source version, `3` or `v3`
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::sources))]
    from: String,
    /// The newer source version
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::sources))]
    to: String,
    #[command(flatten)]
    view: FileView,
}

#[derive(Serialize)]
struct Answer<'a> {
    from: u64,
    to: u64,
    files: Vec<FileChangeView<'a>>,
}

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let (from, to) = (number(&self.from)?, number(&self.to)?);
        let (old, new) = (source::get(project.store(), from)?, source::get(project.store(), to)?);
        let objects = project.store().objects();
        let changes = diff::find_renames(diff::trees(objects, Some(old.source), Some(new.source))?);
        if cx.out.is_json() {
            cx.out.json(&Answer { from, to, files: FileChangeView::all(&changes) })?;
            return Ok(Exit::Done);
        }
        cx.page();
        if changes.is_empty() && self.view.in_words() {
            cx.out.line(format!("The files of v{from} and v{to} are equal."))?;
            return Ok(Exit::Done);
        }
        print_files(cx, objects, &changes, &self.view)?;
        Ok(Exit::Done)
    }
}
