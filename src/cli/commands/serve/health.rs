//! `serve health`: does a server work? For health checks, where there is no other program to ask it.

use super::start::plain_url;
use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::remote;
use crate::client::{HttpOptions, HttpRemote, RetryPolicy};
use crate::error::Result;
use serde::Serialize;
use std::time::Duration;

/// Ask a running server whether it works
///
/// For the health check of a container, in which there is no other program. Sends no token. Exits with 11 if the server
/// does not answer within 5 s.
#[derive(Debug, clap::Args)]
pub struct Health {
    /// The address of the server, or that of its `--admin-listen`
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:7420")]
    url: String,
    /// Fail also while the server is stopping or its disk cannot be written
    #[arg(long)]
    ready: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    url: &'a str,
    /// True if it was asked with `--ready`.
    ready: bool,
    /// Damaged objects and packs that the server knows of; it is asked for them with `--ready`.
    damage: Option<&'a str>,
}

answer!(serverHealth: Answer<'_>);

impl Health {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let url = plain_url(&self.url)?;
        let patience = RetryPolicy::short(Duration::from_secs(5));
        let roots = remote::trusted_roots()?;
        let options = HttpOptions { roots, direct: true, patience, ..HttpOptions::default() };
        let damage = HttpRemote::health(&url, self.ready, &options)?;
        let damage = damage.as_deref();
        if cx.out.is_json() {
            cx.out.json(&Answer { url: &url, ready: self.ready, damage })?;
            return Ok(Exit::Done);
        }
        if let Some(damage) = damage {
            cx.out.warn(format!("{url} has damage: {damage}"));
        }
        cx.out.line(match self.ready {
            true => format!("✓ {url} is ready."),
            false => format!("✓ {url} answers."),
        })?;
        Ok(Exit::Done)
    }
}
