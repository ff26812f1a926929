//! `version promote`: which version is live.

use crate::agent::change;
use crate::agent::project::Project;
use crate::agent::promote::{self, Promoted, Request};
use crate::agent::revision::Revision;
use crate::agent::version::Catalog;
use crate::cli::Exit;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::git;
use crate::cli::outward::{Outward, Which};
use crate::cli::report;
use crate::error::Result;
use clap_complete::ArgValueCompleter;
use serde_json::json;

/// Make a version the active one
///
/// One atomic swap, recorded in the ledger. Promoting an older version is how one rolls back. With a remote its
/// pointer is swapped first, and only when nobody moved it meanwhile.
#[derive(Debug, clap::Args)]
pub struct Promote {
    /// The version to make active
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    version: Revision,
    /// Why; kept in the ledger
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only when this version is the active one now
    #[arg(long, value_name = "VERSION", allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    expect: Option<Revision>,
    /// Say what would change for users, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    at: Which,
}

impl Promote {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let request = Request { reason: self.reason, expect: self.expect, dry_run: self.dry_run };
        let outward = if self.dry_run { None } else { Outward::ask(cx, &project, &self.at)? };
        let promoted = match outward {
            None => promote::promote(project.store(), &self.version, &request, &who)?,
            Some(outward) => {
                let (promoted, step) =
                    promote::prepare_promotion(project.store(), &self.version, &request, &who)?;
                step.map_or(Ok(()), |step| outward.take(cx, &project, &step))?;
                promoted
            }
        };
        let number = promoted.number;
        let changed = promoted.changed() && !self.dry_run;
        let event = git::Event::Promoted(number);
        let told = changed.then(|| git::commit_after(&project, &event, &who)).flatten();
        if cx.out.is_json() {
            cx.out.json(&json!({
                "promoted": number,
                "previousActive": promoted.previous,
                "changed": changed,
                "dryRun": self.dry_run,
                "git": told.as_ref().map(git::Outcome::to_json),
            }))?;
        } else if self.dry_run && promoted.changed() {
            preview(cx, &project, promoted)?;
        } else if !promoted.changed() {
            cx.out.line(format!("v{number} is already active. No change."))?;
        } else {
            cx.out.line(match promoted.previous {
                Some(previous) => format!("✓ Promoted v{number}. Previous active: v{previous}."),
                None => format!("✓ Promoted v{number}. (No previous active version.)"),
            })?;
        }
        told.iter().for_each(|told| told.tell(cx));
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

/// What a promotion would change for users.
fn preview(cx: &mut Context<'_>, project: &Project, promoted: Promoted) -> Result<()> {
    let catalog = Catalog::load(project.store())?;
    let state = |number: u64| catalog.get(number).map(|version| version.state);
    let from = promoted.previous.map(state).transpose()?;
    let to = state(promoted.number)?;
    let change = change::between(project.store().objects(), from.as_ref(), Some(&to))?;
    let from = promoted.previous.map_or("nothing".to_owned(), |previous| format!("v{previous}"));
    cx.out.line(format!("Would promote v{}. Active now: {from}.", promoted.number))?;
    report::print(cx.out, &change, false)
}
