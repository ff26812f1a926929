//! Secrets, by the name of a file and by its text.
//!
//! `keys`, `called` and `others` are the table of all known kinds; each has a row of its own, and a
//! sample in the tests. A file with one is left out of every snapshot unless a person allows it.

mod anchors;
mod called;
mod find;
mod keys;
mod names;
mod others;
mod pattern;
mod settings;
#[cfg(test)]
mod tests;
mod urls;

pub use find::{SecretMatch, find_all, line_of, secret_patterns};
pub use names::by_path;

use crate::object::is_binary;
use std::borrow::Cow;

/// Reason why a file of this path and with these bytes is left out, or `None`.
pub fn of_file(path: &str, bytes: &[u8]) -> Option<String> {
    by_path(path).map(str::to_owned).or_else(|| by_content(path, bytes))
}

/// Reason why a file with these bytes is left out, or `None`. Of binary files only keys are known.
pub fn by_content(path: &str, bytes: &[u8]) -> Option<String> {
    let text = match narrow(bytes, None) {
        Some((text, _)) => Cow::Owned(text),
        None if is_binary(bytes) => {
            return is_binary_key(path, bytes).then(|| "key file".to_owned());
        }
        None => Cow::Borrowed(bytes),
    };
    if let Some((what, line)) = settings::find(path, &text) {
        return Some(format!("contains {what} in line {line}"));
    }
    let hit = find_all(&text).next()?;
    Some(reason(hit.what, line_of(&text, hit.range.start)))
}

/// The words for a secret found in a text.
pub fn reason(what: &str, line: usize) -> String {
    format!("contains what looks like {what} in line {line}")
}

/// `server.key` in DER: a sequence whose length is that of the file. A presentation is none.
fn is_binary_key(path: &str, bytes: &[u8]) -> bool {
    let path = path.to_ascii_lowercase();
    (path.ends_with(".key") || path.ends_with(".pem")) && bytes.starts_with(&[0x30, 0x82])
}

/// A text of two bytes for each character, as Windows writes it, in the one that is searched; `None` for any
/// other. `little` says which byte comes first, where that was seen already; else a mark at the beginning does.
pub fn narrow(bytes: &[u8], little: Option<bool>) -> Option<(Vec<u8>, bool)> {
    let little = little.or(match bytes {
        [0xff, 0xfe, ..] => Some(true),
        [0xfe, 0xff, ..] => Some(false),
        _ => None,
    })?;
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    };
    let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    Some((String::from_utf16_lossy(&units).into_bytes(), little))
}

/// A text without the secrets in it, where it has any.
pub fn masked(text: &str) -> Option<String> {
    let mut hits = find_all(text.as_bytes()).peekable();
    hits.peek()?;
    Some(mask(text, hits))
}

/// A text without these secrets: of each only how its kind begins is left.
pub fn mask(text: &str, hits: impl IntoIterator<Item = SecretMatch>) -> String {
    let (mut masked, mut done) = (String::new(), 0);
    for hit in hits {
        masked.push_str(&text[done..hit.range.start + hit.shown]);
        masked.push('…');
        done = hit.range.end;
    }
    masked.push_str(&text[done..]);
    masked
}
