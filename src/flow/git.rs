//! Mirror of versions in git, for a connected project: a commit for each event, a tag for each
//! version, in the stock command's words. A failure of git never stops the command; it becomes a
//! warning with the command that makes up for it.

use crate::diff;
use crate::error::{Error, Hint, Result};
use crate::git::{CommitRequest, PreparedCommit, Repository, VersionFiles, tag};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::source;
use crate::object::Id;
use crate::operations::create::{self, Created, Next, VersionPlan};
use crate::progress::Progress;
use crate::workspace::{Outside, Tracked};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Event that becomes a commit. Trees are those of the project's files.
#[derive(Clone, Debug)]
pub enum GitEvent {
    Pushed {
        tree: Id,
    },
    Promoted(u64),
    Deleted(u64),
    Undeleted(u64),
    /// The files were brought back from elsewhere: those of a version, or the latest.
    Pulled {
        version: Option<u64>,
        tree: Id,
    },
}

impl GitEvent {
    /// The message of the commit, as the stock command has it.
    fn message(&self) -> String {
        match self {
            GitEvent::Pushed { .. } => "lua: push staged code".to_owned(),
            GitEvent::Promoted(version) => format!("lua: promote v{version} to production"),
            GitEvent::Deleted(version) => format!("lua: delete version v{version}"),
            GitEvent::Undeleted(version) => format!("lua: undelete version v{version}"),
            GitEvent::Pulled { version: None, .. } => "lua: pull latest backup".to_owned(),
            GitEvent::Pulled { version: Some(version), .. } => {
                format!("lua: pull version v{version}")
            }
        }
    }

    fn tree(&self) -> Option<Id> {
        match self {
            GitEvent::Pushed { tree } | GitEvent::Pulled { tree, .. } => Some(*tree),
            GitEvent::Promoted(_) | GitEvent::Deleted(_) | GitEvent::Undeleted(_) => None,
        }
    }
}

/// Result in git: a commit, perhaps a tag, and the failures, each with the way to make up for it.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GitOutcome {
    pub commit: Option<String>,
    pub tag: Option<String>,
    pub warnings: Vec<Warning>,
}

/// Something that git did not do. In `--json` it is its sentence.
#[derive(Debug)]
pub struct Warning {
    pub what: String,
    /// The ways to make up for it.
    pub fix: Vec<Hint>,
}

#[cfg(test)]
impl schemars::JsonSchema for Warning {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Warning".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_str(&self.what)
    }
}

impl GitOutcome {
    fn warn(&mut self, what: String, fix: impl IntoIterator<Item = Hint>) {
        self.warnings.push(Warning { what, fix: fix.into_iter().collect() });
    }
}

/// Commits after something has happened, which nothing here can undo. `None` where the project is not
/// connected.
pub fn commit_after(project: &Project, event: &GitEvent, who: &Author) -> Option<GitOutcome> {
    let enabled = project.store().config().map(|config| config.git_enabled());
    if matches!(enabled, Ok(false)) {
        return None;
    }
    let mut outcome = GitOutcome::default();
    let done = enabled.and_then(|_| commit_event(project, event, seconds(who), &mut outcome));
    if let Err(error) = done {
        skipped(&mut outcome, &error, later(event));
    }
    Some(outcome)
}

fn seconds(who: &Author) -> i64 {
    who.at_ms.div_euclid(1000)
}

fn commit_event(
    project: &Project,
    event: &GitEvent,
    at: i64,
    outcome: &mut GitOutcome,
) -> Result<()> {
    let repository = Repository::find(project.root())?;
    let message = event.message();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let prepared =
            prepare(project, &repository, event.tree(), &message, at, event.tree().is_none())?;
        let Some(prepared) = prepared else { return Ok(()) };
        match publish(&repository, &prepared, outcome) {
            Err(_) if attempt < ATTEMPTS && has_moved(&repository, &prepared) => {}
            done => return done,
        }
    }
}

/// Attempts to prepare a commit while somebody else commits.
const ATTEMPTS: usize = 5;

/// True if somebody else committed, or checked something out, since a commit was prepared.
fn has_moved(repository: &Repository, prepared: &PreparedCommit) -> bool {
    repository.head().is_ok_and(|head| head != prepared.head)
}

