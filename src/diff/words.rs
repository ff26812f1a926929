//! Word diff of two pieces of prose: a persona, a description.

use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// A stretch of text that both sides have, or only one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordSpan {
    Same(String),
    Removed(String),
    Added(String),
}

/// The parts from `old` to `new`, neighbours of one kind joined.
pub fn words(old: &str, new: &str) -> Vec<WordSpan> {
    let diff = TextDiff::configure().timeout(Duration::from_secs(1)).diff_words(old, new);
    let mut parts: Vec<WordSpan> = Vec::new();
    for change in diff.iter_all_changes() {
        let text = change.value();
        match (parts.last_mut(), change.tag()) {
            (Some(WordSpan::Same(last)), ChangeTag::Equal)
            | (Some(WordSpan::Removed(last)), ChangeTag::Delete)
            | (Some(WordSpan::Added(last)), ChangeTag::Insert) => last.push_str(text),
            (_, ChangeTag::Equal) => parts.push(WordSpan::Same(text.to_owned())),
            (_, ChangeTag::Delete) => parts.push(WordSpan::Removed(text.to_owned())),
            (_, ChangeTag::Insert) => parts.push(WordSpan::Added(text.to_owned())),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_word_is_a_part() {
        let parts = words("You are a kind helper.", "You are a brisk helper.");
        let expected = [
            WordSpan::Same("You are a ".into()),
            WordSpan::Removed("kind".into()),
            WordSpan::Added("brisk".into()),
            WordSpan::Same(" helper.".into()),
        ];
        assert_eq!(parts, expected);
    }
}
