//! Hunks: the changed lines of two texts with their numbers and some equal lines around them.

use similar::{Algorithm, DiffOp, TextDiff};
use std::borrow::Cow;
use std::time::Duration;

/// Equal lines shown before and after a change.
const AROUND: usize = 3;
/// Longest search for the shortest difference; after it a longer one is taken.
const PATIENCE: Duration = Duration::from_millis(200);

/// Neighbouring lines that changed, and equal ones around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffHunk {
    pub rows: Vec<DiffRow>,
}

/// A line; numbers count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffRow {
    Same { old: usize, new: usize, text: String },
    Removed { old: usize, text: String },
    Added { new: usize, text: String },
}

/// The hunks between two texts. Lines that differ in white space alone are equal if that is ignored; shown is the newer.
pub fn hunks(old: &str, new: &str, ignore_space: bool) -> Vec<DiffHunk> {
    let (old, new) = (old.lines().collect::<Vec<_>>(), new.lines().collect::<Vec<_>>());
    let [left, right] = [&old, &new].map(|lines| -> Vec<Cow<'_, str>> {
        lines.iter().map(|line| key(line, ignore_space)).collect()
    });
    let [left, right] =
        [&left, &right].map(|lines| lines.iter().map(|line| &**line).collect::<Vec<&str>>());
    let mut search = TextDiff::configure();
    let diff = search.algorithm(Algorithm::Myers).timeout(PATIENCE).diff_slices(&left, &right);
    diff.grouped_ops(AROUND)
        .iter()
        .map(|group| DiffHunk { rows: group.iter().flat_map(|op| rows(op, &old, &new)).collect() })
        .collect()
}

fn key(line: &str, ignore_space: bool) -> Cow<'_, str> {
    match ignore_space {
        true => Cow::Owned(line.split_whitespace().collect()),
        false => Cow::Borrowed(line),
    }
}

fn rows(op: &DiffOp, old: &[&str], new: &[&str]) -> Vec<DiffRow> {
    let (left, right) = (op.old_range(), op.new_range());
    if let DiffOp::Equal { .. } = op {
        let same = |(left, right): (usize, usize)| DiffRow::Same {
            old: left + 1,
            new: right + 1,
            text: new[right].to_owned(),
        };
        return left.zip(right).map(same).collect();
    }
    let removed = left.map(|at| DiffRow::Removed { old: at + 1, text: old[at].to_owned() });
    let added = right.map(|at| DiffRow::Added { new: at + 1, text: new[at].to_owned() });
    removed.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_numbers_of_their_sides() {
        let old = "a\nb\nc\nd\ne\nf\n";
        let new = "a\nb\nc\nd\nE\ne2\nf\n";
        let found = hunks(old, new, false);
        let same = |old, new, text: &str| DiffRow::Same { old, new, text: text.into() };
        let rows = vec![
            same(2, 2, "b"),
            same(3, 3, "c"),
            same(4, 4, "d"),
            DiffRow::Removed { old: 5, text: "e".into() },
            DiffRow::Added { new: 5, text: "E".into() },
            DiffRow::Added { new: 6, text: "e2".into() },
            same(6, 7, "f"),
        ];
        assert_eq!(found, [DiffHunk { rows }]);
        assert_eq!(hunks(old, old, false), []);
        assert_eq!(
            hunks("", "a\n", false),
            [DiffHunk { rows: vec![DiffRow::Added { new: 1, text: "a".into() }] }]
        );
    }

    #[test]
    fn white_space_may_be_ignored() {
        assert_eq!(hunks("a b\n", "  a  b\n", true), []);
        assert_eq!(hunks("a b\n", "  a  b\n", false).len(), 1);
    }
}
