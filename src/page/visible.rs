//! Text of others with nothing hidden in it: characters without a shape, or that turn the order of letters around,
//! are shown by their number.

use crate::text;
use std::borrow::Cow;

/// One line of text.
pub fn visible(text: &str) -> Cow<'_, str> {
    let line = text::line(text);
    if !line.chars().any(is_shapeless) {
        return line;
    }
    let letters: Vec<char> = line.chars().collect();
    let mut shown = String::with_capacity(line.len() + 8);
    for (at, letter) in letters.iter().enumerate() {
        let foreign = |at: Option<usize>| {
            at.and_then(|at| letters.get(at)).is_some_and(|letter| !letter.is_ascii())
        };
        // Between two letters of other scripts, and inside of emoji, a joiner is a part of writing.
        let joins = matches!(letter, '\u{200c}' | '\u{200d}')
            && foreign(at.checked_sub(1))
            && foreign(Some(at + 1));
        match is_shapeless(*letter) && !joins {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(*letter),
        }
    }
    Cow::Owned(shown)
}

fn is_shapeless(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_hidden() {
        assert_eq!(visible("plain ä"), "plain ä");
        assert_eq!(visible("pay\u{200b}pal"), "pay\\u{200b}pal");
        assert_eq!(visible("a\u{202e}b\u{0}"), "a\\u{202e}b\\u{0}");
        assert_eq!(visible("if\u{200d}x"), "if\\u{200d}x");
        assert_eq!(visible("👩\u{200d}💻"), "👩\u{200d}💻");
    }
}
