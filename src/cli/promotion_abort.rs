//! `version promote --abort`: an interrupted promotion on the Lua platform is taken back.

use super::Exit;
use super::answer::answer;
use super::context::Context;
use super::deploy_output::{self, DeployedView};
use super::platform_remote::choose_platform;
use super::progress::with_progress;
use super::remote::{self, RemoteArgs};
use crate::error::Result;
use crate::history::project::Project;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    /// Number of the version whose promotion was taken back.
    aborted: u64,
    remote: &'a str,
    deployed: DeployedView<'a>,
}

answer!(abortedPromotion: Answer<'_>);

/// Puts back everything that the promotion changed.
pub fn abort(cx: &mut Context<'_>, project: &Project, at: &RemoteArgs) -> Result<Exit> {
    let (name, _) = choose_platform(project, at.remote.as_deref())?;
    let remote = remote::require(cx, project, Some(&name))?;
    let number = with_progress(cx, "Sending", |_| remote.remote.abort())?;
    let deployed = remote.remote.deployed().unwrap_or_default();
    if cx.out.is_json() {
        let deployed = DeployedView::new(&deployed);
        cx.out.json(&Answer { aborted: number, remote: &remote.name, deployed })?;
        return Ok(Exit::Done);
    }
    cx.out.line(format!("✓ Took back the promotion of v{number}."))?;
    deploy_output::print(cx, &deployed)
}
