//! `version delete`: a version that shall never be promoted again.

use crate::cli::context::Context;
use crate::cli::outward::Which;
use crate::cli::pointer::{Station, Wish};
use crate::cli::{Exit, complete, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Who;
use crate::history::revision::Revision;
use crate::operations::promote::{self, Deleted};
use clap_complete::ArgValueCompleter;
use serde_json::json;

/// Delete a version, so that it can never be promoted again
///
/// It stays listed and inspectable; nothing it holds is removed. The active version and the only
/// remaining one cannot be deleted.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// The version to delete
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    version: Revision,
    /// Do not ask
    #[arg(long)]
    force: bool,
    /// Where both sides promoted or deleted since, go on from the ledger of the remote and leave yours out
    #[arg(long, conflicts_with = "offline")]
    theirs: bool,
    #[command(flatten)]
    at: Which,
}

impl Delete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let action = format!("delete {}", self.version);
        let wish = Wish { which: &self.at, action: &action, dry_run: false, theirs: self.theirs };
        let station = Station::find(cx, &project, &wish)?;
        let (number, deleted) = {
            let ground = station.ground(project.store())?;
            let number = ground.number(&self.version)?;
            (number, promote::judge_deletion(&ground, number)?)
        };
        if deleted == Deleted::Done && !cx.confirm(&format!("Delete v{number}?"), self.force)? {
            return Ok(Exit::Done);
        }
        let deleted = carry_out(cx, &project, station, number, deleted, &who)?;
        let event = git::Event::Deleted(number);
        let told =
            (deleted == Deleted::Done).then(|| git::commit_after(&project, &event, &who)).flatten();
        if cx.out.is_json() {
            cx.out.json(&json!({
                "deleted": number, "changed": deleted == Deleted::Done,
                "git": told.as_ref().map(git::Outcome::to_json),
            }))?;
        } else {
            cx.out.line(match deleted {
                Deleted::Done => format!("✓ Deleted v{number}."),
                Deleted::AlreadyDeleted => format!("v{number} is already deleted. No change."),
            })?;
        }
        told.iter().for_each(|told| told.tell(cx));
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

fn carry_out(
    cx: &mut Context<'_>,
    project: &Project,
    station: Station,
    number: u64,
    deleted: Deleted,
    who: &Who,
) -> Result<Deleted> {
    let store = project.store();
    match station {
        // Judged once more, under the lock.
        Station::Here => return promote::delete(store, number, who),
        Station::There(there) if deleted == Deleted::AlreadyDeleted => there.settle(cx, project)?,
        Station::There(there) => {
            let step = promote::record_deletion(store, &there.ground(store)?, number, who)?;
            there.take(cx, project, &format!("delete v{number}"), &step)?;
        }
    }
    Ok(deleted)
}
