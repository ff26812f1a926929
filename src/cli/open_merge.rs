//! Open merge, as `status` shows it.

use crate::cli::context::Context;
use crate::cli::hints;
use crate::error::{Hint, Result};
use crate::history::project::Project;
use crate::store::OpenMerge;
use crate::workspace::{self, MarkerPlace};
use serde::Serialize;

/// A merge that waits for a person.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OpenMergeView {
    remote: String,
    /// Files that got markers.
    files: Vec<String>,
    /// The first marker that is left in each file.
    markers_left: Vec<MarkerPlace>,
    snapshot: Option<u64>,
}

impl OpenMergeView {
    pub fn of(project: &Project) -> Result<Option<OpenMergeView>> {
        let merge = project.store().open_merge_in(project.root())?;
        let Some(merge) = merge else { return Ok(None) };
        let markers_left = workspace::find_markers(project.root(), &merge.paths)?;
        let OpenMerge { remote, paths: files, snapshot, .. } = merge;
        Ok(Some(OpenMergeView { remote, files, markers_left, snapshot }))
    }
}

/// Lists the files of the merge, and what to run next.
pub fn print(cx: &mut Context<'_>, merge: &OpenMergeView) -> Result<()> {
    cx.out.line(format!("A merge with {} is open:", merge.remote))?;
    for path in &merge.files {
        let left = merge.markers_left.iter().find(|left| left.path == *path);
        let state = left
            .map_or("no markers left".to_owned(), |left| format!("markers at line {}", left.line));
        cx.out.line(format!("  {path}  {state}"))?;
    }
    cx.out.hint(hints::text(&Hint::OpenMerge));
    Ok(())
}
