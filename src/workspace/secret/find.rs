//! The secrets in a text: one pass for all anchors, and a closer look where one is.

use super::anchors::ANCHORS;
use super::pattern::{CharRun, PatternForm, Secret, SecretPattern};
use super::{called, keys, others};
use std::ops::Range;

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretMatch {
    /// The bytes that are secret.
    pub range: Range<usize>,
    /// Kind of secret, with its article.
    pub what: &'static str,
    /// Length of its first part that may be shown: it is the same for all of this kind.
    pub shown: usize,
}

impl SecretMatch {
    /// The same in the text without its first bytes, as far as it reaches into that.
    pub fn after(self, bytes: usize) -> Option<SecretMatch> {
        let (start, end) =
            (self.range.start.saturating_sub(bytes), self.range.end.checked_sub(bytes)?);
        let before = bytes.saturating_sub(self.range.start);
        let hit =
            SecretMatch { range: start..end, shown: self.shown.saturating_sub(before), ..self };
        (!hit.range.is_empty()).then_some(hit)
    }
}

/// Every kind of secret that is known.
pub fn secret_patterns() -> impl Iterator<Item = &'static SecretPattern> {
    keys::PATTERNS.iter().chain(others::PATTERNS).chain(called::PATTERNS)
}

/// The secrets in a text, in their order; none within another.
pub fn find_all(text: &[u8]) -> impl Iterator<Item = SecretMatch> {
    let mut hits: Vec<SecretMatch> = candidates(text).collect();
    hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse((hit.range.end, hit.shown))));
    let mut done = 0;
    hits.retain(|hit| {
        let is_new = hit.range.start >= done;
        done = done.max(hit.range.end);
        is_new
    });
    hits.into_iter()
}

fn candidates(text: &[u8]) -> impl Iterator<Item = SecretMatch> {
    ANCHORS.find_all(text).into_iter().filter_map(move |found| {
        let (pattern, range) = (found.anchor.pattern, found.range);
        let secret = match &pattern.form {
            PatternForm::Begins(run) if text[range.clone()] == *found.anchor.text.as_bytes() => {
                begun(run, text, range)
            }
            PatternForm::Begins(_) => None,
            PatternForm::Called(runs) => named(runs, text, range),
            PatternForm::Custom(own) => own(text, range),
        }?;
        Some(SecretMatch { range: secret.range, what: pattern.what, shown: secret.shown })
    })
}

fn begun(run: &CharRun, text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let length = run.length(&text[anchor.end..])?;
    starts_here(text, anchor.start)
        .then(|| Secret { range: anchor.start..anchor.end + length, shown: anchor.len() })
}

/// Length of the text before a key that is searched.
const BEFORE: usize = 100;

/// True if a word may start here: `task-…` contains `sk-`, a long base64 text contains anything.
pub fn starts_here(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(BEFORE)..at];
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', high, low]
        | [.., b'\\', b'x', high, low]
        | [.., b'\\', b'u', _, _, high, low]
            if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
        {
            true
        }
        [.., last] if last.is_ascii_alphanumeric() => false,
        [.., last] if b"-_+/".contains(last) => {
            let is_blob = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(byte);
            before.len() < BEFORE || !before.iter().all(is_blob)
        }
        _ => true,
    }
}

/// Words of which the name of a secret contains one, beside the name of its service.
const SECRET_WORDS: [&[u8]; 11] = [
    b"key", b"token", b"secret", b"auth", b"pass", b"pwd", b"cred", b"api", b"access", b"private",
    b"login",
];

/// The value of a name, which the anchor is part of.
fn named(runs: &[CharRun], text: &[u8], anchor: Range<usize>) -> Option<Secret> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let before =
        text[..anchor.start].iter().rev().take(40).take_while(|byte| is_name(byte)).count();
    let after = text[anchor.end..]
        .iter()
        .take(40)
        .take_while(|byte| is_name(byte) || **byte == b' ')
        .count();
    let name = text[anchor.start - before..anchor.end + after].to_ascii_lowercase();
    if !SECRET_WORDS.iter().any(|word| name.windows(word.len()).any(|part| part == *word)) {
        return None;
    }
    let start = value(text, anchor.end + after)?;
    let length = runs.iter().find_map(|run| run.length(&text[start..]))?;
    Some(Secret { range: start..start + length, shown: 0 })
}

/// Start of the value of the name that ends here: behind `=`, `:`, `=>`, `||`, `,` and quotes.
pub fn value(text: &[u8], name_end: usize) -> Option<usize> {
    let skip = |from: usize, of: &[u8], most: usize| {
        from + text[from..].iter().take(most).take_while(|byte| of.contains(byte)).count()
    };
    let operator = skip(name_end, b" \t\"'`]\\)!", 5);
    let end = skip(operator, b"=:>|,?", 3);
    if end == operator {
        return None;
    }
    let start = skip(end, b" \t\r\n\"'`(\\", 6);
    let words: [&[u8]; 3] = [b"Bearer ", b"Token ", b"Basic "];
    let word = words.iter().find(|word| text[start..].starts_with(word));
    (start < text.len()).then(|| start + word.map_or(0, |word| word.len()))
}

pub fn line_of(text: &[u8], at: usize) -> usize {
    1 + text[..at].iter().filter(|byte| **byte == b'\n').count()
}
