//! `bundle`: versions in one file, to be carried.

pub mod create;
pub mod verify;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use crate::store::Heads;
use serde_json::{Value, json};

/// Carry versions from machine to machine in one file
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

/// What a bundle names, for a person.
fn summary(heads: &Heads) -> String {
    let active = match heads.active.and_then(|active| active.version) {
        Some(number) => format!(", v{number} active"),
        None => String::new(),
    };
    format!("{} version(s), {} source version(s){active}", heads.versions.len(), heads.source.len())
}

fn to_json(heads: &Heads) -> Value {
    let ids = |ids: &[crate::object::Id]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "versions": ids(&heads.versions),
        "sourceVersions": ids(&heads.source),
        "active": heads.active.and_then(|active| active.version),
        "ledger": heads.active.map(|active| active.ledger.to_string()),
    })
}
