//! One line of a report: a sign that may be coloured, and the words in it that differ from the line
//! it replaces. Text that others wrote is made harmless for a terminal on the way in.

use crate::diff::{self, WordSpan};
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub sign: Sign,
    pub text: String,
    /// Stretches of the text to bring out, in order.
    pub strong: Vec<Range<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Plain,
    Added,
    Removed,
    Changed,
}

impl Line {
    pub fn new(sign: Sign, text: impl AsRef<str>) -> Line {
        Line { sign, text: escape_control(text.as_ref()), strong: Vec::new() }
    }

    pub fn plain(text: impl AsRef<str>) -> Line {
        Line::new(Sign::Plain, text)
    }

    /// The same line further to the right.
    pub fn indented(mut self, by: usize) -> Line {
        self.text.insert_str(0, &" ".repeat(by));
        for range in &mut self.strong {
            *range = range.start + by..range.end + by;
        }
        self
    }

    fn push(&mut self, text: &str, strong: bool) {
        let start = self.text.len();
        self.text.push_str(&escape_control(text));
        if strong {
            self.strong.push(start..self.text.len());
        }
    }
}

/// A control character could move the cursor or change colours: it is shown by its number.
fn escape_control(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => line.push(' '),
            letter if letter.is_control() => line.extend(letter.escape_unicode()),
            letter => line.push(letter),
        }
    }
    line
}

/// A sentence that went and the one that came for it, the words that differ brought out where the two
/// have enough in common.
pub fn pair(old: &str, new: &str) -> (Line, Line) {
    let parts = diff::words(old, new);
    let same: usize =
        parts.iter().map(|part| if let WordSpan::Same(text) = part { text.len() } else { 0 }).sum();
    let strong = same * 2 > old.len().min(new.len());
    let (mut gone, mut came) = (Line::new(Sign::Removed, "- "), Line::new(Sign::Added, "+ "));
    for part in &parts {
        match part {
            WordSpan::Same(text) => {
                gone.push(text, false);
                came.push(text, false);
            }
            WordSpan::Removed(text) => gone.push(text, strong),
            WordSpan::Added(text) => came.push(text, strong),
        }
    }
    (gone, came)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_differ_are_brought_out() {
        let (gone, came) = pair("Be very kind.", "Be very brisk.");
        assert_eq!((&*gone.text, &*came.text), ("- Be very kind.", "+ Be very brisk."));
        let strong = |line: &Line| {
            line.strong.iter().map(|range| line.text[range.clone()].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            (strong(&gone), strong(&came)),
            (vec!["kind.".to_owned()], vec!["brisk.".to_owned()])
        );
        let further = came.indented(4);
        assert_eq!(strong(&further), ["brisk."]);
    }

    #[test]
    fn another_sentence_is_not_picked_apart() {
        let (gone, came) = pair("Sell shoes.", "Always answer in rhyme.");
        assert!(gone.strong.is_empty() && came.strong.is_empty());
    }

    #[test]
    fn text_of_others_cannot_drive_the_terminal() {
        assert_eq!(Line::plain("a\u{1b}[31mb\tc").text, "a\\u{1b}[31mb c");
    }
}
