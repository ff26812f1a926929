//! Push as a command runs it: the remote is asked, the flow goes through, the answer is printed.

use super::Exit;
use super::compiler::Compiler;
use super::context::Context;
use super::deploy_output::{self, DeployPlanView, DeployedView};
use super::live::{self, LiveRemoteArgs};
use super::progress::with_progress;
use super::push_output;
use super::remote::RemoteArgs;
use super::terminal::Terminal;
use crate::cli::answer::answer;
use crate::error::{self, Error, Result};
use crate::flow::destination::{Delivery, Destination};
use crate::flow::git::GitOutcome;
use crate::flow::push::{self, Done};
use crate::flow::remote::NamedRemote;
use crate::history::project::Project;
use crate::operations::stage::PushRequest;
use crate::report::{self, ChangeView, PushView, UnsentView};
use serde::Serialize;

/// Options of a command that pushes.
pub struct Options<'a> {
    pub push: push::Push<'a>,
    pub compiler: Option<Compiler>,
    /// Makes versions that others pushed, and that are not here, part of history without merging
    /// them.
    pub overwrite_remote: bool,
    pub force: bool,
    pub to: &'a RemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    push: PushView<'a>,
    git: Option<&'a GitOutcome>,
    /// Of a dry run.
    diff: Option<ChangeView<'a>>,
    remote: Option<&'a Delivery>,
    /// Requests that changed the agent on the Lua platform.
    deployed: Option<DeployedView<'a>>,
    /// Requests that a dry run would send there.
    plan: Option<DeployPlanView<'a>>,
    unsent: Option<UnsentView>,
}

answer!(push: Answer<'_>);

/// Pushes, and answers what went where.
pub fn run(
    cx: &mut Context<'_>,
    project: &Project,
    request: &PushRequest,
    options: &Options<'_>,
    mut remote: Option<NamedRemote>,
) -> Result<Exit> {
    let who = cx.who_at(project, remote.as_mut())?;
    let is_checkout = options.to.url().is_some() && project.store().config()?.is_checkout();
    let destination = match (remote, options.overwrite_remote) {
        (Some(remote), _) if is_checkout => {
            let mut terminal = Terminal::new(cx);
            let expected = request.expect_source;
            Some(Destination::for_checkout(&mut terminal, project, remote, &who, expected)?)
        }
        (None, true) => {
            return Err(Error::usage("there is no remote whose versions could be superseded")
                .hint("run `lua-store remote add origin https://host/AGENT` to add one"));
        }
        (None, false) => None,
        (Some(remote), false) => {
            Some(Destination::for_push(&mut Terminal::new(cx), project, remote, &who)?)
        }
        (Some(remote), true) => {
            let destination = Destination::ask(project, remote, &who)?;
            if !supersede(cx, project, &destination, options.force)? {
                return Ok(Exit::Done);
            }
            Some(destination)
        }
    };
    let compile = |terminal: &mut Terminal<'_, '_>| match options.compiler {
        Some(compiler) => compiler.run(terminal.cx, project.root()),
        None => Ok(()),
    };
    let mut terminal = Terminal::new(cx);
    let (at, push) = ((project, &who), &options.push);
    let done = push::push(&mut terminal, at, destination, push, request, compile)?;
    answer(cx, project, &done, options.to)?;
    let exit = match done.delivery.as_ref().and_then(|delivery| delivery.deployed.as_ref()) {
        Some(deployed) => deploy_output::print(cx, deployed)?,
        None => Exit::Done,
    };
    cx.look_after(project);
    Ok(exit)
}

fn answer(cx: &mut Context<'_>, project: &Project, done: &Done, to: &RemoteArgs) -> Result<()> {
    let Done { pushed, git, delivery } = done;
    let deployed = delivery.as_ref().and_then(|delivery| delivery.deployed.as_ref());
    let unsent = if delivery.is_none() { unsent(cx, project, to)? } else { None };
    if !cx.out.is_json() {
        return Ok(());
    }
    cx.out.json(&Answer {
        push: PushView::new(pushed, false),
        git: git.as_ref(),
        diff: None,
        remote: delivery.as_ref(),
        deployed: deployed.map(DeployedView::new),
        plan: None,
        unsent,
    })
}

/// Says what a push would do.
pub fn preview(
    cx: &mut Context<'_>,
    project: &Project,
    request: &PushRequest,
    to: &RemoteArgs,
    compiler: Option<Compiler>,
    mut remote: Option<NamedRemote>,
) -> Result<Exit> {
    // The answer is the same for whoever pushes; a push would need to know.
    let who = cx.who_at(project, remote.as_mut())?;
    let platform = match remote {
        Some(remote) if remote.remote.is_deployed_to() => Some(remote),
        Some(remote) => {
            let mut terminal = Terminal::new(cx);
            Destination::for_checkout(&mut terminal, project, remote, &who, request.expect_source)?;
            None
        }
        None => None,
    };
    if let Some(compiler) = compiler {
        compiler.run(cx, project.root())?;
    }
    let (pushed, change, plan) = with_progress(cx, "Pushing", |progress| {
        let remote = platform.as_ref().map(|remote| &*remote.remote);
        push::preview(project, request, remote, &progress)
    })?;
    if !cx.out.is_json() {
        push_output::print(cx, &pushed, Some(&change))?;
        push_output::print_summary(cx, &pushed, true)?;
        plan.iter().try_for_each(|plan| deploy_output::print_plan(cx, plan))?;
    }
    let unsent = unsent(cx, project, to)?;
    if cx.out.is_json() {
        cx.out.json(&Answer {
            push: PushView::new(&pushed, true),
            git: None,
            diff: Some(ChangeView::new(&change)),
            remote: None,
            deployed: None,
            plan: plan.as_ref().map(DeployPlanView::new),
            unsent,
        })?;
    }
    cx.look_after(project);
    Ok(Exit::Done)
}

/// Says what the remote has that is not here, and asks whether that becomes history.
fn supersede(
    cx: &mut Context<'_>,
    project: &Project,
    destination: &Destination,
    force: bool,
) -> Result<bool> {
    let incoming = destination.incoming(project)?;
    if incoming.is_empty() {
        return Ok(true);
    }
    for line in report::newest_lines(&incoming) {
        cx.out.note(line.text);
    }
    let name = &destination.remote.name;
    let question = format!("Your push will supersede what \"{name}\" has. Continue?");
    if !cx.confirm(&question, force)? {
        return Ok(false);
    }
    destination.supersede(&mut Terminal::new(cx), project)?;
    Ok(true)
}

/// Unsent versions for the remote, printed when nothing is sent; `None` without a remote.
fn unsent(cx: &mut Context<'_>, project: &Project, to: &RemoteArgs) -> Result<Option<UnsentView>> {
    let whom = LiveRemoteArgs { remote: to.remote.clone(), offline: to.offline };
    let live = match live::of_remote(cx, project, &whom) {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(None),
        // The push is done; other damage is reported, and no part of its answer.
        Err(error) if error.kind() == error::Kind::Corrupt => {
            cx.out.warn(format!("cannot list what was not sent to the remote: {error}"));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    report::unsent(&live).into_iter().for_each(|line| cx.out.note(line));
    Ok(live.unsent.as_ref().map(UnsentView::new))
}
