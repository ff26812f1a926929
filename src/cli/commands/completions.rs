//! `completions`: what a shell needs to complete our command lines.

use crate::cli::Exit;
use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::error::Result;
use clap::CommandFactory;
use clap_complete::Shell;

/// Print the completion script for a shell
///
/// For bash, add this line to ~/.bashrc: source <(lua-store completions bash)
#[derive(Debug, clap::Args)]
pub struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "lua-store", &mut script);
        cx.out.bytes(&script)?;
        Ok(Exit::Done)
    }
}
