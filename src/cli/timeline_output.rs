//! `log` over pushes and versions: those that changed a path, have a text in their message, or changed the number of
//! times that a text occurs.

use super::answer::{ListLength, answer};
use super::context::Context;
use super::diff_output::{FileView, print_files};
use super::live::View;
use super::output::{DIM, GREEN, YELLOW};
use super::paths::PathFilter;
use crate::compare::search::{self, TimelineFilter};
use crate::diff::TreeChange;
use crate::error::{Error, Hint, Result};
use crate::history::any_version::AnyVersion;
use crate::history::catalog::Catalog;
use crate::history::timeline::{self, TimelineEntry, TimelineSeries};
use crate::history::version::Status;
use crate::report::{AnyVersionView, FileChangeView};
use crate::store::Odb;
use serde::Serialize;

/// Selection of `log`, and what is shown of each entry.
#[derive(Debug)]
pub struct TimelineRequest {
    pub series: TimelineSeries,
    /// Name of the newest entry that is listed.
    pub until: Option<String>,
    pub paths: PathFilter,
    pub grep: Option<String>,
    pub ignore_case: bool,
    pub occurrences: Option<String>,
    pub limit: usize,
    pub view: FileView,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(flatten)]
    version: AnyVersionView<'a>,
    /// Null for a push.
    status: Option<&'static str>,
    /// Files that changed since the one before in the series, as far as they were asked for.
    files: Vec<FileChangeView<'a>>,
}

#[derive(Serialize)]
struct Answer<'a> {
    entries: Vec<Row<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(timeline: Answer<'_>);

/// An entry that is listed, and its changes.
type Found = (TimelineEntry, Vec<TreeChange>);

pub fn run(
    cx: &mut Context<'_>,
    view: &View,
    catalog: &Catalog,
    request: &TimelineRequest,
) -> Result<()> {
    let objects = view.store().objects();
    let (mut entries, damaged) = timeline::read(view.store(), catalog, request.series)?;
    if let Some(until) = &request.until {
        let at = entries.iter().position(|entry| entry.version.name == *until);
        let missing = || {
            Error::usage(format!("{until} is no version or push of this store's history"))
                .hint(Hint::HelpVersions)
        };
        entries.drain(..at.ok_or_else(missing)?);
    }
    let filter = TimelineFilter {
        has_path: &|path| request.paths.has(path),
        paths: request.paths.paths(),
        grep: request.grep.as_deref(),
        ignore_case: request.ignore_case,
        occurrences: request.occurrences.as_deref(),
    };
    let (found, length) = search_entries(objects, entries, &filter, request.limit)?;
    if damaged > 0 {
        cx.out.warn(format!("{damaged} version(s) cannot be read, and are left out"));
        cx.out.hint("run `lua-store fsck` to list what is damaged");
    }
    let status = |version: &AnyVersion| version.number_in(catalog).map(|n| catalog.status(n));
    if cx.out.is_json() {
        let row = |(entry, changes)| Row::new(entry, changes, status(&entry.version));
        let entries = found.iter().map(|(entry, changes)| row((entry, changes))).collect();
        return cx.out.json(&Answer { entries, length });
    }
    if found.is_empty() {
        return cx.out.line("(nothing found)");
    }
    cx.page();
    for (at, (entry, changes)) in found.iter().enumerate() {
        if at > 0 {
            cx.out.line("")?;
        }
        print_head(cx, &entry.version, status(&entry.version))?;
        print_files(cx, objects, changes, &request.view)?;
    }
    Ok(())
}

/// The first entries that the filter takes.
fn search_entries(
    objects: &Odb,
    entries: Vec<TimelineEntry>,
    filter: &TimelineFilter<'_>,
    limit: usize,
) -> Result<(Vec<Found>, ListLength)> {
    let mut found = Vec::new();
    for entry in entries {
        if found.len() == limit {
            return Ok((found, ListLength::stopped()));
        }
        if let Some(changes) = search::changes(objects, &entry, filter)? {
            found.push((entry, changes));
        }
    }
    let length = ListLength::whole(found.len());
    Ok((found, length))
}

impl<'a> Row<'a> {
    fn new(entry: &'a TimelineEntry, changes: &'a [TreeChange], status: Option<Status>) -> Row<'a> {
        Row {
            version: AnyVersionView::new(&entry.version),
            status: status.map(Status::word),
            files: FileChangeView::all(changes),
        }
    }
}

fn print_head(cx: &mut Context<'_>, version: &AnyVersion, status: Option<Status>) -> Result<()> {
    let style = if status == Some(Status::Active) { GREEN } else { YELLOW };
    let name = match status {
        Some(status) => format!("{} ({})", version.name, status.word()),
        None => version.name.clone(),
    };
    let (head, short) = (cx.out.paint(style, name), cx.out.paint(DIM, version.id().short()));
    cx.out.line(format!("{head}  {short}"))?;
    let by = version.triggered_by().map_or(String::new(), |command| format!(", {command}"));
    let at = crate::report::view::minute(version.at_ms());
    cx.out.line(format!("  {at} by {}{by}", version.by()))?;
    for line in version.message().iter().flat_map(|message| message.lines()) {
        cx.out.line(format!("  {line}"))?;
    }
    Ok(())
}
