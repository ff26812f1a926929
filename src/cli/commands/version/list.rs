//! `version list`: the versions, newest first.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::output::{BOLD, DIM, GREEN, RED};
use crate::cli::table::parse_limit;
use crate::cli::table::{Cell, Table, cut};
use crate::error::{Error, Kind, Result};
use crate::history::catalog::Catalog;
use crate::history::imported::{self, PlatformNumbers};
use crate::history::live::{self, Live, PromotionRecord, Unsent};
use crate::history::version::Status;
use crate::history::via::Vias;
use crate::object::Id;
use crate::report::view::{self, DamagedSummary, Summary};
use crate::report::{PromotedView, SentView, ViaView};
use anstyle::Style;
use clap::ValueEnum;
use serde::Serialize;
use std::collections::HashMap;

/// List versions, newest first
#[derive(Debug, clap::Args)]
pub struct List {
    /// List all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// List at most this many
    #[arg(long, value_name = "N", default_value = "20", allow_negative_numbers = true)]
    limit: String,
    /// Only versions of this status
    #[arg(long, value_enum)]
    status: Option<StatusFilter>,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFilter {
    Active,
    Staged,
    Superseded,
    Deleted,
    Damaged,
    All,
}

/// One line of the list.
enum Row {
    /// With the version's id.
    Sound(Box<Summary>, Id),
    Damaged(u64, Error),
}

/// One line of the list as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RowAnswer<'a> {
    #[serde(flatten)]
    version: VersionFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
    /// Number on the platform, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<u64>,
    #[serde(flatten)]
    promoted: PromotedView<'a>,
    #[serde(flatten)]
    sent: SentView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    versions: Vec<RowAnswer<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(versionList: Answer<'_>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum VersionFields<'a> {
    Sound(&'a Summary),
    Damaged(DamagedSummary<'a>),
}

/// Context of the versions beside their content.
struct ListContext<'a> {
    live: &'a Live,
    now_ms: i64,
    /// The promotions by the numbers of what they made live.
    promoted: HashMap<u64, PromotionRecord>,
    vias: Vias,
    platform: PlatformNumbers,
}

impl Row {
    /// Row of a version. A damaged one is reported in its place, and the rest is listed.
    fn of(catalog: &Catalog, number: u64) -> Result<Row> {
        match catalog.get(number) {
            Ok(version) => {
                let summary = view::summary(&version, catalog.status(number));
                Ok(Row::Sound(Box::new(summary), version.id))
            }
            Err(error) if error.kind() == Kind::Corrupt => Ok(Row::Damaged(number, error)),
            Err(error) => Err(error),
        }
    }

    fn number(&self) -> u64 {
        match self {
            Row::Sound(summary, _) => summary.version,
            Row::Damaged(number, _) => *number,
        }
    }

    fn answer<'a>(&'a self, known: &'a ListContext<'_>) -> RowAnswer<'a> {
        let number = self.number();
        let platform = match self {
            Row::Sound(_, id) => known.platform.of(id, number),
            Row::Damaged(..) => None,
        };
        let (version, via) = match self {
            Row::Sound(summary, id) => {
                (VersionFields::Sound(summary), ViaView::of(&known.vias, id))
            }
            Row::Damaged(number, error) => {
                (VersionFields::Damaged(DamagedSummary::new(*number, error)), None)
            }
        };
        let is_unsent = |unsent: &Unsent| unsent.versions.contains(&number);
        RowAnswer {
            version,
            via,
            platform,
            promoted: PromotedView::new(known.promoted.get(&number)),
            sent: SentView::new(known.live, known.now_ms, is_unsent),
        }
    }
}

impl StatusFilter {
    fn has(self, catalog: &Catalog, number: u64) -> bool {
        let status = match self {
            StatusFilter::All => return true,
            _ => catalog.status(number),
        };
        match self {
            StatusFilter::All => true,
            StatusFilter::Active => status == Status::Active,
            StatusFilter::Staged => status == Status::Staged,
            StatusFilter::Superseded => status == Status::Superseded,
            StatusFilter::Deleted => status == Status::Deleted,
            StatusFilter::Damaged => status == Status::Damaged,
        }
    }
}

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = if self.all { usize::MAX } else { parse_limit(&self.limit)? };
        let view = self.whom.open(cx)?;
        let (catalog, live) = view.catalog_and_live()?;
        let wanted = self.status.unwrap_or(StatusFilter::All);
        let rows: Vec<Row> = catalog
            .numbers()
            .filter(|number| wanted.has(&catalog, *number))
            .take(limit)
            .map(|number| Row::of(&catalog, number))
            .collect::<Result<_>>()?;
        let numbers: Vec<u64> = rows.iter().map(Row::number).collect();
        let promoted = live::promotions(view.store(), &catalog, &live, &numbers)?;
        let known = ListContext {
            live: &live,
            now_ms: view.now_ms(),
            promoted,
            vias: Vias::load(view.store())?,
            platform: PlatformNumbers::load(view.store())?,
        };
        let all = catalog.numbers().filter(|number| wanted.has(&catalog, *number)).count();
        if cx.out.is_json() {
            let versions = rows.iter().map(|row| row.answer(&known)).collect();
            let length = ListLength::of(rows.len(), all);
            cx.out.json(&Answer { versions, length })?;
        } else if catalog.is_empty() {
            cx.out
                .line(view.none("no versions yet", "`lua-store version create` to create one"))?;
        } else {
            print(cx, &rows, &known, catalog.active_number())?;
        }
        if rows.len() < all {
            let more = all - rows.len();
            cx.out.hint(format!("run `lua-store version list --all` to list {more} more"));
        }
        view.print_live(cx, &live);
        for row in &rows {
            if let Row::Damaged(number, error) = row {
                cx.out.warn(format!("v{number} cannot be read: {error}"));
            }
        }
        if rows.iter().any(|row| matches!(row, Row::Damaged(..))) {
            cx.out.hint("run `lua-store fsck` to see what to do next");
        }
        Ok(Exit::Done)
    }
}

