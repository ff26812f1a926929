//! Project: a folder with an agent's files and its store.

use super::listener::{LibraryReporter, Listener};
use super::{Author, Diff, Remote, Store, Version};
use crate::compare;
use crate::error::Result;
use crate::flow;
use crate::flow::pointer::PointerRequest;
use crate::flow::remote::NamedRemote;
use crate::history::project;
use crate::history::revision::Revision;
use crate::model::agent::Note;
use crate::operations::create::{CreateRequest, Created};
use crate::operations::promote::PromoteRequest;
use crate::operations::{init, stage};
use crate::progress::Progress;
use crate::store::Journal;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// A folder with an agent's TypeScript, and `.lua/` beside it.
pub struct Project {
    inner: project::Project,
    store: Store,
    reporter: LibraryReporter,
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
    /// The git commit of it, where the project is connected to git and something was to be committed.
    pub commit: Option<String>,
}

impl Project {
    /// Makes the store of a project, or finds it there. Its agent is the one that `lua.skill.yaml` names.
    pub fn init(root: &Path) -> Result<Project> {
        init::init(root, None)?;
        Project::open(root)
    }

    pub(super) fn inner(&self) -> &project::Project {
        &self.inner
    }

    pub(super) fn reporter(&self) -> LibraryReporter {
        self.reporter.clone()
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
        Project { inner, store, reporter: LibraryReporter::default() }
    }

    /// The same, with notices to a listener.
    #[must_use]
    pub fn with_listener(self, listener: Arc<dyn Listener>) -> Project {
        Project { reporter: LibraryReporter(Some(listener)), ..self }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        self.inner.root()
    }

    /// Its versions, and which of them is live.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Does what changes the project, and adds the changes to the operation log, as the command does. Nothing depends on the
    /// success of that: without the line `lua-store undo` refuses.
    pub(super) fn recorded<T>(
        &self,
        command: &str,
        (by, at_ms): (Option<&str>, i64),
        change: impl FnOnce(&project::Project) -> Result<T>,
    ) -> Result<T> {
        let journal = Journal::default();
        let done = change(&self.inner.clone().journaled(&journal));
        drop(journal.record(command, by.map(str::to_owned), at_ms));
        done
    }

    /// Keeps the project as it is now as the next source version, as `lua-store push --offline` does, with a commit in git where
    /// the project is connected. A value that looks like a secret is an error, which says how to allow it.
    pub fn push(&self, message: Option<&str>, author: &Author) -> Result<Pushed> {
        let request = stage::PushRequest::all(Progress::default());
        let (reporter, who) = (&mut self.reporter.clone(), author.who());
        let (pushed, git) = self.recorded("push --offline", author.at(), |project| {
            flow::push::store(reporter, (project, &who), &request, message)
        })?;
        let notes = pushed.report.notes.iter().map(|note| {
            let Note { path, line, column, message } = note;
            format!("{path}:{line}:{column}: {message}")
        });
        let notes = notes.collect();
        let commit = git.and_then(|git| git.commit);
        Ok(Pushed { number: pushed.number, unread: pushed.report.unread, notes, commit })
    }

    /// Gives the newest source version the next number, with a commit and a tag in git where the project is connected. `None`
    /// where the newest version has this very state.
    pub fn create_version(
        &self,
        message: Option<&str>,
        author: &Author,
    ) -> Result<Option<Version>> {
        let message = message.map(str::to_owned);
        let request = CreateRequest { message, ..CreateRequest::default() };
        let (created, git) = self.recorded("version create", author.at(), |project| {
            flow::git::create_version(project, &request, &author.who())
        })?;
        self.reporter.git(git.as_ref());
        match created {
            Created::New { number, .. } => self.store.version(&number.to_string()).map(Some),
            Created::NothingStaged { .. } => Ok(None),
        }
    }

    /// Makes a version live here, as `lua-store version promote --offline` does: the next push to a remote takes the step there.
    /// Where others push to a remote too, [`Remote::promote`] is what is meant. `expect` is what must be live before; where
    /// something else is, nothing changes and the error is a conflict.
    pub fn promote(
        &self,
        version: &str,
        expect: Option<&str>,
        reason: Option<&str>,
        author: &Author,
    ) -> Result<Version> {
        self.promote_at(None, version, expect, reason, author)
    }

    /// Makes a version live at a remote and then here, or here alone.
    pub(super) fn promote_at(
        &self,
        remote: Option<NamedRemote>,
        version: &str,
        expect: Option<&str>,
        reason: Option<&str>,
        author: &Author,
    ) -> Result<Version> {
        let (version, expect) = (version.parse()?, expect.map(str::parse::<Revision>).transpose()?);
        let (reporter, who) = (&mut self.reporter.clone(), author.who());
        let name = remote.as_ref().map(|remote| remote.name.clone());
        let step = PointerRequest {
            action: &format!("promote {version}"),
            remote: name.as_deref(),
            dry_run: false,
            theirs: false,
        };
        let command = format!("version promote {version}");
        let promoted = self.recorded(&command, author.at(), |project| {
            let at = (project, &who);
            let prepared =
                flow::promote::prepare(reporter, at, remote, &step, &version, expect.as_ref())?;
            let request = PromoteRequest { reason: reason.map(str::to_owned), expect };
            prepared.apply(reporter, at, &request)
        })?;
        self.reporter.git(promoted.git.as_ref());
        self.store.version(&promoted.promotion.number.to_string())
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
        Remote::add(self, name, url)
    }

    /// A remote that was named. `token` is one that `lua-store serve token create` made; a folder needs none. What the remote
    /// says is remembered as of `now`.
    pub fn remote(&self, name: &str, token: Option<&str>, now: SystemTime) -> Result<Remote<'_>> {
        Remote::open(self, name, token, now)
    }
}
