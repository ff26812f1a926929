//! Sliding of changes: a change that begins with the line which follows it may be read one line further
//! down. Every change is moved to one place, so that two changes of the same lines meet.
//!
//! As in git: as far down as possible, but to the last place where the other text has a change too.

use super::histogram::ChangedLines;
use std::ops::Range;

/// One text: its lines, and the marks of those that changed.
struct Marked<'a> {
    lines: &'a [u32],
    changed: &'a mut [bool],
}

/// Changed lines between two unchanged ones; mostly none.
type LineGroup = Range<usize>;

impl Marked<'_> {
    fn is_changed(&self, at: usize) -> bool {
        self.changed.get(at).copied().unwrap_or_default()
    }

    /// LineGroup that begins at a line.
    fn group(&self, start: usize) -> LineGroup {
        let mut end = start;
        while self.is_changed(end) {
            end += 1;
        }
        start..end
    }

    fn next(&self, group: &LineGroup) -> Option<LineGroup> {
        (group.end < self.lines.len()).then(|| self.group(group.end + 1))
    }

    fn previous(&self, group: &LineGroup) -> Option<LineGroup> {
        let end = group.start.checked_sub(1)?;
        let mut start = end;
        while start > 0 && self.is_changed(start - 1) {
            start -= 1;
        }
        Some(start..end)
    }

    /// Moves a group one line up, and joins it with the one that it meets.
    fn slide_up(&mut self, group: &mut LineGroup) -> bool {
        let can = group.start > 0 && self.lines[group.start - 1] == self.lines[group.end - 1];
        if can {
            group.start -= 1;
            group.end -= 1;
            self.changed[group.start] = true;
            self.changed[group.end] = false;
            while group.start > 0 && self.is_changed(group.start - 1) {
                group.start -= 1;
            }
        }
        can
    }

    fn slide_down(&mut self, group: &mut LineGroup) -> bool {
        let can = group.end < self.lines.len() && self.lines[group.start] == self.lines[group.end];
        if can {
            self.changed[group.start] = false;
            self.changed[group.end] = true;
            group.start += 1;
            *group = group.start..self.group(group.end + 1).end;
        }
        can
    }
}

fn is_change(group: &LineGroup) -> bool {
    group.start < group.end
}

/// Slides the changes of both texts. The two stay a difference: the unchanged lines are the same.
pub fn slide(changed: &mut ChangedLines, old: &[u32], new: &[u32]) {
    let ChangedLines { old: gone, new: came } = changed;
    slide_one(Marked { lines: old, changed: gone }, &Marked { lines: new, changed: came });
    slide_one(Marked { lines: new, changed: came }, &Marked { lines: old, changed: gone });
}

/// Slides the changes of a text. The groups of both texts correspond, one to one: between two of them is one
/// unchanged line, so that a step over one line in the one is a step to the next group in the other.
fn slide_one(mut text: Marked<'_>, other: &Marked<'_>) {
    let (mut group, mut beside) = (text.group(0), other.group(0));
    loop {
        if is_change(&group) {
            slide_group(&mut text, other, &mut group, &mut beside);
        }
        match (text.next(&group), other.next(&beside)) {
            (Some(next), Some(next_beside)) => (group, beside) = (next, next_beside),
            _ => break,
        }
    }
}

fn slide_group(
    text: &mut Marked<'_>,
    other: &Marked<'_>,
    group: &mut LineGroup,
    beside: &mut LineGroup,
) {
    let back = |beside: &mut LineGroup| {
        if let Some(previous) = other.previous(beside) {
            *beside = previous;
        }
    };
    let mut meets;
    loop {
        let length = group.len();
        while text.slide_up(group) {
            back(beside);
        }
        meets = is_change(beside);
        while text.slide_down(group) {
            if let Some(next) = other.next(beside) {
                *beside = next;
            }
            meets |= is_change(beside);
        }
        // It met another group, which may move further.
        if group.len() == length {
            break;
        }
    }
    while meets && !is_change(beside) && text.slide_up(group) {
        back(beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::histogram::changed_lines;

    fn slid(old: &str, new: &str) -> (String, String) {
        let lines = |text: &str| text.chars().map(u32::from).collect::<Vec<u32>>();
        let (a, b) = (lines(old), lines(new));
        let mut changed = changed_lines(&a, &b);
        slide(&mut changed, &a, &b);
        let marks = |changed: &[bool], text: &str| {
            text.chars().zip(changed).map(|(one, mark)| if *mark { one } else { '.' }).collect()
        };
        (marks(&changed.old, old), marks(&changed.new, new))
    }

    #[test]
    fn a_change_goes_down_as_far_as_it_can() {
        assert_eq!(slid("axb", "axxxb"), ("...".to_owned(), "..xx.".to_owned()));
        assert_eq!(slid("a}b", "a}c}b"), ("...".to_owned(), "..c}.".to_owned()));
    }

    #[test]
    fn a_change_stays_beside_one_of_the_other_text() {
        assert_eq!(slid("ayb", "axxb"), (".y..".chars().take(3).collect(), ".xx.".to_owned()));
    }
}
