//! A change between two states as people see it: coloured on a terminal, the words that differ in bold.

use super::output::{GREEN, Output, RED, YELLOW};
use crate::agent::change::StateChange;
use crate::agent::words::{self, Line, Sign};
use crate::error::Result;
use anstyle::Style;

/// The whole report of a change; `whole` tells long prose to its end.
pub fn print(out: &mut Output, change: &StateChange, whole: bool) -> Result<()> {
    lines(out, words::lines(change, whole))
}

pub fn lines(out: &mut Output, lines: impl IntoIterator<Item = Line>) -> Result<()> {
    for line in lines {
        let text = paint(out, &line);
        out.line(text)?;
    }
    Ok(())
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
