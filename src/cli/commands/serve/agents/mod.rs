//! `serve agents`: what a server keeps, agent by agent.

pub mod archive;
pub mod delete;
pub mod list;
pub mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;

/// List, show, archive and delete the agents of the server
///
/// Works on the data folder, also while a server runs on it; the server uses the change from its next request on.
#[derive(Debug, clap::Args)]
pub struct Agents {
    #[command(subcommand)]
    command: AgentsCommand,
}

impl Agents {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    AgentsCommand {
        List(list::List),
        Show(show::Show),
        Archive(archive::Archive),
        Delete(delete::Delete),
    }
}
