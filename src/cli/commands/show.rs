//! `show`: a version and its changes, or the entry at a path in one.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::output::GREEN;
use crate::cli::{Exit, any_version_output, complete, print};
use crate::compare;
use crate::error::{Error, Result};
use crate::history::any_version::AnyVersion;
use crate::history::catalog::Catalog;
use crate::history::live::{self, Unsent};
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::history::via::Vias;
use crate::object::{Id, Source, TreeEntry};
use crate::report::view::{Summary, summary};
use crate::report::{self, ChangeView, PromotedView, SentView, ViaView};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show a version and its changes, or a file in it
///
/// `show v2:src/index.ts` prints the file as it was in v2.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// A version, such as `2`, `active`, `source/v6`, `origin/v2`, or `v2:PATH`; see `help versions`
    #[arg(default_value = "latest", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::objects))]
    what: Revision,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VersionAnswer<'a> {
    #[serde(flatten)]
    summary: Summary,
    previous: Option<u64>,
    change: ChangeView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
    #[serde(flatten)]
    promoted: PromotedView<'a>,
    #[serde(flatten)]
    sent: SentView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FileAnswer {
    id: Id,
    mode: &'static str,
    text: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FolderAnswer {
    id: Id,
    mode: &'static str,
    entries: Vec<EntryAnswer>,
}

answer! {
    versionSummary: VersionAnswer<'_>,
    file: FileAnswer,
    folder: FolderAnswer,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EntryAnswer {
    name: String,
    mode: &'static str,
    id: Id,
}

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        match &self.what {
            Revision::Inside(..) => {
                let view = self.whom.open_for(cx, &[&self.what])?;
                inside(cx, &view, &self.what)
            }
            _ => {
                let view = self.whom.open_with(cx, &[&self.what])?;
                let catalog = view.catalog()?;
                let found = resolve::version_in(&catalog, &self.what)?;
                match found.number_in(&catalog) {
                    Some(number) => version(cx, &view, &catalog, number),
                    None => any_version_output::show_changes(cx, &view, &found),
                }
            }
        }
    }
}

fn inside(cx: &mut Context<'_>, view: &View, what: &Revision) -> Result<Exit> {
    let entry = resolve::object(view.store(), view.theirs(), what)?;
    let objects = view.store().objects();
    if !entry.mode.is_directory() {
        if cx.out.is_json() {
            let bytes = objects.blob(&entry.id)?;
            let text = String::from_utf8(bytes).map_err(|_| {
                Error::failed(format!("\"{what}\" is not text")).hint(format!(
                    "run `lua-store cat-file --raw {}` to write its bytes",
                    entry.id.short()
                ))
            })?;
            cx.out.json(&FileAnswer { id: entry.id, mode: entry.mode.word(), text })?;
            return Ok(Exit::Done);
        }
        cx.page();
        let bytes = objects.blob(&entry.id)?;
        cx.out.bytes(&bytes)?;
        return Ok(Exit::Done);
    }
    let tree = objects.tree(&entry.id)?;
    if cx.out.is_json() {
        let one = |TreeEntry { name, mode, id }: &'_ TreeEntry| EntryAnswer {
            name: name.to_string(),
            mode: mode.word(),
            id: *id,
        };
        let entries = tree.entries().iter().map(one).collect();
        cx.out.json(&FolderAnswer { id: entry.id, mode: "directory", entries })?;
        return Ok(Exit::Done);
    }
    for entry in tree.entries() {
        let slash = if entry.mode.is_directory() { "/" } else { "" };
        cx.out.line(format!("{}{slash}", entry.name))?;
    }
    Ok(Exit::Done)
}

fn version(cx: &mut Context<'_>, view: &View, catalog: &Catalog, number: u64) -> Result<Exit> {
    let live = view.live_of(catalog)?;
    let version = catalog.get(number)?;
    let before = catalog.before(number)?;
    let from = before.as_ref().map(|before| before.state);
    let change = compare::between(view.store().objects(), from.as_ref(), Some(&version.state))?;
    let summary = summary(&version, catalog.status(number));
    let vias = Vias::load(view.store())?;
    if cx.out.is_json() {
        let promoted = live::promotions(view.store(), catalog, &live, &[number])?;
        let is_unsent = |unsent: &Unsent| unsent.versions.contains(&number);
        cx.out.json(&VersionAnswer {
            summary,
            previous: before.map(|before| before.number),
            change: ChangeView::new(&change),
            via: ViaView::of(&vias, &version.id),
            promoted: PromotedView::new(promoted.get(&number)),
            sent: SentView::new(&live, view.now_ms(), is_unsent),
        })?;
        return Ok(Exit::Done);
    }
    cx.page();
    let head = cx.out.paint(GREEN, format!("Version v{number} ({})", summary.status));
    cx.out.line(head)?;
    cx.out.line(format!("  Id:      {}", version.id))?;
    let by = format!("{}{}", summary.created_by, vias.after(&version.id));
    cx.out.line(format!("  Created: {} by {by}", summary.created_at))?;
    if let Some(since) = report::live_since(&live, number, view.now_ms()) {
        print::text(cx.out, format!("  Live {since}"))?;
    }
    if let Some(message) = &summary.message {
        cx.out.line(format!("  Message: {message}"))?;
    }
    let from = before.as_ref().map_or("nothing".to_owned(), |before| format!("v{}", before.number));
    cx.out.line(format!("Diff {from} → v{number}"))?;
    print::print(cx.out, &change, false)?;
    let sides = before.into_iter().chain([version]).map(AnyVersion::from);
    print::unread(cx.out, &sides.collect::<Vec<_>>())?;
    view.print_live(cx, &live);
    Ok(Exit::Done)
}
