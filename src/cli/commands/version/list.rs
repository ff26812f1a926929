//! `version list`: the versions, newest first.

use crate::agent::version::{Catalog, Status};
use crate::agent::view::{self, Summary};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output::{BOLD, DIM, GREEN};
use crate::cli::table::{Cell, Table, cut};
use crate::error::{Error, Result};
use anstyle::Style;
use clap::ValueEnum;

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
    All,
}

impl Wanted {
    fn has(self, status: Status) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Active => status == Status::Active,
            Wanted::Staged => status == Status::Staged,
            Wanted::Superseded => status == Status::Superseded,
            Wanted::Deleted => status == Status::Deleted,
        }
    }
}

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = if self.all { usize::MAX } else { parse_limit(&self.limit)? };
        let project = cx.project()?;
        let catalog = Catalog::load(project.store())?;
        let wanted = self.status.unwrap_or(Wanted::All);
        let summaries: Vec<Summary> = catalog
            .numbers()
            .filter(|number| wanted.has(catalog.status(*number)))
            .take(limit)
            .map(|number| view::summary(&catalog.get(number)?, catalog.status(number)))
            .collect::<Result<_>>()?;
        if cx.out.is_json() {
            cx.out.json(&summaries)?;
        } else if catalog.is_empty() {
            cx.out.line("(no versions yet — run `lua-store version create` to make one)")?;
        } else {
            print(cx, &summaries)?;
            let shown = summaries.len();
            let all = catalog.numbers().filter(|number| wanted.has(catalog.status(*number))).count();
            if shown < all {
                cx.out.hint(format!("{} more: `lua-store version list --all`", all - shown));
            }
        }
        Ok(Exit::Done)
    }
}

fn print(cx: &mut Context<'_>, summaries: &[Summary]) -> Result<()> {
    let mut table = Table::new(["VERSION", "STATUS", "CREATED", "BY", "MESSAGE"]);
    for summary in summaries {
        let active = summary.status == Status::Active.word();
        let (star, style) = if active { ("*", BOLD) } else { ("", Style::new()) };
        table.row([
            Cell::styled(style, format!("v{}{star}", summary.version)),
            Cell::styled(status_style(summary.status), summary.status),
            Cell::from(&summary.created_at[..16].replace('T', " ")),
            Cell::from(&summary.created_by),
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