/// Makes the next version, and where the project is connected the commit and the tag before it. A
/// commit that the caller names is taken as it is, and git is left alone.
pub fn create_version(
    project: &Project,
    request: &create::CreateRequest,
    who: &Author,
) -> Result<(Created, Option<GitOutcome>)> {
    let store = project.store();
    if request.commit.is_some() || !store.config()?.git_enabled() {
        return Ok((create::create(store, request, who)?, None));
    }
    let mut attempt = 0;
    loop {
        attempt += 1;
        let plan = match create::plan(store, request, who)? {
            Next::NothingStaged { latest } => return Ok((Created::NothingStaged { latest }, None)),
            Next::New(plan) => plan,
        };
        let mut step = VersionCommit::prepare(project, &plan, request.message.as_deref(), who);
        let may_try_again = attempt < ATTEMPTS;
        let created =
            create::create_planned(store, &plan, request, who, || step.publish(may_try_again));
        if created.is_err() {
            step.retract();
        }
        if let Some(created) = created? {
            let outcome = matches!(created, Created::New { .. }).then_some(step.outcome);
            return Ok((created, outcome));
        }
    }
}

/// The commit of a version: prepared while others may write, published under the store's lock when the
/// number is certain, right before the version is made.
struct VersionCommit {
    message: String,
    tag: String,
    outcome: GitOutcome,
    ready: Option<CommitState>,
}

enum CommitState {
    /// A tag of this name is there and holds the very same files: a version that was cut short.
    Tagged(String),
    Waiting(Box<Waiting>),
}

struct Waiting {
    repository: Repository,
    prepared: PreparedCommit,
    tag_is_free: bool,
}

impl VersionCommit {
    fn prepare(
        project: &Project,
        plan: &VersionPlan,
        message: Option<&str>,
        who: &Author,
    ) -> VersionCommit {
        let number = plan.number;
        let message = match message.map(str::trim).filter(|message| !message.is_empty()) {
            Some(message) => format!("lua: create version v{number}: {message}"),
            None => format!("lua: create version v{number}"),
        };
        let mut step = VersionCommit {
            message,
            tag: tag::name(number),
            outcome: GitOutcome::default(),
            ready: None,
        };
        match step.find(project, plan.pushed.source, seconds(who)) {
            Ok(ready) => step.ready = ready,
            Err(error) => step.skip(&error),
        }
        step
    }

    fn find(&self, project: &Project, tree: Id, at: i64) -> Result<Option<CommitState>> {
        let repository = Repository::find(project.root())?;
        if let Some(newest) = source::latest(project.store())? {
            project.require_base(&newest, "commit here")?;
        }
        let held = repository.tagged(&self.tag)?;
        if let Some(commit) = &held {
            let mut known = repository.known()?;
            let holds = with_version(project, tree, |version| {
                repository.holds(commit, version, &mut known)
            })?;
            if holds.changes.is_empty() {
                return Ok(Some(CommitState::Tagged(commit.clone())));
            }
        }
        let prepared = prepare(project, &repository, Some(tree), &self.message, at, true)?;
        let tag_is_free = held.is_none();
        let wait = |prepared| {
            CommitState::Waiting(Box::new(Waiting { repository, prepared, tag_is_free }))
        };
        Ok(prepared.map(wait))
    }

    /// Moves the branch and makes the tag, and gives the commit to record. Breaks off when somebody else
    /// committed since, and it can be prepared anew.
    fn publish(&mut self, may_try_again: bool) -> ControlFlow<(), Option<String>> {
        let Waiting { repository, prepared, tag_is_free } = match &self.ready {
            None => return ControlFlow::Continue(None),
            Some(CommitState::Tagged(commit)) => {
                self.outcome.commit = Some(commit.clone());
                self.outcome.tag = Some(self.tag.clone());
                return ControlFlow::Continue(self.outcome.commit.clone());
            }
            Some(CommitState::Waiting(waiting)) => &**waiting,
        };
        if let Err(error) = publish(repository, prepared, &mut self.outcome) {
            if may_try_again && has_moved(repository, prepared) {
                return ControlFlow::Break(());
            }
            self.skip(&error);
            return ControlFlow::Continue(None);
        }
        let tagged = match *tag_is_free {
            true => repository.tag(&self.tag, &prepared.commit),
            false => Err(Error::failed("a tag of this name exists and contains other files")),
        };
        match tagged {
            Ok(()) => self.outcome.tag = Some(self.tag.clone()),
            Err(error) => {
                let force = if *tag_is_free { "" } else { "-f " };
                let fix =
                    format!("run `git tag {force}{} {}` to create it", self.tag, prepared.commit);
                self.outcome
                    .warn(format!("Git tag \"{}\" skipped: {error}", self.tag), [fix.into()]);
            }
        }
        ControlFlow::Continue(Some(prepared.commit.clone()))
    }

