//! `source diff`: what differs between the files of two pushes.

use super::{find, name};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_files};
use crate::cli::{Exit, complete};
use crate::diff;
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::revision::Revision;
use crate::report::FileChangeView;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// List the files that differ between two source versions
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The older source version, `3` or `v3`, or another version; see `help versions`
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::sources))]
    from: Revision,
    /// The newer source version
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::sources))]
    to: Revision,
    #[command(flatten)]
    view: FileView,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    /// The number of a source version; null for any other.
    from: Option<u64>,
    to: Option<u64>,
    from_name: &'a str,
    to_name: &'a str,
    files: Vec<FileChangeView<'a>>,
}

answer!(sourceDiff: Answer<'_>);

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let (view, from) = find(cx, self.from)?;
        let (_, to) = find(cx, self.to)?;
        let objects = view.store().objects();
        let changes = diff::trees(objects, Some(from.files()), Some(to.files()))?;
        let changes = diff::find_renames(changes);
        if cx.out.is_json() {
            let number = |version: &AnyVersion| version.name.strip_prefix("source/v")?.parse().ok();
            cx.out.json(&Answer {
                from: number(&from),
                to: number(&to),
                from_name: &from.name,
                to_name: &to.name,
                files: FileChangeView::all(&changes),
            })?;
            return Ok(Exit::Done);
        }
        cx.page();
        if changes.is_empty() && self.view.in_words() {
            cx.out.line(format!("The files of {} and {} are equal.", name(&from), name(&to)))?;
            return Ok(Exit::Done);
        }
        print_files(cx, objects, &changes, &self.view)?;
        Ok(Exit::Done)
    }
}
