//! `serve agents archive`: an agent that can be read and takes nothing new.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::server::inventory;
use serde::Serialize;

/// Make an agent read-only: pushes and promotions are refused
#[derive(Debug, clap::Args)]
pub struct Archive {
    agent: AgentId,
    /// Make it writable again
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    agent: &'a AgentId,
    archived: bool,
    changed: bool,
}

answer!(agentArchive: Answer<'_>);

impl Archive {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let store = self.place.store(cx)?.store;
        let changed = inventory::archive(&store, &self.agent, !self.undo)?;
        if cx.out.is_json() {
            cx.out.json(&Answer { agent: &self.agent, archived: !self.undo, changed })?;
            return Ok(Exit::Done);
        }
        let agent = &self.agent;
        cx.out.line(match (self.undo, changed) {
            (false, true) => {
                format!("✓ {agent} is archived: pushes and promotions are refused.")
            }
            (false, false) => format!("{agent} is archived already."),
            (true, true) => format!("✓ {agent} accepts pushes again."),
            (true, false) => format!("{agent} is not archived."),
        })?;
        Ok(Exit::Done)
    }
}
