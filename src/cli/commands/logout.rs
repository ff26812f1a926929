//! `logout`: forgets the token for a remote.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::token_remote::{self, TokenRemote};
use crate::cli::{Exit, token};
use crate::client::credentials;
use crate::error::Result;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Remove the stored token for a remote
#[derive(Debug, clap::Args)]
pub struct Logout {
    /// `https://host/AGENT`, also outside of a project, or a remote of this one [default: the only one, or origin]
    #[arg(value_name = "URL", add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    name: &'a str,
    forgotten: bool,
}

answer!(logout: Answer<'_>);

impl Logout {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let TokenRemote { name, address, .. } = token_remote::find(cx, self.remote)?;
        let forgotten = match token::credentials_file() {
            Some(file) => credentials::forget(&file, &address)?,
            None => false,
        };
        let shown = token_remote::shown(&name, &address);
        if cx.out.is_json() {
            cx.out.json(&Answer { name: &name, forgotten })?;
        } else if forgotten {
            cx.out.line(format!("✓ Deleted the token for {shown}."))?;
        } else {
            cx.out.line(format!("There was no token for {shown}."))?;
        }
        Ok(Exit::Done)
    }
}
