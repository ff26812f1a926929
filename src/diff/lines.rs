//! Line diff of two texts, long equal stretches cut: the layout of the stock command's `sync`.

use similar::{ChangeTag, TextDiff};

/// Longer stretches of equal lines are cut to their first and last `EDGE`.
const LONG: usize = 6;
const EDGE: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    Removed(String),
    Added(String),
    Same(String),
    /// So many equal lines are left out here.
    Left(usize),
}

/// Empty lines are not shown, as the stock command does not.
pub fn between(old: &str, new: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(old, new);
    let (mut lines, mut same) = (Vec::new(), Vec::new());
    for change in diff.iter_all_changes() {
        let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
        if change.tag() != ChangeTag::Equal {
            flush(&mut lines, &mut same);
        }
        match change.tag() {
            _ if text.is_empty() => {}
            ChangeTag::Equal => same.push(text),
            ChangeTag::Delete => lines.push(DiffLine::Removed(text)),
            ChangeTag::Insert => lines.push(DiffLine::Added(text)),
        }
    }
    flush(&mut lines, &mut same);
    lines
}

/// The first line in which two texts differ, counted from 1, with what each has there; nothing where one ended before.
pub fn first<'t>(old: &'t str, new: &'t str) -> Option<(usize, Option<&'t str>, Option<&'t str>)> {
    let (mut old, mut new) = (old.split('\n'), new.split('\n'));
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old != new => return Some((number, old, new)),
            _ => {}
        }
    }
    None
}

/// A stretch of a line that begins shortly before its difference from the other, where the whole line is too long.
pub fn around(line: &str, other: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let same = line.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(most / 3);
    let cut: String = line.chars().skip(from).take(most).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if line.chars().count() > from + most { "…" } else { "" };
    format!("{before}{cut}{after}")
}

fn flush(lines: &mut Vec<DiffLine>, same: &mut Vec<String>) {
    let count = same.len();
    for (at, text) in same.drain(..).enumerate() {
        if count <= LONG || at < EDGE || at >= count - EDGE {
            lines.push(DiffLine::Same(text));
        } else if at == EDGE {
            lines.push(DiffLine::Left(count - 2 * EDGE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let one = |line: DiffLine| match line {
            DiffLine::Removed(text) => format!("- {text}\n"),
            DiffLine::Added(text) => format!("+ {text}\n"),
            DiffLine::Same(text) => format!("  {text}\n"),
            DiffLine::Left(count) => format!("  ... ({count} unchanged lines) ...\n"),
        };
        between(old, new).into_iter().map(one).collect()
    }

    #[test]
    fn the_first_line_that_differs() {
        assert_eq!(first("a\nb\nc", "a\nx\nc"), Some((2, Some("b"), Some("x"))));
        assert_eq!(first("a", "a\nb"), Some((2, None, Some("b"))));
        assert_eq!(first("", "b"), Some((1, Some(""), Some("b"))));
        assert_eq!(first("a\n", "a\n"), None);
    }

    #[test]
    fn a_long_line_is_cut_around_its_difference() {
        let (old, new) =
            (format!("{}old{}", "é".repeat(90), "z".repeat(90)), format!("{}new", "é".repeat(90)));
        assert_eq!(around(&old, &new, 30), format!("…{}old{}…", "é".repeat(10), "z".repeat(17)));
        assert_eq!(around(&new, &old, 30), format!("…{}new", "é".repeat(10)));
        assert_eq!(around("short", "other", 30), "short");
    }

    /// Compared with what `showColoredDiff` of lua-cli 3.37.0 prints, colours aside.
    #[test]
    fn long_equal_stretches_are_cut() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\nold\n";
        let new = "a\nb\nc\nd\ne\nf\ng\nh\nnew\n\nlast\n";
        let expected =
            "  a\n  b\n  c\n  ... (2 unchanged lines) ...\n  f\n  g\n  h\n- old\n+ new\n+ last\n";
        assert_eq!(shown(old, new), expected);
        assert_eq!(shown("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
        assert_eq!(shown("", "x"), "+ x\n");
    }
}
