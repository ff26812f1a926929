//! Conflicts of a merge, in words and as JSON.

use super::diff::{declarations, details, part_lines};
use super::line::{Line, Sign};
use crate::compare::{PersonaChange, PersonaContent, PrimitiveChange, SettingChange};
use crate::merge::{Conflict, ConflictReason, Side, SideEdit};
use crate::model::kind::Kind;
use crate::object::Leaf;
use serde::Serialize;
use serde_json::Value;

/// Lines of a file that are shown of each side.
const LINES: usize = 8;

/// Edit of one side.
fn edit_lines(conflict: &Conflict, edit: &SideEdit) -> Vec<Line> {
    match (edit, &conflict.item) {
        (SideEdit::Item { from, to }, Some(who)) => {
            item_change(who.kind, &who.name, from.as_ref(), to.as_ref())
        }
        (SideEdit::None, _) | (SideEdit::Item { .. }, None) => Vec::new(),
        (SideEdit::Lines { from, to }, _) => lines_change(from, to),
        (SideEdit::File { from, to }, _) => file_change(*from, *to),
    }
}

fn item_change(kind: &str, name: &str, from: Option<&Value>, to: Option<&Value>) -> Vec<Line> {
    let (Some(from), Some(to)) = (from, to) else {
        return vec![match to {
            Some(_) => Line::new(Sign::Added, "added"),
            None => Line::new(Sign::Removed, "removed"),
        }];
    };
    match kind {
        "persona" => {
            let persona = |value: &Value| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Some(PersonaContent { number: None, text, is_object: !value.is_string() })
            };
            let change = PersonaChange { from: persona(from), to: persona(to) };
            details(&change.details(), false)
        }
        "agent" => {
            let (from, to) = (Some(from.clone()), Some(to.clone()));
            details(&SettingChange { name: name.to_owned(), from, to }.details(), false)
        }
        _ => primitive_change(from, to),
    }
}

fn primitive_change(from: &Value, to: &Value) -> Vec<Line> {
    let mut parts = PrimitiveChange::default();
    parts.compare_definitions(&from["definition"], &to["definition"]);
    parts.compare_reaches(&from["reach"], &to["reach"]);
    let mut lines =
        if parts.is_defined_otherwise() { part_lines(&parts, false) } else { Vec::new() };
    for module in &parts.modules {
        let from = module.moved_from.as_ref().map(|from| format!("{from} → ")).unwrap_or_default();
        let names = declarations(&module.declarations);
        lines.push(Line::plain(format!("code of {from}{}{names}", module.path)));
    }
    for one in &parts.imports {
        lines.push(Line::plain(format!(
            "{}: {} is {} (was {})",
            one.path, one.name, one.to, one.from
        )));
    }
    for package in &parts.packages {
        let version =
            |version: &Option<String>| version.clone().unwrap_or_else(|| "(none)".to_owned());
        let (from, to) = (version(&package.from), version(&package.to));
        lines.push(Line::plain(format!("package {} {from} → {to}", package.name)));
    }
    let env = parts.env_added.iter().chain(&parts.env_removed);
    lines.extend(env.map(|name| Line::plain(format!("environment variable {name}"))));
    lines
}

fn lines_change(from: &[String], to: &[String]) -> Vec<Line> {
    let shown = |lines: &[String], sign, mark: &str| -> Vec<Line> {
        let text = |line: &String| {
            Line::new(sign, format!("{mark} {}", line.trim_end_matches(['\n', '\r'])))
        };
        let mut shown: Vec<Line> = lines.iter().take(LINES).map(text).collect();
        if lines.len() > LINES {
            shown.push(Line::plain(format!("… and {} more lines", lines.len() - LINES)));
        }
        shown
    };
    if from == to {
        return vec![Line::plain("unchanged")];
    }
    [shown(from, Sign::Removed, "-"), shown(to, Sign::Added, "+")].concat()
}

fn file_change(from: Option<Leaf>, to: Option<Leaf>) -> Vec<Line> {
    vec![match (from, to) {
        (None, Some(_)) => Line::new(Sign::Added, "added"),
        (_, None) => Line::new(Sign::Removed, "removed"),
        (Some((was, _)), Some((is, _))) if was.is_file() != is.is_file() => {
            Line::plain(format!("now a {}", is.word()))
        }
        _ => Line::plain("changed"),
    }]
}

