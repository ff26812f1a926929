//! `serve token revoke`: a token that opens nothing any more, or all of a person.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::error::{Error, Result};
use crate::server::tokens::{TokenEntry, Tokens};

/// Revoke a token permanently
#[derive(Debug, clap::Args)]
pub struct Revoke {
    /// The token's id, as `serve token list` shows it
    #[arg(required_unless_present = "owner", conflicts_with = "owner")]
    id: Option<String>,
    /// All tokens that were made `--for` this author
    #[arg(long = "for", value_name = "EMAIL")]
    owner: Option<String>,
    #[command(flatten)]
    place: DataFolder,
}

impl Revoke {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let tokens = Tokens::of(&self.place.store(cx)?.0);
        let Some(owner) = &self.owner else {
            let id = self.id.ok_or_else(|| Error::usage("no token was named"))?;
            let entry = tokens.revoke(&id)?;
            if cx.out.is_json() {
                cx.out.json(&entry.view())?;
            } else {
                cx.out.line(format!(
                    "Revoked token {}: {} on {}",
                    entry.id, entry.scope, entry.agents
                ))?;
            }
            return Ok(Exit::Done);
        };
        let revoked = tokens.revoke_of(owner)?;
        if cx.out.is_json() {
            cx.out.json(&revoked.iter().map(TokenEntry::view).collect::<Vec<_>>())?;
            return Ok(Exit::Done);
        }
        for entry in &revoked {
            cx.out
                .line(format!("Revoked token {}: {} on {}", entry.id, entry.scope, entry.agents))?;
        }
        Ok(Exit::Done)
    }
}
