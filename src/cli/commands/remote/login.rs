//! `remote login`: keeps the token for a remote.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::remote::{self, Reached};
use crate::error::{At, Error, Result};
use crate::sync::{Address, credentials};
use clap_complete::ArgValueCompleter;
use serde_json::json;
use std::io::BufRead;
use std::path::Path;

/// Keep the token for a remote, outside of the project, where only you can read it
///
/// Asks for it on a terminal, and reads a line of standard input elsewhere. The remote is asked whether it
/// takes the token before it is kept. `LUA_API_KEY` in the environment goes before what is kept.
#[derive(Debug, clap::Args)]
pub struct Login {
    /// The remote [default: the only one, or origin]
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    name: Option<String>,
}

impl Login {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let config = project.store().config()?;
        let (name, address) = remote::choose(&project, &config, self.name.as_deref())?
            .ok_or_else(|| remote::unknown(remote::DEFAULT, &config))?;
        if let Address::Folder { .. } = address {
            return Err(Error::usage(format!("the remote \"{name}\" is a folder, and takes no token")));
        }
        let file = remote::credentials_file().ok_or_else(|| {
            Error::failed("there is no place to keep a token: neither HOME nor XDG_CONFIG_HOME is set")
                .hint("set LUA_API_KEY for each command instead")
        })?;
        let token = read_token(cx, &address)?;
        let reached = remote::open_with(cx, name, address, Some(token.clone()))?;
        let Reached { name, address, remote } = reached;
        remote.head(None)?;
        credentials::keep(&file, &address, &token)?;
        if cx.out.is_json() {
            cx.out.json(&json!({"name": name, "url": address.to_string(), "file": file}))?;
        } else {
            cx.out.line(format!("✓ Logged in to {name} ({address})."))?;
        }
        Ok(Exit::Done)
    }
}

fn read_token(cx: &mut Context<'_>, address: &Address) -> Result<String> {
    let mut line = String::new();
    if cx.out.term().can_ask() {
        line = rpassword::prompt_password(format!("Token for {address}: "))
            .at("read", Path::new("the terminal"))?;
    } else {
        std::io::stdin().lock().read_line(&mut line).at("read", Path::new("standard input"))?;
    }
    let token = line.trim();
    if token.is_empty() || token.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Error::usage("no token was given")
            .hint("`lua-store serve token create --agent A --scope promote` makes one on the server"));
    }
    Ok(token.to_owned())
}