/// One sentence, without what each side did.
pub fn conflict_sentence(conflict: &Conflict) -> String {
    let file = conflict.path.as_ref().map(|path| format!("\"{path}\""));
    let item = conflict.item.as_ref().map(|who| match (who.kind, Kind::named(who.kind)) {
        ("persona", _) => "the persona".to_owned(),
        ("agent", _) if who.name == "name" => "the agent's name".to_owned(),
        ("agent", _) => format!("the setting \"{}\"", who.name),
        (_, Some(kind)) => format!("{} \"{}\"", kind.one, who.name),
        (word, None) => format!("{word} \"{}\"", who.name),
    });
    let place = match (&item, &file) {
        (Some(_), Some(file)) => format!(" in {file}"),
        _ => String::new(),
    };
    let what = item.or(file).unwrap_or_else(|| "the project".to_owned());
    let here = |side: Side| if side == Side::Ours { "here" } else { "there" };
    match &conflict.why {
        ConflictReason::Changed => format!("{what} was changed on both sides{place}"),
        ConflictReason::Lines(lines) if lines.len() > 1 => {
            format!(
                "{what} was changed on both sides at lines {} to {}",
                lines.start,
                lines.end - 1
            )
        }
        ConflictReason::Lines(lines) => {
            format!("{what} was changed on both sides at line {}", lines.start)
        }
        ConflictReason::Removed(side) => {
            format!("{what} was removed {} and changed {}{place}", here(*side), here(side.other()))
        }
        ConflictReason::Added => format!("{what} was added on both sides in different ways{place}"),
        ConflictReason::Binary => format!("{what} was changed on both sides, and it is not text"),
        ConflictReason::Link => format!("{what} is a link that was changed on both sides"),
        ConflictReason::Type => {
            format!("{what} was changed on both sides, to a link on one of them")
        }
        ConflictReason::Folder(below) => {
            format!("{what} is a file on one side and the folder of \"{below}\" on the other")
        }
        ConflictReason::Unreadable(side, why) => {
            let where_ = here(*side);
            format!(
                "{what} was changed on both sides, and the agent {where_} cannot be read: {why}"
            )
        }
        ConflictReason::Broken(why) => {
            format!("{what} with the changes of both sides cannot be read: {why}")
        }
        ConflictReason::Entangled => format!("{what} would differ from both sides"),
    }
}

/// The sentence, and what each side did.
pub fn conflict_lines(conflict: &Conflict) -> Vec<Line> {
    let mut lines = vec![Line::new(Sign::Changed, conflict_sentence(conflict))];
    for (label, said) in [("here", &conflict.ours), ("there", &conflict.theirs)] {
        match &edit_lines(conflict, said)[..] {
            [] => {}
            [one] if one.sign != Sign::Added || one.text == "added" => {
                let mut line = one.clone().indented(label.len() + 6);
                line.text.replace_range(..label.len() + 6, &format!("    {label}: "));
                lines.push(line);
            }
            several => {
                lines.push(Line::plain(format!("    {label}:")));
                lines.extend(several.iter().map(|line| line.clone().indented(6)));
            }
        }
    }
    lines
}

/// Conflict with the edits of both sides, as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConflictView<'a> {
    file: Option<&'a str>,
    kind: Option<&'a str>,
    name: Option<&'a str>,
    reason: &'static str,
    message: String,
    ours: Vec<String>,
    theirs: Vec<String>,
}

impl<'a> ConflictView<'a> {
    pub fn new(conflict: &'a Conflict) -> ConflictView<'a> {
        let edits = |edit| edit_lines(conflict, edit).into_iter().map(|line| line.text).collect();
        let item = conflict.item.as_ref();
        ConflictView {
            file: conflict.path.as_deref(),
            kind: item.map(|item| item.kind),
            name: item.map(|item| &*item.name),
            reason: conflict.why.word(),
            message: conflict_sentence(conflict),
            ours: edits(&conflict.ours),
            theirs: edits(&conflict.theirs),
        }
    }
}
