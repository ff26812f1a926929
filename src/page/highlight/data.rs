//! JSON and YAML: keys, texts, numbers, words, comments.

use super::{Scanner, Tint, Tints, is_name};

const WORDS: [&str; 3] = ["true", "false", "null"];

/// JSON, also with comments.
pub fn json(text: &str) -> Tints {
    let mut scanner = Scanner::new(text);
    let mut found = Tints::new();
    while let Some(byte) = scanner.peek() {
        let start = scanner.at;
        let tint = match byte {
            b'"' => {
                scanner.skip_quoted(byte, false);
                Some(Tint::Text)
            }
            b'/' if scanner.skip_comment() => Some(Tint::Comment),
            b'-' | b'0'..=b'9' => {
                scanner.skip_while(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+')
                });
                Some(Tint::Number)
            }
            _ if is_name(byte) => {
                scanner.skip_while(is_name);
                WORDS.contains(&&text[start..scanner.at]).then_some(Tint::Word)
            }
            _ => {
                scanner.at += 1;
                if let (b':', Some((_, last @ Tint::Text))) = (byte, found.last_mut()) {
                    *last = Tint::Name;
                }
                None
            }
        };
        found.extend(tint.map(|tint| (start..scanner.at, tint)));
    }
    found
}

pub fn yaml(text: &str) -> Tints {
    let mut found = Tints::new();
    let mut start = 0;
    for line in text.split('\n') {
        yaml_line(line, start, &mut found);
        start += line.len() + 1;
    }
    found
}

fn yaml_line(line: &str, start: usize, found: &mut Tints) {
    let mut scanner = Scanner::new(line);
    scanner.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'-'));
    let bytes = line.as_bytes();
    let mut mark = |from: usize, to: usize, tint| found.push((start + from..start + to, tint));
    // A key is what is before the first colon that ends a word.
    let quoted = scanner.peek().filter(|byte| matches!(byte, b'"' | b'\''));
    let (key, mut end) = (scanner.at, scanner.at);
    if let Some(quote) = quoted {
        scanner.skip_quoted(quote, false);
        end = scanner.at;
    } else {
        while bytes.get(end).is_some_and(|byte| !matches!(byte, b'#' | b':' | b'{' | b'[')) {
            end += 1;
        }
    }
    let is_key = bytes.get(end) == Some(&b':')
        && bytes.get(end + 1).is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    if is_key && end > key {
        mark(key, end, Tint::Name);
        scanner.at = end + 1;
    } else if quoted.is_some() {
        mark(key, end, Tint::Text);
    }
    while let Some(byte) = scanner.peek() {
        let from = scanner.at;
        let begins = from == 0 || matches!(bytes[from - 1], b' ' | b'\t' | b'[' | b',' | b'{');
        match byte {
            b'#' if begins => {
                scanner.at = line.len();
                mark(from, line.len(), Tint::Comment);
            }
            b'"' | b'\'' if begins => {
                scanner.skip_quoted(byte, false);
                mark(from, scanner.at, Tint::Text);
            }
            _ if is_name(byte) => {
                scanner.skip_while(|byte| is_name(byte) || byte == b'.');
                let word = &line[from..scanner.at];
                if WORDS.contains(&word) {
                    mark(from, scanner.at, Tint::Word);
                } else if begins && word.parse::<f64>().is_ok() {
                    mark(from, scanner.at, Tint::Number);
                }
            }
            _ => scanner.at += 1,
        }
    }
}
