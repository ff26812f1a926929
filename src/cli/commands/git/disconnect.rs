//! `git disconnect`: git is left alone again.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::error::Result;
use serde::Serialize;

/// Stop committing and tagging versions in git
///
/// Existing commits and tags stay.
#[derive(Debug, clap::Args)]
pub struct Disconnect {}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    connected: bool,
    changed: bool,
}

answer!(gitDisconnection: Answer);

impl Disconnect {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let lock = project.store().lock()?;
        let mut config = project.store().config()?;
        let changed = config.git_enabled();
        if changed {
            config.set_git_enabled(false);
            config.save(&lock)?;
        }
        drop(lock);
        if cx.out.is_json() {
            cx.out.json(&Answer { connected: false, changed })?;
        } else if changed {
            cx.out.line("✓ Git integration disabled. Existing commits and tags are untouched.")?;
        } else {
            cx.out.line("Git integration is disabled already.")?;
        }
        Ok(Exit::Done)
    }
}