fn print(
    cx: &mut Context<'_>,
    rows: &[Row],
    known: &ListContext<'_>,
    active: Option<u64>,
) -> Result<()> {
    let mut table = Table::new(["VERSION", "STATUS", "CREATED", "BY", "PROMOTED", "MESSAGE"]);
    for row in rows {
        let number = row.number();
        let at = known
            .promoted
            .get(&number)
            .map(|promotion| match imported::is_undated(&promotion.record) {
                true => Ok("unknown".to_owned()),
                false => minute(promotion.record.at_ms),
            })
            .transpose()?;
        let at = Cell::from(at.unwrap_or_else(|| "-".to_owned()));
        let (star, style) = if active == Some(number) { ("*", BOLD) } else { ("", Style::new()) };
        let Row::Sound(summary, id) = row else {
            let status = Cell::styled(RED, Status::Damaged.word());
            let number = Cell::styled(style, format!("v{number}{star}"));
            let none = || Cell::from("-");
            table.row([number, status, none(), none(), at, Cell::from("(cannot be read)")]);
            continue;
        };
        table.row([
            Cell::styled(style, format!("v{number}{star}{}", known.platform.after(id, number))),
            Cell::styled(status_style(summary.status), summary.status),
            Cell::from(view::minute_of(&summary.created_at)),
            Cell::from(known.vias.beside(&summary.created_by, id)),
            at,
            Cell::from(cut(summary.message.as_deref().unwrap_or_default(), 60)),
        ]);
    }
    table.print(cx.out)
}

/// `2026-11-21 09:30`
fn minute(at_ms: i64) -> Result<String> {
    Ok(view::minute(at_ms))
}

fn status_style(status: &str) -> Style {
    match status {
        "active" => GREEN,
        "deleted" => DIM,
        _ => Style::new(),
    }
}
