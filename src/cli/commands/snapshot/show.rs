//! `snapshot show`: one safety snapshot, and the files in it that were not pushed.

use super::find;
use crate::cli::any_version_output::show_changes;
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::history::revision::Revision;
use clap_complete::ArgValueCompleter;

/// Show a safety snapshot: when it was taken, and its files that were not pushed
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The snapshot, `1`, `v1` or `latest`
    #[arg(default_value = "latest", add = ArgValueCompleter::new(complete::snapshots))]
    snapshot: Revision,
}

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = LiveRemoteArgs::default().open_for(cx, &[])?;
        let found = find(&view.project, self.snapshot)?;
        show_changes(cx, &view, &found)
    }
}
