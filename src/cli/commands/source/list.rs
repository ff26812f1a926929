//! `source list`: the pushes, newest first.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::table::parse_limit;
use crate::cli::table::{Cell, Table};
use crate::error::{Error, Kind, Result};
use crate::history::imported::PlatformNumbers;
use crate::history::source::{REFS, SourceVersion};
use crate::history::via::Vias;
use crate::object::Id;
use crate::report::ViaView;
use crate::report::view::{self, SourceSummary};
use serde::Serialize;

/// List source versions, newest first; the star marks the pushed state
#[derive(Debug, clap::Args)]
pub struct List {
    /// List all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// List at most this many
    #[arg(long, value_name = "N", default_value = "50", allow_negative_numbers = true)]
    limit: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row<'a> {
    #[serde(flatten)]
    summary: &'a SourceSummary,
    /// True for the pushed state.
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
    /// Number of the backup on the platform, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<u64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    source_versions: Vec<Row<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(sourceVersionList: Answer<'_>);

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = if self.all { usize::MAX } else { parse_limit(&self.limit)? };
        let project = cx.project()?;
        let refs = project.store().refs().list_all(REFS)?;
        let newest = refs.last().map(|(number, _)| *number);
        let objects = project.store().objects();
        let (mut versions, mut ids, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        for (number, id) in refs.iter().rev().take(limit) {
            let found = id.as_ref().map_err(Error::repeat).and_then(|id| {
                Ok((view::source_summary(&SourceVersion::load(objects, *number, *id)?), *id))
            });
            match found {
                Ok((summary, id)) => {
                    versions.push(summary);
                    ids.push(id);
                }
                // It is reported, and the rest is listed.
                Err(error) if error.kind() == Kind::Corrupt => damaged.push((*number, error)),
                Err(error) => return Err(error),
            }
        }
        let vias = Vias::load(project.store())?;
        let platform = PlatformNumbers::load(project.store())?;
        let ids = ids.into_iter();
        let listed = versions.len() + damaged.len();
        if cx.out.is_json() {
            let rows = versions.iter().zip(ids).map(|(summary, id)| Row {
                summary,
                active: Some(summary.version) == newest,
                via: ViaView::of(&vias, &id),
                platform: platform.of(&id, summary.version),
            });
            let length = ListLength::of(listed, refs.len());
            cx.out.json(&Answer { source_versions: rows.collect(), length })?;
        } else if refs.is_empty() {
            cx.out.line("(no source versions yet — run `lua-store push` to create one)")?;
        } else {
            let beside = |(version, id): (&SourceSummary, Id)| {
                let by = vias.beside(&version.created_by, &id);
                (by, platform.after(&id, version.version))
            };
            let beside: Vec<(String, String)> = versions.iter().zip(ids).map(beside).collect();
            print(cx, &versions, &beside, newest)?;
        }
        if listed < refs.len() {
            let more = refs.len() - listed;
            cx.out.hint(format!("run `lua-store source list --all` to list {more} more"));
        }
        for (number, error) in &damaged {
            cx.out.warn(format!("v{number} cannot be read: {error}"));
        }
        if !damaged.is_empty() {
            cx.out.hint("run `lua-store fsck` to see what to do next");
        }
        Ok(Exit::Done)
    }
}

fn print(
    cx: &mut Context<'_>,
    versions: &[SourceSummary],
    beside: &[(String, String)],
    newest: Option<u64>,
) -> Result<()> {
    let mut table = Table::new(["VERSION", "CREATED", "BY", "TRIGGERED BY", "HASH"]);
    for (version, (by, platform)) in versions.iter().zip(beside) {
        let star = if Some(version.version) == newest { " *" } else { "" };
        table.row([
            Cell::from(format!("v{}{star}{platform}", version.version)),
            Cell::from(view::minute_of(&version.created_at)),
            Cell::from(by),
            Cell::from(&version.triggered_by),
            Cell::from(format!("{}...", &version.project_hash[..8])),
        ]);
    }
    table.print(cx.out)
}
