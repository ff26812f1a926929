//! Two texts line by line, long equal stretches cut: the layout of the stock command's `sync`.

use similar::{ChangeTag, TextDiff};

/// Longer stretches of equal lines are cut to their first and last `EDGE`.
const LONG: usize = 6;
const EDGE: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Removed(String),
    Added(String),
    Same(String),
    /// So many equal lines are left out here.
    Left(usize),
}

/// Empty lines are not shown, as the stock command does not.
pub fn between(old: &str, new: &str) -> Vec<Line> {
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
            ChangeTag::Delete => lines.push(Line::Removed(text)),
            ChangeTag::Insert => lines.push(Line::Added(text)),
        }
    }
    flush(&mut lines, &mut same);
    lines
}

fn flush(lines: &mut Vec<Line>, same: &mut Vec<String>) {
    let count = same.len();
    for (at, text) in same.drain(..).enumerate() {
        if count <= LONG || at < EDGE || at >= count - EDGE {
            lines.push(Line::Same(text));
        } else if at == EDGE {
            lines.push(Line::Left(count - 2 * EDGE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let one = |line: Line| match line {
            Line::Removed(text) => format!("- {text}\n"),
            Line::Added(text) => format!("+ {text}\n"),
            Line::Same(text) => format!("  {text}\n"),
            Line::Left(count) => format!("  ... ({count} unchanged lines) ...\n"),
        };
        between(old, new).into_iter().map(one).collect()
    }

    /// Compared with what `showColoredDiff` of lua-cli 3.37.0 prints, colours aside.
    #[test]
    fn long_equal_stretches_are_cut() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\nold\n";
        let new = "a\nb\nc\nd\ne\nf\ng\nh\nnew\n\nlast\n";
        let expected = "  a\n  b\n  c\n  ... (2 unchanged lines) ...\n  f\n  g\n  h\n- old\n+ new\n+ last\n";
        assert_eq!(shown(old, new), expected);
        assert_eq!(shown("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
        assert_eq!(shown("", "x"), "+ x\n");
    }
}
