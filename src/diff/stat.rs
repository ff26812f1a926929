//! Line counts: added and removed by a change.

use super::text::lines;
use crate::object::is_binary;
use similar::DiffOp;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCount {
    pub added: usize,
    pub removed: usize,
}

/// Lines added and removed from `old` to `new`; `None` for binary files.
pub fn count_lines(old: &[u8], new: &[u8]) -> Option<LineCount> {
    if is_binary(old) || is_binary(new) {
        return None;
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let mut count = LineCount::default();
    for op in lines(&old, &new).ops() {
        if !matches!(op, DiffOp::Equal { .. }) {
            count.removed += op.old_range().len();
            count.added += op.new_range().len();
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted() {
        let count = count_lines(b"a\nb\nc\n", b"a\nB\nc\nd\n");
        assert_eq!(count, Some(LineCount { added: 2, removed: 1 }));
        assert_eq!(count_lines(b"", b"a\nb"), Some(LineCount { added: 2, removed: 0 }));
        assert_eq!(count_lines(b"\0", b"a"), None);
    }
}
