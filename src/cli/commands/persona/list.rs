//! `persona list`: the versions of the persona, newest first.

use super::{VersionFields, listed};
use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::output::{BOLD, GREEN};
use crate::cli::table::parse_limit;
use crate::cli::table::{Cell, Table, cut};
use crate::compare::persona::{PersonaStatus, PersonaVersion};
use crate::error::Result;
use crate::history::live::Unsent;
use crate::report::{SentView, view};
use crate::store::Odb;
use anstyle::Style;
use serde::Serialize;

/// List the versions of the persona, newest first; the star marks the current one
#[derive(Debug, clap::Args)]
pub struct List {
    /// List all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// List at most this many
    #[arg(long, value_name = "N", default_value = "20", allow_negative_numbers = true)]
    limit: String,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(flatten)]
    version: VersionFields<'a>,
    first_line: String,
    #[serde(flatten)]
    sent: SentView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    personas: Vec<Row<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(personaList: Answer<'_>);

impl List {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = if self.all { usize::MAX } else { parse_limit(&self.limit)? };
        let view = self.whom.open(cx)?;
        let live = view.live()?;
        let versions = listed(cx, &view)?;
        let shown = &versions[..versions.len().min(limit)];
        let objects = view.store().objects();
        if cx.out.is_json() {
            let one = |version| -> Result<Row<'_>> {
                let fields = VersionFields::new(version);
                let push = fields.source_version;
                let is_unsent = |unsent: &Unsent| unsent.source.contains(&push);
                Ok(Row {
                    version: fields,
                    first_line: first_line(objects, version)?,
                    sent: SentView::new(&live, view.now_ms(), is_unsent),
                })
            };
            let personas = shown.iter().map(one).collect::<Result<_>>()?;
            let length = ListLength::of(shown.len(), versions.len());
            cx.out.json(&Answer { personas, length })?;
        } else if versions.is_empty() {
            cx.out.line("(no persona yet — run `lua-store push` to store that of the project)")?;
        } else {
            print(cx, objects, shown)?;
        }
        if shown.len() < versions.len() {
            let more = versions.len() - shown.len();
            cx.out.hint(format!("run `lua-store persona list --all` to list {more} more"));
        }
        view.print_live(cx, &live);
        Ok(Exit::Done)
    }
}

fn first_line(objects: &Odb, version: &PersonaVersion) -> Result<String> {
    let text = version.persona(objects)?.text;
    Ok(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned())
}

fn print(cx: &mut Context<'_>, objects: &Odb, versions: &[PersonaVersion]) -> Result<()> {
    let mut table = Table::new(["VERSION", "STATUS", "CREATED", "BY", "TEXT"]);
    for version in versions {
        let (star, bold, style) = match version.status {
            PersonaStatus::Current => ("*", BOLD, GREEN),
            PersonaStatus::Published | PersonaStatus::Draft => ("", Style::new(), Style::new()),
        };
        table.row([
            Cell::styled(bold, format!("v{}{star}", version.number)),
            Cell::styled(style, version.status.word()),
            Cell::from(view::minute(version.pushed.record.at_ms)),
            Cell::from(&version.pushed.record.by),
            Cell::from(cut(&first_line(objects, version)?, 60)),
        ]);
    }
    table.print(cx.out)
}
