//! `serve token revoke`: a token that opens nothing any more.

use super::to_json;
use crate::cli::Exit;
use crate::cli::commands::serve::place::Place;
use crate::cli::context::Context;
use crate::error::Result;
use crate::server::tokens::Tokens;

/// Take a token's rights away, for good
#[derive(Debug, clap::Args)]
pub struct Revoke {
    /// The token's id, as `serve token list` shows it
    id: String,
    #[command(flatten)]
    place: Place,
}

impl Revoke {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let entry = Tokens::of(&self.place.existing(cx)?).revoke(&self.id)?;
        if cx.out.is_json() {
            cx.out.json(&to_json(&entry))?;
        } else {
            cx.out.line(format!("Revoked token {}: {} on {}", entry.id, entry.scope, entry.agent))?;
        }
        Ok(Exit::Done)
    }
}
