//! `git status`: commits and tags of the versions in git, and their differences from the versions.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::hints;
use crate::cli::output::{DIM, YELLOW};
use crate::error::Result;
use crate::flow::git::with_version;
use crate::git::{CommitChange, Repository, tag};
use crate::history::catalog::Catalog;
use crate::history::project::Project;
use crate::history::source;
use serde::Serialize;
use std::borrow::Cow;

/// Show which versions are committed in git
///
/// Compares the commit of every tag `lua/v<N>` with the files of the version, by path, mode and bytes, and lists the
/// pushed files that are in no commit. Changes nothing.
#[derive(Debug, clap::Args)]
pub struct Status {}

/// Number of paths and versions that are listed; more are only counted.
const TOLD: usize = 10;

impl Status {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        if !project.store().config()?.git_enabled() {
            if cx.out.is_json() {
                cx.out.json(&NotConnected { connected: false })?;
                cx.out.suggest("lua-store git connect");
            } else {
                cx.out.line("Git integration: disabled (run `lua-store git connect` to enable)")?;
            }
            return Ok(Exit::Done);
        }
        let found = TagComparison::compare(&project)?;
        if cx.out.is_json() {
            cx.out.json(&found.answer())?;
            found.hint_pending(cx);
        } else {
            found.print(cx)?;
        }
        Ok(Exit::Done)
    }
}

struct TagComparison {
    repository: Repository,
    program: String,
    /// Name and address, or why there is none.
    identity: Result<String>,
    /// State of the repository that blocks a commit now.
    obstacle: Option<String>,
    branch: Option<String>,
    head: Option<String>,
    last_commit: Option<String>,
    last_tag: Option<String>,
    pending: Vec<CommitChange>,
    versions: Vec<Tagged>,
}

/// A version and its tag.
struct Tagged {
    number: u64,
    /// The commit that the tag leads to.
    commit: Option<String>,
    /// The commit that the version recorded.
    recorded: Option<String>,
    changes: Vec<CommitChange>,
    /// The version cannot be read, so nothing is known.
    damaged: bool,
}

impl Tagged {
    fn word(&self) -> &'static str {
        match &self.commit {
            _ if self.damaged => "damaged",
            None => "missing",
            Some(_) if self.changes.is_empty() => "same",
            Some(_) => "differs",
        }
    }
}

impl TagComparison {
    fn compare(project: &Project) -> Result<TagComparison> {
        let repository = Repository::find(project.root())?;
        let head = repository.head()?;
        let pushed = source::latest(project.store())?;
        let pending = match pushed {
            Some(pushed) => {
                with_version(project, pushed.source, |version| repository.pending(version))?.changes
            }
            None => Vec::new(),
        };
        Ok(TagComparison {
            program: repository.program()?,
            identity: repository.identity(),
            obstacle: repository.check_idle().err().map(|error| error.to_string()),
            last_commit: repository.last_commit()?,
            last_tag: repository.last_tag()?,
            versions: versions(project, &repository)?,
            branch: head.branch,
            head: head.commit,
            pending,
            repository,
        })
    }

    fn print(&self, cx: &mut Context<'_>) -> Result<()> {
        let none = || "(none yet)".to_owned();
        let branch = self.branch.clone().unwrap_or_else(|| "(HEAD is detached)".to_owned());
        let identity = match &self.identity {
            Ok(identity) => format!("{identity} (✓)"),
            Err(_) => "(not configured)".to_owned(),
        };
        for (label, value) in [
            ("Git integration:", "enabled".to_owned()),
            ("Project repo:", self.repository.top().display().to_string()),
            ("Branch:", branch),
            ("Git binary:", format!("{} (✓)", self.program)),
            ("User identity:", identity),
            ("Last lua commit:", self.last_commit.clone().unwrap_or_else(none)),
            ("Last lua tag:", self.last_tag.clone().unwrap_or_else(none)),
        ] {
            cx.out.line(format!("{label:<19} {value}"))?;
        }
        self.print_pending(cx)?;
        self.print_versions(cx)?;
        if let Some(obstacle) = &self.obstacle {
            cx.out.warn(format!("nothing can be committed now: {obstacle}"));
        }
        if let Err(error) = &self.identity {
            cx.out.warn(format!("nothing can be committed now: {error}"));
            cx.out.hint(hints::of(error).unwrap_or_default());
        }
        Ok(())
    }

    fn print_pending(&self, cx: &mut Context<'_>) -> Result<()> {
        if self.pending.is_empty() {
            return cx.out.line(format!("{:<19} nothing", "Not committed:"));
        }
        let count = self.pending.len();
        cx.out.line(format!("{:<19} {count} pushed file(s)", "Not committed:"))?;
        paths(cx, &self.pending)?;
        self.hint_pending(cx);
        Ok(())
    }

    fn hint_pending(&self, cx: &mut Context<'_>) {
        if !self.pending.is_empty() {
            cx.out.hint(
                "run `lua-store push` or `lua-store version create` to commit what is pushed",
            );
        }
    }

