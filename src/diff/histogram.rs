//! Histogram difference of two sequences of lines: the lines that each side lacks in the other.
//!
//! The longest common stretch among the rarest lines parts both texts, and each part is compared in
//! the same way. git merges by this difference, so that what merges there merges here.

use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::collections::HashMap;
use std::ops::Range;

/// A line that occurs more often than this is no anchor.
const MOST_OCCURRENCES: usize = 64;

/// For each line of the old and of the new text: true if the other one lacks it.
pub struct ChangedLines {
    pub old: Vec<bool>,
    pub new: Vec<bool>,
}

/// Stretch of lines that both texts have.
#[derive(Clone)]
struct Common {
    old: Range<usize>,
    new: Range<usize>,
}

/// Anchor of a part of both texts.
enum Anchor {
    Stretch(Common),
    /// No line is common.
    None,
    /// Every common line occurs too often.
    TooMany,
}

pub fn changed_lines(old: &[u32], new: &[u32]) -> ChangedLines {
    let mut changed = ChangedLines { old: vec![false; old.len()], new: vec![false; new.len()] };
    let mut parts = vec![Common { old: 0..old.len(), new: 0..new.len() }];
    while let Some(part) = parts.pop() {
        if part.old.is_empty() || part.new.is_empty() {
            changed.mark(&part);
            continue;
        }
        match anchor(old, new, &part) {
            Anchor::None => changed.mark(&part),
            Anchor::TooMany => changed.compare_all(old, new, &part),
            Anchor::Stretch(common) => {
                parts.push(Common {
                    old: common.old.end..part.old.end,
                    new: common.new.end..part.new.end,
                });
                parts.push(Common {
                    old: part.old.start..common.old.start,
                    new: part.new.start..common.new.start,
                });
            }
        }
    }
    changed
}

impl ChangedLines {
    fn mark(&mut self, part: &Common) {
        self.old[part.old.clone()].fill(true);
        self.new[part.new.clone()].fill(true);
    }

    /// The shortest difference, where no line is rare.
    fn compare_all(&mut self, old: &[u32], new: &[u32], part: &Common) {
        let (old, new) = (&old[part.old.clone()], &new[part.new.clone()]);
        for step in capture_diff_slices(Algorithm::Myers, old, new) {
            let (tag, old, new) = step.as_tag_tuple();
            if tag != DiffTag::Equal {
                let shift = |range: Range<usize>, by| range.start + by..range.end + by;
                self.mark(&Common {
                    old: shift(old, part.old.start),
                    new: shift(new, part.new.start),
                });
            }
        }
    }
}

/// The common stretch whose rarest line occurs least; of several the longest, of these the first.
fn anchor(old: &[u32], new: &[u32], part: &Common) -> Anchor {
    let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
    for at in part.old.clone() {
        places.entry(old[at]).or_default().push(at);
    }
    let (mut best, mut rarest): (Option<Common>, usize) = (None, MOST_OCCURRENCES + 1);
    let mut is_common = false;
    let mut at = part.new.start;
    while at < part.new.end {
        let mut next = at + 1;
        let Some(found) = places.get(&new[at]) else {
            at = next;
            continue;
        };
        is_common = true;
        if found.len() <= rarest {
            let mut covered = 0;
            for &start in found {
                if start < covered {
                    continue;
                }
                let (stretch, rarity) = extend(old, new, part, &places, (start, at));
                next = next.max(stretch.new.end);
                covered = stretch.old.end;
                let length = best.as_ref().map_or(1, |best| best.old.len());
                if stretch.old.len() > length || rarity < rarest {
                    rarest = rarity;
                    best = Some(stretch);
                }
            }
        }
        at = next;
    }
    match best {
        Some(common) => Anchor::Stretch(common),
        None if is_common => Anchor::TooMany,
        None => Anchor::None,
    }
}

/// The whole stretch around two equal lines, and how often its rarest line occurs.
fn extend(
    old: &[u32],
    new: &[u32],
    part: &Common,
    places: &HashMap<u32, Vec<usize>>,
    (a, b): (usize, usize),
) -> (Common, usize) {
    let occurrences = |at: usize| places[&old[at]].len();
    let mut rarity = occurrences(a);
    let mut stretch = Common { old: a..a + 1, new: b..b + 1 };
    while stretch.old.start > part.old.start
        && stretch.new.start > part.new.start
        && old[stretch.old.start - 1] == new[stretch.new.start - 1]
    {
        stretch.old.start -= 1;
        stretch.new.start -= 1;
        rarity = rarity.min(occurrences(stretch.old.start));
    }
    while stretch.old.end < part.old.end
        && stretch.new.end < part.new.end
        && old[stretch.old.end] == new[stretch.new.end]
    {
        rarity = rarity.min(occurrences(stretch.old.end));
        stretch.old.end += 1;
        stretch.new.end += 1;
    }
    (stretch, rarity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u32> {
        text.chars().map(u32::from).collect()
    }

    fn marks(changed: &[bool], text: &str) -> String {
        text.chars().zip(changed).map(|(one, changed)| if *changed { one } else { '.' }).collect()
    }

    #[test]
    fn the_rarest_common_lines_part_the_texts() {
        for (old, new, gone, came) in [
            ("", "ab", "", "ab"),
            ("abc", "abc", "...", "..."),
            ("abc", "xyz", "abc", "xyz"),
            // "}" occurs often, "b" once.
            ("a}b}c}", "b}x}", "a}..c.", "..x."),
        ] {
            let changed = changed_lines(&lines(old), &lines(new));
            assert_eq!(
                (marks(&changed.old, old), marks(&changed.new, new)),
                (gone.to_owned(), came.to_owned())
            );
        }
    }

    #[test]
    fn lines_that_all_occur_too_often_are_compared_all() {
        let (old, new) = ("ab".repeat(70), "ab".repeat(69));
        let changed = changed_lines(&lines(&old), &lines(&new));
        let count = |marks: &[bool]| marks.iter().filter(|mark| **mark).count();
        assert_eq!((count(&changed.old), count(&changed.new)), (2, 0));
    }
}
