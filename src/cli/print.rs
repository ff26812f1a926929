//! A change between two states as people see it: coloured on a terminal, the words that differ in bold.

use super::context::Context;
use super::output::{DIM, GREEN, Output, RED, YELLOW};
use super::term;
use crate::compare::StateChange;
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::catalog::Catalog;
use crate::report::view::SnapshotView;
use crate::report::{self, Line, Sign};
use anstyle::Style;
use serde_json::Value;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The whole report of a change; `whole` tells long prose to its end.
pub fn print(out: &mut Output, change: &StateChange, whole: bool) -> Result<()> {
    lines(out, report::lines(change, whole))
}

/// Versions whose agent was not read: what is compared of them is the state before.
pub fn unread<'v>(
    out: &mut Output,
    versions: impl IntoIterator<Item = &'v AnyVersion>,
) -> Result<()> {
    lines(out, report::unread_lines(versions))
}

/// The content of a state: its model, primitives counted by kind, the number of its persona.
pub fn content(out: &mut Output, snapshot: &SnapshotView) -> Result<()> {
    let model = match &snapshot.model {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    out.line(format!("  Model:   {model}"))?;
    out.line("  Snapshot:")?;
    for (kind, items) in &snapshot.kinds.0 {
        let count = items.len();
        // Kinds that few agents use are shown only if there are some.
        if count > 0 || is_common(kind.word) {
            out.line(format!("    {:<15} {count}", format!("{}:", kind.label)))?;
        }
    }
    let persona = snapshot.persona.version;
    let persona = persona.map_or("(none)".to_owned(), |number| format!("v{number}"));
    out.line(format!("    {:<15} {persona}", "Persona:"))
}

fn is_common(word: &str) -> bool {
    !matches!(word, "device" | "device-trigger" | "voice" | "workflow")
}

/// Says which versions cannot be read because of their refs.
pub fn warn_of_damage(cx: &mut Context<'_>, catalog: &Catalog) {
    for (number, error) in catalog.damages() {
        cx.out.warn(format!("v{number} cannot be read: {error}"));
        cx.out.hint("run `lua-store fsck` to see what to do next");
    }
}

pub fn lines(out: &mut Output, lines: impl IntoIterator<Item = Line>) -> Result<()> {
    let width = if out.term().stdout { term::size().1 } else { usize::MAX };
    for piece in lines.into_iter().flat_map(|line| wrapped(line, width)) {
        let text = paint(out, &piece);
        out.line(text)?;
    }
    Ok(())
}

/// A line of prose, broken at spaces where the terminal is narrower.
pub fn text(out: &mut Output, text: impl AsRef<str>) -> Result<()> {
    lines(out, [Line::plain(text)])
}

/// An entry of a list: a dimmed id, what it is, and remarks, which get a line of their own where they do not fit.
pub fn entry(out: &mut Output, id: &str, head: &str, remarks: &[&str]) -> Result<()> {
    let width = if out.term().stdout { term::size().1 } else { usize::MAX };
    let remarks: Vec<&str> = remarks.iter().copied().filter(|remark| !remark.is_empty()).collect();
    let (dimmed, remarks) = (out.paint(DIM, id), remarks.join("  "));
    let line = format!("{dimmed}  {head}  {remarks}");
    if id.width() + head.width() + remarks.width() + 4 <= width {
        return out.line(line.trim_end());
    }
    out.line(format!("{dimmed}  {head}"))?;
    text(out, format!("{:1$}{remarks}", "", id.width() + 2))
}

/// Lines into which a terminal of this width breaks a line, at spaces; all but the first are
/// indented by two columns more.
fn wrapped(line: Line, width: usize) -> Vec<Line> {
    let indent = line.text.len() - line.text.trim_start().len() + 2;
    if line.text.width() <= width || indent + 20 > width {
        return vec![line];
    }
    let mut pieces = Vec::new();
    let (mut start, mut last_space, mut column) = (0, None, 0);
    for (at, letter) in line.text.char_indices() {
        column += letter.width().unwrap_or(0);
        if column > width
            && let Some(space) = last_space.take()
        {
            pieces.push(start..space);
            start = space + 1;
            column = indent + line.text[start..at].width() + letter.width().unwrap_or(0);
        }
        if letter == ' ' && at >= start + indent {
            last_space = Some(at);
        }
    }
    pieces.push(start..line.text.len());
    pieces
        .into_iter()
        .enumerate()
        .map(|(at, range)| piece(&line, range, if at == 0 { 0 } else { indent }))
        .collect()
}

fn piece(line: &Line, range: Range<usize>, indent: usize) -> Line {
    let inside = |strong: &Range<usize>| {
        let (start, end) = (strong.start.max(range.start), strong.end.min(range.end));
        (start < end).then(|| start - range.start..end - range.start)
    };
    let strong = line.strong.iter().filter_map(inside).collect();
    Line { sign: line.sign, text: line.text[range.clone()].to_owned(), strong }.indented(indent)
}

fn paint(out: &Output, line: &Line) -> String {
    let style = match line.sign {
        Sign::Plain => return line.text.clone(),
        Sign::Added => GREEN,
        Sign::Removed => RED,
        Sign::Changed => YELLOW,
    };
    let mut text = String::new();
    let mut done = 0;
    let mut piece = |style: Style, part: &str| {
        if !part.is_empty() {
            text.push_str(&out.paint(style, part));
        }
    };
    for strong in &line.strong {
        piece(style, &line.text[done..strong.start]);
        piece(style.bold().underline(), &line.text[strong.clone()]);
        done = strong.end;
    }
    piece(style, &line.text[done..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: Line, width: usize) -> Vec<String> {
        wrapped(line, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn long_lines_break_between_words() {
        let line = Line::plain("  - one two three four five six seven");
        assert_eq!(texts(line.clone(), 24), ["  - one two three four", "    five six seven"]);
        assert_eq!(texts(line.clone(), 37), ["  - one two three four five six seven"]);
        assert_eq!(
            texts(line, 12),
            ["  - one two three four five six seven"],
            "too narrow to break"
        );
        let solid = Line::plain(format!("  - {}", "x".repeat(50)));
        assert_eq!(texts(solid.clone(), 30), [solid.text]);
    }

    #[test]
    fn what_is_brought_out_stays_so_across_the_break() {
        let mut line = Line::plain("  - one two three four five six seven");
        line.strong.push(16..27);
        assert_eq!(&line.text[16..27], "e four five");
        let pieces = wrapped(line, 24);
        let strong: Vec<&str> = pieces
            .iter()
            .flat_map(|line| line.strong.iter().map(|range| &line.text[range.clone()]))
            .collect();
        assert_eq!(strong, ["e four", "five"]);
    }
}
