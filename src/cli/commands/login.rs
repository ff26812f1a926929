//! `login`: keeps the token for a remote.

use crate::cli::context::Context;
use crate::cli::remote::{self, Reached};
use crate::cli::{Exit, token};
use crate::client::Address;
use crate::error::{Error, Result};
use crate::history::project::Project;
use clap_complete::ArgValueCompleter;
use serde_json::json;

/// Keep the token for a remote, where only you can read it
///
/// Asks for it on a terminal, and reads a line of standard input elsewhere. The remote is asked whether it
/// takes the token before it is kept. What is kept goes before LUA_STORE_TOKEN in the environment.
#[derive(Debug, clap::Args)]
pub struct Login {
    /// `https://host/AGENT`, also outside of a project, or a remote of this one [default: the only one, or origin]
    #[arg(value_name = "URL", add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
}

impl Login {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let Meant { name, address, insecure } = meant(cx, self.remote)?;
        if let Address::Folder { .. } = address {
            return Err(Error::usage(format!(
                "the remote \"{name}\" is a folder, and takes no token"
            )));
        }
        let Reached { name, address, .. } = token::login(cx, name, address, insecure)?;
        let file = token::credentials_file();
        if cx.out.is_json() {
            cx.out.json(&json!({"name": name, "url": address.to_string(), "file": file}))?;
        } else {
            cx.out.line(format!("✓ Logged in to {}.", shown(&name, &address)))?;
        }
        Ok(Exit::Done)
    }
}

/// A remote that a token is for.
pub struct Meant {
    pub name: String,
    pub address: Address,
    insecure: bool,
}

/// The remote of this project, or any address, which then is its own name.
pub fn meant(cx: &Context<'_>, text: Option<String>) -> Result<Meant> {
    if let Some(url) = text.as_ref().filter(|text| text.contains("://")) {
        let address = Address::parse(url, &cx.directory()?)?;
        return Ok(Meant { name: address.to_string(), address, insecure: cx.insecure() });
    }
    let project = match (cx.project(), &text) {
        (Err(error), None) => {
            return Err(error.hint("`lua-store login https://host/AGENT` needs no project"));
        }
        (project, _) => project?,
    };
    of_project(cx, &project, text.as_deref())
}

fn of_project(cx: &Context<'_>, project: &Project, name: Option<&str>) -> Result<Meant> {
    let config = project.store().config()?;
    let (name, address) = remote::choose(project, &config, name)?
        .ok_or_else(|| remote::unknown(remote::DEFAULT, &config))?;
    let insecure = cx.insecure() || config.is_insecure(&name);
    Ok(Meant { name, address, insecure })
}

/// A remote with its address, which may be all that it is called.
pub fn shown(name: &str, address: &Address) -> String {
    let address = address.to_string();
    if name == address { address } else { format!("{name} ({address})") }
}
