//! Words for a change between two states: the lines of `version diff`, `push --dry-run` and every
//! other difference, section by section.

mod detail;

use crate::compare::{
    ChangedPrimitive, Detail, ImportMove, KindChange, PersonaContent, PrimitiveChange,
    RenamedPrimitive, SharedReach, StateChange, ToolParts, reached, shown,
};
use crate::history::any_version::AnyVersion;
use crate::model::item::Item;
use crate::model::kind::Kind;
use crate::report::line::{Line, Sign};
use serde_json::Value;

/// Kinds that the stock command lists even when nothing changed, in its order: here they are on one line. The others
/// are mentioned only where there is something to say.
const ALWAYS: [&str; 7] =
    ["skill", "webhook", "job", "preprocessor", "postprocessor", "trigger", "mcp-server"];
pub(super) const MCP: &str = "mcp-server";

/// Said of what is the same although its compiled code is another.
pub const REBUNDLED: &str = "re-bundled, same behaviour";

/// The whole report, section by section. `whole` tells long prose to its end.
pub fn lines(change: &StateChange, whole: bool) -> Vec<Line> {
    let (mut lines, mut unchanged) = (Vec::new(), Vec::new());
    for word in ALWAYS {
        match change.kinds.iter().find(|section| section.kind.word == word) {
            Some(section) if has_changes(section) => kind_lines(section, whole, &mut lines),
            Some(section) => unchanged.push(lower(section.kind.label)),
            None => {}
        }
    }
    for section in change.kinds.iter().filter(|s| !ALWAYS.contains(&s.kind.word) && has_changes(s))
    {
        kind_lines(section, whole, &mut lines);
    }
    match persona_words(change) {
        Some(words) => lines.push(Line::plain(format!("Persona: {words}"))),
        None => unchanged.push("persona".to_owned()),
    }
    lines.extend(persona_lines(change, whole).into_iter().map(|line| line.indented(2)));
    for (name, label) in [("model", "Model"), ("voice", "Voice")] {
        match setting_words(change, name) {
            Some(words) => lines.push(Line::plain(format!("{label}: {words}"))),
            None => unchanged.push(name.to_owned()),
        }
    }
    for setting in change.settings.iter().filter(|s| !matches!(&*s.name, "model" | "voice")) {
        match &setting.details()[..] {
            [only @ (Detail::Value { field, .. } | Detail::Secret { field })]
                if *field == setting.name =>
            {
                lines.extend(detail::lines(only, whole));
            }
            several => {
                lines.push(Line::plain(format!("{}:", setting.name)));
                lines.extend(details(several, whole).into_iter().map(|line| line.indented(2)));
            }
        }
    }
    lines.extend(reached_lines(&reached(change)));
    if !unchanged.is_empty() {
        lines.push(Line::plain(format!("No changes: {}", unchanged.join(", "))));
    }
    lines
}

/// Versions whose agent was not read: what is compared of them is the state before.
pub fn unread_lines<'v>(versions: impl IntoIterator<Item = &'v AnyVersion>) -> Vec<Line> {
    let unread = versions.into_iter().filter_map(|one| Some((&one.name, one.unread()?)));
    let words = unread.map(|(name, reason)| {
        Line::plain(format!(
            "{name}: its agent could not be read, its state is that of the version before: {reason}"
        ))
    });
    words.collect()
}

pub(super) fn details(list: &[Detail], whole: bool) -> Vec<Line> {
    list.iter().flat_map(|one| detail::lines(one, whole)).collect()
}

fn has_changes(section: &KindChange) -> bool {
    section.count() > 0 || !section.rebundled.is_empty()
}

fn kind_lines(section: &KindChange, whole: bool, lines: &mut Vec<Line>) {
    let label = section.kind.label;
    lines.push(Line::plain(format!("{label}:")));
    let at = |number: &Option<String>| {
        number.as_ref().map_or(String::new(), |number| format!("@{number}"))
    };
    for named in section.added.iter().filter(|named| section.renamed_to(&named.name).is_none()) {
        let text = format!("  + {}{} (added)", named.name, at(&named.number));
        lines.push(Line::new(Sign::Added, text));
    }
    for named in section.removed.iter().filter(|named| !section.is_renamed_from(&named.name)) {
        let text = format!("  - {}{} (removed)", named.name, at(&named.number));
        lines.push(Line::new(Sign::Removed, text));
    }
    for RenamedPrimitive { from, to, parts } in &section.renamed {
        let (before, after) = (at(&from.number), at(&to.number));
        let text = format!("  ~ {}{before} → {}{after} (renamed)", from.name, to.name);
        lines.push(Line::new(Sign::Changed, text));
        lines.extend(beside_name(parts, whole).into_iter().map(|line| line.indented(6)));
    }
    for changed in &section.changed {
        lines.push(changed_line(section.kind, changed));
        lines.extend(part_lines(&changed.parts, whole).into_iter().map(|line| line.indented(6)));
    }
    for named in &section.rebundled {
        lines.push(Line::plain(format!("  · {}{} ({REBUNDLED})", named.name, at(&named.number))));
    }
}

