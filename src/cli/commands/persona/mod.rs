//! `persona`: the versions of what the agent is told to be.

pub mod diff;
pub mod list;
pub mod show;

use crate::agent::persona::PersonaVersion;
use crate::agent::view;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use serde_json::{Value, json};

/// List, show and compare the versions of the persona
///
/// A draft was pushed and never live, a published one was live once, the current one is live.
#[derive(Debug, clap::Args)]
pub struct Persona {
    #[command(subcommand)]
    command: PersonaCommand,
}

impl Persona {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        self.command.run(cx)
    }
}

crate::cli::args::commands! {
    PersonaCommand {
        List(list::List),
        Show(show::Show),
        Diff(diff::Diff),
    }
}

fn to_json(version: &PersonaVersion) -> Result<Value> {
    Ok(json!({
        "version": version.number,
        "status": version.status.word(),
        "createdAt": view::iso(version.pushed.record.at_ms)?,
        "createdBy": version.pushed.record.by,
        "sourceVersion": version.pushed.number,
    }))
}
