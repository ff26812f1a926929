//! Three-way text merge: the lines that each side changed since the base, and the hunks that clash.
//!
//! The same lines are found changed as in `git merge` (a histogram difference, its changes slid down), and
//! changes that overlap or touch clash unless they are equal: so whatever merges there merges here, with the same
//! bytes.

use super::histogram::changed_lines;
use super::slide::slide;
use std::collections::HashMap;
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

impl LineChange {
    /// Lines that are replaced by as many, each by itself.
    fn by_line(self) -> Vec<LineChange> {
        if self.base.len() != self.side.len() {
            return vec![self];
        }
        let lines = self.base.zip(self.side);
        lines.map(|(a, b)| LineChange { base: a..a + 1, side: b..b + 1 }).collect()
    }
}

/// Three texts, compared.
pub struct MergeTexts<'a> {
    base: Vec<&'a [u8]>,
    ours: Vec<&'a [u8]>,
    theirs: Vec<&'a [u8]>,
    pub hunks: Vec<MergeHunk>,
}

/// Change of one side: lines of the base, and those in their place.
#[derive(Clone)]
struct LineChange {
    base: Range<usize>,
    side: Range<usize>,
}

impl<'a> MergeTexts<'a> {
    pub fn new(base: &'a [u8], ours: &'a [u8], theirs: &'a [u8]) -> MergeTexts<'a> {
        MergeTexts::compared(base, ours, theirs, false)
    }

    /// The same, where lines that touch do not clash if each side only replaced its own.
    pub fn touching(base: &'a [u8], ours: &'a [u8], theirs: &'a [u8]) -> MergeTexts<'a> {
        MergeTexts::compared(base, ours, theirs, true)
    }

    fn compared(
        base: &'a [u8],
        ours: &'a [u8],
        theirs: &'a [u8],
        may_touch: bool,
    ) -> MergeTexts<'a> {
        let mut words = HashMap::new();
        let [base, ours, theirs] = [base, ours, theirs].map(|text| numbered(text, &mut words));
        let hunks = hunks(&base.1, &ours.1, &theirs.1, may_touch);
        MergeTexts { base: base.0, ours: ours.0, theirs: theirs.0, hunks }
    }

    /// The lines of a hunk: of the base, ours, theirs.
    pub fn lines(&self, hunk: &MergeHunk) -> [&[&'a [u8]]; 3] {
        [
            &self.base[hunk.base.clone()],
            &self.ours[hunk.ours.clone()],
            &self.theirs[hunk.theirs.clone()],
        ]
    }

    /// The base with each hunk, named by its number, as `take` says.
    pub fn with(&self, mut take: impl FnMut(usize, &MergeHunk) -> HunkSide) -> Vec<u8> {
        self.joined(|text, number, hunk| {
            let [base, ours, theirs] = self.lines(hunk);
            let lines = match take(number, hunk) {
                HunkSide::Base => base,
                HunkSide::Ours => ours,
                HunkSide::Theirs => theirs,
            };
            lines.iter().for_each(|line| text.extend_from_slice(line));
        })
    }

    /// The base with what `write` writes in the place of each hunk.
    pub fn joined(&self, mut write: impl FnMut(&mut Vec<u8>, usize, &MergeHunk)) -> Vec<u8> {
        let mut text = Vec::new();
        let mut line = 0;
        for (number, hunk) in self.hunks.iter().enumerate() {
            self.base[line..hunk.base.start].iter().for_each(|line| text.extend_from_slice(line));
            write(&mut text, number, hunk);
            line = hunk.base.end;
        }
        self.base[line..].iter().for_each(|line| text.extend_from_slice(line));
        text
    }
}

/// Lines of a text, with their ends, and a number for each that equal lines share.
fn numbered<'a>(text: &'a [u8], words: &mut HashMap<&'a [u8], u32>) -> (Vec<&'a [u8]>, Vec<u32>) {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let number = |line: &&'a [u8]| {
        let next = words.len() as u32;
        *words.entry(line).or_insert(next)
    };
    let numbers = lines.iter().map(number).collect();
    (lines, numbers)
}

/// The changes from a base to a side, in order; at least one unchanged line is between two of them.
fn changes(base: &[u32], side: &[u32]) -> Vec<LineChange> {
    let mut changed = changed_lines(base, side);
    slide(&mut changed, base, side);
    let (mut changes, mut at) = (Vec::new(), (0, 0));
    while at.0 < base.len() || at.1 < side.len() {
        let from = at;
        while changed.old.get(at.0) == Some(&true) {
            at.0 += 1;
        }
        while changed.new.get(at.1) == Some(&true) {
            at.1 += 1;
        }
        match from == at {
            true => at = (at.0 + 1, at.1 + 1),
            false => changes.push(LineChange { base: from.0..at.0, side: from.1..at.1 }),
        }
    }
    changes
}

/// Changes of both sides that overlap or touch, together.
#[derive(Default)]
struct Cluster {
    ours: Vec<LineChange>,
    theirs: Vec<LineChange>,
}

