//! `serve token`: tokens of a server, each with its agents, its scope and its end.

pub mod create;
pub mod list;
pub mod revoke;
pub mod rotate;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use crate::server::tokens::TokenEntry;

/// Create, list, rotate and revoke tokens for the server
///
/// A running server uses the change from the next request on.
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
        Rotate(rotate::Rotate),
        Revoke(revoke::Revoke),
    }
}

/// Author of a token, if it is bound to one.
fn author(entry: &TokenEntry) -> Option<String> {
    let owner = entry.owner.as_ref()?;
    Some(if entry.for_others { format!("{owner} and others") } else { owner.clone() })
}
