//! `remote remove`: a remote is no longer used.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::error::Result;
use crate::flow::remote::unknown;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Remove a remote from this project; the remote itself does not change
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The remote
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    name: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    removed: &'a str,
}

answer!(remoteRemoval: Answer<'_>);

impl Remove {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let lock = project.store().lock()?;
        let mut config = project.store().config()?;
        if !config.remove_remote(&self.name) {
            return Err(unknown(&self.name, &config));
        }
        config.save(&lock)?;
        project.store().forget_remote(&lock, &self.name)?;
        if cx.out.is_json() {
            cx.out.json(&Answer { removed: &self.name })?;
        } else {
            cx.out
                .line(format!("✓ Removed the remote {}. Its data was not changed.", self.name))?;
        }
        Ok(Exit::Done)
    }
}
