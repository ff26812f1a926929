//! Output of a drift between project and server, in the layout of the stock command.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::drift_answer::DriftAnswer;
use crate::cli::output::{BOLD, DIM, GREEN, Output, RED};
use crate::cli::{live_check_output, print, time};
use crate::client::LiveCheck;
use crate::compare::{PersonaContent, SettingChange};
use crate::diff::lines::{self, DiffLine};
use crate::error::Result;
use crate::flow::sync::Compared;
use crate::history::revision::Revision;
use crate::model::kind::Kind;
use crate::operations::drift::{AgentPart, DriftStatus, DriftTarget};
use crate::report;
use jiff::Timestamp;
use serde_json::Value;

answer!(drift: DriftAnswer<'_>);

const WIDTH: usize = 60;
/// Length of the first differing line in the summary.
const PREVIEW: usize = 200;

pub fn nothing_published(cx: &mut Context<'_>) -> Result<Exit> {
    if cx.out.is_json() {
        cx.out.json(&DriftAnswer::nothing())?;
    } else {
        cx.out.note("Nothing is published on the server yet.");
        cx.out.line(IN_SYNC)?;
    }
    Ok(Exit::Done)
}

const IN_SYNC: &str = "✅ No drift detected. Local code is in sync with server.";

/// `live` is the comparison of what runs with the live version, of a remote on which agents run.
pub fn in_sync(
    cx: &mut Context<'_>,
    compared: &Compared,
    live: Option<&LiveCheck>,
) -> Result<Exit> {
    let exit = live.map_or(Exit::Done, live_check_output::exit);
    if cx.out.is_json() {
        cx.out.json(&DriftAnswer::new(compared, live))?;
        return Ok(exit);
    }
    // The sentence of the stock command would be wrong where something else runs than the version.
    let begin = match exit {
        Exit::Done => {
            cx.out.line(IN_SYNC)?;
            "In sync with"
        }
        _ => "Local code is in sync with",
    };
    let line = compared_line(cx, compared, begin)?;
    cx.out.line(line.text)?;
    print_live(cx, live)?;
    Ok(exit)
}

/// The comparison of what runs there.
fn print_live(cx: &mut Context<'_>, live: Option<&LiveCheck>) -> Result<()> {
    for line in live.map(live_check_output::lines).unwrap_or_default() {
        cx.out.line(line)?;
    }
    Ok(())
}

/// Compared version, and the live one, which may be another.
fn compared_line(cx: &Context<'_>, compared: &Compared, verb: &str) -> Result<report::Line> {
    let Compared { against, server, published, live, is_live, .. } = compared;
    let newest = format!("v{}, the newest version ever promoted", published.number);
    let what = match against {
        DriftTarget::Published => newest.clone(),
        DriftTarget::Version(_) => format!("v{}", server.number),
    };
    let Some((version, step)) = live else {
        return Ok(report::Line::plain(format!("{verb} {what}. Nothing is live now")));
    };
    let (number, now) = (version.number, cx.now()?);
    let at = Timestamp::from_millisecond(step.record.at_ms).unwrap_or(now);
    let promoted = format!("promoted {} by {}", time::short_time(at, now), step.record.by);
    Ok(report::Line::plain(if *is_live {
        format!("{verb} v{number}, which is live now, {promoted}. {newest}, differs")
    } else if *against != DriftTarget::Published && version.id == server.id {
        format!("{verb} {what}, which is live now, {promoted}")
    } else {
        format!("{verb} {what}. Live now: v{number}, {promoted}")
    }))
}

/// Exit code of a comparison: a part that cannot be compared is neither equal nor different.
fn exit(compared: &Compared, live: Option<&LiveCheck>) -> Exit {
    match live.map_or(Exit::Done, live_check_output::exit) {
        _ if compared.drift.standing().is_drift() => Exit::Found,
        Exit::Found => Exit::Found,
        _ => Exit::Unread,
    }
}

/// The summary of `--check`.
pub fn check(cx: &mut Context<'_>, compared: &Compared, live: Option<&LiveCheck>) -> Result<Exit> {
    if cx.out.is_json() {
        print_ways(cx, compared);
        cx.out.json(&DriftAnswer::new(compared, live))?;
        return Ok(exit(compared, live));
    }
    let rule = "=".repeat(WIDTH);
    cx.out.lines(format!("\n{rule}\n🔍 Drift Check Summary\n{rule}\n"))?;
    for name in ["name", "model"] {
        if let Some(setting) = compared.drift.setting(name) {
            values(cx.out, &title(name), &value(&setting.to), &value(&setting.from))?;
        }
        if name == "name"
            && let Some(persona) = compared.drift.persona()
        {
            let text = |side: &Option<PersonaContent>| {
                side.as_ref().map_or(String::new(), |one| one.text.clone())
            };
            values(cx.out, "Persona", &text(&persona.to), &text(&persona.from))?;
            let lines = report::item_lines(&compared.drift.change, "persona", "");
            print::lines(cx.out, lines.into_iter().map(|line| line.indented(3)))?;
            cx.out.line("")?;
        }
    }
    for setting in others(compared) {
        let json =
            |value: &Option<Value>| value.as_ref().map_or("(none)".to_owned(), Value::to_string);
        values(cx.out, &title(&setting.name), &json(&setting.to), &json(&setting.from))?;
    }
    primitives(cx.out, compared)?;
    cx.out.line(&rule)?;
    let drifted = compared.drift.drifted();
    cx.out.line(match compared.drift.parts.len() - drifted {
        0 => format!("Total: {drifted} component(s) with drift"),
        unknown => format!("Total: {drifted} component(s) with drift, {unknown} unknown"),
    })?;
    let line = compared_line(cx, compared, "Compared with")?;
    cx.out.line(line.text)?;
    cx.out.line(match &compared.against {
        DriftTarget::Version(revision) if *revision != Revision::Active => {
            format!("Local code differs from v{}.", compared.server.number)
        }
        _ => format!("Local code is {}.", compared.drift.standing().phrase()),
    })?;
    print_live(cx, live)?;
    print_ways(cx, compared);
    Ok(exit(compared, live))
}

/// Ways to end the drift.
fn print_ways(cx: &mut Context<'_>, compared: &Compared) {
    cx.out.hint("run `lua-store sync --push` to push the local code");
    let against = match &compared.against {
        DriftTarget::Published => String::new(),
        DriftTarget::Version(revision) => format!(" --against {revision}"),
    };
    cx.out.hint(format!(
        "run `lua-store sync --accept{against}` to take name, persona and model of v{}",
        compared.server.number
    ));
    if let Some((live, _)) = &compared.live {
        cx.out.hint(format!(
            "run `lua-store sync --pull` to restore all files of v{}, which is live",
            live.number
        ));
    }
}

/// The first line that differs, on both sides.
fn values(out: &mut Output, what: &str, local: &str, server: &str) -> Result<()> {
    let (number, old, new) = lines::first(server, local).unwrap_or((1, Some(server), Some(local)));
    let several = local.contains('\n') || server.contains('\n');
    let shown = |text: &str, line: Option<&str>, other: Option<&str>| match line {
        _ if text.is_empty() => "\"(empty)\"".to_owned(),
        None => format!("(ends before line {number})"),
        Some(line) => {
            let line =
                report::Line::plain(lines::around(line, other.unwrap_or_default(), PREVIEW)).text;
            let number = if several { format!(" (line {number})") } else { String::new() };
            format!("\"{line}\"{number}")
        }
    };
    out.line(format!("⚠️  {what} drift detected:"))?;
    out.line(format!("   Local:  {}", shown(local, new, old)))?;
    out.line(format!("   Server: {}", shown(server, old, new)))?;
    out.line("")
}

/// One line for each primitive, and what differs in it.
fn primitives(out: &mut Output, compared: &Compared) -> Result<()> {
    let mut any = false;
    for (part, standing) in &compared.drift.parts {
        let AgentPart::Primitive(word, name) = part else { continue };
        if !any {
            let heading = match compared.drift.standing() {
                DriftStatus::Unknown => "Primitives that cannot be compared:",
                _ => "Primitive drift detected:",
            };
            out.line(heading)?;
            any = true;
        }
        let label =
            Kind::named(word).map_or_else(|| word.to_uppercase(), |kind| kind.label.to_uppercase());
        let label = out.paint(RED, format!("{label:<16}"));
        let numbers = match standing {
            DriftStatus::Unknown => "unknown".to_owned(),
            _ => numbers(compared, word, name),
        };
        out.line(format!("  {label} {name} ({numbers})"))?;
        let lines = report::item_lines(&compared.drift.change, word, name);
        print::lines(out, lines.into_iter().map(|line| line.indented(6)))?;
    }
    if any { out.line("") } else { Ok(()) }
}

/// Place and numbers of a difference. The number here is a draft: a push decides on it.
fn numbers(compared: &Compared, word: &str, name: &str) -> String {
    let Some(kind) = compared.drift.change.kinds.iter().find(|kind| kind.kind.word == word) else {
        return String::new();
    };
    let number = |number: &Option<String>| {
        number.as_ref().map_or(String::new(), |number| format!(", v{number}"))
    };
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
    compared
        .drift
        .change
        .settings
        .iter()
        .filter(|setting| !matches!(&*setting.name, "name" | "model"))
}

/// The persona as a difference of lines, between two rules.
pub fn persona_diff(out: &mut Output, server: &str, local: &str) -> Result<()> {
    let rule = "=".repeat(WIDTH);
    let heading = out.paint(BOLD, "PERSONA DIFF");
    let legend = format!(
        "{}  {}",
        out.paint(RED, "- Server (deployed)"),
        out.paint(GREEN, "+ Local (code)")
    );
    out.lines(format!("\n{rule}\n{heading}\n{legend}\n{rule}\n"))?;
    for line in lines::between(server, local) {
        let (style, sign, text) = match line {
            DiffLine::Removed(text) => (RED, "- ", text),
            DiffLine::Added(text) => (GREEN, "+ ", text),
            DiffLine::Same(text) => (DIM, "  ", text),
            DiffLine::Left(count) => (DIM, "  ", format!("... ({count} unchanged lines) ...")),
        };
        let text = out.paint(style, format!("{sign}{text}"));
        out.line(text)?;
    }
    out.lines(format!("\n{rule}\n"))
}

/// Name or model.
pub fn setting_diff(out: &mut Output, setting: &SettingChange) -> Result<()> {
    let rule = "=".repeat(WIDTH);
    let heading = out.paint(BOLD, format!("{} DIFF", setting.name.to_uppercase()));
    let shown = |value: &Option<Value>| {
        value.as_ref().map_or("(none)".to_owned(), |v| self::value(&Some(v.clone())))
    };
    let server = out.paint(RED, format!("- Server: \"{}\"", shown(&setting.from)));
    let local = out.paint(GREEN, format!("+ Local:  \"{}\"", shown(&setting.to)));
    out.lines(format!("\n{rule}\n{heading}\n{rule}"))?;
    out.line(server)?;
    out.line(local)?;
    out.lines(format!("{rule}\n"))
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
