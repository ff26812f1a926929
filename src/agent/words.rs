//! A change between two states in words: the lines of `version diff`, and its JSON.

use super::change::{Changed, KindChange, Parts, Persona, StateChange};
use super::kind::Kind;
use serde_json::{Map, Value, json};

/// Kinds that the stock command lists even when nothing changed, in its order; the others are
/// mentioned only where there is something to say.
const ALWAYS: [&str; 7] =
    ["skill", "webhook", "job", "preprocessor", "postprocessor", "trigger", "mcp-server"];
const MCP: &str = "mcp-server";

/// One line of the report: how deep it stands, and a sign that may be coloured.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub sign: Sign,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Plain,
    Added,
    Removed,
    Changed,
}

/// The whole report, section by section.
pub fn lines(change: &StateChange) -> Vec<Line> {
    let mut lines = Vec::new();
    for word in ALWAYS {
        if let Some(section) = change.kinds.iter().find(|section| section.kind.word == word) {
            kind_lines(section, &mut lines);
        }
    }
    for section in change.kinds.iter().filter(|s| !ALWAYS.contains(&s.kind.word) && s.count() > 0) {
        kind_lines(section, &mut lines);
    }
    lines.push(plain(format!("Persona: {}", persona_words(change))));
    for name in ["model", "voice"] {
        let label = if name == "model" { "Model" } else { "Voice" };
        lines.push(plain(format!("{label}: {}", setting_words(change, name))));
    }
    for setting in change.settings.iter().filter(|s| !matches!(&*s.name, "model" | "voice")) {
        lines.push(plain(format!("{}: {}", setting.name, setting_words(change, &setting.name))));
    }
    lines
}

fn plain(text: String) -> Line {
    Line { sign: Sign::Plain, text }
}

fn kind_lines(section: &KindChange, lines: &mut Vec<Line>) {
    let label = section.kind.label;
    if section.count() == 0 {
        lines.push(plain(format!("{label}: (no changes)")));
        return;
    }
    lines.push(plain(format!("{label}:")));
    let at = |number: &Option<String>| number.as_ref().map_or(String::new(), |number| format!("@{number}"));
    for named in &section.added {
        lines.push(Line {
            sign: Sign::Added,
            text: format!("  + {}{} (added)", named.name, at(&named.number)),
        });
    }
    for named in &section.removed {
        let text = format!("  - {}{} (removed)", named.name, at(&named.number));
        lines.push(Line { sign: Sign::Removed, text });
    }
    for changed in &section.changed {
        changed_lines(section.kind, changed, lines);
    }
}

fn changed_lines(kind: &Kind, changed: &Changed, lines: &mut Vec<Line>) {
    let parts = &changed.parts;
    let text = if kind.word == MCP {
        let fields = parts.fields.join(", ");
        let detail = if fields.is_empty() { String::new() } else { format!(": {fields}") };
        format!("  ~ {} (config changed{detail})", changed.name)
    } else {
        let number = |number: &Option<String>| number.clone().unwrap_or_else(|| "(none)".to_owned());
        format!("  ~ {} {} → {}", changed.name, number(&changed.from), number(&changed.to))
    };
    lines.push(Line { sign: Sign::Changed, text });
    if kind.word != MCP && !parts.fields.is_empty() {
        lines.push(plain(format!("      {} changed", parts.fields.join(", "))));
    }
    tool_lines(parts, lines);
    if !parts.modules.is_empty() {
        lines.push(plain(format!("      code: {}", parts.modules.join(", "))));
    }
    for package in &parts.packages {
        let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "(none)".to_owned());
        let (from, to) = (version(&package.from), version(&package.to));
        lines.push(plain(format!("      package {} {from} → {to}", package.name)));
    }
    for (sign, names) in [("+", &parts.env_added), ("-", &parts.env_removed)] {
        lines.extend(
            names.iter().map(|name| plain(format!("      {sign} reads environment variable {name}"))),
        );
    }
}

