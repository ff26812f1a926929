//! Changes in words: the lines of `version diff` as a list.

use super::visible::visible;
use crate::report::{Line, Sign};
use maud::{Markup, html};

/// Deepest level that has a style of its own.
const DEEPEST: usize = 8;

/// Lines of a report, in their order.
pub fn words(lines: &[Line]) -> Markup {
    html! {
        ul.words {
            @for (at, line) in lines.iter().enumerate() {
                li class=(class(line, lines.get(at + 1))) { (text(line)) }
            }
        }
    }
}

/// Spaces before a line.
fn spaces(line: &Line) -> usize {
    line.text.len() - line.text.trim_start().len()
}

fn class(line: &Line, next: Option<&Line>) -> String {
    let spaces = spaces(line);
    let sign = match line.sign {
        // Nothing belongs to it, so it is not a heading.
        Sign::Plain if spaces == 0 && next.is_none_or(|next| self::spaces(next) == 0) => "rest",
        Sign::Plain => "plain",
        Sign::Added => "added",
        Sign::Removed => "removed",
        Sign::Changed => "changed",
    };
    format!("line {sign} in{}", (spaces / 2).min(DEEPEST))
}

/// The text of a line without its indentation, the words that differ marked.
fn text(line: &Line) -> Markup {
    let start = spaces(line);
    let mut parts: Vec<(&str, bool)> = Vec::new();
    let mut done = start;
    for strong in line.strong.iter().filter(|strong| strong.start >= start) {
        parts.push((&line.text[done..strong.start], false));
        parts.push((&line.text[strong.clone()], true));
        done = strong.end;
    }
    parts.push((&line.text[done..], false));
    html! {
        @for (part, strong) in parts.into_iter().filter(|(part, _)| !part.is_empty()) {
            @if strong { strong { (visible(part)) } } @else { (visible(part)) }
        }
    }
}

/// Heading of a section with words, or a sentence if there are none.
pub fn section(title: &str, lines: &[Line], none: &str) -> Markup {
    html! {
        section {
            h2 { (title) }
            @if lines.is_empty() { p.quiet { (none) } } @else { (words(lines)) }
        }
    }
}
