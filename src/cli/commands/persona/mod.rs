//! `persona`: versions of the agent's instructions.

pub mod diff;
pub mod list;
pub mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::live::View;
use crate::compare::persona::{self, PersonaVersion};
use crate::error::Result;
use crate::history::record;
use serde::Serialize;

/// List, show and compare the versions of the persona
///
/// A draft was pushed and never active; a published one was active once; the current one is active.
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

/// All versions; a damaged one is reported and stops none of the others.
fn listed(cx: &mut Context<'_>, view: &View) -> Result<Vec<PersonaVersion>> {
    let persona::PersonaHistory { versions, damaged } =
        persona::list(view.store(), &view.catalog()?)?;
    for (number, error) in &damaged {
        cx.out.warn(format!("source v{number} and its persona cannot be read: {error}"));
    }
    if !damaged.is_empty() {
        cx.out.hint("run `lua-store fsck` to see what to do next");
    }
    Ok(versions)
}

/// A version in an answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct VersionFields<'a> {
    version: u64,
    status: &'static str,
    created_at: String,
    created_by: &'a str,
    source_version: u64,
}

impl VersionFields<'_> {
    fn new(version: &PersonaVersion) -> VersionFields<'_> {
        let record = &version.pushed.record;
        VersionFields {
            version: version.number,
            status: version.status.word(),
            created_at: record::iso(record.at_ms),
            created_by: &record.by,
            source_version: version.pushed.number,
        }
    }
}
