//! `snapshot`: safety snapshots, the files as they were before a command overwrote them.

pub mod diff;
pub mod list;
pub mod restore;
pub mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::project::Project;
use crate::history::resolve;
use crate::history::revision::Revision;

/// List, compare and restore files that a command overwrote
#[derive(Debug, clap::Args)]
pub struct Snapshot {
    #[command(subcommand)]
    command: SnapshotCommand,
}

impl Snapshot {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    SnapshotCommand {
        List(list::List),
        Show(show::Show),
        Diff(diff::Diff),
        Restore(restore::Restore),
    }
}

/// The version that a person names after `snapshot`, where a bare number means a safety snapshot.
fn find(project: &Project, revision: Revision) -> Result<AnyVersion> {
    resolve::version(project.store(), None, &revision.in_snapshots())
}
