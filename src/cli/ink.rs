//! Ink: colours of ours in text that others have a part in.
//!
//! A colour is marked in the text by a word that was drawn for this process; only at the end, where everything else is
//! escaped, it becomes what a terminal understands. Who does not know the word cannot colour anything.

use anstyle::Style;
use std::borrow::Cow;
use std::fmt::Display;
use std::sync::OnceLock;

/// Ends a mark. Escaped in any other position.
const END: char = '\u{2}';

#[derive(Debug, Default)]
pub struct Ink {
    word: OnceLock<String>,
}

impl Ink {
    fn word(&self) -> &str {
        self.word.get_or_init(|| {
            let mut bytes = [0; 16];
            // Without random numbers there are no colours, as no word is better than one that can be known.
            match getrandom::fill(&mut bytes) {
                Ok(()) => format!("\u{1}{:032x}", u128::from_le_bytes(bytes)),
                Err(_) => String::new(),
            }
        })
    }

    pub fn paint(&self, style: Style, text: impl Display) -> String {
        match self.word() {
            "" => text.to_string(),
            word => format!("{word}{style}{END}{text}{word}{style:#}{END}"),
        }
    }

    /// The text with everything escaped by `escape` but the colours of ours.
    pub fn show(&self, text: &str, escape: impl Fn(&str) -> Cow<'_, str>) -> String {
        let Some(word) = self.word.get().filter(|word| !word.is_empty()) else {
            return escape(text).into_owned();
        };
        let mut parts = text.split(word.as_str());
        let mut shown = escape(parts.next().unwrap_or_default()).into_owned();
        for part in parts {
            let (style, rest) = part.split_once(END).unwrap_or(("", part));
            shown.push_str(style);
            shown.push_str(&escape(rest));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;
    use anstyle::AnsiColor;

    #[test]
    fn colours_of_ours_pass_and_others_do_not() {
        let ink = Ink::default();
        let red = AnsiColor::Red.on_default();
        let painted = ink.paint(red, "a\u{1b}[32mb");
        let text = format!("{painted} \u{1b}[0m \u{1}{:032x}\u{1b}[1m{END}", 0);
        let shown = ink.show(&text, text::line);
        let own = "\u{1b}[31ma\\u{1b}[32mb\u{1b}[0m";
        let others = format!("\\u{{1b}}[0m \\u{{1}}{:032x}\\u{{1b}}[1m\\u{{2}}", 0);
        assert_eq!(shown, format!("{own} {others}"));
    }

    #[test]
    fn each_process_has_a_word_of_its_own() {
        assert_ne!(Ink::default().word(), Ink::default().word());
        assert_eq!(Ink::default().show("a\u{9b}", text::line), "a\\u{9b}");
    }
}
