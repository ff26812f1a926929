//! Git repository of a project: its folder, its branch, and checks that it can take a commit. It
//! refuses a merge or rebase in progress, since a commit would end up inside of it.

use super::process::GitCommand;
use crate::error::{Error, Hint, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A work tree of git and the folder of the project in it.
#[derive(Debug)]
pub struct Repository {
    /// Runs in the project's folder, so that paths that it lists are those of the project.
    pub(super) git: GitCommand,
    pub(super) root: PathBuf,
    top: PathBuf,
    /// Of this work tree: the index, and what is going on.
    pub(super) git_dir: PathBuf,
    /// From the top of the work tree to the project, with a slash at the end; empty at the top.
    pub(super) prefix: String,
}

/// The checked-out branch and commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitHead {
    /// `None` when HEAD is detached.
    pub branch: Option<String>,
    /// `None` before the first commit.
    pub commit: Option<String>,
}

/// Files in the folder of the repository that mean something is half done, what it is, and how it ends.
const UNDER_WAY: [(&str, &str, &str); 7] = [
    (
        "MERGE_HEAD",
        "a merge is in progress",
        "run `git merge --continue` or `git merge --abort` to end it",
    ),
    (
        "rebase-merge",
        "a rebase is in progress",
        "run `git rebase --continue` or `git rebase --abort` to end it",
    ),
    (
        "rebase-apply",
        "a rebase is in progress",
        "run `git rebase --continue` or `git rebase --abort` to end it",
    ),
    (
        "CHERRY_PICK_HEAD",
        "a cherry-pick is in progress",
        "run `git cherry-pick --continue` or `git cherry-pick --abort` to end it",
    ),
    (
        "REVERT_HEAD",
        "a revert is in progress",
        "run `git revert --continue` or `git revert --abort` to end it",
    ),
    ("BISECT_LOG", "a bisection is in progress", "run `git bisect reset` to end it"),
    (
        "index.lock",
        "another git process has locked the index",
        "run `git rev-parse --git-path index.lock` to find the lock; if that process has crashed, remove it",
    ),
];

impl Repository {
    /// The repository around a project's folder.
    pub fn find(root: &Path) -> Result<Repository> {
        let git = GitCommand::at(root);
        let inside = git.line(&["rev-parse", "--is-inside-work-tree"]).map_err(|error| {
            if error.message().contains("not a git repository") { not_inside() } else { error }
        })?;
        if inside != "true" {
            return Err(Error::failed("the git repository has no work tree here").hint(
                "run `git rev-parse --git-dir` to see which repository it is; connect in a clone with files",
            ));
        }
        let ask = |what: &str| git.line(&["rev-parse", what]);
        let (top, git_dir) = (ask("--show-toplevel")?.into(), ask("--absolute-git-dir")?.into());
        let prefix = ask("--show-prefix")?;
        Ok(Repository { root: root.to_owned(), top, git_dir, prefix, git })
    }

    /// The top of the work tree.
    pub fn top(&self) -> &Path {
        &self.top
    }

    pub fn head(&self) -> Result<GitHead> {
        let branch = self.git.ask(&["symbolic-ref", "--short", "-q", "HEAD"])?;
        let commit = self.git.ask(&["rev-parse", "-q", "--verify", "HEAD^{commit}"])?;
        Ok(GitHead { branch, commit })
    }

    /// Refuses while something else is half done.
    pub fn check_idle(&self) -> Result<()> {
        self.wait_for_index();
        match UNDER_WAY.iter().find(|(file, ..)| self.git_dir.join(file).exists()) {
            None => Ok(()),
            Some((_, what, hint)) => Err(Error::failed(*what).hint(*hint)),
        }
    }

    /// Most commands of git hold the lock of the index for a moment only.
    pub(super) fn wait_for_index(&self) {
        let lock = self.git_dir.join("index.lock");
        let mut left = 50;
        while left > 0 && lock.exists() {
            std::thread::sleep(Duration::from_millis(10));
            left -= 1;
        }
    }

    /// Refuses where git does not know who commits.
    pub fn check_identity(&self) -> Result<()> {
        self.identity().map(drop)
    }

    /// Name and address that a commit would have. Guesses from the machine's name do not count.
    pub fn identity(&self) -> Result<String> {
        let mut last = String::new();
        for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            let ident = self.git.line(&["-c", "user.useConfigOnly=true", "var", who]);
            last = ident.map_err(|error| self.no_identity(error))?;
        }
        // `Ana <ana@example.com> 1795253400 +0000`
        let end = last.rfind('>').map_or(last.len(), |at| at + 1);
        Ok(last[..end].to_owned())
    }

    fn no_identity(&self, error: Error) -> Error {
        let missing = |key: &str| matches!(self.git.ask(&["config", "--get", key]), Ok(None));
        if missing("user.email") {
            Error::failed("git user.email is not configured")
                .hint("run `git config --global user.email \"you@example.com\"`")
        } else if missing("user.name") {
            Error::failed("git user.name is not configured")
                .hint("run `git config --global user.name \"Your Name\"`")
        } else {
            error
        }
    }

    /// Refuses a project whose folder git ignores: nothing of it could be committed.
    pub fn check_not_ignored(&self) -> Result<()> {
        if self.prefix.is_empty() || self.git.ask(&["check-ignore", "."])?.is_none() {
            return Ok(());
        }
        let folder = self.prefix.trim_end_matches('/');
        Err(Error::failed(format!("git ignores the folder of the project, \"{folder}\""))
            .hint("run `git check-ignore -v .` to see the rule"))
    }

    /// A setting that is true or false.
    pub(super) fn is_set(&self, key: &str, default: bool) -> Result<bool> {
        let value = self.git.ask(&["config", "--type=bool", "--get", key])?;
        Ok(value.map_or(default, |value| value == "true"))
    }

    /// The version of the program.
    pub fn program(&self) -> Result<String> {
        self.git.line(&["--version"])
    }

    /// The last commit of ours, as `<hash>  <subject>`.
    pub fn last_commit(&self) -> Result<Option<String>> {
        if self.head()?.commit.is_none() {
            return Ok(None);
        }
        let line = self.git.line(&["log", "--grep", "^lua: ", "-n", "1", "--format=%h  %s"])?;
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
}

fn not_inside() -> Error {
    Error::failed("not inside a git repository").hint(Hint::ConnectGit)
}