fn changed_line(kind: &Kind, changed: &ChangedPrimitive) -> Line {
    let text = if kind.word == MCP {
        let fields = changed.parts.fields.join(", ");
        let detail = if fields.is_empty() { String::new() } else { format!(": {fields}") };
        format!("  ~ {} (config changed{detail})", changed.name)
    } else {
        let number =
            |number: &Option<String>| number.clone().unwrap_or_else(|| "(none)".to_owned());
        format!("  ~ {} {} → {}", changed.name, number(&changed.from), number(&changed.to))
    };
    Line::new(Sign::Changed, text)
}

/// Differences of a renamed primitive beside its name.
fn beside_name(parts: &PrimitiveChange, whole: bool) -> Vec<Line> {
    if parts.is_defined_otherwise() { part_lines(parts, whole) } else { Vec::new() }
}

/// Differences inside one primitive, without indentation.
pub fn part_lines(parts: &PrimitiveChange, whole: bool) -> Vec<Line> {
    if !parts.unknown.is_empty() {
        return vec![Line::plain(unknown_words(&parts.unknown))];
    }
    if !parts.is_defined_otherwise() {
        return vec![Line::plain("only code or packages it reaches (see below)")];
    }
    let mut lines = details(&parts.details, whole);
    // Nothing in the definition but the order of its tools.
    lines.extend(
        parts
            .fields
            .iter()
            .filter(|field| field.contains(' '))
            .map(|field| Line::plain(format!("{field} changed"))),
    );
    lines.extend(
        parts.tools_added.iter().map(|name| Line::new(Sign::Added, format!("+ tool {name}"))),
    );
    lines.extend(
        parts.tools_removed.iter().map(|name| Line::new(Sign::Removed, format!("- tool {name}"))),
    );
    for tool in &parts.tools_renamed {
        lines.push(Line::new(Sign::Changed, format!("~ tool {} → {}", tool.from, tool.to)));
        lines.extend(details(&tool.details, whole).into_iter().map(|line| line.indented(4)));
    }
    for ToolParts { name, details: list, .. } in &parts.tools_changed {
        lines.push(Line::new(Sign::Changed, format!("~ tool {name}")));
        lines.extend(details(list, whole).into_iter().map(|line| line.indented(4)));
    }
    lines
}

/// `the content of 1.0.9 is unknown: no backup has it, so what changed is unknown`
fn unknown_words(numbers: &[String]) -> String {
    let subject = match numbers {
        [one] => format!("the content of {one} is"),
        several => format!("the contents of {} are", several.join(" and ")),
    };
    format!("{subject} unknown: no backup has it, so what changed is unknown")
}

/// Differences in one primitive that changed or was renamed, the persona or the settings, by kind
/// and name, without indentation.
pub fn item_lines(change: &StateChange, kind: &str, name: &str) -> Vec<Line> {
    match kind {
        "persona" => persona_lines(change, false),
        "agent" => {
            change.settings.iter().flat_map(|setting| details(&setting.details(), false)).collect()
        }
        _ => {
            let section = change.kinds.iter().find(|section| section.kind.word == kind);
            let Some(section) = section else { return Vec::new() };
            if let Some(RenamedPrimitive { from, parts, .. }) = section.renamed_to(name) {
                let first = Line::new(Sign::Changed, format!("renamed from {}", from.name));
                return [vec![first], beside_name(parts, false)].concat();
            }
            let changed = section.changed.iter().find(|one| one.name == name);
            changed.map(|changed| part_lines(&changed.parts, false)).unwrap_or_default()
        }
    }
}

/// Changes below several primitives, each once.
pub fn reached_lines(reached: &SharedReach) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut section = |label: &str, found: Vec<Line>| {
        if !found.is_empty() {
            lines.push(Line::plain(format!("{label}:")));
            lines.extend(found.into_iter().map(|line| line.indented(2)));
        }
    };
    let modules = reached.modules.iter().map(|module| {
        let (sign, mark, verb) = sign(module.change, "reaches", "reached");
        let names = declarations(&module.declarations);
        let from = module.from.as_ref().map(|from| format!("{from} → ")).unwrap_or_default();
        Line::new(
            sign,
            format!("{mark} {from}{}{names} {verb} {}", module.path, who(&module.primitives)),
        )
    });
    let imports = reached.imports.iter().map(|one| {
        let ImportMove { path, name, from, to } = &one.import;
        let who = who(&one.primitives);
        Line::new(Sign::Changed, format!("~ {path}: {name} is {to} now (was {from}) for {who}"))
    });
    section("Code", modules.chain(imports).collect());
    let packages = reached.packages.iter().map(|package| {
        let version =
            |version: &Option<String>| version.clone().unwrap_or_else(|| "(none)".to_owned());
        let (from, to) = (version(&package.from), version(&package.to));
        Line::new(
            Sign::Changed,
            format!("~ {} {from} → {to} reaches {}", package.name, who(&package.primitives)),
        )
    });
    section("Packages", packages.collect());
    let env = reached.env.iter().map(|env| {
        let (sign, mark, verb) = sign(env.change, "is read by", "was read by");
        Line::new(sign, format!("{mark} {} {verb} {}", env.name, who(&env.primitives)))
    });
    section("Environment", env.collect());
    lines
}

