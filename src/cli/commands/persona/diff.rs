//! `persona diff`: what two versions of the persona say differently.

use super::listed;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::print_patch_text;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::{Exit, complete, print};
use crate::compare::persona::{self, PersonaVersion};
use crate::compare::{Detail, PersonaChange, StateChange};
use crate::diff::{self, DiffSide};
use crate::error::Result;
use crate::history::revision::Revision;
use crate::object::{Id, Mode};
use crate::report;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show what differs between two versions of the persona, by sentence
///
/// Without versions: compares the newest with the current one.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The older version: `1`, `v1`, `active` for the current one
    #[arg(default_value = "active", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::personas))]
    from: Revision,
    /// The newer version
    #[arg(default_value = "latest", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::personas))]
    to: Revision,
    /// Show the changed lines instead of sentences
    #[arg(short, long)]
    patch: bool,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    from: u64,
    to: u64,
    details: Vec<Detail>,
}

answer!(personaDiff: Answer);

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.from, &self.to])?;
        let versions = listed(cx, &view)?;
        let (from, to) =
            (persona::pick(&versions, &self.from)?, persona::pick(&versions, &self.to)?);
        let read = |version: &PersonaVersion| version.persona(view.store().objects());
        let (old, new) = (read(from)?, read(to)?);
        if self.patch && !cx.out.is_json() {
            cx.page();
            let side = |text: &'_ str| (Mode::File, Id::of_blob(text.as_bytes()));
            let (before, after) = (side(&old.text), side(&new.text));
            let before = DiffSide { leaf: before, bytes: old.text.as_bytes() };
            let after = DiffSide { leaf: after, bytes: new.text.as_bytes() };
            print_patch_text(
                cx,
                &diff::patch("persona", Some(before), "persona", Some(after)).text,
            )?;
            return Ok(Exit::Done);
        }
        let moved = PersonaChange { from: Some(old), to: Some(new) };
        if cx.out.is_json() {
            let (from, to) = (from.number, to.number);
            cx.out.json(&Answer { from, to, details: moved.details() })?;
            return Ok(Exit::Done);
        }
        cx.page();
        cx.out.line(format!("Persona v{} → v{}", from.number, to.number))?;
        let change = StateChange { persona: Some(moved), ..StateChange::default() };
        let lines = report::persona_lines(&change, true);
        if lines.is_empty() {
            cx.out.line("No differences.")?;
        }
        print::lines(cx.out, lines.into_iter().map(|line| line.indented(2)))?;
        Ok(Exit::Done)
    }
}
