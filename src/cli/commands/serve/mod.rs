//! `serve`: be a remote for others.

pub mod agents;
pub mod backup;
pub mod check_store;
mod config_file;
pub mod fsck;
pub mod gc;
pub mod health;
mod limits;
pub mod restore;
mod sockets;
mod start;
pub mod token;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;

/// Run a remote: store agents in a folder and serve them over HTTP
///
/// Listens on this machine only, unless `--listen` is given. Clients need a token: run `lua-store serve token
/// create`. Prints the address it listens on, then logs to stderr, one JSON object per line. SIGTERM and Ctrl-C
/// let running requests finish; SIGHUP reloads the certificate.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Serve {
    #[command(flatten)]
    start: start::Start,
    #[command(subcommand)]
    command: Option<ServeCommand>,
}

impl Serve {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        match self.command {
            Some(command) => command.run(cx),
            None => self.start.with_file(cx)?.serve(cx),
        }
    }
}

crate::cli::args::commands! {
    ServeCommand {
        Token(token::Token),
        Agents(agents::Agents),
        Backup(backup::Backup),
        Restore(restore::Restore),
        Fsck(fsck::Fsck),
        Gc(gc::Gc),
        CheckStore(check_store::CheckStore),
        Health(health::Health),
    }
}
