//! Pattern of one kind of secret.
//!
//! A secret is a run of random characters, after a fixed prefix or under a name that tells its
//! owner. A run that is not random enough is a placeholder from a document (`sk-xxxxxxxx`), and no
//! secret.

use std::ops::Range;

/// One kind of secret.
pub struct SecretPattern {
    /// Its own, for tests and documents.
    pub name: &'static str,
    /// Kind of secret, with its article.
    pub what: &'static str,
    /// Texts of which one is in every secret of this kind, or in the name before it.
    pub anchors: &'static [&'static str],
    pub form: PatternForm,
}

pub enum PatternForm {
    /// The anchor, and the run right behind it.
    Begins(CharRun),
    /// `ANCHOR_API_KEY = run`: the anchor is part of a name, in any case.
    Called(&'static [CharRun]),
    /// Found from the anchor by a rule of its own.
    Custom(SecretFinder),
}

/// The bytes of the secret, given the text and where the anchor is in it.
pub type SecretFinder = fn(&[u8], Range<usize>) -> Option<Secret>;

/// Place of a secret, and the length of its first part that is the same for all of its kind.
pub struct Secret {
    pub range: Range<usize>,
    pub shown: usize,
}

/// Characters of one sort.
#[derive(Clone, Copy)]
pub struct CharRun {
    pub of: CharSet,
    pub least: usize,
    /// A longer run is something else.
    pub most: usize,
    pub check: fn(&[u8]) -> bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CharSet {
    Hex,
    Upper,
    /// Lower case letters and digits, or all in upper case.
    OneCase,
    Alnum,
    /// And `-`, `_`.
    Word,
    /// And `-`, `_`, `.`, `=`.
    Dotted,
    /// And `+`, `/`, `=`, `-`, `_`.
    Base64,
    /// Hexadecimal digits in groups, by `-`.
    Uuid,
}

pub const ANY: usize = usize::MAX;

pub const fn run(of: CharSet, least: usize, most: usize) -> CharRun {
    let check = match of {
        CharSet::Uuid => is_uuid,
        CharSet::Upper => is_varied,
        _ => is_random,
    };
    CharRun { of, least, most, check }
}

/// Of exactly this length.
pub const fn just(of: CharSet, length: usize) -> CharRun {
    run(of, length, length)
}

impl CharSet {
    fn has(self, byte: u8) -> bool {
        match self {
            CharSet::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            CharSet::Hex => byte.is_ascii_hexdigit(),
            CharSet::OneCase | CharSet::Alnum => byte.is_ascii_alphanumeric(),
            CharSet::Word => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            CharSet::Dotted => byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte),
            CharSet::Base64 => byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte),
            CharSet::Uuid => byte.is_ascii_hexdigit() || byte == b'-',
        }
    }
}

impl CharRun {
    pub const fn that(self, check: fn(&[u8]) -> bool) -> CharRun {
        CharRun { check, ..self }
    }

    /// Length of a secret at the start of these bytes.
    pub fn length(&self, bytes: &[u8]) -> Option<usize> {
        let within = bytes.len().min(self.most.saturating_add(1));
        let mut length = bytes[..within].iter().take_while(|byte| self.of.has(**byte)).count();
        // The end of a sentence is no part of it.
        while length > self.least && matches!(bytes[length - 1], b'.' | b'-') {
            length -= 1;
        }
        let follows = bytes.get(length).is_some_and(u8::is_ascii_alphanumeric);
        let one_case = self.of != CharSet::OneCase || !has_both_cases(&bytes[..length]);
        let fits = (self.least..=self.most).contains(&length) && !follows && one_case;
        (fits && (self.check)(&bytes[..length])).then_some(length)
    }
}

fn has_both_cases(run: &[u8]) -> bool {
    run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase)
}

/// Words by which documents say that this is none.
const PLACEHOLDERS: [&str; 16] = [
    "example",
    "your",
    "xxxx",
    "12345678",
    "abcdef",
    "placeholder",
    "dummy",
    "redacted",
    "sample",
    "changeme",
    "replace",
    "fake",
    "test_",
    "insert",
    "aaaaaaaa",
    "00000000",
];

/// Many different characters, digits among the letters or letters of both cases that take turns, and no
/// word that says "not this".
pub fn is_random(run: &[u8]) -> bool {
    // Words in one case are no secret, so a run without a digit needs both cases.
    let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_mixed = digits > 0 && run.len() - digits >= 2;
    different(run) >= 9.min(run.len() / 3 + 2)
        && (is_mixed || turns(run) * 4 >= run.len())
        && !is_sequence(run)
}

/// Letters of both cases, where a kind of secret may have no digit.
pub fn is_mixed(run: &[u8]) -> bool {
    different(run) >= 9 && turns(run) * 5 >= run.len() && !is_sequence(run)
}

/// Test for secrets that need not contain a digit.
pub fn is_varied(run: &[u8]) -> bool {
    different(run) >= 8 && !is_sequence(run)
}

fn is_sequence(run: &[u8]) -> bool {
    let text = String::from_utf8_lossy(run).to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| text.contains(word))
}

fn different(run: &[u8]) -> usize {
    let mut seen = [false; 256];
    run.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// Number of changes between upper case, lower case and digits.
fn turns(run: &[u8]) -> usize {
    let sort = |byte: u8| (byte.is_ascii_uppercase(), byte.is_ascii_digit());
    run.windows(2).filter(|two| sort(two[0]) != sort(two[1])).count()
}

pub fn is_uuid(run: &[u8]) -> bool {
    let groups: Vec<usize> = run.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    groups == [8, 4, 4, 4, 12] && is_random(run)
}

/// `groups` of these lengths between separators.
pub fn has_groups(run: &[u8], separator: u8, lengths: &[usize]) -> bool {
    let groups: Vec<usize> = run.split(|byte| *byte == separator).map(<[u8]>::len).collect();
    groups == lengths && is_random(run)
}
