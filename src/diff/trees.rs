//! Changed paths between two trees, with the word for each change.

use crate::error::Result;
use crate::object::{self, Id, Leaf, Mode, Source};
use std::collections::HashMap;

/// Kind of change of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Added,
    Removed,
    Modified,
    /// The same bytes, executable or no longer.
    Mode,
    /// A file became a link or the reverse.
    Type,
    /// The same bytes under another path; found only by [`find_renames`].
    Renamed,
}

impl ChangeKind {
    /// The stable word of this kind in output.
    pub fn word(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Modified => "modified",
            ChangeKind::Mode => "mode",
            ChangeKind::Type => "type",
            ChangeKind::Renamed => "renamed",
        }
    }

    /// The letter of this kind, as git has it.
    pub fn letter(self) -> char {
        match self {
            ChangeKind::Added => 'A',
            ChangeKind::Removed => 'D',
            ChangeKind::Modified | ChangeKind::Mode => 'M',
            ChangeKind::Type => 'T',
            ChangeKind::Renamed => 'R',
        }
    }
}

/// One changed path. A renamed one has the path it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    pub path: String,
    pub from: Option<String>,
    pub kind: ChangeKind,
    pub old: Option<Leaf>,
    pub new: Option<Leaf>,
}

/// The changes from tree `a` to tree `b`, sorted by path. `None` is the empty tree.
pub fn trees(source: &dyn Source, a: Option<Id>, b: Option<Id>) -> Result<Vec<TreeChange>> {
    let found = object::compare(source, a, b)?;
    let change = |d: object::TreeDifference| TreeChange {
        path: d.path,
        from: None,
        kind: kind(d.old, d.new),
        old: d.old,
        new: d.new,
    };
    Ok(found.into_iter().map(change).collect())
}

fn kind(old: Option<Leaf>, new: Option<Leaf>) -> ChangeKind {
    match (old, new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        (Some((a, _)), Some((b, _))) if (a == Mode::Symlink) != (b == Mode::Symlink) => {
            ChangeKind::Type
        }
        (Some((_, a)), Some((_, b))) if a == b => ChangeKind::Mode,
        _ => ChangeKind::Modified,
    }
}

/// Turns a removed and an added path with the same mode and bytes into one renamed path. Pairs are
/// taken in the order of their paths; empty files are left as they are, they all have the same bytes.
pub fn find_renames(changes: Vec<TreeChange>) -> Vec<TreeChange> {
    let empty = Id::of_blob(b"");
    let mut gone: HashMap<Leaf, Vec<String>> = HashMap::new();
    for change in changes.iter().rev() {
        if let (ChangeKind::Removed, Some(leaf)) = (change.kind, change.old)
            && leaf.1 != empty
        {
            gone.entry(leaf).or_default().push(change.path.clone());
        }
    }
    let mut kept = Vec::with_capacity(changes.len());
    let mut moved = std::collections::HashSet::new();
    for mut change in changes {
        let came =
            (change.kind == ChangeKind::Added).then(|| gone.get_mut(&change.new?)?.pop()).flatten();
        if let Some(from) = came {
            moved.insert(from.clone());
            change = TreeChange {
                from: Some(from),
                kind: ChangeKind::Renamed,
                old: change.new,
                ..change
            };
        }
        kept.push(change);
    }
    kept.retain(|change| change.kind != ChangeKind::Removed || !moved.contains(&change.path));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Sink, Tree, TreeEntry};

    fn tree(memory: &mut Memory, files: &[(&str, Mode, &str)]) -> Option<Id> {
        let entry = |(name, mode, text): &(&str, Mode, &str)| {
            TreeEntry::new(name, *mode, Id::of_blob(text.as_bytes()))
        };
        let tree = Tree::new(files.iter().map(entry).collect()).unwrap();
        Some(memory.put_tree(&tree, None).unwrap())
    }

    fn words(changes: &[TreeChange]) -> Vec<String> {
        changes.iter().map(|c| format!("{} {}", c.kind.word(), c.path)).collect()
    }

    #[test]
    fn each_change_has_its_word() {
        use Mode::{Executable, File, Symlink};
        let mut memory = Memory::default();
        let old =
            [("gone", File, "1"), ("link", File, "2"), ("run", File, "3"), ("text", File, "4")];
        let new = [
            ("fresh", File, "5"),
            ("link", Symlink, "2"),
            ("run", Executable, "3"),
            ("text", File, "6"),
        ];
        let (old, new) = (tree(&mut memory, &old), tree(&mut memory, &new));
        let changes = trees(&memory, old, new).unwrap();
        assert_eq!(
            words(&changes),
            ["added fresh", "removed gone", "type link", "mode run", "modified text"]
        );
    }

    #[test]
    fn a_moved_file_is_one_change() {
        let mut memory = Memory::default();
        let file = Mode::File;
        let old = tree(&mut memory, &[("a", file, "x"), ("b", file, "x"), ("e", file, "")]);
        let new = tree(&mut memory, &[("c", file, "x"), ("f", file, "")]);
        let changes = find_renames(trees(&memory, old, new).unwrap());
        assert_eq!(words(&changes), ["removed b", "renamed c", "removed e", "added f"]);
        assert_eq!(changes[1].from.as_deref(), Some("a"));
    }

    #[test]
    fn a_file_that_moved_and_became_executable_is_two_changes() {
        let mut memory = Memory::default();
        let old = tree(&mut memory, &[("a", Mode::File, "x")]);
        let new = tree(&mut memory, &[("b", Mode::Executable, "x")]);
        let changes = find_renames(trees(&memory, old, new).unwrap());
        assert_eq!(words(&changes), ["removed a", "added b"]);
    }
}
