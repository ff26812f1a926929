//! `snapshot list`: the safety snapshots, newest first.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::table::{Cell, Table, parse_limit};
use crate::diff;
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::resolve;
use crate::history::revision::{InSeries, Revision};
use crate::history::source::SNAPSHOT_REFS;
use crate::report::AnyVersionView;
use crate::report::view;
use serde::Serialize;

/// List safety snapshots, newest first
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
    version: AnyVersionView<'a>,
    /// Name of the push before it.
    previous: Option<&'a str>,
    /// Number of files that differ from that push.
    files: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    snapshots: Vec<Row<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(snapshotList: Answer<'_>);

/// A snapshot, the push before it, and the number of files that differ.
type Listed = (AnyVersion, Option<AnyVersion>, usize);

impl Row<'_> {
    fn new((kept, before, files): &Listed) -> Row<'_> {
        Row {
            version: AnyVersionView::new(kept),
            previous: before.as_ref().map(|before| &*before.name),
            files: *files,
        }
    }
}

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = if self.all { usize::MAX } else { parse_limit(&self.limit)? };
        let project = cx.project()?;
        let store = project.store();
        let numbers = store.refs().list(SNAPSHOT_REFS)?;
        let mut listed: Vec<Listed> = Vec::new();
        for (number, _) in numbers.iter().rev().take(limit) {
            let revision = Revision::Snapshot(InSeries::Number(*number));
            let kept = resolve::version(store, None, &revision)?;
            let before = resolve::before(store, &kept)?;
            let from = before.as_ref().map(AnyVersion::files);
            let files = diff::trees(store.objects(), from, Some(kept.files()))?.len();
            listed.push((kept, before, files));
        }
        if cx.out.is_json() {
            let length = ListLength::of(listed.len(), numbers.len());
            cx.out.json(&Answer { snapshots: listed.iter().map(Row::new).collect(), length })?;
        } else if listed.is_empty() {
            cx.out.line(
                "(no safety snapshots: no command has overwritten files that were not pushed)",
            )?;
        } else {
            print(cx, &listed)?;
        }
        if listed.len() < numbers.len() {
            let more = numbers.len() - listed.len();
            cx.out.hint(format!("run `lua-store snapshot list --all` to list {more} more"));
        }
        Ok(Exit::Done)
    }
}

fn print(cx: &mut Context<'_>, listed: &[Listed]) -> Result<()> {
    let mut table = Table::new(["SNAPSHOT", "CREATED", "BY", "FILES"]);
    for (kept, before, files) in listed {
        let since = before.as_ref().map_or("the beginning", |before| &before.name);
        table.row([
            Cell::from(format!("v{}", kept.number())),
            Cell::from(view::minute(kept.at_ms())),
            Cell::from(kept.by()),
            Cell::from(format!("{files} changed since {since}")),
        ]);
    }
    table.print(cx.out)
}
