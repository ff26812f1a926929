//! `remote set-url`: a remote has moved.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::client::Address;
use crate::error::Result;
use crate::flow::remote::unknown;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Change the address of a remote
///
/// Forgets the versions that it had at its last answer, as the new address may have others. Also forgets
/// `--insecure`, unless it is given again.
#[derive(Debug, clap::Args)]
pub struct SetUrl {
    /// The remote
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    name: String,
    /// `https://host/AGENT`, or the path of a folder that ends in the agent's id
    url: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    name: &'a str,
    url: &'a str,
    before: String,
}

answer!(remoteAddress: Answer<'_>);

impl SetUrl {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let address = Address::parse(&self.url, project.root())?;
        let lock = project.store().lock()?;
        let mut config = project.store().config()?;
        let before =
            config.remote(&self.name).ok_or_else(|| unknown(&self.name, &config))?.to_owned();
        project.store().forget_remote(&lock, &self.name)?;
        config.set_remote(&self.name, &self.url, cx.insecure())?;
        config.save(&lock)?;
        if cx.out.is_json() {
            cx.out.json(&Answer { name: &self.name, url: &self.url, before })?;
        } else {
            cx.out.line(format!("✓ The remote {} is now at {address}.", self.name))?;
        }
        Ok(Exit::Done)
    }
}
