//! `status`: where things stand, on one screen.

use super::push::{kept, left_out, notes, remarks, with_progress};
use crate::agent::build::{Change, Scope};
use crate::agent::stage::{self, Report};
use crate::agent::version::{Catalog, Status as VersionStatus, Version};
use crate::agent::words;
use crate::cli::Exit;
use crate::cli::commands::version::list::warn_of_damage;
use crate::cli::context::Context;
use crate::cli::output::{BOLD, GREEN, YELLOW};
use crate::error::Result;
use serde_json::json;

/// Show what is active, what is staged, what is not pushed
#[derive(Debug, clap::Args)]
pub struct Status {}

/// How many changed files are named before the rest is only counted.
const FILES: usize = 20;

impl Status {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let catalog = Catalog::load(project.store())?;
        let report = with_progress(cx, "Reading", |progress| {
            let request = stage::Request { scope: Scope::All, set_version: None, compiled: false, progress };
            Ok(stage::look(&project, &request)?.report)
        })?;
        let latest = catalog.remaining().next().map(|number| catalog.get(number)).transpose()?;
        // After a rollback the pushed state may be that of the active version, which is older.
        let active = catalog.active()?;
        let unversioned = report.previous.as_ref().is_some_and(|pushed| {
            ![&latest, &active].into_iter().flatten().any(|version| version.state == pushed.state)
        });
        if cx.out.is_json() {
            let moved: Vec<_> = report
                .items
                .iter()
                .filter(|item| item.change != Change::Unchanged)
                .map(|item| json!({"kind": item.kind, "name": item.name, "change": item.change.word()}))
                .collect();
            let rebundled = report.items.iter().filter(|item| item.rebundled);
            let rebundled = rebundled.map(|item| json!({"kind": item.kind, "name": item.name}));
            cx.out.json(&json!({
                "active": catalog.active_number(),
                "latest": catalog.latest_number(),
                "staged": staged_numbers(&catalog),
                "sourceVersion": report.previous.as_ref().map(|previous| previous.number),
                "pushedNotVersioned": unversioned,
                "notPushed": {"primitives": moved, "files": super::diff::files_json(&report.files)},
                "leftOut": left_out(&report),
                "keptAlthoughIgnored": kept(&report),
                "notes": notes(&report),
                "compiled": report.dist.to_json(),
                "rebundled": rebundled.collect::<Vec<_>>(),
            }))?;
            return Ok(Exit::Done);
        }
        warn_of_damage(cx, &catalog);
        print_versions(cx, &catalog, active.as_ref(), latest.as_ref(), &report, unversioned)?;
        print_unpushed(cx, &report)?;
        remarks(cx, &report);
        Ok(Exit::Done)
    }
}

/// Versions made and never live, newest first.
fn staged_numbers(catalog: &Catalog) -> Vec<u64> {
    catalog.numbers().filter(|number| catalog.status(*number) == VersionStatus::Staged).collect()
}

fn print_versions(
    cx: &mut Context<'_>,
    catalog: &Catalog,
    active: Option<&Version>,
    latest: Option<&Version>,
    report: &Report,
    unversioned: bool,
) -> Result<()> {
    let named = |version: &Version| -> String {
        let message = version.meta.message.as_deref().unwrap_or_default();
        match message.lines().next().filter(|first| !first.is_empty()) {
            Some(first) => format!("v{}  {first}", version.number),
            None => format!("v{}", version.number),
        }
    };
    let active = cx.out.paint(GREEN, active.map_or("(none)".to_owned(), named));
    cx.out.line(format!("Active version:  {active}"))?;
    let newest = latest.map_or("(none)".to_owned(), named);
    cx.out.line(format!("Newest version:  {newest}"))?;
    let pushed = report.previous.as_ref().map_or("(none)".to_owned(), |p| format!("v{}", p.number));
    cx.out.line(format!("Pushed source:   {pushed}"))?;
    let waiting = staged_numbers(catalog);
    if !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|number| format!("v{number}")).collect();
        cx.out.line(format!("Staged:          {} (made, never live)", names.join(", ")))?;
        cx.out.hint(format!("`lua-store version promote v{}` makes it active", waiting[0]));
    }
    if unversioned {
        let line = cx.out.paint(YELLOW, "The pushed state is in no version yet.");
        cx.out.line(line)?;
        cx.out.hint("`lua-store version create` makes a version of it");
    }
    Ok(())
}

fn print_unpushed(cx: &mut Context<'_>, report: &Report) -> Result<()> {
    let moved: Vec<_> = report.items.iter().filter(|item| item.change != Change::Unchanged).collect();
    if !report.changed() {
        cx.out.line("Nothing to push: the project is as it was pushed.")?;
        return print_rebundled(cx, report);
    }
    let head = cx.out.paint(BOLD, "Not pushed:");
    cx.out.line(head)?;
    for item in moved {
        let sign = match item.change {
            Change::New => '+',
            Change::Removed => '-',
            Change::Changed | Change::Unchanged => '~',
        };
        let name = if item.kind == "persona" { String::new() } else { format!(" {}", item.name) };
        cx.out.line(format!("  {sign} {}{name} ({})", item.kind, item.change.word()))?;
    }
    print_rebundled(cx, report)?;
    let files = &report.files;
    for change in files.iter().take(FILES) {
        cx.out.line(super::diff::file_line(change))?;
    }
    if files.len() > FILES {
        cx.out.line(format!("  … and {} more files: `lua-store diff --name-only`", files.len() - FILES))?;
    }
    cx.out.hint("`lua-store push` keeps it");
    Ok(())
}

/// What the compiler made anew, although it is the same.
fn print_rebundled(cx: &mut Context<'_>, report: &Report) -> Result<()> {
    for item in report.items.iter().filter(|item| item.rebundled) {
        cx.out.line(format!("  · {} {} ({})", item.kind, item.name, words::REBUNDLED))?;
    }
    Ok(())
}
