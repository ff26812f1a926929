//! Patch of two files that `git apply` and `patch` understand.

use crate::object::{Leaf, Mode, is_binary};
use similar::{Algorithm, ChangeTag, TextDiff};
use std::fmt::Write as _;
use std::time::Duration;

/// Above this many bytes on both sides together the search for the shortest difference is cut short.
pub(super) const LARGE: usize = 4 << 20;

/// One side of a comparison: entry and bytes.
#[derive(Clone, Copy, Debug)]
pub struct DiffSide<'a> {
    pub leaf: Leaf,
    pub bytes: &'a [u8],
}

/// A patch as text, and whether it says no more than that two binary files differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    pub text: String,
    pub binary: bool,
}

/// The patch from `old` at path `from` to `new` at path `to`. `None` is a file that is not there.
/// Bytes that are not UTF-8 are shown as replacement characters; what is stored stays exact.
pub fn patch(from: &str, old: Option<DiffSide<'_>>, to: &str, new: Option<DiffSide<'_>>) -> Patch {
    if let (Some(a), Some(b)) = (old, new)
        && (a.leaf.0 == Mode::Symlink) != (b.leaf.0 == Mode::Symlink)
    {
        // As git: what was there goes, something else comes.
        let (gone, come) = (patch(from, old, from, None), patch(to, None, to, new));
        return Patch { text: gone.text + &come.text, binary: gone.binary || come.binary };
    }
    let mut text = String::new();
    head(&mut text, from, old, to, new);
    let (a, b) = (old.map_or(&[][..], |side| side.bytes), new.map_or(&[][..], |side| side.bytes));
    if a == b {
        return Patch { text, binary: false };
    }
    let old_name = old.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{from}"));
    let new_name = new.map_or_else(|| "/dev/null".to_owned(), |_| format!("b/{to}"));
    if is_binary(a) || is_binary(b) {
        let _ = writeln!(text, "Binary files {old_name} and {new_name} differ");
        return Patch { text, binary: true };
    }
    let _ = writeln!(text, "--- {old_name}\n+++ {new_name}");
    hunks(&mut text, &String::from_utf8_lossy(a), &String::from_utf8_lossy(b));
    Patch { text, binary: false }
}

fn head(
    text: &mut String,
    from: &str,
    old: Option<DiffSide<'_>>,
    to: &str,
    new: Option<DiffSide<'_>>,
) {
    let _ = writeln!(text, "diff --git a/{from} b/{to}");
    match (old.map(|side| side.leaf.0), new.map(|side| side.leaf.0)) {
        (None, Some(mode)) => drop(writeln!(text, "new file mode {}", octal(mode))),
        (Some(mode), None) => drop(writeln!(text, "deleted file mode {}", octal(mode))),
        (Some(a), Some(b)) if a != b => {
            let _ = writeln!(text, "old mode {}\nnew mode {}", octal(a), octal(b));
        }
        _ => {}
    }
    if from != to {
        let _ = writeln!(text, "rename from {from}\nrename to {to}");
    }
}

pub(super) fn octal(mode: Mode) -> &'static str {
    match mode {
        Mode::File => "100644",
        Mode::Executable => "100755",
        Mode::Symlink => "120000",
        Mode::Directory => "040000",
    }
}

/// The line difference. Bounded: after a while the search settles for a longer difference, which
/// is still a right one.
pub(super) fn lines<'a>(old: &'a str, new: &'a str) -> TextDiff<'a, 'a, str> {
    let large = old.len() + new.len() > LARGE;
    let algorithm = if large { Algorithm::Histogram } else { Algorithm::Myers };
    TextDiff::configure().algorithm(algorithm).timeout(Duration::from_secs(2)).diff_lines(old, new)
}

fn hunks(text: &mut String, old: &str, new: &str) {
    let diff = lines(old, new);
    for group in diff.grouped_ops(3) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old = range(first.old_range().start, last.old_range().end);
        let new = range(first.new_range().start, last.new_range().end);
        let _ = writeln!(text, "@@ -{old} +{new} @@");
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            text.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            text.push_str(change.value());
            if change.missing_newline() {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
}

/// A range of lines as patches write it: counted from 1, an empty one named by the line before it,
/// a single line without its count.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        count => format!("{},{count}", start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Id;

    fn side(bytes: &[u8]) -> Option<DiffSide<'_>> {
        Some(DiffSide { leaf: (Mode::File, Id::of_blob(bytes)), bytes })
    }

    /// Written by `git diff` for the same two files, less its `index` line and the line named after `@@`.
    const GIT: &str = "\
diff --git a/x b/x
--- a/x
+++ b/x
@@ -1,5 +1,5 @@
 one
-two
+2
 three
 four
 five
@@ -9,4 +9,4 @@
 nine
 ten
 eleven
-twelve
\\ No newline at end of file
+twelve
";

    #[test]
    fn hunks_are_those_of_git() {
        let old = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve";
        let new = format!("{}\n", old.replace("two", "2"));
        assert_eq!(patch("x", side(old.as_bytes()), "x", side(new.as_bytes())).text, GIT);
    }

    #[test]
    fn a_new_file_comes_from_nowhere() {
        let made = patch("x", None, "x", side(b"a\n"));
        let text =
            "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n";
        assert_eq!(made.text, text);
    }

    #[test]
    fn a_removed_file_goes_nowhere() {
        let text = "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n";
        assert_eq!(patch("x", side(b"a\nb\n"), "x", None).text, text);
    }

    #[test]
    fn binary_files_only_differ() {
        let made = patch("x", side(b"a\0b"), "x", side(b"a\0c"));
        assert_eq!(made.text, "diff --git a/x b/x\nBinary files a/x and b/x differ\n");
        assert!(made.binary);
        assert!(!is_binary(&[b'a'; 9000]));
        let late = [vec![b'a'; 8000], vec![0]].concat();
        assert!(!is_binary(&late), "git looks at the first 8000 bytes only");
    }

    #[test]
    fn a_mode_alone_has_no_hunk() {
        let old = Some(DiffSide { leaf: (Mode::File, Id::of_blob(b"a")), bytes: b"a" });
        let new = Some(DiffSide { leaf: (Mode::Executable, Id::of_blob(b"a")), bytes: b"a" });
        let text = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n";
        assert_eq!(patch("x", old, "x", new).text, text);
    }

    #[test]
    fn a_file_that_became_a_link_goes_and_comes() {
        let link = Some(DiffSide { leaf: (Mode::Symlink, Id::of_blob(b"t")), bytes: b"t" });
        let text = patch("x", side(b"a\n"), "x", link).text;
        assert!(text.contains("deleted file mode 100644\n"));
        assert!(text.contains("new file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+t\n"));
    }

    #[test]
    fn huge_files_without_a_common_line_end_soon() {
        let lines = |word: &str| (0..200_000).map(|n| format!("{word} {n}\n")).collect::<String>();
        let (old, new) = (lines("left"), lines("right"));
        let made = patch("x", side(old.as_bytes()), "x", side(new.as_bytes()));
        assert_eq!(made.text.matches("\n-left ").count(), 200_000);
        assert_eq!(made.text.matches("\n+right ").count(), 200_000);
    }
}
