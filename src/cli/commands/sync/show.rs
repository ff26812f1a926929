//! What differs, in the layout of the stock command.

use super::look::Compared;
use crate::agent::change::{Persona, SettingChange};
use crate::agent::drift::{Part, Standing};
use crate::agent::kind::Kind;
use crate::agent::words;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output::{BOLD, DIM, GREEN, Output, RED};
use crate::cli::report;
use crate::diff::lines::{self, Line};
use crate::error::Result;
use serde_json::{Value, json};

const WIDTH: usize = 60;
/// How much of a persona the summary shows.
const PREVIEW: usize = 50;

pub fn nothing_published(cx: &mut Context<'_>) -> Result<Exit> {
    if cx.out.is_json() {
        cx.out.json(&nothing())?;
    } else {
        cx.out.note("Nothing is published on the server yet.");
        cx.out.line(IN_SYNC)?;
    }
    Ok(Exit::Done)
}

pub fn nothing() -> Value {
    json!({
        "standing": "in_sync", "drift": false, "published": null, "active": null, "total": 0, "components": [],
    })
}

const IN_SYNC: &str = "✅ No drift detected. Local code is in sync with server.";

pub fn in_sync(cx: &mut Context<'_>, compared: &Compared) -> Result<Exit> {
    if cx.out.is_json() {
        cx.out.json(&to_json(compared))?;
        return Ok(Exit::Done);
    }
    if let (false, Some(active)) = (compared.drift.parts.is_empty(), &compared.active) {
        let (active, published) = (active.number, compared.published.number);
        cx.out.note(format!("Local code is v{active}, which is active; v{published} was published as well."));
    }
    cx.out.line(IN_SYNC)?;
    Ok(Exit::Done)
}

/// The summary of `--check`.
pub fn check(cx: &mut Context<'_>, compared: &Compared) -> Result<Exit> {
    if cx.out.is_json() {
        cx.out.json(&to_json(compared))?;
        return Ok(Exit::Found);
    }
    let rule = "=".repeat(WIDTH);
    cx.out.line(format!("\n{rule}\n🔍 Drift Check Summary\n{rule}\n"))?;
    for name in ["name", "model"] {
        if let Some(setting) = compared.drift.setting(name) {
            values(cx.out, &title(name), &value(&setting.to), &value(&setting.from))?;
        }
        if name == "name"
            && let Some(persona) = compared.drift.persona()
        {
            let text = |side: &Option<Persona>| preview(side.as_ref().map_or("", |persona| &persona.text));
            values(cx.out, "Persona", &text(&persona.to), &text(&persona.from))?;
            // The beginnings may well be equal.
            let lines = words::item_lines(&compared.drift.change, "persona", "");
            report::lines(cx.out, lines.into_iter().map(|line| line.indented(3)))?;
            cx.out.line("")?;
        }
    }
    for setting in others(compared) {
        let json = |value: &Option<Value>| value.as_ref().map_or("(none)".to_owned(), Value::to_string);
        values(cx.out, &title(&setting.name), &json(&setting.to), &json(&setting.from))?;
    }
    primitives(cx.out, compared)?;
    cx.out.line(&rule)?;
    cx.out.line(format!("Total: {} component(s) with drift", compared.drift.parts.len()))?;
    cx.out.line(format!("Local code is {}.", compared.drift.standing().phrase()))?;
    cx.out.hint("`lua-store sync --push` pushes what is here");
    cx.out.hint(
        "`lua-store sync --accept` takes name, persona and model of the server, `--pull` all its files",
    );
    Ok(Exit::Found)
}

fn values(out: &mut Output, what: &str, local: &str, server: &str) -> Result<()> {
    let shown = |text: &str| if text.is_empty() { "(empty)".to_owned() } else { text.to_owned() };
    out.line(format!("⚠️  {what} drift detected:"))?;
    out.line(format!("   Local:  \"{}\"", shown(local)))?;
    out.line(format!("   Server: \"{}\"\n", shown(server)))
}

/// One line for each primitive, and what differs in it.
fn primitives(out: &mut Output, compared: &Compared) -> Result<()> {
    let mut any = false;
    for (part, _) in &compared.drift.parts {
        let Part::Primitive(word, name) = part else { continue };
        if !any {
            out.line("Primitive drift detected:")?;
            any = true;
        }
        let label = Kind::named(word).map_or_else(|| word.to_uppercase(), |kind| kind.label.to_uppercase());
        let label = out.paint(RED, format!("{label:<16}"));
        out.line(format!("  {label} {name} ({})", numbers(compared, word, name)))?;
        let lines = words::item_lines(&compared.drift.change, word, name);
        report::lines(out, lines.into_iter().map(|line| line.indented(6)))?;
    }
    if any { out.line("") } else { Ok(()) }
}