    fn print_versions(&self, cx: &mut Context<'_>) -> Result<()> {
        let wrong: Vec<&Tagged> =
            self.versions.iter().filter(|version| version.word() != "same").collect();
        for version in wrong.iter().take(TOLD) {
            let tag = tag::name(version.number);
            let line = match version.word() {
                "damaged" => format!("⚠  v{} is damaged (see `lua-store fsck`)", version.number),
                "missing" => format!("⚠  v{} has no tag {tag}", version.number),
                _ => format!("⚠  {tag} does not contain the files of v{}", version.number),
            };
            let line = cx.out.paint(YELLOW, line);
            cx.out.line(line)?;
            paths(cx, &version.changes)?;
            if let (None, Some(recorded)) = (&version.commit, &version.recorded) {
                cx.out.hint(format!("run `git tag {tag} {recorded}` to create it again"));
            }
        }
        if wrong.len() > TOLD {
            let more = format!(
                "… and {} more: run `lua-store git status --json` to list all",
                wrong.len() - TOLD
            );
            let more = cx.out.paint(DIM, more);
            cx.out.line(more)?;
        }
        let same = self.versions.len() - wrong.len();
        if same > 0 {
            cx.out.line(format!(
                "{:<19} {same} of {} contain the files of their version",
                "Tags:",
                self.versions.len()
            ))?;
        }
        Ok(())
    }

    fn answer(&self) -> Answer<'_> {
        Answer {
            connected: true,
            repository: self.repository.top().to_string_lossy(),
            branch: self.branch.as_deref(),
            head: self.head.as_deref(),
            identity: self.identity.as_deref().ok(),
            obstacle: self.obstacle.as_deref(),
            last_commit: self.last_commit.as_deref(),
            last_tag: self.last_tag.as_deref(),
            not_committed: ChangedPath::all(&self.pending),
            versions: self.versions.iter().map(VersionAnswer::new).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NotConnected {
    connected: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    connected: bool,
    repository: Cow<'a, str>,
    branch: Option<&'a str>,
    head: Option<&'a str>,
    identity: Option<&'a str>,
    obstacle: Option<&'a str>,
    last_commit: Option<&'a str>,
    last_tag: Option<&'a str>,
    not_committed: Vec<ChangedPath<'a>>,
    versions: Vec<VersionAnswer<'a>>,
}

answer! {
    gitNotConnected: NotConnected,
    gitStatus: Answer<'_>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct VersionAnswer<'a> {
    version: u64,
    tag: String,
    state: &'static str,
    commit: Option<&'a str>,
    recorded_commit: Option<&'a str>,
    files: Vec<ChangedPath<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangedPath<'a> {
    path: &'a str,
    change: &'static str,
}

impl<'a> VersionAnswer<'a> {
    fn new(version: &'a Tagged) -> VersionAnswer<'a> {
        VersionAnswer {
            version: version.number,
            tag: tag::name(version.number),
            state: version.word(),
            commit: version.commit.as_deref(),
            recorded_commit: version.recorded.as_deref(),
            files: ChangedPath::all(&version.changes),
        }
    }
}

impl<'a> ChangedPath<'a> {
    fn all(changes: &'a [CommitChange]) -> Vec<ChangedPath<'a>> {
        let one =
            |change: &'a CommitChange| ChangedPath { path: &change.path, change: change.word() };
        changes.iter().map(one).collect()
    }
}

/// Every version with its tag, newest first.
fn versions(project: &Project, repository: &Repository) -> Result<Vec<Tagged>> {
    let catalog = Catalog::load(project.store())?;
    let tags = repository.tags()?;
    let mut known = repository.known()?;
    let look = |number: u64| {
        let commit = tags.get(&tag::name(number)).cloned();
        if catalog.damage(number).is_some() {
            return Ok(Tagged {
                number,
                commit,
                recorded: None,
                changes: Vec::new(),
                damaged: true,
            });
        }
        let version = catalog.get(number)?;
        let changes = match &commit {
            Some(commit) => {
                with_version(project, version.source, |files| {
                    repository.holds(commit, files, &mut known)
                })?
                .changes
            }
            None => Vec::new(),
        };
        Ok(Tagged { number, commit, recorded: version.meta.commit, changes, damaged: false })
    };
    catalog.numbers().map(look).collect()
}

fn paths(cx: &mut Context<'_>, changes: &[CommitChange]) -> Result<()> {
    for change in changes.iter().take(TOLD) {
        let letter = match change.word() {
            "added" => 'A',
            "removed" => 'D',
            _ => 'M',
        };
        cx.out.line(format!("  {letter} {}", change.path))?;
    }
    if changes.len() > TOLD {
        let more = format!("  … and {} more", changes.len() - TOLD);
        let more = cx.out.paint(DIM, more);
        cx.out.line(more)?;
    }
    Ok(())
}
