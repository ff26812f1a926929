//! `git`: commits and tags for what happens to versions.

pub mod connect;
pub mod disconnect;
pub mod status;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;

/// Commit and tag versions in git
///
/// Once connected, `push`, `version create`, `version promote` and `version delete` commit, and each version gets
/// a tag `lua/v<N>` with the same files. These commits contain nothing that is only staged in git or only edited,
/// and a failure of git never stops a command of lua-store.
#[derive(Debug, clap::Args)]
pub struct Git {
    #[command(subcommand)]
    command: GitCommand,
}

impl Git {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    GitCommand {
        Connect(connect::Connect),
        Disconnect(disconnect::Disconnect),
        Status(status::Status),
    }
}