    /// The version was not made after all: its number may become another one's, so the tag goes. The
    /// commit holds what was pushed and stays.
    fn retract(&self) {
        if let (Some(CommitState::Waiting(waiting)), Some(tag)) = (&self.ready, &self.outcome.tag) {
            // A leftover tag is reused by the next version if it holds the same files.
            drop(waiting.repository.untag(tag, &waiting.prepared.commit));
        }
    }

    fn skip(&mut self, error: &Error) {
        let later = Hint::PushAndTag { tag: self.tag.clone() };
        skipped(&mut self.outcome, error, later);
    }
}

fn publish(
    repository: &Repository,
    prepared: &PreparedCommit,
    outcome: &mut GitOutcome,
) -> Result<()> {
    if let Some(warning) = repository.publish(prepared)? {
        outcome.warn(format!("Git index skipped: {warning}"), warning.hints().to_vec());
    }
    outcome.commit = Some(prepared.commit.clone());
    if prepared.head.branch.is_none() {
        let fix = format!("run `git branch NAME {}` to give it one", prepared.commit);
        outcome.warn("Git HEAD is detached: the commit is on no branch".to_owned(), [fix.into()]);
    }
    for path in &prepared.ignored {
        let fix = "run `git check-ignore -v PATH` to see the rule".to_owned();
        outcome.warn(
            format!("\"{path}\" is in the version and not in the commit: git ignores it"),
            [fix.into()],
        );
    }
    Ok(())
}

fn skipped(outcome: &mut GitOutcome, error: &Error, later: Hint) {
    let fix = error.hints().iter().cloned().chain([later]);
    outcome.warn(format!("Git commit skipped: {error}"), fix);
}

/// The command that makes up for what was skipped, and takes in nothing else either.
fn later(event: &GitEvent) -> Hint {
    match event {
        GitEvent::Pushed { .. } | GitEvent::Pulled { .. } => Hint::PushToCommit,
        GitEvent::Promoted(_) | GitEvent::Deleted(_) | GitEvent::Undeleted(_) => format!(
            "run `git commit --allow-empty --only -m '{}'` to commit it afterwards",
            event.message()
        )
        .into(),
    }
}

/// Stores the commit of these files, or an empty one for an event without files.
fn prepare(
    project: &Project,
    repository: &Repository,
    tree: Option<Id>,
    message: &str,
    at: i64,
    even_empty: bool,
) -> Result<Option<PreparedCommit>> {
    let none = BTreeSet::new();
    let Some(tree) = tree else {
        return repository.prepare(&CommitRequest {
            version: None,
            since: &none,
            message,
            at,
            even_empty,
        });
    };
    let since = edited_since(project, tree)?;
    with_version(project, tree, |version| {
        repository.prepare(&CommitRequest {
            version: Some(version),
            since: &since,
            message,
            at,
            even_empty,
        })
    })
}

/// Paths whose files are not those of the tree any more.
fn edited_since(project: &Project, tree: Id) -> Result<BTreeSet<String>> {
    let tracked = Tracked::in_tree(project.store().objects(), Some(tree))?;
    let (snapshot, view) = project.preview(&tracked, &Progress::default())?;
    let changes = diff::trees(&view, Some(tree), Some(snapshot.tree))?;
    Ok(changes.into_iter().map(|change| change.path).collect())
}

/// Does something with the files of a tree as git shall have them.
pub fn with_version<T>(
    project: &Project,
    tree: Id,
    work: impl FnOnce(&VersionFiles<'_>) -> Result<T>,
) -> Result<T> {
    let outside = Outside::new(project.root(), &project.store().config()?.allow());
    work(&VersionFiles {
        source: project.store().objects(),
        tree,
        left_out: &|path| outside.has(path),
    })
}
