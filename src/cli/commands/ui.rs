//! `ui`: the pages of this project in a browser.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::local_agents::LocalAgents;
use crate::cli::open_browser::open_browser;
use crate::cli::remote::{RemoteArgs, environment};
use crate::cli::{Exit, term, time};
use crate::error::Result;
use crate::flow::remote::choose;
use crate::history::project::Project;
use crate::protocol::AgentId;
use crate::server::local::{LocalConfig, LocalServer};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Time without a request after which it ends.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// Agent in the addresses of a project that names none.
const AGENT: &str = "agent";

/// Show the pages of this project in a browser
///
/// Serves the same pages as a server does, for this project, on an address of this machine, and opens them. The address
/// has a key that works once, within 5 minutes. A promotion there is that of `version promote`: at the remote first, by
/// you. It ends with Ctrl-C, with the terminal, and after 30 minutes without a request.
#[derive(Debug, clap::Args)]
pub struct Ui {
    /// The port to listen on [default: any free port]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Open no browser, and answer under 127.0.0.1 too; implies `--read-only`
    #[arg(long)]
    no_open: bool,
    /// Change nothing
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    at: RemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    /// The address to open, with the key.
    url: &'a str,
    /// All addresses, each with the same key.
    addresses: &'a [String],
    read_only: bool,
}

answer!(ui: Answer<'_>);

impl Ui {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let reads_only = self.read_only || self.no_open;
        let config = LocalConfig {
            port: self.port,
            agent: self.agent(&project)?,
            by: self.author(cx, &project, reads_only)?,
            reads_only,
            by_number: self.no_open,
            idle: idle(),
            folder: project.root().to_owned(),
        };
        let agents = Arc::new(LocalAgents::new(cx, &project, self.at));
        let server = LocalServer::start(config, agents, Arc::new(time::clock(cx.now()?)))?;
        let url = &server.addresses[0];
        if cx.out.is_json() {
            // One line, so that a script can wait for it.
            let addresses = &server.addresses;
            cx.out.json_line(&Answer { url, addresses, read_only: reads_only })?;
        } else {
            server.addresses.iter().try_for_each(|address| cx.out.line(address))?;
        }
        cx.out.finish()?;
        let rights = if reads_only { " The pages change nothing." } else { "" };
        cx.out.note(format!(
            "The address opens one session, within 5 minutes.{rights} Press Ctrl-C to end it."
        ));
        if !self.no_open && !cx.out.is_json() && cx.out.term().stdout && !term::in_ci() {
            open_browser(url);
        }
        server.run()?;
        Ok(Exit::Done)
    }

    /// Author of promotions. Somebody who only reads needs no name.
    fn author(&self, cx: &mut Context<'_>, project: &Project, reads_only: bool) -> Result<String> {
        if reads_only {
            return Ok("reader".to_owned());
        }
        let mut remotes = self.at.reach_all(cx, project)?;
        Ok(cx.who_at(project, remotes.authority.as_mut())?.by)
    }

    /// Agent in the addresses.
    fn agent(&self, project: &Project) -> Result<AgentId> {
        let config = project.store().config()?;
        if let Some(agent) = config.agent().and_then(|agent| agent.parse().ok()) {
            return Ok(agent);
        }
        let remote = choose(project, &config, self.at.remote.as_deref()).ok().flatten();
        match remote {
            Some((_, address)) => Ok(address.agent().clone()),
            None => AGENT.parse(),
        }
    }
}

/// Milliseconds of `LUA_STORE_IDLE`, for those who cannot wait: tests.
fn idle() -> Duration {
    let set = environment("LUA_STORE_IDLE").and_then(|text| text.parse().ok());
    set.map_or(IDLE, Duration::from_millis)
}
