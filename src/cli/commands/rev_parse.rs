//! `rev-parse`: the id that a revision means.

use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::object::{Id, TreeEntry};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Print the id of a version or of `version:path`
#[derive(Debug, clap::Args)]
pub struct RevParse {
    /// `v2`, `active`, `4f1c72b9`, `v2:source/src/index.ts` …
    #[arg(required = true, allow_negative_numbers = true, add = ArgValueCompleter::new(complete::objects))]
    revisions: Vec<Revision>,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    revision: String,
    id: Id,
    mode: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    objects: Vec<Row>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(revisionList: Answer);

impl RevParse {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let given: Vec<&Revision> = self.revisions.iter().collect();
        let view = self.whom.open_for(cx, &given)?;
        let mut found = Vec::new();
        for revision in &self.revisions {
            found.push((revision, resolve::object(view.store(), view.theirs(), revision)?));
        }
        if cx.out.is_json() {
            let one = |(revision, entry): &(&Revision, TreeEntry)| Row {
                revision: revision.to_string(),
                id: entry.id,
                mode: entry.mode.word(),
            };
            let length = ListLength::whole(found.len());
            cx.out.json(&Answer { objects: found.iter().map(one).collect(), length })?;
            return Ok(Exit::Done);
        }
        for (_, entry) in found {
            cx.out.line(entry.id)?;
        }
        Ok(Exit::Done)
    }
}
