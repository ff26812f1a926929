//! `source`: source versions, one for every push.

pub mod diff;
pub mod list;
pub mod rollback;
pub mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::resolve;
use crate::history::revision::Revision;

/// List, compare and restore the files of every push
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

/// The version that a person names after `source`, where a bare number means a source version.
fn find(cx: &mut Context<'_>, revision: Revision) -> Result<(View, AnyVersion)> {
    let revision = revision.in_sources();
    let view = LiveRemoteArgs::default().open_for(cx, &[&revision])?;
    let found = resolve::version(view.store(), view.theirs(), &revision)?;
    Ok((view, found))
}

/// Name of a version in the output of this group: `v3` for a source version.
fn name(version: &AnyVersion) -> String {
    match version.name.strip_prefix("source/") {
        Some(name) => name.to_owned(),
        None if version.agent_version().is_some() => format!("version {}", version.name),
        None => version.name.clone(),
    }
}