fn tool_lines(parts: &Parts, lines: &mut Vec<Line>) {
    let added = parts.tools_added.iter().map(|name| (Sign::Added, format!("      + tool {name}")));
    let removed = parts.tools_removed.iter().map(|name| (Sign::Removed, format!("      - tool {name}")));
    let changed = parts
        .tools_changed
        .iter()
        .map(|tool| (Sign::Changed, format!("      ~ tool {} ({})", tool.name, tool.fields.join(", "))));
    lines.extend(added.chain(removed).chain(changed).map(|(sign, text)| Line { sign, text }));
}

fn persona_words(change: &StateChange) -> String {
    let number = |persona: &Option<Persona>| match persona {
        Some(Persona { number: Some(number), .. }) => format!("v{number}"),
        _ => "(none)".to_owned(),
    };
    match &change.persona {
        None => "(unchanged)".to_owned(),
        Some(moved) => format!("{} → {}", number(&moved.from), number(&moved.to)),
    }
}

fn setting_words(change: &StateChange, name: &str) -> String {
    let text = |value: &Option<Value>| match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match change.setting(name) {
        None => "(unchanged)".to_owned(),
        Some(setting) => format!("{} → {}", text(&setting.from), text(&setting.to)),
    }
}

/// The stock command's sections by kind, and beside them the flat lists `added`, `removed`,
/// `changed` that its documentation shows.
pub fn to_json(change: &StateChange) -> Value {
    let mut view = Map::new();
    let mut flat: [Vec<Value>; 3] = Default::default();
    for section in &change.kinds {
        let lists = section_lists(section);
        for (all, list) in flat.iter_mut().zip(&lists) {
            let kind = json!(section.kind.word);
            all.extend(list.iter().map(|item| with_kind(item, kind.clone())));
        }
        let [added, removed, changed] = lists;
        view.insert(
            section.kind.yaml.to_owned(),
            json!({"added": added, "removed": removed, "changed": changed}),
        );
    }
    view.insert("persona".to_owned(), persona_json(change));
    for name in ["model", "voice"] {
        let moved = change.setting(name).map(|setting| json!({"from": setting.from, "to": setting.to}));
        view.insert(name.to_owned(), moved.unwrap_or(Value::Null));
    }
    let settings: Vec<Value> =
        change.settings.iter().map(|s| json!({"name": s.name, "from": s.from, "to": s.to})).collect();
    view.insert("settings".to_owned(), Value::Array(settings));
    for (name, list) in ["added", "removed", "changed"].into_iter().zip(flat) {
        view.insert(name.to_owned(), Value::Array(list));
    }
    Value::Object(view)
}

fn section_lists(section: &KindChange) -> [Vec<Value>; 3] {
    let named = |list: &[super::change::Named]| -> Vec<Value> {
        list.iter().map(|item| json!({"name": item.name, "version": item.number})).collect()
    };
    let changed = section.changed.iter().map(|item| {
        let mut view = json!({
            "name": item.name,
            "from": {"version": item.from},
            "to": {"version": item.to},
            "parts": item.parts,
        });
        if section.kind.word == MCP {
            view["changedFields"] = json!(item.parts.fields);
        }
        view
    });
    [named(&section.added), named(&section.removed), changed.collect()]
}

fn with_kind(item: &Value, kind: Value) -> Value {
    let mut item = item.clone();
    item["kind"] = kind;
    item
}

fn persona_json(change: &StateChange) -> Value {
    let number =
        |persona: &Option<Persona>| -> Option<u64> { persona.as_ref()?.number.as_ref()?.parse().ok() };
    let text = |persona: &Option<Persona>| persona.as_ref().map(|persona| persona.text.clone());
    match &change.persona {
        None => Value::Null,
        Some(moved) => json!({
            "from": text(&moved.from),
            "to": text(&moved.to),
            "fromVersion": number(&moved.from),
            "toVersion": number(&moved.to),
        }),
    }
}
