//! `log`: versions newest first, or the ledger of promotions and deletions.

use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::diff_output::FileView;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::output::{DIM, GREEN, RED, YELLOW};
use crate::cli::selection::{self, Words};
use crate::cli::table::parse_limit;
use crate::cli::timeline_output::{self, TimelineRequest};
use crate::cli::{Exit, complete, ledger_output, paths};
use crate::compare;
use crate::error::{Error, Result};
use crate::history::catalog::Catalog;
use crate::history::imported::PlatformNumbers;
use crate::history::live::{Live, Unsent};
use crate::history::resolve;
use crate::history::timeline::TimelineSeries;
use crate::history::version::{Status, Version};
use crate::history::via::Vias;
use crate::history::{record, verify};
use crate::report::view::{self, DamagedSummary, Summary};
use crate::report::{SentView, ViaView};
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::cell::Cell;

/// List the history: versions, newest first
///
/// Paths, `skill NAME` (or another kind), `persona`, `--grep` and `-S` search versions and pushes; if several are given,
/// all must match. With a version as the first word, the list begins there.
#[derive(Debug, clap::Args)]
pub struct Log {
    /// A version to begin with, then paths, `skill NAME` or `persona`: only entries that changed them
    #[arg(value_name = "VERSION|PATH", allow_negative_numbers = true, conflicts_with = "ledger", add = ArgValueCompleter::new(complete::any_versions))]
    words: Vec<String>,
    /// List promotions, deletions and undeletions instead of versions
    #[arg(long)]
    ledger: bool,
    /// Check every record of the ledger first, from the newest to the first
    #[arg(long)]
    verify: bool,
    /// List at most this many
    #[arg(short = 'n', long, value_name = "N", allow_negative_numbers = true)]
    limit: Option<String>,
    /// List pushes too
    #[arg(long, conflicts_with = "ledger")]
    pushes: bool,
    /// Only entries with this text in the message
    #[arg(long, value_name = "TEXT", conflicts_with = "ledger")]
    grep: Option<String>,
    /// Ignore the case of letters in `--grep`
    #[arg(short, long, requires = "grep")]
    ignore_case: bool,
    /// Only entries that changed the number of occurrences of this text in a file
    #[arg(short = 'S', value_name = "TEXT", conflicts_with = "ledger")]
    occurrences: Option<String>,
    /// Paths, whatever their names are
    #[arg(last = true, value_name = "PATH", conflicts_with = "ledger")]
    paths: Vec<String>,
    #[command(flatten)]
    view: FileView,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

impl Log {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = self.limit.as_deref().map(parse_limit).transpose()?.unwrap_or(usize::MAX);
        let words = selection::split(cx, &self.words, &self.paths, 1)?;
        let view = self.whom.open_with(cx, &words.versions.iter().collect::<Vec<_>>())?;
        if self.verify {
            let records = verify::ledger(&view.project, &Catalog::load_whole(view.store())?)?;
            if !cx.out.is_json() {
                cx.out.note(format!("✓ Verified the ledger: {records} record(s)."));
            }
        }
        let (catalog, live) = view.catalog_and_live()?;
        if self.ledger {
            ledger_output::print(cx, (&view, &live, &catalog), limit)?;
        } else if let Some(request) = self.timeline(cx, &view, words, limit)? {
            timeline_output::run(cx, &view, &catalog, &request)?;
        } else {
            let vias = Vias::load(view.store())?;
            let entries = Entries {
                view: &view,
                live: &live,
                catalog: &catalog,
                vias,
                platform: PlatformNumbers::load(view.store())?,
                before: Cell::default(),
            };
            match cx.out.is_json() {
                true => entries.json(cx, limit)?,
                false => entries.print(cx, limit)?,
            };
        }
        view.print_live(cx, &live);
        Ok(Exit::Done)
    }
}

impl Log {
    /// The search in pushes and versions; `None` for the plain list of versions.
    fn timeline(
        &self,
        cx: &Context<'_>,
        view: &View,
        words: Words,
        limit: usize,
    ) -> Result<Option<TimelineRequest>> {
        let Words { versions, paths, parts } = words;
        let until = versions.first();
        let is_narrowed = !paths.is_empty() || !parts.is_empty();
        let searches = is_narrowed || self.grep.is_some() || self.occurrences.is_some();
        if !searches && !self.pushes && !self.view.is_wanted() && until.is_none() {
            return Ok(None);
        }
        let until = until
            .map(|revision| resolve::version(view.store(), view.theirs(), revision))
            .transpose()?;
        let is_push = until.as_ref().is_some_and(|version| version.agent_version().is_none());
        let series = TimelineSeries { versions: true, pushes: searches || self.pushes || is_push };
        Ok(Some(TimelineRequest {
            series,
            until: until.map(|version| version.name),
            paths: paths::filter(cx, view, &paths)?,
            parts,
            grep: self.grep.clone(),
            ignore_case: self.ignore_case,
            occurrences: self.occurrences.clone(),
            limit,
            view: self.view,
        }))
    }
}

