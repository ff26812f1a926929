//! Three-way text merge: the lines that each side changed since the base, and the hunks that clash.
//!
//! Changes that overlap or touch clash unless they are equal, as in git.

use super::text::LARGE;
use similar::{Algorithm, MergeResolution, TextMerge, TextMergeConfig};
use std::ops::Range;

/// Sides that changed a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedBy {
    Ours,
    Theirs,
    /// Both, in the same way.
    Both,
    /// Both, and not in the same way.
    Clash,
}

/// A stretch of lines that a side changed. Ranges count lines from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeHunk {
    pub changed: ChangedBy,
    pub base: Range<usize>,
    pub ours: Range<usize>,
    pub theirs: Range<usize>,
}

/// Side whose lines are taken for a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HunkSide {
    Base,
    Ours,
    Theirs,
}

/// Three texts, compared.
pub struct MergeTexts<'a> {
    merge: TextMerge<'a, 'a, 'a, str>,
    pub hunks: Vec<MergeHunk>,
}

impl<'a> MergeTexts<'a> {
    pub fn new(base: &'a str, ours: &'a str, theirs: &'a str) -> MergeTexts<'a> {
        let large = base.len() + ours.len().max(theirs.len()) > LARGE;
        let algorithm = if large { Algorithm::Histogram } else { Algorithm::Myers };
        let merge = TextMergeConfig::new().algorithm(algorithm).merge_lines(base, ours, theirs);
        let hunks = merge.regions().iter().filter_map(|region| {
            let changed = match region.resolution() {
                MergeResolution::Ours => ChangedBy::Ours,
                MergeResolution::Theirs => ChangedBy::Theirs,
                MergeResolution::Both => ChangedBy::Both,
                MergeResolution::Conflict => ChangedBy::Clash,
                _ => return None,
            };
            let (base, ours, theirs) =
                (region.base_range(), region.ours_range(), region.theirs_range());
            Some(MergeHunk { changed, base, ours, theirs })
        });
        let hunks = hunks.collect();
        MergeTexts { merge, hunks }
    }

    /// The lines of a hunk: of the base, ours, theirs.
    pub fn lines(&self, hunk: &MergeHunk) -> [Vec<&str>; 3] {
        [
            hunk.base.clone().filter_map(|line| self.merge.base_line(line)).collect(),
            hunk.ours.clone().filter_map(|line| self.merge.ours_line(line)).collect(),
            hunk.theirs.clone().filter_map(|line| self.merge.theirs_line(line)).collect(),
        ]
    }

    /// The base with each hunk, named by its number, as `take` says.
    pub fn with(&self, mut take: impl FnMut(usize, &MergeHunk) -> HunkSide) -> String {
        let mut text = String::new();
        let mut line = 0;
        let mut push = |line: Option<&str>| text.push_str(line.unwrap_or_default());
        for (number, hunk) in self.hunks.iter().enumerate() {
            (line..hunk.base.start).for_each(|line| push(self.merge.base_line(line)));
            match take(number, hunk) {
                HunkSide::Base => {
                    hunk.base.clone().for_each(|line| push(self.merge.base_line(line)))
                }
                HunkSide::Ours => {
                    hunk.ours.clone().for_each(|line| push(self.merge.ours_line(line)))
                }
                HunkSide::Theirs => {
                    hunk.theirs.clone().for_each(|line| push(self.merge.theirs_line(line)))
                }
            }
            line = hunk.base.end;
        }
        (line..self.merge.base_len()).for_each(|line| push(self.merge.base_line(line)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    impl MergeTexts<'_> {
        fn clashes(&self) -> impl Iterator<Item = &MergeHunk> {
            self.hunks.iter().filter(|hunk| hunk.changed == ChangedBy::Clash)
        }

        /// All changes of both sides; where they clash, those of `clash`.
        fn merged(&self, clash: HunkSide) -> String {
            self.with(|_, hunk| match hunk.changed {
                ChangedBy::Ours | ChangedBy::Both => HunkSide::Ours,
                ChangedBy::Theirs => HunkSide::Theirs,
                ChangedBy::Clash => clash,
            })
        }
    }

    /// Result of `git merge-file -p` for three texts, and true if it found no conflict.
    #[allow(clippy::disallowed_methods, reason = "git reads files")]
    fn git(base: &str, ours: &str, theirs: &str, choice: &[&str]) -> (String, bool) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("base", base), ("ours", ours), ("theirs", theirs)] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let mut git = Command::new("git");
        git.current_dir(dir.path()).args(["merge-file", "-p"]).args(choice);
        let output = git.args(["ours", "base", "theirs"]).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    }

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\nsix\n";

    /// Ours, theirs, and the merge, or `None` where they clash. Each is held against git as well.
    const CASES: &[(&str, &str, Option<&str>)] = &[
        (BASE, BASE, Some(BASE)),
        ("1\ntwo\nthree\nfour\nfive\nsix\n", BASE, Some("1\ntwo\nthree\nfour\nfive\nsix\n")),
        (
            "1\ntwo\nthree\nfour\nfive\nsix\n",
            "one\ntwo\n3\nfour\nfive\nsix\n",
            Some("1\ntwo\n3\nfour\nfive\nsix\n"),
        ),
        // Lines that touch.
        ("1\ntwo\nthree\nfour\nfive\nsix\n", "one\n2\nthree\nfour\nfive\nsix\n", None),
        // The same on both sides, and something of each.
        (
            "1\ntwo\n3\nfour\nfive\nsix\n",
            "1\ntwo\nthree\nfour\nfive\n6\n",
            Some("1\ntwo\n3\nfour\nfive\n6\n"),
        ),
        ("1\ntwo\nthree\nfour\nfive\nsix\n", "eins\ntwo\nthree\nfour\nfive\nsix\n", None),
        // Something comes at the same place.
        ("one\nA\ntwo\nthree\nfour\nfive\nsix\n", "one\nB\ntwo\nthree\nfour\nfive\nsix\n", None),
        // One side removes what the other changes.
        ("one\ntwo\nfive\nsix\n", "one\ntwo\nthree\n4\nfive\nsix\n", None),
        // A last line without its end.
        (
            "one\ntwo\nthree\nfour\nfive\nsix",
            "1\ntwo\nthree\nfour\nfive\nsix\n",
            Some("1\ntwo\nthree\nfour\nfive\nsix"),
        ),
        ("", BASE, Some("")),
        ("", "1\ntwo\nthree\nfour\nfive\nsix\n", None),
    ];

    #[test]
    fn texts_merge_as_git_merges_them() {
        for (ours, theirs, expected) in CASES {
            let texts = MergeTexts::new(BASE, ours, theirs);
            let clean = texts.clashes().next().is_none();
            assert_eq!(clean, expected.is_some(), "{ours:?} {theirs:?}");
            if let Some(expected) = expected {
                assert_eq!(&texts.merged(HunkSide::Base), expected);
            }
            assert_eq!(git(BASE, ours, theirs, &[]).1, clean, "git: {ours:?} {theirs:?}");
            for (take, choice) in [(HunkSide::Ours, "--ours"), (HunkSide::Theirs, "--theirs")] {
                let (text, _) = git(BASE, ours, theirs, &[choice]);
                assert_eq!(texts.merged(take), text, "{choice}: {ours:?} {theirs:?}");
            }
        }
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec("[abc]", 0..8).prop_map(|lines| lines.join("\n") + "\n")
    }

    proptest! {
        #[test]
        fn a_side_that_changed_nothing_takes_the_other(base in text(), side in text()) {
            for take in [HunkSide::Base, HunkSide::Ours, HunkSide::Theirs] {
                prop_assert_eq!(&MergeTexts::new(&base, &side, &base).merged(take), &side);
                prop_assert_eq!(&MergeTexts::new(&base, &base, &side).merged(take), &side);
                prop_assert_eq!(&MergeTexts::new(&base, &side, &side).merged(take), &side);
            }
        }

        #[test]
        fn every_text_can_be_taken_apart_again(base in text(), ours in text(), theirs in text()) {
            let texts = MergeTexts::new(&base, &ours, &theirs);
            prop_assert_eq!(&texts.with(|_, _| HunkSide::Base), &base);
            prop_assert_eq!(&texts.with(|_, _| HunkSide::Ours), &ours);
            prop_assert_eq!(&texts.with(|_, _| HunkSide::Theirs), &theirs);
        }

        #[test]
        fn sides_can_change_places(base in text(), ours in text(), theirs in text()) {
            let (one, other) = (MergeTexts::new(&base, &ours, &theirs), MergeTexts::new(&base, &theirs, &ours));
            prop_assert_eq!(one.clashes().count(), other.clashes().count());
            prop_assert_eq!(one.merged(HunkSide::Ours), other.merged(HunkSide::Theirs));
        }
    }
}
