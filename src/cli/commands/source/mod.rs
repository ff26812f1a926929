//! `source`: source versions, one for every push.

pub mod diff;
pub mod list;
pub mod rollback;
pub mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::{Error, Result};

/// List, compare and bring back the files of every push
#[derive(Debug, clap::Args)]
pub struct Source {
    #[command(subcommand)]
    command: SourceCommand,
}

impl Source {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    SourceCommand {
        List(list::List),
        Show(show::Show),
        Diff(diff::Diff),
        Rollback(rollback::Rollback),
    }
}

/// The number of a source version as a person gives it: `3` or `v3`.
pub fn number(text: &str) -> Result<u64> {
    use crate::history::revision::Revision;
    match text.parse()? {
        Revision::Number(number) => Ok(number),
        _ => Err(Error::usage(format!(
            "Invalid version \"{text}\": must be a positive integer like \"3\" or \"v3\"."
        ))),
    }
}