fn sign(change: &str, now: &'static str, before: &'static str) -> (Sign, char, &'static str) {
    match change {
        "added" => (Sign::Added, '+', now),
        "removed" => (Sign::Removed, '-', before),
        _ => (Sign::Changed, '~', now),
    }
}

/// The names among the declarations that differ; what has no name in the source is left out.
pub(super) fn declarations(names: &[String]) -> String {
    let is_name = |name: &&String| {
        !name.is_empty()
            && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'))
    };
    let names: Vec<&str> = names.iter().filter(is_name).map(String::as_str).collect();
    match names.len() {
        0 => String::new(),
        1..=4 => format!(" ({})", names.join(", ")),
        more => format!(" ({} and {} more)", names[..3].join(", "), more - 3),
    }
}

/// `skills pricing, checkout and job nightly`
fn who(primitives: &[Item]) -> String {
    let mut words: Vec<String> = Vec::new();
    for (at, one) in primitives.iter().enumerate() {
        let first = at == 0 || primitives[at - 1].kind != one.kind;
        let several = primitives.iter().filter(|other| other.kind == one.kind).count() > 1;
        let kind = Kind::named(one.kind);
        words.push(match kind {
            Some(kind) if first && several => format!("{} {}", lower(kind.label), one.name),
            Some(kind) if first => format!("{} {}", kind.one, one.name),
            _ => one.name.clone(),
        });
    }
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
        None => String::new(),
    }
}

/// A heading inside a sentence: `Skills` is `skills`, and `MCP servers` stays.
fn lower(label: &str) -> String {
    match label.split_at_checked(1) {
        Some((first, rest)) if !rest.starts_with(char::is_uppercase) => first.to_lowercase() + rest,
        _ => label.to_owned(),
    }
}

fn persona_words(change: &StateChange) -> Option<String> {
    let number = |persona: &Option<PersonaContent>| match persona {
        Some(PersonaContent { number: Some(number), .. }) => format!("v{number}"),
        _ => "(none)".to_owned(),
    };
    let moved = change.persona.as_ref()?;
    Some(format!("{} → {}", number(&moved.from), number(&moved.to)))
}

/// The changed sentences of a persona, without indentation; nothing where it came or went as a whole.
pub fn persona_lines(change: &StateChange, whole: bool) -> Vec<Line> {
    let Some(moved) =
        change.persona.as_ref().filter(|moved| moved.from.is_some() && moved.to.is_some())
    else {
        return Vec::new();
    };
    match &moved.details()[..] {
        [Detail::Text { edits, .. }] if !edits.is_empty() => detail::prose(edits, whole),
        several => details(several, whole),
    }
}

fn setting_words(change: &StateChange, name: &str) -> Option<String> {
    let text = |value: &Option<Value>| detail::value(value.as_ref().map(shown).as_ref(), false);
    let setting = change.setting(name)?;
    Some(format!("{} → {}", text(&setting.from), text(&setting.to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primitives_are_named_by_kind() {
        let who = |list: &[(&'static str, &str)]| {
            let one = |(kind, name): &(&'static str, &str)| Item { kind, name: (*name).to_owned() };
            super::who(&list.iter().map(one).collect::<Vec<_>>())
        };
        assert_eq!(
            who(&[("skill", "pricing"), ("skill", "checkout"), ("job", "nightly")]),
            "skills pricing, checkout and job nightly"
        );
        assert_eq!(who(&[("mcp-server", "a"), ("mcp-server", "b")]), "MCP servers a and b");
        assert_eq!(who(&[("skill", "a")]), "skill a");
    }

    #[test]
    fn declarations_with_a_name_are_told() {
        let listed = |names: &[&str]| {
            declarations(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(listed(&["tax", "total"]), " (tax, total)");
        assert_eq!(listed(&["", "side effects"]), "");
        assert_eq!(listed(&["a", "b", "c", "d", "e"]), " (a, b, c and 2 more)");
    }
}
