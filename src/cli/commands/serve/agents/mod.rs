//! `serve agents`: what a server keeps, agent by agent.

pub mod archive;
pub mod delete;
pub mod list;
pub mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::depot::{Depot, Overview};
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use jiff::Timestamp;
use serde_json::{Value, json};

/// List, show, archive and delete the agents of the server
///
/// Works on the folder, whether a server runs on it or not; a running one sees it with the next request.
#[derive(Debug, clap::Args)]
pub struct Agents {
    #[command(subcommand)]
    command: AgentsCommand,
}

impl Agents {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    AgentsCommand {
        List(list::List),
        Show(show::Show),
        Archive(archive::Archive),
        Delete(delete::Delete),
    }
}

/// The agent's numbers, or an error where nobody ever pushed it.
pub fn must_exist(depot: &Depot, agent: &AgentId) -> Result<Overview> {
    depot.overview(agent)?.ok_or_else(|| {
        Error::not_found(format!("there is no agent \"{agent}\""))
            .hint("`lua-store serve agents list` shows the agents")
    })
}

fn changed(overview: &Overview) -> Option<Timestamp> {
    Timestamp::from_millisecond(overview.changed_ms?.try_into().ok()?).ok()
}

fn to_json(overview: &Overview) -> Value {
    let (uploads, upload_bytes) = overview.uploads;
    json!({
        "agent": overview.agent,
        "archived": overview.archived,
        "sourceVersions": overview.source,
        "versions": overview.versions,
        "active": overview.active,
        "bytes": overview.bytes,
        "packs": overview.packs,
        "objects": overview.objects,
        "condemnedPacks": overview.condemned,
        "uploads": uploads,
        "uploadBytes": upload_bytes,
        "changedAt": changed(overview),
    })
}
