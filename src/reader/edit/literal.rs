//! A text as a literal of TypeScript.

use std::fmt::Write as _;

/// The text between quotes.
pub fn quoted(text: &str, quote: char) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for c in text.chars() {
        match c {
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            '\\' => literal.push_str("\\\\"),
            c if c == quote => literal.extend(['\\', c]),
            c => plain(&mut literal, c),
        }
    }
    literal.push(quote);
    literal
}

/// The text between backticks, with its lines as lines. What means something there is escaped:
/// backslashes, backticks, `${`, and a carriage return, which a template would take for a line's end.
pub fn template(text: &str, carriage_returns: bool) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('`');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' if carriage_returns => literal.push_str("\r\n"),
            '\n' | '\t' => literal.push(c),
            '\\' => literal.push_str("\\\\"),
            '`' => literal.push_str("\\`"),
            '$' if rest.peek() == Some(&'{') => literal.push_str("\\$"),
            c => plain(&mut literal, c),
        }
    }
    literal.push('`');
    literal
}

/// A character that means nothing special; one that cannot be seen is written by its number.
fn plain(literal: &mut String, c: char) {
    match c {
        '\r' => literal.push_str("\\r"),
        '\u{2028}' | '\u{2029}' | '\u{feff}' => drop(write!(literal, "\\u{:04x}", c as u32)),
        c if c.is_control() => drop(write!(literal, "\\x{:02x}", c as u32)),
        c => literal.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_is_escaped_and_nothing_else() {
        assert_eq!(
            quoted("it's \"a\" \\ `b` ${c}\n\u{0}1é", '\''),
            r#"'it\'s "a" \\ `b` ${c}\n\x001é'"#
        );
        assert_eq!(quoted("it's \"a\"", '"'), r#""it's \"a\"""#);
        assert_eq!(
            template("a\n`b` $c ${d} $${e} \\n\r", false),
            "`a\n\\`b\\` $c \\${d} $\\${e} \\\\n\\r`"
        );
        assert_eq!(template("a\nb", true), "`a\r\nb`");
    }
}
