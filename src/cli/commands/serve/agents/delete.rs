//! `serve agents delete`: an agent and all its versions, gone for good.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::copied::size;
use crate::cli::data_folder::{DataFolder, ServerData};
use crate::error::{Hint, Kind, Result};
use crate::protocol::AgentId;
use crate::server::inventory;
use crate::server::inventory_view::DeletedView;

/// Delete an agent and all its versions permanently
///
/// Clients keep their copies, and a client whose token allows a push creates the agent again: revoke the tokens
/// too.
#[derive(Debug, clap::Args)]
pub struct Delete {
    agent: AgentId,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    /// Delete it even if its head is damaged, so that its content is unknown
    #[arg(long)]
    damaged: bool,
    #[command(flatten)]
    place: DataFolder,
}

answer!(agentDeletion: DeletedView<'_>);

impl Delete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let ServerData { store, tokens, .. } = self.place.store(cx)?;
        let agent = self.agent;
        let question = match store.overview(&agent) {
            Ok(Some(overview)) => Some(format!(
                "Delete {agent} for good, with {} source version(s), {} version(s), {}?",
                overview.source,
                overview.versions,
                size(overview.bytes)
            )),
            // One that was deleted already has nothing that could be asked about.
            Ok(None) => None,
            Err(error) if error.kind() == Kind::Corrupt && self.damaged => Some(format!(
                "Delete {agent} for good? {}, so its contents are unknown.",
                error.message()
            )),
            Err(error) if error.kind() == Kind::Corrupt => {
                return Err(error.hint(Hint::DeleteDamaged { agent: agent.to_string() }));
            }
            Err(error) => return Err(error),
        };
        if let Some(question) = question
            && !cx.confirm(&question, self.force)?
        {
            return Ok(Exit::Done);
        }
        let now = cx.now()?.into();
        let deleted = inventory::delete(&store, &tokens, &agent, now, self.damaged)?;
        if cx.out.is_json() {
            cx.out.json(&deleted.view())?;
            return Ok(Exit::Done);
        }
        cx.out.line(format!(
            "✓ Deleted {agent}: {} pack(s) with {} are free.",
            deleted.freed.packs,
            size(deleted.freed.bytes)
        ))?;
        if !deleted.tokens.is_empty() {
            cx.out.hint(format!(
                "{} token(s) still give access to it, and a push would create it again; run `lua-store serve token revoke ID` to revoke one",
                deleted.tokens.len()
            ));
        }
        Ok(Exit::Done)
    }
}
