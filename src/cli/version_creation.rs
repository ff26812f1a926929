//! Creation of a version by `version create` and `push --create`: the push before it, what it sends and promotes, and its answer.

use super::Exit;
use super::answer::answer;
use super::context::Context;
use super::creation::{self, CreatedPromotionView};
use super::remote::{self, RemoteArgs};
use super::terminal::{Terminal, print_git};
use super::{deploy_output, follower_output};
use crate::error::{Error, Result};
use crate::flow;
use crate::flow::destination::{Delivery, Destination};
use crate::flow::git::{self, GitOutcome};
use crate::history::catalog::Catalog;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::object::Id;
use crate::operations::create::{self, Created};
use crate::operations::not_included::NotIncluded;
use crate::operations::stage;
use crate::progress::Progress;
use serde::Serialize;

/// Version to create, and what to do before and after.
#[derive(Debug, Default)]
pub struct Creation {
    pub message: Option<String>,
    /// Push everything first.
    pub auto_push: bool,
    pub commit_hash: Option<String>,
    pub allow_unreadable: bool,
    pub delivery: WhenSent,
    pub promote: bool,
    /// Promote nothing, without an error, if nothing changed.
    pub if_changed: bool,
    pub at: RemoteArgs,
}

/// Condition under which a version is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenSent {
    /// Only to be promoted.
    #[default]
    Promoted,
    /// If there is a remote, as a push.
    Remote,
    /// Always: no remote is an error.
    Always,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    created: bool,
    version: Option<u64>,
    id: Option<Id>,
    latest: u64,
    /// Source version of which `latest` was made.
    source_version: u64,
    /// Source version that `--auto-push` made.
    pushed: Option<u64>,
    git: Option<&'a GitOutcome>,
    /// Versions that were sent to the remote.
    sent: Option<&'a Delivery>,
    promoted: Option<CreatedPromotionView<'a>>,
    not_included: &'a NotIncluded,
}

answer!(versionCreation: Answer<'_>);

/// A version that was created, or not, and what followed.
struct Outcome {
    created: Created,
    pushed: Option<u64>,
    git: Option<GitOutcome>,
    sent: Option<Delivery>,
    promoted: Option<flow::promote::Promoted>,
}

impl Creation {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let outcome = self.create(cx, &project)?;
        let latest = match outcome.created {
            Created::New { number, .. } => number,
            Created::NothingStaged { latest } => latest,
        };
        let left_out = creation::not_included(cx, &project, latest);
        if cx.out.is_json() {
            cx.look_after(&project);
            self.suggest(cx, &outcome);
            answer(cx, &project, &outcome, latest, &left_out)?;
            outcome.git.iter().for_each(|git| print_git(cx, git));
            return print_deployed(cx, &outcome);
        }
        if let Created::NothingStaged { .. } = outcome.created {
            cx.out.line("No staged changes since the previous version.")?;
        }
        outcome.git.iter().for_each(|git| print_git(cx, git));
        creation::print_not_included(cx, latest, &left_out);
        match (&outcome.created, &outcome.promoted) {
            (_, Some(promoted)) => creation::print_promoted(cx, promoted, &self.at)?,
            (Created::NothingStaged { latest }, None) if self.promote => {
                creation::print_not_promoted(cx, &project, *latest, &self.at)?;
            }
            (Created::New { number, .. }, None) if outcome.sent.is_none() => {
                creation::print_not_reserved(cx, &project, *number)?;
            }
            _ => {}
        }
        let exit = print_deployed(cx, &outcome)?;
        cx.look_after(&project);
        Ok(exit)
    }

    /// Creates the version, sends and promotes it. The remote is asked before anything is created.
    fn create(&self, cx: &mut Context<'_>, project: &Project) -> Result<Outcome> {
        let sends = self.promote || self.delivery != WhenSent::Promoted;
        let mut remote = if sends { self.at.reach(cx, project)? } else { None };
        let who = match &mut remote {
            None => cx.who(project)?,
            remote => cx.who_at(project, remote.as_mut())?,
        };
        let destination = match remote {
            None if self.delivery == WhenSent::Always => return Err(remote::no_remote()),
            remote => remote.map(|remote| destination(cx, project, remote, &who)).transpose()?,
        };
        let message = match &self.message {
            Some(message) => Some(message.clone()),
            None => {
                cx.ask("Optional description (blank to skip):")?.filter(|text| !text.is_empty())
            }
        };
        let request = create::CreateRequest {
            message,
            commit: self.commit_hash.clone(),
            allow_unreadable: self.allow_unreadable,
        };
        let (pushed, created, git) = if self.auto_push {
            let all = stage::PushRequest::all(Progress::default());
            let mut terminal = Terminal::brief(cx);
            let (pushed, created, git) =
                flow::push::store_version(&mut terminal, (project, &who), &all, &request)?;
            (pushed.number, created, git)
        } else {
            let (created, git) = git::create_version(project, &request, &who)?;
            (None, created, git)
        };
        let id = match created {
            Created::New { id, number } => {
                self.print_created(cx, number)?;
                Some(id)
            }
            Created::NothingStaged { latest } if self.promote && !self.if_changed => {
                return Err(nothing_to_promote(latest));
            }
            Created::NothingStaged { .. } => None,
        };
        let sent = destination
            .map(|destination| destination.deliver(&mut Terminal::new(cx), project, None))
            .transpose()?;
        let id = id.filter(|_| self.promote);
        let promoted =
            id.map(|id| creation::promote(cx, project, &self.at, &who, id)).transpose()?;
        Ok(Outcome { created, pushed, git, sent, promoted })
    }

    /// Commands to run next, for a program.
    fn suggest(&self, cx: &mut Context<'_>, outcome: &Outcome) {
        let options = self.at.options();
        match (&outcome.created, &outcome.promoted) {
            (_, Some(promoted)) => {
                let previous = promoted.promotion.previous;
                previous.into_iter().for_each(|previous| {
                    cx.out.suggest(&format!("lua-store version promote v{previous}{options}"));
                });
            }
            (Created::New { number, .. }, None) => {
                cx.out.suggest(&format!("lua-store version promote v{number}{options}"));
            }
            (Created::NothingStaged { .. }, None) => {}
        }
    }

    /// Says what was created before anything else can fail.
    fn print_created(&self, cx: &mut Context<'_>, number: u64) -> Result<()> {
        if cx.out.is_json() {
            return Ok(());
        }
        let next = format!(" Run `lua-store version promote v{number}` to make it active.");
        let next = if self.promote { "" } else { &*next };
        cx.out.line(format!("✓ Created v{number} (staged).{next}"))
    }
}

