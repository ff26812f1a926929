//! TypeScript and JavaScript: comments, texts, templates, numbers, words of the language.

use super::{Scanner, Tint, Tints, is_name};

const WORDS: &str = "abstract any as async await boolean break case catch class const continue default delete \
    do else enum export extends false finally for from function if implements import in \
    instanceof interface let new null number of private protected public readonly return \
    satisfies static string super switch this throw true try type typeof undefined unknown var \
    void while yield";

/// Words after which `/` begins a regular expression and no division.
const BEFORE_REGEX: &str = "return typeof case in of delete void throw new else await yield";

fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

pub fn tints(text: &str) -> Tints {
    let mut scanner = Scanner::new(text);
    let mut found = Tints::new();
    // Depth of braces at which each open template continues.
    let (mut templates, mut depth) = (Vec::new(), 0_usize);
    let mut is_value = false;
    while let Some(byte) = scanner.peek() {
        let start = scanner.at;
        let tint = match byte {
            b'/' if scanner.skip_comment() => Some(Tint::Comment),
            b'/' if !is_value => regex(&mut scanner),
            b'"' | b'\'' => {
                scanner.skip_quoted(byte, false);
                Some(Tint::Text)
            }
            b'`' => {
                scanner.at += 1;
                template(&mut scanner, &mut templates, &mut depth);
                Some(Tint::Text)
            }
            b'}' if templates.last() == Some(&depth) => {
                templates.pop();
                depth = depth.saturating_sub(1);
                scanner.at += 1;
                template(&mut scanner, &mut templates, &mut depth);
                Some(Tint::Text)
            }
            b'0'..=b'9' => {
                scanner.skip_while(|byte| is_name(byte) || byte == b'.');
                Some(Tint::Number)
            }
            _ if is_name(byte) => {
                scanner.skip_while(is_name);
                has_word(WORDS, &text[start..scanner.at]).then_some(Tint::Word)
            }
            _ => {
                depth += usize::from(byte == b'{');
                depth = depth.saturating_sub(usize::from(byte == b'}'));
                scanner.at += 1;
                None
            }
        };
        if !byte.is_ascii_whitespace() && tint != Some(Tint::Comment) {
            let ends_value = is_name(byte) || tint.is_some() || matches!(byte, b')' | b']');
            let is_word = tint == Some(Tint::Word);
            is_value = ends_value && !(is_word && has_word(BEFORE_REGEX, &text[start..scanner.at]));
        }
        found.extend(tint.map(|tint| (start..scanner.at, tint)));
    }
    found
}

/// Goes through the text of a template, to its end or to the value in it.
fn template(scanner: &mut Scanner<'_>, templates: &mut Vec<usize>, depth: &mut usize) {
    while let Some(byte) = scanner.peek() {
        match byte {
            b'\\' => scanner.at = (scanner.at + 2).min(scanner.bytes.len()),
            b'$' if scanner.starts_with("${") => {
                scanner.at += 2;
                *depth += 1;
                return templates.push(*depth);
            }
            _ => scanner.at += 1,
        }
        if byte == b'`' {
            return;
        }
    }
}

/// Goes behind a regular expression; where its line has no end of one, it is a division.
fn regex(scanner: &mut Scanner<'_>) -> Option<Tint> {
    let (start, mut in_class) = (scanner.at, false);
    scanner.at += 1;
    while let Some(byte) = scanner.peek().filter(|byte| *byte != b'\n') {
        scanner.at += 1;
        match byte {
            b'\\' if scanner.peek().is_some_and(|next| next != b'\n') => scanner.at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => {
                scanner.skip_while(|byte| byte.is_ascii_alphabetic());
                return Some(Tint::Text);
            }
            _ => {}
        }
    }
    scanner.at = start + 1;
    None
}
