//! Sentence diff of two pieces of prose: a persona, a description.

use serde::Serialize;
use similar::{DiffOp, TextDiff};
use std::time::Duration;

/// Neighbouring sentences that went, and those that came in their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProseEdit {
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

/// Sentences that differ from `old` to `new`, in reading order. Empty where only white space between sentences
/// differs.
pub fn sentence_edits(old: &str, new: &str) -> Vec<ProseEdit> {
    let (old, new) = (sentences(old), sentences(new));
    let diff = TextDiff::configure().timeout(Duration::from_secs(1)).diff_slices(&old, &new);
    let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let mut edits: Vec<ProseEdit> = Vec::new();
    let mut follows = false;
    for op in diff.ops() {
        if matches!(op, DiffOp::Equal { .. }) {
            follows = false;
            continue;
        }
        let (removed, added) = (own(&old[op.old_range()]), own(&new[op.new_range()]));
        match edits.last_mut() {
            Some(last) if follows => {
                last.removed.extend(removed);
                last.added.extend(added);
            }
            _ => edits.push(ProseEdit { removed, added }),
        }
        follows = true;
    }
    edits
}

/// The sentences of a text without the white space around them. A line's end ends a sentence too:
/// lists and headings have no full stops.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        let mut letters = line.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let next = letters.peek().map(|(_, next)| *next);
            let wide = matches!(letter, '。' | '！' | '？');
            let ends = matches!(letter, '.' | '!' | '?') && next.is_none_or(char::is_whitespace);
            if wide || ends {
                let end = at + letter.len_utf8();
                found.push(&line[start..end]);
                start = end;
            }
        }
        found.push(&line[start..]);
    }
    found.into_iter().map(str::trim).filter(|sentence| !sentence.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_end_at_stops_and_lines() {
        assert_eq!(
            sentences("Be kind. Use v1.2 of it!\n\n- one\n- two? Yes"),
            ["Be kind.", "Use v1.2 of it!", "- one", "- two?", "Yes"]
        );
        assert_eq!(sentences("你好。再见。"), ["你好。", "再见。"]);
        assert!(sentences(" \n\n").is_empty());
    }

    #[test]
    fn only_the_changed_sentence_is_told() {
        let edits = sentence_edits(
            "You are Ava. Be kind.\nSell shoes.",
            "You are Ava. Be brisk.\nSell shoes.",
        );
        assert_eq!(
            edits,
            [ProseEdit { removed: vec!["Be kind.".into()], added: vec!["Be brisk.".into()] }]
        );
    }

    #[test]
    fn edits_far_apart_stay_apart() {
        let edits = sentence_edits("A. B. C.", "B. C. D.");
        let gone = ProseEdit { removed: vec!["A.".into()], added: vec![] };
        assert_eq!(edits, [gone, ProseEdit { removed: vec![], added: vec!["D.".into()] }]);
    }

    #[test]
    fn other_white_space_is_no_edit() {
        assert!(sentence_edits("A. B.", "A.\n\n   B.\n").is_empty());
    }

    proptest! {
        #[test]
        fn edits_explain_every_difference(old in "([abc]\\. ){0,6}", new in "([abc]\\. ){0,6}") {
            let edits = sentence_edits(&old, &new);
            prop_assert_eq!(edits.is_empty(), sentences(&old) == sentences(&new));
            let (gone, came) = edits.iter().fold((0, 0), |(gone, came), edit| (gone + edit.removed.len(), came + edit.added.len()));
            prop_assert_eq!(sentences(&old).len() + came, sentences(&new).len() + gone);
        }
    }
}
