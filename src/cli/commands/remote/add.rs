//! `remote add`: a new remote.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::client::Address;
use crate::error::{Error, Result};
use crate::history::revision::RESERVED;
use crate::protocol::AgentId;
use serde::Serialize;

/// Add a remote: a server or folder to share versions through
///
/// With `--insecure` its token may always be sent in plain text; the permission is stored for this address.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Its name here; commands use `origin` by default
    name: String,
    /// `https://host/AGENT`, the path of a folder that ends in the agent's id, or `lua://AGENT` on the Lua platform
    url: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    name: &'a str,
    url: &'a str,
    agent: &'a AgentId,
}

answer!(remote: Answer<'_>);

impl Add {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let address = Address::parse(&self.url, project.root())?;
        let lock = project.store().lock()?;
        let mut config = project.store().config()?;
        if RESERVED.contains(&&*self.name) {
            return Err(Error::usage(format!("\"{}\" cannot be the name of a remote", self.name))
                .hint(format!("\"{}/v2\" is already a version of this store", self.name)));
        }
        if let Some(url) = config.remote(&self.name) {
            return Err(Error::usage(format!(
                "there is a remote \"{}\" already: {url}",
                self.name
            ))
            .hint(format!(
                "run `lua-store remote set-url {} {}` to change it",
                self.name, self.url
            )));
        }
        config.set_remote(&self.name, &self.url, cx.insecure())?;
        config.save(&lock)?;
        if cx.out.is_json() {
            let agent = address.agent();
            cx.out.json(&Answer { name: &self.name, url: &self.url, agent })?;
        } else {
            cx.out.line(format!("✓ Added the remote {} ({address}).", self.name))?;
        }
        cx.out.hint(match address {
            Address::Platform(_) => "run `lua-store fetch` to import its history",
            _ => "run `lua-store push` to push the project to this store and to the remote",
        });
        Ok(Exit::Done)
    }
}
