//! Commit of a version, and of nothing else: no staged and no edited file, and none that the
//! project leaves out.
//!
//! The tree is that of HEAD with the project's files made those of the version, built in an index
//! of its own. The person's index is changed for those paths only where it equals HEAD: staged
//! edits stay staged.

use super::blob::NewGitBlob;
use super::compare::{CommitChange, CommitComparison, VersionFiles};
use super::process::GitCommand;
use super::repository::{GitHead, Repository};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::git::git_files::{GitFile, GitFiles, LINK, mode};
use crate::object::Source;
use std::collections::BTreeSet;
use std::io;

/// Commit to make.
pub struct CommitRequest<'a> {
    /// The files; `None` for a commit that only records an event.
    pub version: Option<&'a VersionFiles<'a>>,
    /// Paths that were edited in the project since the version was pushed.
    pub since: &'a BTreeSet<String>,
    pub message: &'a str,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Commit even when no file differs from HEAD.
    pub even_empty: bool,
}

/// A commit that is stored, and that no branch or tag leads to yet.
#[derive(Debug)]
pub struct PreparedCommit {
    pub head: GitHead,
    pub commit: String,
    /// Files of the version that git ignores: they are in no commit.
    pub ignored: Vec<String>,
    message: String,
    edits: Vec<CommitEdit>,
}

/// One path of the commit that is not as in HEAD.
#[derive(Debug)]
struct CommitEdit {
    path: String,
    /// In HEAD.
    old: Option<GitFile>,
    new: Option<GitFile>,
}

impl Repository {
    /// Stores a commit on top of HEAD. `None` when nothing differs and an empty one is not wanted.
    pub fn prepare(&self, request: &CommitRequest<'_>) -> Result<Option<PreparedCommit>> {
        self.check_idle()?;
        self.check_identity()?;
        let head = self.head()?;
        let (mut edits, mut ignored) = (Vec::new(), Vec::new());
        if let Some(version) = request.version {
            let held = head
                .commit
                .as_deref()
                .map_or_else(|| Ok(GitFiles::new()), |at| self.files_of(at))?;
            let mut known = self.known()?;
            let compared = self.compare(version, &held, &self.links()?, &mut known)?;
            self.check_not_newer(&compared.changes, request.since)?;
            edits = self.edits(version.source, &compared.changes, &held, known.trusts_modes)?;
            ignored = compared.ignored;
        }
        if edits.is_empty() && !request.even_empty {
            return Ok(None);
        }
        let tree = self.tree(&head, &edits)?;
        let commit = self.commit(&head, &tree, request)?;
        Ok(Some(PreparedCommit {
            head,
            commit,
            ignored,
            message: request.message.to_owned(),
            edits,
        }))
    }

    /// Changes that a commit of a version would make, and files of the version that git ignores.
    pub fn pending(&self, version: &VersionFiles<'_>) -> Result<CommitComparison> {
        let held =
            self.head()?.commit.map_or_else(|| Ok(GitFiles::new()), |at| self.files_of(&at))?;
        self.compare(version, &held, &self.links()?, &mut self.known()?)
    }

    /// Moves the branch that is checked out to a prepared commit, if it is still where it was.
    ///
    /// The result is a warning: the commit exists, but git's index could not follow.
    pub fn publish(&self, prepared: &PreparedCommit) -> Result<Option<Error>> {
        let line = match &prepared.head.commit {
            Some(old) => format!("update HEAD\0{}\0{old}\0", prepared.commit),
            None => format!("create HEAD\0{}\0", prepared.commit),
        };
        self.move_refs(&prepared.message, &line)?;
        let followed = self.follow(&prepared.edits);
        Ok(followed.err().map(|error| {
            let fix = "run `git reset -q .` in the project to set its index to the commit";
            error.context("the commit was created, but the index was not updated").hint(fix)
        }))
    }

    pub(super) fn move_refs(&self, message: &str, lines: &str) -> Result<()> {
        let subject = message.lines().next().unwrap_or_default();
        let input = lines.as_bytes();
        let args = ["update-ref", "-m", subject, "--stdin", "-z"];
        self.git.feed(&args, |stdin| stdin.write_all(input).map_err(broken))?;
        Ok(())
    }

    /// Submodules in the index.
    pub(super) fn links(&self) -> Result<Vec<String>> {
        let staged = self.staged()?;
        Ok(staged.into_iter().filter(|(_, file)| file.mode == LINK).map(|(path, _)| path).collect())
    }