/// Where it is, and what differs. The number here says nothing: it is given when it is pushed.
fn numbers(compared: &Compared, word: &str, name: &str) -> String {
    let Some(kind) = compared.drift.change.kinds.iter().find(|kind| kind.kind.word == word) else {
        return String::new();
    };
    let number =
        |number: &Option<String>| number.as_ref().map_or(String::new(), |number| format!(", v{number}"));
    if let Some(added) = kind.added.iter().find(|added| added.name == name) {
        format!("local only{}", number(&added.number))
    } else if let Some(removed) = kind.removed.iter().find(|removed| removed.name == name) {
        format!("server only{}", number(&removed.number))
    } else {
        let changed = kind.changed.iter().find(|changed| changed.name == name);
        let from = changed.and_then(|changed| changed.from.clone()).unwrap_or_default();
        format!("local differs from server v{from}")
    }
}

/// Settings beside name and model.
pub fn others(compared: &Compared) -> impl Iterator<Item = &SettingChange> {
    compared.drift.change.settings.iter().filter(|setting| !matches!(&*setting.name, "name" | "model"))
}

/// The persona as a difference of lines, between two rules.
pub fn persona_diff(out: &mut Output, server: &str, local: &str) -> Result<()> {
    let rule = "=".repeat(WIDTH);
    let heading = out.paint(BOLD, "PERSONA DIFF");
    let legend = format!("{}  {}", out.paint(RED, "- Server (deployed)"), out.paint(GREEN, "+ Local (code)"));
    out.line(format!("\n{rule}\n{heading}\n{legend}\n{rule}\n"))?;
    for line in lines::between(server, local) {
        let (style, sign, text) = match line {
            Line::Removed(text) => (RED, "- ", text),
            Line::Added(text) => (GREEN, "+ ", text),
            Line::Same(text) => (DIM, "  ", text),
            Line::Left(count) => (DIM, "  ", format!("... ({count} unchanged lines) ...")),
        };
        let text = out.paint(style, format!("{sign}{text}"));
        out.line(text)?;
    }
    out.line(format!("\n{rule}\n"))
}

/// Name or model.
pub fn setting_diff(out: &mut Output, setting: &SettingChange) -> Result<()> {
    let rule = "=".repeat(WIDTH);
    let heading = out.paint(BOLD, format!("{} DIFF", setting.name.to_uppercase()));
    let shown =
        |value: &Option<Value>| value.as_ref().map_or("(none)".to_owned(), |v| self::value(&Some(v.clone())));
    let server = out.paint(RED, format!("- Server: \"{}\"", shown(&setting.from)));
    let local = out.paint(GREEN, format!("+ Local:  \"{}\"", shown(&setting.to)));
    out.line(format!("\n{rule}\n{heading}\n{rule}\n{server}\n{local}\n{rule}\n"))
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A text as it is, anything else as JSON.
pub fn value(value: &Option<Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn preview(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(PREVIEW).collect();
    if letters.next().is_some() { format!("{start}...") } else { start }
}

pub fn to_json(compared: &Compared) -> Value {
    let drift = &compared.drift;
    let one = |(part, standing): &(Part, Standing)| component(compared, part, *standing);
    let parts = if compared.is_in_sync() { Vec::new() } else { drift.parts.iter().map(one).collect() };
    let standing = if parts.is_empty() { Standing::InSync } else { drift.standing() };
    json!({
        "standing": standing.word(),
        "drift": !parts.is_empty(),
        "published": compared.published.number,
        "active": compared.active.as_ref().map(|active| active.number),
        "total": parts.len(),
        "components": parts,
    })
}

fn component(compared: &Compared, part: &Part, standing: Standing) -> Value {
    let standing = standing.word();
    match part {
        Part::Persona => {
            let persona = compared.drift.persona();
            let text = |side: Option<&Persona>| side.map(|persona| persona.text.clone());
            let server = text(persona.and_then(|persona| persona.from.as_ref()));
            let local = text(persona.and_then(|persona| persona.to.as_ref()));
            json!({"component": "persona", "standing": standing, "server": server, "local": local})
        }
        Part::Setting(name) => {
            let setting = compared.drift.setting(name);
            let (server, local) = (setting.map(|s| &s.from), setting.map(|s| &s.to));
            json!({"component": name, "standing": standing, "server": server, "local": local})
        }
        Part::Primitive(word, name) => json!({"component": word, "name": name, "standing": standing}),
    }
}
