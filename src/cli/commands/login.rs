//! `login`: keeps the token for a remote.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::token_remote::{self, TokenRemote};
use crate::cli::{Exit, token};
use crate::client::Address;
use crate::error::{Error, Result};
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::path::PathBuf;

/// Store the token for a remote, where only you can read it
///
/// Asks for the token on a terminal, and reads a line from standard input otherwise. Stores it only if the remote
/// accepts it. A stored token takes precedence over LUA_STORE_TOKEN. For an agent on the Lua platform it stores an API
/// key; LUA_API_KEY takes precedence over it.
#[derive(Debug, clap::Args)]
pub struct Login {
    /// `https://host/AGENT` or `lua://AGENT`, also outside of a project, or a remote of this one [default: the only
    /// one, or origin]
    #[arg(value_name = "URL", add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    name: &'a str,
    url: String,
    /// File in which the token is kept.
    file: Option<PathBuf>,
}

answer!(login: Answer<'_>);

impl Login {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let TokenRemote { name, address, insecure } = token_remote::find(cx, self.remote)?;
        if let Address::Folder { .. } = address {
            return Err(Error::usage(format!(
                "the remote \"{name}\" is a folder, and needs no token"
            )));
        }
        let (name, address) = match address {
            Address::Platform(at) => {
                token::login_to_platform(cx, &at)?;
                (name, Address::Platform(at))
            }
            address => {
                let reached = token::login(cx, name, address, insecure)?;
                (reached.name, reached.address)
            }
        };
        let file = token::credentials_file();
        if cx.out.is_json() {
            cx.out.json(&Answer { name: &name, url: address.to_string(), file })?;
        } else {
            cx.out.line(format!("✓ Logged in to {}.", token_remote::shown(&name, &address)))?;
        }
        Ok(Exit::Done)
    }
}
