//! `version list`: the versions, newest first.

use crate::agent::version::{Catalog, Status};
use crate::agent::via::Vias;
use crate::agent::view::{self, Summary};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output::{BOLD, DIM, GREEN, RED};
use crate::cli::table::{Cell, Table, cut};
use crate::error::{Error, Kind, Result};
use crate::object::Id;
use anstyle::Style;
use clap::ValueEnum;
use serde_json::{Value, json};

/// List versions, newest first
#[derive(Debug, clap::Args)]
pub struct List {
    /// List all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// List at most this many
    #[arg(long, value_name = "N", default_value = "20", allow_hyphen_values = true)]
    limit: String,
    /// Only versions of this status
    #[arg(long, value_enum)]
    status: Option<Wanted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
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
    Sound(Summary, Id),
    Damaged(u64, Error),
}

impl Row {
    /// What cannot be read is told in its place, and the rest is listed.
    fn of(catalog: &Catalog, number: u64) -> Result<Row> {
        let found = catalog.get(number);
        let summary = found.and_then(|v| Ok((view::summary(&v, catalog.status(number))?, v.id)));
        match summary {
            Ok((summary, id)) => Ok(Row::Sound(summary, id)),
            Err(error) if error.kind() == Kind::Corrupt => Ok(Row::Damaged(number, error)),
            Err(error) => Err(error),
        }
    }

    fn to_json(&self, vias: &Vias) -> Result<Value> {
        match self {
            Row::Sound(summary, id) => {
                let mut told = json!(summary);
                vias.add_to(&mut told, id).map(|()| told)
            }
            Row::Damaged(number, error) => Ok(view::damaged(*number, error)),
        }
    }
}

impl Wanted {
    fn has(self, status: Status) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Active => status == Status::Active,
            Wanted::Staged => status == Status::Staged,
            Wanted::Superseded => status == Status::Superseded,
            Wanted::Deleted => status == Status::Deleted,
            Wanted::Damaged => status == Status::Damaged,
        }
    }
}

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = if self.all { usize::MAX } else { parse_limit(&self.limit)? };
        let project = cx.project()?;
        let catalog = Catalog::load(project.store())?;
        let wanted = self.status.unwrap_or(Wanted::All);
        let rows: Vec<Row> = catalog
            .numbers()
            .filter(|number| wanted.has(catalog.status(*number)))
            .take(limit)
            .map(|number| Row::of(&catalog, number))
            .collect::<Result<_>>()?;
        let vias = Vias::load(project.store())?;
        if cx.out.is_json() {
            cx.out.json(&rows.iter().map(|row| row.to_json(&vias)).collect::<Result<Vec<_>>>()?)?;
        } else if catalog.is_empty() {
            cx.out.line("(no versions yet — run `lua-store version create` to make one)")?;
        } else {
            print(cx, &rows, &vias, catalog.active_number())?;
            let shown = rows.len();
            let all = catalog.numbers().filter(|number| wanted.has(catalog.status(*number))).count();
            if shown < all {
                cx.out.hint(format!("{} more: `lua-store version list --all`", all - shown));
            }
        }
        for row in &rows {
            if let Row::Damaged(number, error) = row {
                cx.out.warn(format!("v{number} cannot be read: {error}"));
            }
        }
        if rows.iter().any(|row| matches!(row, Row::Damaged(..))) {
            cx.out.hint("`lua-store fsck` says what to do next");
        }
        Ok(Exit::Done)
    }
}

/// Says which versions cannot be read because of their refs.
pub fn warn_of_damage(cx: &mut Context<'_>, catalog: &Catalog) {
    for number in catalog.numbers() {
        if let Some(error) = catalog.damage(number) {
            cx.out.warn(format!("v{number} cannot be read: {error}"));
            cx.out.hint("`lua-store fsck` says what to do next");
        }
    }
}

fn print(cx: &mut Context<'_>, rows: &[Row], vias: &Vias, active: Option<u64>) -> Result<()> {
    let mut table = Table::new(["VERSION", "STATUS", "CREATED", "BY", "MESSAGE"]);
    for row in rows {
        let number = match row {
            Row::Sound(summary, _) => summary.version,
            Row::Damaged(number, _) => *number,
        };
        let (star, style) = if active == Some(number) { ("*", BOLD) } else { ("", Style::new()) };
        let Row::Sound(summary, id) = row else {
            let status = Cell::styled(RED, Status::Damaged.word());
            let number = Cell::styled(style, format!("v{number}{star}"));
            table.row([number, status, Cell::from("-"), Cell::from("-"), Cell::from("(cannot be read)")]);
            continue;
        };
        table.row([
            Cell::styled(style, format!("v{}{star}", summary.version)),
            Cell::styled(status_style(summary.status), summary.status),
            Cell::from(&summary.created_at[..16].replace('T', " ")),
            Cell::from(vias.beside(&summary.created_by, id)),
            Cell::from(cut(summary.message.as_deref().unwrap_or_default(), 60)),
        ]);
    }
    table.print(cx.out)
}

fn status_style(status: &str) -> Style {
    match status {
        "active" => GREEN,
        "deleted" => DIM,
        _ => Style::new(),
    }
}

/// The stock command's words for a limit that makes no sense.
pub fn parse_limit(text: &str) -> Result<usize> {
    let refused = || Error::usage(format!("--limit must be a positive integer (got {text})."));
    text.parse().ok().filter(|limit| *limit > 0).ok_or_else(refused)
}
