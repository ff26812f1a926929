//! `log` over pushes and versions: those that changed a path or a part of the agent, have a text in their message, or
//! changed the number of times that a text occurs.

use super::answer::{ListLength, answer};
use super::context::Context;
use super::diff_output::{FileView, print_files};
use super::live::View;
use super::output::{DIM, GREEN, YELLOW};
use super::paths::PathFilter;
use super::print;
use super::selection::AgentParts;
use crate::compare::StateChange;
use crate::compare::search::{self, TimelineFilter};
use crate::diff::TreeChange;
use crate::error::{Error, Hint, Result};
use crate::history::any_version::AnyVersion;
use crate::history::catalog::Catalog;
use crate::history::timeline::{self, TimelineEntry, TimelineSeries};
use crate::history::version::Status;
use crate::object::Source;
use crate::report::{self, AnyVersionView, ChangeView, FileChangeView};
use crate::store::Odb;
use serde::Serialize;

/// Limit on the files that are listed of one entry.
const MAX_LISTED: usize = 10;

/// Selection of `log`, and what is shown of each entry.
#[derive(Debug)]
pub struct TimelineRequest {
    pub series: TimelineSeries,
    /// Name of the newest entry that is listed.
    pub until: Option<String>,
    pub paths: PathFilter,
    /// Parts of the agent; an entry that changed one of them or a path is listed.
    pub parts: AgentParts,
    pub grep: Option<String>,
    pub ignore_case: bool,
    pub occurrences: Option<String>,
    pub limit: usize,
    pub view: FileView,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(flatten)]
    version: AnyVersionView<'a>,
    /// Null for a push.
    status: Option<&'static str>,
    /// Files that changed since the one before in the series, as far as they were asked for.
    files: Vec<FileChangeView<'a>>,
    /// Change of the parts of the agent that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    entries: Vec<Row<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(timeline: Answer<'_>);

/// An entry that is listed.
struct FoundEntry {
    entry: TimelineEntry,
    files: Vec<TreeChange>,
    /// Change of the parts that were asked for; `None` if only a path changed.
    change: Option<StateChange>,
}

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
            Error::usage(format!("{until} is not a version or push of this store"))
                .hint(Hint::HelpVersions)
        };
        entries.drain(..at.ok_or_else(missing)?);
    }
    let newest = entries.first().and_then(|entry| entry.version.state());
    let (found, length) = request.search(objects, entries)?;
    if damaged > 0 {
        cx.out.warn(format!("{damaged} version(s) cannot be read, and are left out"));
        cx.out.hint("run `lua-store fsck` to list what is damaged");
    }
    let status = |version: &AnyVersion| version.number_in(catalog).map(|n| catalog.status(n));
    if cx.out.is_json() {
        let row = |found| Row::new(found, status(&found.entry.version));
        let entries = found.iter().map(row).collect();
        return cx.out.json(&Answer { entries, length });
    }
    if found.is_empty() {
        // A part that the newest state lacks may be a slip of the pen.
        request.parts.files(objects, [None, newest])?;
        return cx.out.line("(nothing found)");
    }
    cx.page();
    for (at, FoundEntry { entry, files, change }) in found.iter().enumerate() {
        if at > 0 {
            cx.out.line("")?;
        }
        print_head(cx, &entry.version, status(&entry.version))?;
        if let Some(change) = change.as_ref().filter(|_| request.view.in_words()) {
            let lines = report::brief(change).into_iter().map(|line| line.indented(2));
            print::lines(cx.out, lines)?;
        }
        // A first push has every file; with an option for files all of them are wanted.
        let listed = if request.view.is_wanted() { files.len() } else { MAX_LISTED };
        print_files(cx, objects, &files[..listed.min(files.len())], &request.view)?;
        if let more @ 1.. = files.len().saturating_sub(listed) {
            cx.out.line(format!("  … and {more} more (`--name-only` lists all)"))?;
        }
    }
    Ok(())
}

impl TimelineRequest {
    /// The first entries that were asked for.
    fn search(
        &self,
        objects: &Odb,
        entries: Vec<TimelineEntry>,
    ) -> Result<(Vec<FoundEntry>, ListLength)> {
        let mut found = Vec::new();
        for entry in entries {
            if found.len() == self.limit {
                return Ok((found, ListLength::stopped()));
            }
            found.extend(self.find(objects, entry)?);
        }
        let length = ListLength::whole(found.len());
        Ok((found, length))
    }

    /// The entry with its changes, if it is one that was asked for.
    fn find<S: Source>(&self, objects: &S, entry: TimelineEntry) -> Result<Option<FoundEntry>> {
        let change = self.change(objects, &entry)?;
        let files = match &change {
            None if self.paths.is_all() && !self.parts.is_empty() => return Ok(None),
            None => Default::default(),
            Some(_) => self.parts.files(objects, [entry.state_before, entry.version.state()])?,
        };
        let at_paths = |path: &str| self.paths.has(path);
        let at_either =
            |path: &str| files.contains(path) || (!self.paths.is_all() && self.paths.has(path));
        let filter = TimelineFilter {
            has_path: if change.is_some() { &at_either } else { &at_paths },
            paths: if change.is_some() { &[] } else { self.paths.paths() },
            grep: self.grep.as_deref(),
            ignore_case: self.ignore_case,
            occurrences: self.occurrences.as_deref(),
        };
        let files = search::changes(objects, &entry, &filter)?;
        Ok(files.map(|files| FoundEntry { entry, files, change }))
    }

    fn change<S: Source>(&self, objects: &S, entry: &TimelineEntry) -> Result<Option<StateChange>> {
        if self.parts.is_empty() {
            return Ok(None);
        }
        let (before, after) = (entry.state_before, entry.version.state());
        let change = self.parts.change(objects, before.as_ref(), after.as_ref())?;
        Ok(Some(change).filter(|change| !change.is_empty()))
    }
}

impl<'a> Row<'a> {
    fn new(found: &'a FoundEntry, status: Option<Status>) -> Row<'a> {
        let FoundEntry { entry, files, change } = found;
        Row {
            version: AnyVersionView::new(&entry.version),
            status: status.map(Status::word),
            files: FileChangeView::all(files),
            change: change.as_ref().map(ChangeView::new),
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
