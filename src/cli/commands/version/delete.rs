//! `version delete`: a version that shall never be promoted again.

use crate::agent::promote::{self, Deleted};
use crate::agent::resolve;
use crate::agent::revision::Revision;
use crate::agent::version::Catalog;
use crate::cli::Exit;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::git;
use crate::cli::outward::{Outward, Which};
use crate::error::Result;
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
    #[command(flatten)]
    at: Which,
}

impl Delete {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let catalog = Catalog::load(project.store())?;
        let number = resolve::number(&catalog, &self.version)?;
        let mut deleted = promote::check_deletable(&catalog, number)?;
        if deleted == Deleted::Done {
            if !cx.confirm(&format!("Delete v{number}?"), self.force)? {
                return Ok(Exit::Done);
            }
            deleted = match Outward::ask(cx, &project, &self.at)? {
                None => promote::delete(project.store(), number, &who)?,
                Some(outward) => {
                    let (deleted, step) = promote::prepare_deletion(project.store(), number, &who)?;
                    step.map_or(Ok(()), |step| outward.take(cx, &project, &step))?;
                    deleted
                }
            };
        }
        let event = git::Event::Deleted(number);
        let told = (deleted == Deleted::Done).then(|| git::commit_after(&project, &event, &who)).flatten();
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
