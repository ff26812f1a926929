//! `persona show`: what one version of the persona says.

use super::{VersionFields, listed};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::{Exit, complete};
use crate::compare::persona;
use crate::error::Result;
use crate::history::record;
use crate::history::revision::Revision;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Print a version of the persona, by default the newest
#[derive(Debug, clap::Args)]
pub struct Show {
    /// `2`, `v2`, `latest`, or `active` for the current one
    #[arg(value_name = "VERSION", default_value = "latest", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::personas))]
    version: Revision,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    version: VersionFields<'a>,
    text: &'a str,
}

answer!(persona: Answer<'_>);

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.version])?;
        let versions = listed(cx, &view)?;
        let version = persona::pick(&versions, &self.version)?;
        let persona = version.persona(view.store().objects())?;
        if cx.out.is_json() {
            cx.out.json(&Answer { version: VersionFields::new(version), text: &persona.text })?;
            return Ok(Exit::Done);
        }
        let record = &version.pushed.record;
        let (created, status) = (record::iso(record.at_ms), version.status.word());
        cx.out.note(format!("Persona v{} ({status}), {created} by {}", version.number, record.by));
        cx.page();
        let end = if persona.text.ends_with('\n') { "" } else { "\n" };
        cx.out.bytes(format!("{}{end}", persona.text).as_bytes())?;
        Ok(Exit::Done)
    }
}
