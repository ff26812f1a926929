//! `version promote`: which version is live.

use super::diff;
use crate::agent::promote::{self, Promoted, Request};
use crate::agent::revision::Revision;
use crate::agent::version::Catalog;
use crate::agent::{change, resolve};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::error::Result;
use serde_json::json;

/// Make a version the active one
///
/// One atomic swap, recorded in the ledger. Promoting an older version is how one rolls back.
#[derive(Debug, clap::Args)]
pub struct Promote {
    /// The version to make active
    #[arg(allow_hyphen_values = true)]
    version: Revision,
    /// Why; kept in the ledger
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only when this version is the active one now
    #[arg(long, value_name = "VERSION", allow_hyphen_values = true)]
    expect: Option<Revision>,
    /// Say what would change for users, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Promote {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let catalog = Catalog::load(project.store())?;
        let number = resolve::number(&catalog, &self.version)?;
        let expect = self.expect.map(|expect| resolve::number(&catalog, &expect)).transpose()?;
        let request = Request { reason: self.reason, expect, dry_run: self.dry_run };
        let promoted = promote::promote(project.store(), number, &request, &who)?;
        if cx.out.is_json() {
            let previous = match promoted {
                Promoted::Done { previous } => previous,
                Promoted::AlreadyActive => Some(number),
            };
            cx.out.json(&json!({
                "promoted": number,
                "previousActive": previous,
                "changed": promoted != Promoted::AlreadyActive && !self.dry_run,
                "dryRun": self.dry_run,
            }))?;
            cx.look_after(&project);
            return Ok(Exit::Done);
        }
        match promoted {
            Promoted::AlreadyActive => {
                cx.out.line(format!("v{number} is already active. No change."))?;
            }
            Promoted::Done { previous } if self.dry_run => preview(cx, &project, &catalog, previous, number)?,
            Promoted::Done { previous: Some(previous) } => {
                cx.out.line(format!("✓ Promoted v{number}. Previous active: v{previous}."))?;
            }
            Promoted::Done { previous: None } => {
                cx.out.line(format!("✓ Promoted v{number}. (No previous active version.)"))?;
            }
        }
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

/// What a promotion would change for users.
fn preview(
    cx: &mut Context<'_>,
    project: &crate::agent::project::Project,
    catalog: &Catalog,
    previous: Option<u64>,
    number: u64,
) -> Result<()> {
    let state = |number: u64| catalog.get(number).map(|version| version.state);
    let from = previous.map(state).transpose()?;
    let change = change::between(project.store().objects(), from.as_ref(), Some(&state(number)?))?;
    let from = previous.map_or("nothing".to_owned(), |previous| format!("v{previous}"));
    cx.out.line(format!("Would promote v{number}. Active now: {from}."))?;
    diff::print(cx, &change)
}
