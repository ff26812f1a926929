//! `completions`: what a shell needs to complete our command lines.

use crate::cli::Exit;
use crate::cli::complete::VARIABLE;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use clap_complete::Shell;
use clap_complete::env::Shells;

/// Print the completion script for a shell
///
/// It completes commands, options, versions and names of primitives. For bash, add this line to
/// ~/.bashrc: source <(lua-store completions bash)
#[derive(Debug, clap::Args)]
pub struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let shell = self.shell.to_string();
        let mut script = Vec::new();
        let shells = Shells::builtins();
        shells
            .completer(&shell)
            .ok_or_else(|| Error::usage(format!("there are no completions for {shell}")))?
            .write_registration(VARIABLE, "lua-store", "lua-store", "lua-store", &mut script)
            .map_err(|error| Error::failed(format!("cannot write the completions for {shell}: {error}")))?;
        cx.out.bytes(&script)?;
        Ok(Exit::Done)
    }
}
