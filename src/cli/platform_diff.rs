//! `diff platform`: the project compared with what runs on the Lua platform, part by part.

use super::answer::answer;
use super::context::Context;
use super::live::LiveRemoteArgs;
use super::live_check_output::{self, PartView};
use super::{Exit, platform_remote, remote};
use crate::client::LiveCheck;
use crate::error::{Error, Result};
use crate::flow::sync::running::{self, RunningPart};
use crate::flow::sync::{self, Compared, Comparison};
use crate::history::revision::Revision;
use crate::operations::drift::{AgentPart, DriftStatus, DriftTarget};
use serde::Serialize;

/// Word of the command line for what runs there.
pub const PLATFORM: &str = "platform";

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    name: &'a str,
    url: String,
    /// Active version: its number here, and there.
    version: u64,
    platform: u64,
    /// `in_sync`, `ahead` (changed here), `behind` (changed there), `diverged`, `unknown`
    standing: &'static str,
    parts: Vec<RunningView<'a>>,
}

/// One part of the agent.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RunningView<'a> {
    /// `skill`, `persona`, `model`, another setting …
    component: &'a str,
    name: Option<&'a str>,
    standing: &'static str,
    /// Status of the project beside the active version.
    project: &'static str,
    /// Comparison of what runs with the active version.
    runs: Vec<PartView<'a>>,
}

answer!(platformDiff: Answer<'_>);

/// Compares the project with what runs at a remote.
pub fn run(cx: &mut Context<'_>, whom: &LiveRemoteArgs) -> Result<Exit> {
    if whom.offline {
        return Err(Error::usage("`--offline` cannot be used with `diff platform`")
            .hint("only the platform knows what runs: run `lua-store diff platform` to ask it"));
    }
    let project = cx.project()?;
    let (name, address) = platform_remote::choose_platform(&project, whom.remote.as_deref())?;
    let there = sync::ask(&project, remote::require(cx, &project, Some(&name))?)?;
    let none = || platform_remote::none_active(&address);
    let check = there.remote.remote.live_check()?.ok_or_else(none)?;
    let active = DriftTarget::Version(Revision::Active);
    let compared = match sync::compare_with(&project, &there, &active)? {
        Comparison::Unreadable(error) => return Err(error),
        Comparison::NothingPublished => return Err(none()),
        Comparison::Compared(compared) => compared,
    };
    let parts = running::running_parts(&compared, &check);
    if cx.out.is_json() {
        let (version, platform) = (check.here, check.there);
        let standing = running::standing(&parts).word();
        let parts = parts.iter().map(|part| RunningView::new(part, &check)).collect();
        let url = address.to_string();
        cx.out.json(&Answer { name: &name, url, version, platform, standing, parts })?;
    } else {
        print(cx, &check, &compared, &parts)?;
    }
    Ok(match running::standing(&parts) {
        DriftStatus::InSync => Exit::Done,
        DriftStatus::Unknown => Exit::Unread,
        DriftStatus::Ahead | DriftStatus::Behind | DriftStatus::Diverged => Exit::Found,
    })
}

impl<'a> RunningView<'a> {
    fn new(part: &'a RunningPart<'a>, check: &'a LiveCheck) -> RunningView<'a> {
        let (component, name) = match &part.part {
            AgentPart::Persona => ("persona", None),
            AgentPart::Setting(name) => (&**name, None),
            AgentPart::Primitive(kind, name) => (*kind, Some(&**name)),
        };
        let live = part.live.iter();
        RunningView {
            component,
            name,
            standing: part.status.word(),
            project: part.project.word(),
            runs: live.map(|(part, state)| PartView::new(part, state, &check.pushed)).collect(),
        }
    }
}

fn print(
    cx: &mut Context<'_>,
    check: &LiveCheck,
    compared: &Compared,
    parts: &[RunningPart<'_>],
) -> Result<()> {
    cx.out.line(live_check_output::summary(check))?;
    let mut equal = 0;
    for part in parts {
        let sentences = sentences(check, compared, part);
        let word = match part.status {
            DriftStatus::InSync => "in sync",
            other => other.word(),
        };
        equal += usize::from(part.status == DriftStatus::InSync);
        for sentence in sentences {
            cx.out.line(format!("  {word:<9} {sentence}"))?;
        }
    }
    cx.out.line(format!("{equal} of {} parts in sync", parts.len()))
}

/// Differences of a part: what runs, and what the project has.
fn sentences(check: &LiveCheck, compared: &Compared, part: &RunningPart<'_>) -> Vec<String> {
    let live = part.live.iter();
    let mut all: Vec<String> =
        live.filter_map(|(part, state)| live_check_output::sentence(check, part, state)).collect();
    let what = match &part.part {
        AgentPart::Persona => "persona".to_owned(),
        AgentPart::Setting(name) => name.clone(),
        AgentPart::Primitive(kind, name) => format!("{kind} {name}"),
    };
    let version = compared.server.number;
    all.extend(match part.project {
        DriftStatus::InSync => None,
        _ if part.status == DriftStatus::InSync => {
            Some(format!("{what} of the project is the one that runs, and not that of v{version}"))
        }
        DriftStatus::Ahead => Some(format!("{what} was changed in the project after v{version}")),
        DriftStatus::Behind => Some(format!("{what} was changed in v{version}, and not here")),
        DriftStatus::Diverged => {
            Some(format!("{what} was changed in the project and in v{version}"))
        }
        DriftStatus::Unknown => {
            Some(format!("{what} cannot be compared: no backup has its number of v{version}"))
        }
    });
    all
}
