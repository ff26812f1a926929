//! Push: the project as it is becomes the next source version here, then a commit in git, then it goes to
//! the remote. The remote is asked before anything is made here.

use super::destination::{Delivery, Destination};
use super::{Notice, Phase, Reporter, git};
use crate::client::{DeployPlan, PlanRequest, Remote};
use crate::compare::{self, StateChange};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::operations::create::{CreateRequest, Created};
use crate::operations::leak;
use crate::operations::push::{self, Pushed};
use crate::operations::stage::{self, PushRequest};
use crate::operations::{allowed, create};
use crate::progress::Progress;

/// Options of a push.
#[derive(Default)]
pub struct Push<'a> {
    pub message: Option<&'a str>,
    /// Secrets that are kept from now on, and those that are no longer.
    pub allow: &'a [String],
    pub disallow: &'a [String],
}

pub struct Done {
    pub pushed: Pushed,
    pub git: Option<git::GitOutcome>,
    /// Versions sent to the remote, if there is one.
    pub delivery: Option<Delivery>,
}

/// Pushes everything that `request` asks for. `before` is what has to happen to the files first, once it is
/// certain that the remote takes a push: a compiler, for instance.
pub fn push<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    destination: Option<Destination>,
    push: &Push<'_>,
    request: &PushRequest,
    before: impl FnOnce(&mut R) -> Result<()>,
) -> Result<Done> {
    allowed::change(project, push.allow, push.disallow)?;
    before(reporter)?;
    let (pushed, git) = store(reporter, (project, who), request, push.message)?;
    let number = pushed.number;
    let delivery = destination
        .map(|destination| destination.deliver(reporter, project, number))
        .transpose()?;
    Ok(Done { pushed, git, delivery })
}

/// A push without the remote, and a version of it: one pack with both, then one ref after the other.
pub fn store_version<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    request: &PushRequest,
    version: &CreateRequest,
) -> Result<(Pushed, Created, Option<git::GitOutcome>)> {
    // Each of the two has a commit of its own in git, in their order.
    let is_one_step = !project.store().config()?.git_enabled();
    let with = is_one_step.then_some(version);
    let (pushed, _) = store_with(reporter, (project, who), request, None, with)?;
    let (created, git) = match &pushed.created {
        Some(created) => (created.clone(), None),
        None => git::create_version(project, version, who)?,
    };
    Ok((pushed, created, git))
}

/// The part of a push that needs no remote: the source version, then the commit.
pub fn store<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    request: &PushRequest,
    message: Option<&str>,
) -> Result<(Pushed, Option<git::GitOutcome>)> {
    store_with(reporter, (project, who), request, message, None)
}

fn store_with<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    request: &PushRequest,
    message: Option<&str>,
    version: Option<&CreateRequest>,
) -> Result<(Pushed, Option<git::GitOutcome>)> {
    let pushed = reporter.phase(Phase::Pushing, |progress| {
        let request = PushRequest { progress: progress.clone(), ..request.clone() };
        push::push(project, &request, message, who, version)
    })?;
    reporter.notice(Notice::Pushed { pushed: &pushed, project, who })?;
    let event = git::GitEvent::Pushed { tree: pushed.report.snapshot.tree };
    let git = git::commit_after(project, &event, who);
    git.iter().try_for_each(|git| reporter.notice(Notice::Git(git)))?;
    Ok((pushed, git))
}

/// State that a push would store, and its differences from the pushed one, and what it would send to a remote on which the
/// agent runs. Nothing is stored.
pub fn preview(
    project: &Project,
    request: &PushRequest,
    remote: Option<&dyn Remote>,
    progress: &Progress,
) -> Result<(Pushed, StateChange, Option<DeployPlan>)> {
    let request = &PushRequest { progress: progress.clone(), ..request.clone() };
    let staged = stage::preview(project, request)?;
    staged.report.require_whole(request)?;
    leak::refuse(&staged.report.leaks)?;
    let from = staged.report.previous.as_ref().map(|previous| previous.state);
    let mut change = compare::between(&staged.objects, from.as_ref(), Some(&staged.report.state))?;
    change.add_rebundled(&staged.report.items);
    let state = &staged.report.state;
    let (objects, is_new) = (&staged.objects, staged.report.changed());
    let plan = match remote {
        Some(remote) => remote.plan(&PlanRequest::Push { objects, state, is_new })?,
        None => None,
    };
    Ok((Pushed { number: None, healed: 0, report: staged.report, created: None }, change, plan))
}

/// True if `version create` would make a version now. It refuses a damaged version, and files that
/// were not read, with an error of its own, so neither gets the hint.
pub fn is_versionable(project: &Project, who: &Author) -> bool {
    matches!(
        create::plan(project.store(), &create::CreateRequest::default(), who),
        Ok(create::Next::New(_))
    )
}
