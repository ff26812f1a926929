//! `serve agents show`: one agent, what it takes, and which tokens open it.

use super::{changed, must_exist, to_json};
use crate::cli::Exit;
use crate::cli::commands::serve::copied::size;
use crate::cli::commands::serve::place::Place;
use crate::cli::context::Context;
use crate::cli::time;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::server::tokens::Tokens;
use serde_json::json;

/// Show what an agent has and takes, and which tokens open it
#[derive(Debug, clap::Args)]
pub struct Show {
    agent: AgentId,
    #[command(flatten)]
    place: Place,
}

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let (data, depot) = self.place.depot(cx)?;
        let overview = must_exist(&depot, &self.agent)?;
        let missing = depot.missing_packs(&self.agent)?.len();
        let mut tokens = Tokens::of(&data).list()?;
        tokens.retain(|token| token.opens(self.agent.as_str()));
        if cx.out.is_json() {
            let mut answer = to_json(&overview);
            answer["missingPacks"] = missing.into();
            let ids =
                tokens.iter().map(|token| json!({"id": token.id, "scope": token.scope, "note": token.note}));
            answer["tokens"] = ids.collect();
            cx.out.json(&answer)?;
            return Ok(if missing == 0 { Exit::Done } else { Exit::Found });
        }
        let (uploads, upload_bytes) = overview.uploads;
        let active = overview.active.map_or_else(|| "none".to_owned(), |version| format!("v{version}"));
        let state = if overview.archived { " (archived: takes nothing new)" } else { "" };
        cx.out.line(format!("{}{state}", overview.agent))?;
        cx.out.line(format!("source versions: {}", overview.source))?;
        cx.out.line(format!("versions: {}", overview.versions))?;
        cx.out.line(format!("active: {active}"))?;
        cx.out
            .line(format!("changed: {}", changed(&overview).map_or_else(|| "-".to_owned(), time::minute)))?;
        cx.out.line(format!(
            "size: {} in {} pack(s), {} objects; {} pack(s) wait to be deleted",
            size(overview.bytes),
            overview.packs,
            overview.objects,
            overview.condemned
        ))?;
        cx.out.line(format!("unfinished uploads: {uploads} with {}", size(upload_bytes)))?;
        for token in &tokens {
            let name = token.name().name;
            cx.out.line(format!("token: {} {} {name}", token.id, token.scope).trim_end())?;
        }
        if missing > 0 {
            cx.out.warn(format!("{missing} of its packs do not exist: `lua-store serve fsck` names them"));
        }
        Ok(if missing == 0 { Exit::Done } else { Exit::Found })
    }
}