/// The remote of a version that is about to be created; one that does not answer, or has what is not here, is an error.
fn destination(
    cx: &mut Context<'_>,
    project: &Project,
    remote: flow::remote::NamedRemote,
    who: &Author,
) -> Result<Destination> {
    let destination = Destination::for_push(&mut Terminal::new(cx), project, remote, who)?;
    match &destination.head {
        Ok(_) => Ok(destination),
        Err(error) => Err(error.repeat()),
    }
}

fn nothing_to_promote(latest: u64) -> Error {
    Error::failed(format!("no version was created: nothing changed since v{latest}")).hint(format!(
        "run `lua-store version promote v{latest}` to promote that one\n\
         add `--if-changed` to succeed when nothing changed"
    ))
}

fn answer(
    cx: &mut Context<'_>,
    project: &Project,
    outcome: &Outcome,
    latest: u64,
    not_included: &NotIncluded,
) -> Result<()> {
    let source_version = Catalog::load(project.store())?.get(latest)?.meta.source_version;
    let (version, id) = match outcome.created {
        Created::New { number, id } => (Some(number), Some(id)),
        Created::NothingStaged { .. } => (None, None),
    };
    cx.out.json(&Answer {
        created: version.is_some(),
        version,
        id,
        latest,
        source_version,
        pushed: outcome.pushed,
        git: outcome.git.as_ref(),
        sent: outcome.sent.as_ref(),
        promoted: outcome.promoted.as_ref().map(CreatedPromotionView::new),
        not_included,
    })
}

/// Prints what was sent to the Lua platform, and which remotes follow it.
fn print_deployed(cx: &mut Context<'_>, outcome: &Outcome) -> Result<Exit> {
    let mut exit = Exit::Done;
    if let Some(deployed) = outcome.sent.as_ref().and_then(|sent| sent.deployed.as_ref()) {
        exit = deploy_output::print(cx, deployed)?;
    }
    let Some(promoted) = &outcome.promoted else { return Ok(exit) };
    if let Some(deployed) = &promoted.step.deployed {
        exit = deploy_output::print(cx, deployed)?;
    }
    let number = promoted.promotion.number;
    Ok(follower_output::print(cx, number, &promoted.step.followers)?.unwrap_or(exit))
}