fn hunks(base: &[u32], ours: &[u32], theirs: &[u32], may_touch: bool) -> Vec<MergeHunk> {
    let mut sides = [changes(base, ours), changes(base, theirs)];
    if may_touch {
        sides = sides.map(|changes| changes.into_iter().flat_map(LineChange::by_line).collect());
    }
    let mut next = [sides[0].iter().peekable(), sides[1].iter().peekable()];
    let (mut hunks, mut cluster, mut end) = (Vec::new(), Cluster::default(), 0);
    // Lines that each side has more than the base before the cluster.
    let mut before = [0, 0];
    loop {
        let starts = [0, 1].map(|side: usize| next[side].peek().map(|change| change.base.start));
        let side = match starts {
            [None, None] => break,
            [Some(_), None] => 0,
            [None, Some(_)] => 1,
            [Some(ours), Some(theirs)] => usize::from(theirs < ours),
        };
        let Some(change) = next[side].next() else { break };
        let is_apart = change.base.start == end && may_touch && cluster.can_touch(change);
        if change.base.start > end || is_apart {
            hunks.extend(cluster.hunk(&mut before, ours, theirs));
            cluster = Cluster::default();
        }
        end = end.max(change.base.end);
        let list = if side == 0 { &mut cluster.ours } else { &mut cluster.theirs };
        list.push(change.clone());
    }
    hunks.extend(cluster.hunk(&mut before, ours, theirs));
    hunks
}

impl Cluster {
    /// True if the next change replaces lines behind lines that were replaced.
    fn can_touch(&self, next: &LineChange) -> bool {
        let replaces = |change: &LineChange| !change.base.is_empty() && !change.side.is_empty();
        let mut before = self.ours.last().into_iter().chain(self.theirs.last());
        replaces(next) && before.all(replaces)
    }

    /// All of it as one hunk. `before` has the lines that each side gained above it, and gains those in it.
    fn hunk(&self, before: &mut [isize; 2], ours: &[u32], theirs: &[u32]) -> Option<MergeHunk> {
        let all = || self.ours.iter().chain(&self.theirs);
        let base = all().map(|change| change.base.start).min()?
            ..all().map(|change| change.base.end).max()?;
        let mut range = |changes: &[LineChange], side: usize| {
            let gained: isize = changes
                .iter()
                .map(|change| change.side.len() as isize - change.base.len() as isize)
                .sum();
            let start = base.start.wrapping_add_signed(before[side]);
            before[side] += gained;
            start..base.end.wrapping_add_signed(before[side])
        };
        let (our, their) = (range(&self.ours, 0), range(&self.theirs, 1));
        let changed = match (self.ours.is_empty(), self.theirs.is_empty()) {
            (_, true) => ChangedBy::Ours,
            (true, _) => ChangedBy::Theirs,
            _ if ours[our.clone()] == theirs[their.clone()] => ChangedBy::Both,
            _ => ChangedBy::Clash,
        };
        Some(MergeHunk { changed, base, ours: our, theirs: their })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    impl MergeTexts<'_> {
        fn text(&self, take: impl FnMut(usize, &MergeHunk) -> HunkSide) -> String {
            String::from_utf8(self.with(take)).unwrap()
        }

        fn clashes(&self) -> impl Iterator<Item = &MergeHunk> {
            self.hunks.iter().filter(|hunk| hunk.changed == ChangedBy::Clash)
        }

        /// All changes of both sides; where they clash, those of `clash`.
        fn merged(&self, clash: HunkSide) -> String {
            self.text(|_, hunk| match hunk.changed {
                ChangedBy::Ours | ChangedBy::Both => HunkSide::Ours,
                ChangedBy::Theirs => HunkSide::Theirs,
                ChangedBy::Clash => clash,
            })
        }
    }

    fn compared<'a>(base: &'a str, ours: &'a str, theirs: &'a str) -> MergeTexts<'a> {
        MergeTexts::new(base.as_bytes(), ours.as_bytes(), theirs.as_bytes())
    }

    /// Result of `git merge-file -p` for three texts, and true if it found no conflict.
    #[allow(clippy::disallowed_methods, reason = "git reads files")]
    fn git(base: &str, ours: &str, theirs: &str, choice: &[&str]) -> (String, bool) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("base", base), ("ours", ours), ("theirs", theirs)] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let mut git = Command::new("git");
        git.current_dir(dir.path())
            .args(["merge-file", "-p", "--diff-algorithm=histogram"])
            .args(choice);
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
            let texts = compared(BASE, ours, theirs);
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
                prop_assert_eq!(&compared(&base, &side, &base).merged(take), &side);
                prop_assert_eq!(&compared(&base, &base, &side).merged(take), &side);
                prop_assert_eq!(&compared(&base, &side, &side).merged(take), &side);
            }
        }

        #[test]
        fn every_text_can_be_taken_apart_again(base in text(), ours in text(), theirs in text()) {
            let texts = compared(&base, &ours, &theirs);
            prop_assert_eq!(&texts.text(|_, _| HunkSide::Base), &base);
            prop_assert_eq!(&texts.text(|_, _| HunkSide::Ours), &ours);
            prop_assert_eq!(&texts.text(|_, _| HunkSide::Theirs), &theirs);
        }

        #[test]
        fn sides_can_change_places(base in text(), ours in text(), theirs in text()) {
            let (one, other) = (compared(&base, &ours, &theirs), compared(&base, &theirs, &ours));
            prop_assert_eq!(one.clashes().count(), other.clashes().count());
            prop_assert_eq!(one.merged(HunkSide::Ours), other.merged(HunkSide::Theirs));
        }
    }
}
