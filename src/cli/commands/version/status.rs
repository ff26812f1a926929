//! `version status`: the live version compared with the pushed state, primitive by primitive.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::output::YELLOW;
use crate::cli::table::{Cell, Table};
use crate::cli::{Exit, print};
use crate::compare;
use crate::error::Result;
use crate::history::catalog::Catalog;
use crate::history::live::Live;
use crate::history::source;
use crate::history::state::parse_key;
use crate::history::state::{Content, State};
use crate::model::numbers;
use crate::object::Source;
use crate::report::{self, LiveView};
use serde::Serialize;
use std::collections::BTreeSet;

/// Compare the active version with the pushed state, primitive by primitive
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    active: Option<u64>,
    rows: Vec<Row>,
    #[serde(flatten)]
    live: LiveView<'a>,
}

answer!(versionStatus: Answer<'_>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    active_version: Option<String>,
    local: Option<String>,
    differs: bool,
    /// The pushed number is below the live one: promoting it would bring older content back.
    behind: bool,
}

impl Status {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open(cx)?;
        let (catalog, live) = view.catalog_and_live()?;
        let objects = view.store().objects();
        let Some(version) = catalog.active()? else {
            return none_active(cx, &view, &catalog, &live);
        };
        let active = version.number;
        let served = State::load(objects, &version.state)?;
        let pushed = match source::latest(view.store())? {
            Some(pushed) => State::load(objects, &pushed.state)?,
            None => State::default(),
        };
        let rows = rows(objects, &served, &pushed)?;
        if cx.out.is_json() {
            let live = LiveView::new(&live, view.now_ms());
            print_next(cx, &rows, view.is_project());
            cx.out.json(&Answer { active: Some(active), rows, live })?;
            return Ok(Exit::Done);
        }
        cx.out.line(format!("Active agent version: v{active}"))?;
        if let Some(since) = report::live_since(&live, active, view.now_ms()) {
            print::text(cx.out, format!("Live {since}"))?;
        }
        print(cx, &rows)?;
        print_next(cx, &rows, view.is_project());
        view.print_live(cx, &live);
        Ok(Exit::Done)
    }
}

/// No version of this store is live.
fn none_active(cx: &mut Context<'_>, view: &View, catalog: &Catalog, live: &Live) -> Result<Exit> {
    let served = live.served.as_ref().map(|served| served.number);
    if cx.out.is_json() {
        let live = LiveView::new(live, view.now_ms());
        cx.out.json(&Answer { active: served, rows: Vec::new(), live })?;
        match served {
            Some(_) => cx.out.suggest("lua-store pull"),
            None if catalog.is_empty() && view.is_project() => {
                cx.out.suggest("lua-store version create");
            }
            None => {}
        }
        return Ok(Exit::Done);
    }
    if let Some(number) = served {
        cx.out.line(format!(
            "Active agent version: v{number} (not downloaded yet: run `lua-store pull`)"
        ))?;
    } else {
        let (told, next) = match catalog.is_empty() {
            true => {
                ("This agent has no versions.", " Run `lua-store version create` to create one.")
            }
            false => (
                "This agent has versions but none is active yet.",
                " Run `lua-store version promote <version>` to make one live.",
            ),
        };
        cx.out.line(format!("{told}{}", if view.is_project() { next } else { "" }))?;
    }
    view.print_live(cx, live);
    Ok(Exit::Done)
}

fn rows<S: Source + ?Sized>(source: &S, live: &State, pushed: &State) -> Result<Vec<Row>> {
    let keys: BTreeSet<&String> = live.primitives.keys().chain(pushed.primitives.keys()).collect();
    let mut rows = Vec::new();
    for key in keys {
        let Some((kind, name)) = parse_key(key) else { continue };
        let content =
            |state: &State| state.primitives.get(key).map(|id| Content::of(source, id)).transpose();
        let (active_version, local) =
            (live.numbers.get(key).cloned(), pushed.numbers.get(key).cloned());
        let behind =
            matches!((&active_version, &local), (Some(a), Some(b)) if numbers::is_past(a, b));
        let differs = match (content(live)?, content(pushed)?) {
            (Some(live), Some(pushed)) => compare::differs(source, &live, &pushed)?,
            (live, pushed) => live != pushed,
        };
        rows.push((
            kind.rank(),
            Row { kind: kind.word, name, active_version, local, differs, behind },
        ));
    }
    rows.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.name.cmp(&y.name)));
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    rows.extend(persona_row(source, live, pushed)?);
    Ok(rows)
}

fn persona_row<S: Source + ?Sized>(
    source: &S,
    live: &State,
    pushed: &State,
) -> Result<Option<Row>> {
    let (live_persona, pushed_persona) =
        (compare::persona(source, live)?, compare::persona(source, pushed)?);
    if live_persona.is_none() && pushed_persona.is_none() {
        return Ok(None);
    }
    let number = |persona: &Option<compare::PersonaContent>| {
        persona.as_ref().and_then(|persona| persona.number.clone())
    };
    let (active_version, local) = (number(&live_persona), number(&pushed_persona));
    let behind = matches!((&active_version, &local), (Some(a), Some(b)) if numbers::is_past(a, b));
    let differs = live.persona != pushed.persona;
    Ok(Some(Row {
        kind: "persona",
        name: "persona".to_owned(),
        active_version,
        local,
        differs,
        behind,
    }))
}

fn print(cx: &mut Context<'_>, rows: &[Row]) -> Result<()> {
    let number = |number: &Option<String>, none: &str| {
        number.as_ref().map_or(none.to_owned(), |n| format!("v{n}"))
    };
    let mut table = Table::new(["", "TYPE", "NAME", "ACTIVE VERSION", "LOCAL"]);
    for row in rows {
        table.row([
            Cell::styled(YELLOW, if row.differs { "⚠" } else { "" }),
            Cell::from(row.kind),
            Cell::from(&row.name),
            Cell::from(number(&row.active_version, "— not in active version")),
            Cell::from(number(&row.local, "— not in pushed state")),
        ]);
    }
    table.print(cx.out)
}

/// Number of differences, and the next command if there is a project.
fn print_next(cx: &mut Context<'_>, rows: &[Row], is_project: bool) {
    let behind = rows.iter().filter(|row| row.differs && row.behind).count();
    let ahead = rows.iter().filter(|row| row.differs).count() - behind;
    if ahead > 0 {
        cx.out.note(format!("⚠  {ahead} primitive(s) are ahead of the active version."));
        if is_project {
            cx.out
                .hint("run `lua-store version create`, then `lua-store version promote latest`, to make them live");
        }
    }
    if behind > 0 {
        cx.out.note(format!("⚠  {behind} primitive(s) are older than what is live."));
        cx.out.hint("run `lua-store version diff active latest` before you promote: a version of the pushed state contains the older ones");
    }
}
