//! Blame: for each line of a text, the oldest of its earlier texts in which the line was there without a break.

use super::text::lines;
use similar::DiffOp;

/// Lines of a text on their way back through its history.
pub struct LineBlame<T> {
    /// Text that was reached, and the lines in it that are not attributed yet: index there, index in the newest text.
    text: String,
    open: Vec<(usize, usize)>,
    found: Vec<Option<T>>,
}

impl<T: Clone> LineBlame<T> {
    pub fn new(newest: &str) -> LineBlame<T> {
        let count = newest.split_inclusive('\n').count();
        LineBlame {
            text: newest.to_owned(),
            open: (0..count).map(|at| (at, at)).collect(),
            found: vec![None; count],
        }
    }

    /// True if every line has its origin.
    pub fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Goes on to an older text. The lines that it lacks came with `origin`.
    pub fn step(&mut self, older: &str, origin: &T) {
        let diff = lines(older, &self.text);
        let mut came_from = std::collections::HashMap::new();
        for op in diff.ops() {
            if let DiffOp::Equal { old_index, new_index, len } = *op {
                came_from.extend((0..len).map(|at| (new_index + at, old_index + at)));
            }
        }
        drop(diff);
        let mut still = Vec::new();
        for (here, newest) in std::mem::take(&mut self.open) {
            match came_from.get(&here) {
                Some(before) => still.push((*before, newest)),
                None => self.found[newest] = Some(origin.clone()),
            }
        }
        self.open = still;
        self.text = older.to_owned();
    }

    /// Ends at the first text: the lines that are left came with it. One origin for each line of the newest text.
    pub fn finish(mut self, origin: &T) -> Vec<T> {
        for (_, newest) in std::mem::take(&mut self.open) {
            self.found[newest] = Some(origin.clone());
        }
        self.found.into_iter().map(|found| found.unwrap_or_else(|| origin.clone())).collect()
    }
}

/// Number of times that a text is in some bytes, without overlap, as `git log -S` counts.
pub fn occurrences(bytes: &[u8], text: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while !text.is_empty() && at + text.len() <= bytes.len() {
        if bytes[at] == text[0] && bytes[at..].starts_with(text) {
            count += 1;
            at += text.len();
        } else {
            at += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_the_text_that_brought_it() {
        let texts = ["c\nb\na2\n", "b\na2\n", "a\nb\n"];
        let mut blame = LineBlame::new(texts[0]);
        blame.step(texts[1], &3);
        blame.step(texts[2], &2);
        assert_eq!(blame.finish(&1), [3, 1, 2]);
        let empty = LineBlame::new("");
        assert!(empty.is_done());
        assert_eq!(empty.finish(&1), Vec::<i32>::new());
    }

    #[test]
    fn occurrences_do_not_overlap() {
        assert_eq!(occurrences(b"aaaa", b"aa"), 2);
        assert_eq!(occurrences(b"abcab", b"ab"), 2);
        assert_eq!((occurrences(b"", b"a"), occurrences(b"a", b"")), (0, 0));
    }
}
