//! `serve agents show`: one agent, what it takes, and which tokens open it.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::copied::size;
use crate::cli::data_folder::{DataFolder, ServerData};
use crate::cli::time;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::server::inventory::{self, AgentDetails, changed};
use crate::server::inventory_view::DetailsView;

/// Show the size, quotas and tokens of an agent
#[derive(Debug, clap::Args)]
pub struct Show {
    agent: AgentId,
    #[command(flatten)]
    place: DataFolder,
}

answer!(storedAgent: DetailsView);

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let ServerData { store, tokens, .. } = self.place.store(cx)?;
        let details = inventory::details(&store, &tokens, &self.agent, inventory::quotas(&store))?;
        let AgentDetails { overview, missing, tokens, quotas, .. } = &details;
        let exit = if *missing == 0 { Exit::Done } else { Exit::Found };
        if cx.out.is_json() {
            cx.out.json(&details.view())?;
            return Ok(exit);
        }
        let (uploads, upload_bytes) = overview.uploads;
        let active =
            overview.active.map_or_else(|| "none".to_owned(), |version| format!("v{version}"));
        let state = if overview.archived { " (archived)" } else { "" };
        cx.out.line(format!("{}{state}", overview.agent))?;
        cx.out.line(format!("source versions: {}", overview.source))?;
        cx.out.line(format!("versions: {}", overview.versions))?;
        cx.out.line(format!("active: {active}"))?;
        cx.out.line(format!(
            "changed: {}",
            changed(overview).map_or_else(|| "-".to_owned(), time::minute)
        ))?;
        cx.out.line(format!(
            "size: {} in {} pack(s), {} objects; {} pack(s) to be deleted",
            size(overview.bytes),
            overview.packs,
            overview.objects,
            overview.retired
        ))?;
        cx.out.line(format!("unfinished uploads: {uploads} with {}", size(upload_bytes)))?;
        let [bytes, refs, uploads] = details.used();
        cx.out.line(format!("quota of bytes: {} of {}", size(bytes.0), size(bytes.1)))?;
        cx.out.line(format!("quota of versions: {} of {}", refs.0, refs.1))?;
        cx.out.line(format!("quota of uploads: {} of {}", uploads.0, uploads.1))?;
        cx.out.line(format!("quota of answers in progress: {}", size(quotas.cache)))?;
        for token in tokens {
            let name = token.name().name;
            cx.out.line(format!("token: {} {} {name}", token.id, token.scope).trim_end())?;
        }
        if *missing > 0 {
            cx.out.warn(format!(
                "{missing} of its packs do not exist: run `lua-store serve fsck` to list them"
            ));
        }
        Ok(exit)
    }
}