/// A version of the answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VersionRow<'a> {
    #[serde(flatten)]
    version: VersionFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
    #[serde(flatten)]
    sent: SentView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum VersionFields<'a> {
    Sound {
        #[serde(flatten)]
        summary: Summary,
        changes: usize,
    },
    Damaged(DamagedSummary<'a>),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    versions: Vec<VersionRow<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(log: Answer<'_>);

/// Versions with what changed since the one before, read one by one.
struct Entries<'a> {
    view: &'a View,
    live: &'a Live,
    catalog: &'a Catalog<'a>,
    vias: Vias,
    platform: PlatformNumbers,
    /// The version before the last one that was read: mostly the next.
    before: Cell<Option<Version>>,
}

impl Entries<'_> {
    /// A version with the number of its changes; the inner error is the damage of its ref.
    fn get(&self, number: u64) -> Result<Result<(Version, usize), &Error>> {
        if let Some(damage) = self.catalog.damage(number) {
            return Ok(Err(damage));
        }
        let version = match self.before.take().filter(|version| version.number == number) {
            Some(version) => version,
            None => self.catalog.get(number)?,
        };
        let before = self.catalog.before(number)?;
        let state = before.as_ref().map(|before| &before.state);
        let count = compare::count(self.view.store().objects(), state, Some(&version.state))?;
        self.before.set(before);
        Ok(Ok((version, count)))
    }

    fn json(&self, cx: &mut Context<'_>, limit: usize) -> Result<()> {
        let one = |number| -> Result<VersionRow<'_>> {
            let version = match self.get(number)? {
                Ok((version, changes)) => {
                    let summary = view::summary(&version, self.catalog.status(number));
                    VersionFields::Sound { summary, changes }
                }
                Err(damage) => VersionFields::Damaged(DamagedSummary::new(number, damage)),
            };
            let id = self.catalog.id(number);
            let is_unsent = |unsent: &Unsent| unsent.versions.contains(&number);
            Ok(VersionRow {
                version,
                via: id.and_then(|id| ViaView::of(&self.vias, &id)),
                sent: SentView::new(self.live, self.view.now_ms(), is_unsent),
            })
        };
        let versions: Vec<_> =
            self.catalog.numbers().take(limit).map(one).collect::<Result<_>>()?;
        let length = ListLength::of(versions.len(), self.catalog.numbers().count());
        cx.out.json(&Answer { versions, length })
    }

    fn print(&self, cx: &mut Context<'_>, limit: usize) -> Result<()> {
        if self.catalog.is_empty() {
            let none =
                self.view.none("no versions yet", "`lua-store version create` to create one");
            return cx.out.line(none);
        }
        cx.page();
        for (at, number) in self.catalog.numbers().take(limit).enumerate() {
            if at > 0 {
                cx.out.line("")?;
            }
            match self.get(number)? {
                Ok((version, changes)) => {
                    let via = self.vias.after(&version.id);
                    let other = self.platform.after(&version.id, number);
                    let status = self.catalog.status(number);
                    print_version(cx, status, &version, (&via, &other), changes)?;
                }
                Err(damage) => {
                    let head = cx.out.paint(RED, format!("v{number} (damaged)"));
                    cx.out.line(head)?;
                    cx.out.line(format!("  {damage}"))?;
                }
            }
        }
        Ok(())
    }
}

fn print_version(
    cx: &mut Context<'_>,
    status: Status,
    version: &Version,
    (via, other): (&str, &str),
    changes: usize,
) -> Result<()> {
    let style = if status == Status::Active { GREEN } else { YELLOW };
    let head = cx.out.paint(style, format!("v{}{other} ({})", version.number, status.word()));
    let short = cx.out.paint(DIM, version.id.short());
    cx.out.line(format!("{head}  {short}"))?;
    let created = record::iso(version.meta.at_ms);
    cx.out.line(format!("  {} by {}{via}", view::minute_of(&created), version.meta.by))?;
    for line in version.meta.message.iter().flat_map(|message| message.lines()) {
        cx.out.line(format!("  {line}"))?;
    }
    let source = version.meta.source_version;
    cx.out.line(format!("  {changes} change(s), from source version v{source}"))
}
