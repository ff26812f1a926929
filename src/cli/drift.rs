//! Drift in commands: `sync` asks the remote, and `compile --sync` compares the project with it.

use super::Exit;
use super::context::Context;
use super::drift_answer::{DriftAnswer, NoComparison};
use super::drift_output;
use super::live::{self, LiveRemoteArgs};
use super::remote::{self, RemoteArgs};
use crate::cli::answer::answer;
use crate::error::{Error, Kind, Result};
use crate::flow::sync::{self, Compared, Comparison, RemoteState};
use crate::history::project::Project;
use crate::operations::drift::DriftTarget;
use crate::report::{self, LiveView};
use serde::Serialize;

/// Asks the remote that is meant; having none is an error.
pub fn ask(cx: &mut Context<'_>, project: &Project, which: &RemoteArgs) -> Result<RemoteState> {
    sync::ask(project, remote::require(cx, project, which.remote.as_deref())?)
}

/// Prints the last answer of the remote, if it does not answer now.
pub fn print_unknown(
    cx: &mut Context<'_>,
    project: &Project,
    remote: Option<String>,
    error: &Error,
) -> Result<Exit> {
    let live = live::of(cx, project, &LiveRemoteArgs { remote, offline: true })?;
    let now_ms = cx.now()?.as_millisecond();
    if cx.out.is_json() {
        let answer = UnknownDrift {
            drift: NoComparison::unknown(error),
            live: LiveView::new(&live, now_ms),
        };
        cx.out.json(&answer)?;
    }
    cx.out.warn(format!("drift is unknown: {}", error.message()));
    if let (Some(served), Some(known_remote)) = (&live.served, &live.known_remote) {
        cx.out.note(format!(
            "v{} was live, {}",
            served.number,
            report::according(known_remote, now_ms)
        ));
    }
    Ok(Exit::Done)
}

/// The answer where the remote cannot be asked, with what it had.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnknownDrift<'a> {
    #[serde(flatten)]
    drift: NoComparison<'a>,
    #[serde(flatten)]
    live: LiveView<'a>,
}

answer!(driftUnknown: UnknownDrift<'_>);

/// For `compile --sync`: differences are printed, and stop nothing.
pub fn print(cx: &mut Context<'_>) -> Result<Exit> {
    let project = cx.project()?;
    let there = match ask(cx, &project, &RemoteArgs::default()) {
        Err(error) if error.kind() == Kind::Unavailable => {
            return print_unknown(cx, &project, None, &error);
        }
        other => other?,
    };
    let live = there.remote.remote.live_check()?;
    let _ = match sync::compare_with(&project, &there, &DriftTarget::default())? {
        Comparison::Unreadable(error) => return Err(error),
        Comparison::NothingPublished => drift_output::nothing_published(cx)?,
        Comparison::Compared(compared) if compared.is_in_sync() => {
            drift_output::in_sync(cx, &compared, live.as_ref())?
        }
        Comparison::Compared(compared) => drift_output::check(cx, &compared, live.as_ref())?,
    };
    Ok(Exit::Done)
}

/// The same for the answer of `compile --sync`.
pub enum DriftState {
    Unknown(Error),
    NothingPublished,
    Compared(Box<Compared>),
}

/// Drift in the answer of `compile --sync --json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum DriftView<'a> {
    Unknown(NoComparison<'a>),
    Known(DriftAnswer<'a>),
}

/// Asks the remote, and compares.
pub fn state(cx: &mut Context<'_>) -> Result<DriftState> {
    let project = cx.project()?;
    let there = match ask(cx, &project, &RemoteArgs::default()) {
        Err(error) if error.kind() == Kind::Unavailable => return Ok(DriftState::Unknown(error)),
        other => other?,
    };
    match sync::compare_with(&project, &there, &DriftTarget::default())? {
        Comparison::Unreadable(error) => Err(error),
        Comparison::NothingPublished => Ok(DriftState::NothingPublished),
        Comparison::Compared(compared) => Ok(DriftState::Compared(compared)),
    }
}

impl DriftState {
    pub fn view(&self) -> DriftView<'_> {
        match self {
            DriftState::Unknown(error) => DriftView::Unknown(NoComparison::unknown(error)),
            DriftState::NothingPublished => DriftView::Known(DriftAnswer::nothing()),
            DriftState::Compared(compared) => DriftView::Known(DriftAnswer::new(compared, None)),
        }
    }
}
