//! Not included: work in a project that its newest version does not contain.

use super::yaml_edit;
use crate::diff;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::source;
use crate::history::version::Version;
use crate::progress::Progress;
use crate::workspace::Tracked;
use serde::Serialize;

/// Work that a version does not contain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotIncluded {
    /// Paths of files that somebody edited after the newest push.
    pub edited: Vec<String>,
    /// Source versions that were pushed after the one of the version.
    pub source_versions: Vec<u64>,
}

impl NotIncluded {
    /// Compares the files and the pushes of a project with a version. Stores nothing.
    pub fn of(project: &Project, version: &Version) -> Result<NotIncluded> {
        let Some(newest) = source::latest(project.store())? else {
            return Ok(NotIncluded::default());
        };
        let tracked = Tracked::in_tree(project.store().objects(), Some(newest.source))?;
        let (snapshot, view) = project.preview(&tracked, &Progress::default())?;
        let mut changes = diff::trees(&view, Some(newest.source), Some(snapshot.tree))?;
        yaml_edit::take_out(project.store(), &mut changes)?;
        let first = version.meta.source_version + 1;
        // A push after the version can have the same files again.
        let is_other = newest.source != version.source;
        Ok(NotIncluded {
            edited: changes.into_iter().map(|change| change.path).collect(),
            source_versions: (first..=newest.number).filter(|_| is_other).collect(),
        })
    }
}
