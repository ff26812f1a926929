//! `remote logout`: forgets the token for a remote.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::remote;
use crate::error::Result;
use crate::sync::credentials;
use clap_complete::ArgValueCompleter;
use serde_json::json;

/// Forget the token that was kept for a remote
#[derive(Debug, clap::Args)]
pub struct Logout {
    /// The remote [default: the only one, or origin]
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    name: Option<String>,
}

impl Logout {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let config = project.store().config()?;
        let (name, address) = remote::choose(&project, &config, self.name.as_deref())?
            .ok_or_else(|| remote::unknown(remote::DEFAULT, &config))?;
        let forgotten = match remote::credentials_file() {
            Some(file) => credentials::forget(&file, &address)?,
            None => false,
        };
        if cx.out.is_json() {
            cx.out.json(&json!({"name": name, "forgotten": forgotten}))?;
        } else if forgotten {
            cx.out.line(format!("✓ Forgot the token for {name} ({address})."))?;
        } else {
            cx.out.line(format!("There was no token for {name} ({address})."))?;
        }
        Ok(Exit::Done)
    }
}
