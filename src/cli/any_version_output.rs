//! Output of a push, a safety snapshot or a version of a remote: who made it and when, what it changed, what it
//! contains. `show` and `version show` print it for what is no version with a number here.

use super::context::Context;
use super::diff_output::file_line;
use super::live::View;
use super::output::GREEN;
use super::{Exit, print};
use crate::cli::answer::answer;
use crate::compare::{self, StateChange};
use crate::diff::{self, TreeChange};
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::resolve;
use crate::history::via::Vias;
use crate::report::view::{self, SnapshotView};
use crate::report::{AnyVersionView, ChangeView, FileChangeView, ViaView};
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangesAnswer<'a> {
    #[serde(flatten)]
    version: AnyVersionView<'a>,
    /// Name of the version that it is compared with.
    previous: Option<&'a str>,
    /// Null for a safety snapshot, of which no agent was read.
    change: Option<ChangeView<'a>>,
    files: Vec<FileChangeView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ContentAnswer<'a> {
    #[serde(flatten)]
    version: AnyVersionView<'a>,
    /// Null for a safety snapshot, of which no agent was read.
    snapshot: Option<SnapshotView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
}

answer! {
    versionChanges: ChangesAnswer<'_>,
    versionContent: ContentAnswer<'_>,
}

/// The version, and its changes since the one before in its series.
pub fn show_changes(cx: &mut Context<'_>, view: &View, found: &AnyVersion) -> Result<Exit> {
    let objects = view.store().objects();
    let before = resolve::before(view.store(), found)?;
    let change = found.state().map(|state| {
        let from = before.as_ref().and_then(AnyVersion::state);
        compare::between(objects, from.as_ref(), Some(&state))
    });
    let change: Option<StateChange> = change.transpose()?;
    let from = before.as_ref().map(AnyVersion::files);
    let files: Vec<TreeChange> =
        diff::find_renames(diff::trees(objects, from, Some(found.files()))?);
    let vias = Vias::load(view.store())?;
    if cx.out.is_json() {
        cx.out.json(&ChangesAnswer {
            version: AnyVersionView::new(found),
            previous: before.as_ref().map(|before| &*before.name),
            change: change.as_ref().map(ChangeView::new),
            files: FileChangeView::all(&files),
            via: ViaView::of(&vias, &found.id()),
        })?;
        return Ok(Exit::Done);
    }
    cx.page();
    print_head(cx, found, &vias)?;
    let from = before.as_ref().map_or("nothing", |before| &before.name);
    cx.out.line(format!("Diff {from} → {}", found.name))?;
    if let Some(change) = &change {
        print::print(cx.out, change, false)?;
    }
    print::unread(cx.out, before.iter().chain([found]))?;
    cx.out.line(if files.is_empty() { "Files: (no changes)" } else { "Files:" })?;
    files.iter().try_for_each(|change| cx.out.line(file_line(change)))?;
    Ok(Exit::Done)
}

/// The version, and the number of primitives that it contains.
pub fn show_content(cx: &mut Context<'_>, view: &View, found: &AnyVersion) -> Result<Exit> {
    let objects = view.store().objects();
    let snapshot = found.state().map(|state| view::snapshot(objects, &state)).transpose()?;
    let vias = Vias::load(view.store())?;
    if cx.out.is_json() {
        cx.out.json(&ContentAnswer {
            version: AnyVersionView::new(found),
            snapshot,
            via: ViaView::of(&vias, &found.id()),
        })?;
        return Ok(Exit::Done);
    }
    print_head(cx, found, &vias)?;
    if let Some(snapshot) = &snapshot {
        print::content(cx.out, snapshot)?;
    }
    Ok(Exit::Done)
}

fn print_head(cx: &mut Context<'_>, found: &AnyVersion, vias: &Vias) -> Result<()> {
    let view = AnyVersionView::new(found);
    let head = cx.out.paint(GREEN, format!("Version {}", found.name));
    cx.out.line(head)?;
    cx.out.line(format!("  Id:           {}", found.id()))?;
    let by = format!("{}{}", found.by(), vias.after(&found.id()));
    cx.out.line(format!("  Created:      {} by {by}", view.created_at))?;
    if let Some(triggered_by) = found.triggered_by() {
        cx.out.line(format!("  Triggered by: {triggered_by}"))?;
    }
    if let Some(message) = found.message() {
        cx.out.line(format!("  Message:      {message}"))?;
    }
    if let Some(reason) = found.unread() {
        cx.out.line(format!("  Agent:        not read: {reason}"))?;
    }
    cx.out.line(format!("  Hash:         {}", found.files()))
}
