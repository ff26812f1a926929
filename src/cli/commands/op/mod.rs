//! `op`: what commands did to the store.

pub mod log;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;

/// List what commands did to the store
#[derive(Debug, clap::Args)]
pub struct Op {
    #[command(subcommand)]
    command: OpCommand,
}

impl Op {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    OpCommand {
        Log(log::Log),
    }
}
