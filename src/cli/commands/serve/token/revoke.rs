//! `serve token revoke`: a token that is no longer valid, or all of a person.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::error::{Error, Result};
use crate::server::tokens::{TokenEntry, TokenView};
use serde::Serialize;

/// Revoke a token permanently
#[derive(Debug, clap::Args)]
pub struct Revoke {
    /// The token's id, as `serve token list` shows it
    #[arg(required_unless_present = "owner", conflicts_with = "owner")]
    id: Option<String>,
    /// All tokens that were created `--for` this author
    #[arg(long = "for", value_name = "EMAIL")]
    owner: Option<String>,
    #[command(flatten)]
    place: DataFolder,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    revoked: Vec<TokenView<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer! {
    token: TokenView<'_>,
    revokedTokens: Answer<'_>,
}

impl Revoke {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let tokens = self.place.store(cx)?.tokens;
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
            let length = ListLength::whole(revoked.len());
            let revoked = revoked.iter().map(TokenEntry::view).collect();
            cx.out.json(&Answer { revoked, length })?;
            return Ok(Exit::Done);
        }
        for entry in &revoked {
            cx.out
                .line(format!("Revoked token {}: {} on {}", entry.id, entry.scope, entry.agents))?;
        }
        Ok(Exit::Done)
    }
}
