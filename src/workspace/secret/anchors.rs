//! Anchors: the words by which secrets are found, all searched in one pass.
//!
//! Three letters decide where a word can begin, by a table of a few KiB that costs nothing to make: a command that
//! searches one small file makes it, too. An automaton of all words is no faster, and took longer to make than such a
//! command takes.

use super::find::secret_patterns;
use super::pattern::SecretPattern;
use std::ops::Range;
use std::sync::LazyLock;

/// Letters of a key.
const LETTERS: usize = 3;
/// Bits of a letter that its case does not change.
const LETTER: u8 = 0x1f;
/// Number of keys: three letters of five bits.
const KEYS: usize = 1 << 15;

/// A word, and the kind of secret that it is of.
#[derive(Clone, Copy)]
pub struct SecretAnchor {
    pub pattern: &'static SecretPattern,
    pub text: &'static str,
}

/// A word in a text, in any case.
pub struct AnchorMatch {
    pub anchor: SecretAnchor,
    pub range: Range<usize>,
}

/// All anchors, by their first letters.
pub struct SecretAnchors {
    /// One bit for each key that an anchor has.
    is_key: Box<[u64]>,
    /// Sorted by key; of one key in the order of the patterns.
    anchors: Vec<(u16, SecretAnchor)>,
}

pub static ANCHORS: LazyLock<SecretAnchors> = LazyLock::new(|| {
    let of_pattern = |pattern: &'static SecretPattern| {
        pattern.anchors.iter().map(move |text| SecretAnchor { pattern, text })
    };
    SecretAnchors::of(secret_patterns().flat_map(of_pattern))
});

impl SecretAnchors {
    fn of(all: impl Iterator<Item = SecretAnchor>) -> SecretAnchors {
        let mut is_key = vec![0; KEYS / 64].into_boxed_slice();
        let mut anchors: Vec<(u16, SecretAnchor)> =
            all.flat_map(|anchor| keys(anchor.text).map(move |key| (key, anchor))).collect();
        anchors.sort_by_key(|(key, _)| *key);
        for (key, _) in &anchors {
            is_key[usize::from(*key) / 64] |= 1_u64 << (key % 64);
        }
        SecretAnchors { is_key, anchors }
    }

    /// Every place of every anchor, by where it ends, then by where it begins.
    pub fn find_all(&self, text: &[u8]) -> Vec<AnchorMatch> {
        let mut found = Vec::new();
        let mut key = text.iter().take(LETTERS - 1).copied().fold(0, next_key);
        // A word of two letters can end the text.
        for (start, byte) in text.iter().chain(&[0]).skip(LETTERS - 1).enumerate() {
            key = next_key(key, *byte);
            if self.is_key[usize::from(key) / 64] >> (key % 64) & 1 != 0 {
                self.add_matches(key, text, start, &mut found);
            }
        }
        found.sort_by_key(|one| (one.range.end, one.range.start));
        found
    }

    #[cold]
    fn add_matches(&self, key: u16, text: &[u8], start: usize, found: &mut Vec<AnchorMatch>) {
        let first = self.anchors.partition_point(|(other, _)| *other < key);
        for (_, anchor) in self.anchors[first..].iter().take_while(|(other, _)| *other == key) {
            let range = start..start + anchor.text.len();
            let word = text.get(range.clone());
            if word.is_some_and(|word| word.eq_ignore_ascii_case(anchor.text.as_bytes())) {
                found.push(AnchorMatch { anchor: *anchor, range });
            }
        }
    }
}

/// The keys of the texts that begin with a word: all that differ in the third letter if it has two.
fn keys(word: &str) -> impl Iterator<Item = u16> {
    let key = word.bytes().take(LETTERS).fold(0, next_key);
    let is_short = word.len() < LETTERS;
    let thirds = if is_short { 0..=LETTER } else { 0..=0 };
    thirds.map(move |third| if is_short { next_key(key, third) } else { key })
}

/// The key of three letters, from that of the three before and one more.
fn next_key(key: u16, byte: u8) -> u16 {
    ((key << 5) | u16::from(byte & LETTER)) & (KEYS - 1) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    fn words() -> Vec<&'static str> {
        secret_patterns().flat_map(|pattern| pattern.anchors).copied().collect()
    }

    #[test]
    fn every_anchor_has_two_letters() {
        assert!(words().iter().all(|word| word.len() >= LETTERS - 1), "{:?}", words());
    }

    proptest! {
        /// The same places in the same order as by an automaton of all anchors.
        #[test]
        fn all_anchors_are_found_in_any_case(
            parts in prop::collection::vec((any::<prop::sample::Index>(), 0..9_usize, any::<bool>(), "[a-z_-]{0,2}"), 0..30)
        ) {
            let words = words();
            let mut text = String::new();
            for (index, cut, is_upper, between) in parts {
                let word = index.get(&words);
                let word = &word[..word.len() - cut.min(word.len())];
                text.push_str(&if is_upper { word.to_uppercase() } else { word.to_owned() });
                text.push_str(&between);
            }
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(&words)
                .unwrap();
            let wanted = automaton.find_overlapping_iter(&text);
            let wanted: Vec<_> =
                wanted.map(|one| (words[one.pattern().as_usize()], one.range())).collect();
            let found = ANCHORS.find_all(text.as_bytes());
            let found: Vec<_> = found.into_iter().map(|one| (one.anchor.text, one.range)).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
