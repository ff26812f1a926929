//! `version`: agent versions, the states worth a number.

pub mod create;
pub mod delete;
mod deletion;
pub mod diff;
pub mod list;
pub mod promote;
pub mod show;
pub mod status;
pub mod undelete;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;

/// Create, list, compare, promote, delete and undelete versions
///
/// A version is the whole pushed state of the agent with a number. A staged version was never active; staging is
/// not an environment, and nobody is served from it. At most one version is active at a time.
#[derive(Debug, clap::Args)]
pub struct Version {
    #[command(subcommand)]
    command: VersionCommand,
}

impl Version {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    VersionCommand {
        Create(create::Create),
        List(list::List),
        Show(show::Show),
        Diff(diff::Diff),
        Promote(promote::Promote),
        Delete(delete::Delete),
        Undelete(undelete::Undelete),
        Status(status::Status),
    }
}
