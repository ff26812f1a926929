//! `serve token`: who may do what at the server.

pub mod create;
pub mod list;
pub mod revoke;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use crate::server::tokens::Entry;
use serde_json::{Value, json};

/// Make, list and revoke the tokens that open the server
///
/// A running server sees a new or a revoked token with its next request.
#[derive(Debug, clap::Args)]
pub struct Token {
    #[command(subcommand)]
    command: TokenCommand,
}

impl Token {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    TokenCommand {
        Create(create::Create),
        List(list::List),
        Revoke(revoke::Revoke),
    }
}

/// A token without its secret.
fn to_json(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "agent": entry.agent,
        "scope": entry.scope,
        "note": entry.note,
        "createdAt": entry.created_at,
        "expiresAt": entry.expires_at,
    })
}
