//! Difference between two states of an agent, in the words of `lua-store diff`.

use crate::compare::StateChange;
use crate::diff::{self, TreeChange};
use crate::error::Result;
use crate::object::{Id, Source};
use crate::report;

/// Differences between two versions, or between a version and the project.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// Changes of the agent: primitives, persona, model, settings. Empty if the agent is the same.
    pub lines: Vec<String>,
    /// Files that differ, by path.
    pub files: Vec<FileChange>,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileChange {
    /// Its path, with `/`.
    pub path: String,
    /// The path it had before, where it was renamed.
    pub from: Option<String>,
    /// Kind of change: `added`, `removed`, `modified` …, as in the JSON of `lua-store diff`.
    pub change: &'static str,
}

impl Diff {
    /// True if neither the agent nor a file differs.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.files.is_empty()
    }

    pub(super) fn of(
        source: &dyn Source,
        change: &StateChange,
        from: Option<Id>,
        to: Id,
    ) -> Result<Diff> {
        let lines = match change.is_empty() && !change.has_rebundled() {
            true => Vec::new(),
            false => report::lines(change, false).into_iter().map(|line| line.text).collect(),
        };
        let files = diff::find_renames(diff::trees(source, from, Some(to))?);
        Ok(Diff { lines, files: files.into_iter().map(FileChange::of).collect() })
    }
}

impl FileChange {
    fn of(change: TreeChange) -> FileChange {
        FileChange { change: change.kind.word(), path: change.path, from: change.from }
    }
}
