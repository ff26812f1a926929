//! Project: a folder with an agent's files and its store.

use super::{Author, Diff, Remote, Store};
use crate::compare;
use crate::error::Result;
use crate::history::project;
use crate::model::agent::Note;
use crate::operations::{init, push, stage};
use crate::progress::Progress;
use std::path::Path;
use std::time::SystemTime;

/// A folder with an agent's TypeScript, and `.lua/` beside it.
pub struct Project {
    inner: project::Project,
    store: Store,
}

/// Result of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The new source version. `None` where nothing differs from the one before.
    pub number: Option<u64>,
    /// Reason why the agent was not read, where it could not be: then only the files were kept.
    pub unread: Option<String>,
    /// Values that are not known without running the project, each with its place.
    pub notes: Vec<String>,
}

impl Project {
    /// Makes the store of a project, or finds it there. Its agent is the one that `lua.skill.yaml` names.
    pub fn init(root: &Path) -> Result<Project> {
        init::init(root, None)?;
        Project::open(root)
    }

    /// The project in a folder.
    pub fn open(root: &Path) -> Result<Project> {
        project::Project::open(root).map(Project::of)
    }

    /// The project that contains a folder, found by walking up.
    pub fn find(from: &Path) -> Result<Project> {
        project::Project::find(from).map(Project::of)
    }

    fn of(inner: project::Project) -> Project {
        let store = Store::of(inner.store().clone());
        Project { inner, store }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        self.inner.root()
    }

    /// Its versions, and which of them is live.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps the project as it is now as the next source version, as `lua-store push --offline` does. A value that looks like a
    /// secret is an error, which says how to allow it.
    pub fn push(&self, message: Option<&str>, author: &Author) -> Result<Pushed> {
        let request = stage::PushRequest::all(Progress::default());
        let pushed = push::push(&self.inner, &request, message, &author.who())?;
        let notes = pushed.report.notes.iter().map(|note| {
            let Note { path, line, column, message } = note;
            format!("{path}:{line}:{column}: {message}")
        });
        let notes = notes.collect();
        Ok(Pushed { number: pushed.number, unread: pushed.report.unread, notes })
    }

    /// Differences between a version (`v2`, `active`, `latest`, `previous`) and the project as it
    /// is now. Nothing is stored.
    pub fn diff(&self, from: &str) -> Result<Diff> {
        let from = self.store.load(from)?;
        let staged = stage::preview(&self.inner, &stage::PushRequest::all(Progress::default()))?;
        let report = &staged.report;
        let mut change = compare::between(&staged.objects, Some(&from.state), Some(&report.state))?;
        change.add_rebundled(&report.items);
        Diff::of(&staged.objects, &change, Some(from.source), report.snapshot.tree)
    }

    /// Names a remote: `https://host/AGENT`, or the path of a folder, which may be relative to the project.
    pub fn add_remote(&self, name: &str, url: &str) -> Result<()> {
        Remote::add(&self.inner, name, url)
    }

    /// A remote that was named. `token` is one that `lua-store serve token create` made; a folder needs none. What the remote
    /// says is remembered as of `now`.
    pub fn remote(&self, name: &str, token: Option<&str>, now: SystemTime) -> Result<Remote<'_>> {
        Remote::open(&self.inner, name, token, now)
    }
}
