//! `serve agents delete`: an agent and all its versions, gone for good.

use super::must_exist;
use crate::cli::Exit;
use crate::cli::commands::serve::copied::size;
use crate::cli::commands::serve::place::Place;
use crate::cli::context::Context;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::server::tokens::Tokens;
use serde_json::json;

/// Delete an agent with all its versions, for good
///
/// Clients keep what they have, and one with a token that may push makes the agent anew: revoke the tokens too.
#[derive(Debug, clap::Args)]
pub struct Delete {
    agent: AgentId,
    /// Do not ask
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

impl Delete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let (data, depot) = self.place.depot(cx)?;
        let agent = self.agent;
        let overview = must_exist(&depot, &agent)?;
        let question = format!(
            "Delete {agent} for good, with {} source version(s), {} version(s), {}?",
            overview.source,
            overview.versions,
            size(overview.bytes)
        );
        if !cx.confirm(&question, self.force)? {
            return Ok(Exit::Done);
        }
        let freed = depot.delete(&agent, cx.now()?.into())?.unwrap_or_default();
        let mut tokens = Tokens::of(&data).list()?;
        tokens.retain(|token| token.opens(agent.as_str()));
        if cx.out.is_json() {
            let ids: Vec<&String> = tokens.iter().map(|token| &token.id).collect();
            cx.out.json(&json!({
                "deleted": agent, "packs": freed.packs, "bytes": freed.bytes, "tokens": ids,
            }))?;
            return Ok(Exit::Done);
        }
        cx.out.line(format!(
            "✓ Deleted {agent}: {} pack(s) with {} are free.",
            freed.packs,
            size(freed.bytes)
        ))?;
        if !tokens.is_empty() {
            cx.out.hint(format!(
                "{} token(s) still open it, and a push would make it anew; `lua-store serve token revoke ID` ends one",
                tokens.len()
            ));
        }
        Ok(Exit::Done)
    }
}