    fn edits(
        &self,
        source: &dyn Source,
        changes: &[CommitChange],
        held: &GitFiles,
        trusts_modes: bool,
    ) -> Result<Vec<CommitEdit>> {
        let wanted = |change: &CommitChange| {
            let (mode, id) = change.new?;
            Some(NewGitBlob { path: change.path.clone(), mode, id })
        };
        let wanted: Vec<NewGitBlob> = changes.iter().filter_map(wanted).collect();
        let mut stored = self.store(source, &wanted)?.into_iter();
        let mut edit = |change: &CommitChange| {
            let old = held.get(&change.path).cloned();
            let new = change.new.and_then(|(new, _)| {
                // HEAD knows the mode if the disk has no executable flag.
                let known =
                    old.as_ref().filter(|file| !trusts_modes && file.mode.starts_with("100"));
                let mode = known.filter(|_| new.is_file()).map_or(mode(new), |file| &file.mode);
                Some(GitFile { mode: mode.to_owned(), oid: stored.next()? })
            });
            CommitEdit { path: change.path.clone(), old, new }
        };
        let edits: Vec<CommitEdit> = changes.iter().map(&mut edit).collect();
        Ok(edits.into_iter().filter(|edit| edit.old != edit.new).collect())
    }

    /// Refuses to undo a commit made after the push: a path that was edited since, and is in HEAD
    /// as it is on the disk.
    fn check_not_newer(&self, changes: &[CommitChange], since: &BTreeSet<String>) -> Result<()> {
        let mut doubtful = changes.iter().filter(|change| since.contains(&change.path)).peekable();
        if doubtful.peek().is_none() {
            return Ok(());
        }
        let head = self.head()?.commit;
        let edited = if head.is_some() { self.edited()? } else { Vec::new() };
        let newer = |change: &&CommitChange| match change.held {
            true => !edited.contains(&change.path),
            false => self.root.join(&change.path).symlink_metadata().is_err(),
        };
        match doubtful.find(newer) {
            None => Ok(()),
            Some(change) => Err(Error::failed(format!(
                "git contains \"{}\" as it is in the project now, and the version contains an earlier state",
                change.path
            ))
            .hint(Hint::PushBeforeVersion)),
        }
    }

    /// HEAD's tree with the edits, as a tree of git.
    fn tree(&self, head: &GitHead, edits: &[CommitEdit]) -> Result<String> {
        if let (true, Some(commit)) = (edits.is_empty(), &head.commit) {
            return self.git.line(&["rev-parse", &format!("{commit}^{{tree}}")]);
        }
        let folder = fs::scratch_folder("lua-store-git-")?;
        let index = folder.path().join("index");
        let git = self.git.with("GIT_INDEX_FILE", index.to_string_lossy());
        git.run(&["read-tree", head.commit.as_deref().unwrap_or("--empty")])?;
        self.write_index(&git, edits.iter())?;
        git.line(&["write-tree"])
    }

    fn commit(&self, head: &GitHead, tree: &str, request: &CommitRequest<'_>) -> Result<String> {
        let mut args = vec!["commit-tree", tree, "-F", "-"];
        if let Some(parent) = &head.commit {
            args.extend(["-p", parent]);
        }
        if self.is_set("commit.gpgsign", false)? {
            args.push("-S");
        }
        // In this form git adds the time zone. Below it would take the number for a date.
        let at = request.at.max(100_000_000).to_string();
        let git = self.git.with("GIT_AUTHOR_DATE", &*at).with("GIT_COMMITTER_DATE", &*at);
        let message = request.message.as_bytes();
        let name = git.feed(&args, |stdin| stdin.write_all(message).map_err(broken));
        Ok(String::from_utf8_lossy(&name?).trim().to_owned())
    }

    /// Takes the commit's paths into the person's index, where it equals HEAD.
    fn follow(&self, edits: &[CommitEdit]) -> Result<()> {
        if edits.is_empty() {
            return Ok(());
        }
        let staged = self.staged()?;
        let unsettled: BTreeSet<String> = self.unsettled()?.into_iter().collect();
        let untouched = |edit: &&CommitEdit| {
            staged.get(&edit.path) == edit.old.as_ref() && !unsettled.contains(&edit.path)
        };
        self.wait_for_index();
        self.write_index(&self.git, edits.iter().filter(untouched))?;
        // Exit code 1 only says that some file differs from the index.
        self.git.answer(&["update-index", "-q", "--refresh"], &[])?;
        Ok(())
    }

    fn write_index<'e>(
        &self,
        git: &GitCommand,
        edits: impl Iterator<Item = &'e CommitEdit>,
    ) -> Result<()> {
        // Removals first: a file may have become a folder.
        let (mut lines, set): (Vec<&CommitEdit>, Vec<&CommitEdit>) =
            edits.partition(|edit| edit.new.is_none());
        lines.extend(set);
        git.feed(&["update-index", "-z", "--index-info"], |stdin| {
            lines
                .iter()
                .try_for_each(|edit| stdin.write_all(self.index_line(edit).as_bytes()))
                .map_err(broken)
        })
        .map(drop)
    }

    /// `<mode> <name>\t<path>`, mode 0 for a path that goes. Paths are those of the repository here.
    fn index_line(&self, edit: &CommitEdit) -> String {
        let mode = edit.new.as_ref().map_or("0", |file| &file.mode);
        let oid = edit.new.as_ref().or(edit.old.as_ref()).map_or("", |file| &file.oid);
        format!("{mode} {oid}\t{}{}\0", self.prefix, edit.path)
    }
}

pub(super) fn broken(error: io::Error) -> Error {
    Error::failed(format!("cannot write to git: {error}"))
}
