//! `bundle`: versions in one file, to be carried.

pub mod create;
pub mod verify;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use crate::object::Id;
use crate::store::Heads;
use serde::Serialize;

/// Copy versions from machine to machine in one file
#[derive(Debug, clap::Args)]
pub struct Bundle {
    #[command(subcommand)]
    command: BundleCommand,
}

impl Bundle {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    BundleCommand {
        Create(create::Create),
        Verify(verify::Verify),
    }
}

/// Refs of a bundle, for a person.
fn summary(heads: &Heads) -> String {
    let active = match heads.active.and_then(|active| active.version) {
        Some(number) => format!(", v{number} active"),
        None => String::new(),
    };
    format!("{} version(s), {} source version(s){active}", heads.versions.len(), heads.source.len())
}

/// Refs of a bundle, in an answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct HeadsFields<'a> {
    versions: &'a [Id],
    source_versions: &'a [Id],
    active: Option<u64>,
    ledger: Option<Id>,
}

impl HeadsFields<'_> {
    fn new(heads: &Heads) -> HeadsFields<'_> {
        HeadsFields {
            versions: &heads.versions,
            source_versions: &heads.source,
            active: heads.active.and_then(|active| active.version),
            ledger: heads.active.map(|active| active.ledger),
        }
    }
}
