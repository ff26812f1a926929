//! Tree comparison by path. Equal subtrees are never opened.

use super::{Id, Mode, PathLimits, Source, Tree, TreeEntry, TreeExtents};
use crate::error::{Hint, Result};
use std::cmp::Ordering;

/// Leaf of a tree: its mode and the id of its blob.
pub type Leaf = (Mode, Id);

/// A path below two trees where they differ. Directories never appear themselves, only what is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeDifference {
    pub path: String,
    pub old: Option<Leaf>,
    pub new: Option<Leaf>,
}

/// The differences from `old` to `new`, sorted by the bytes of their paths. `None` is the empty tree.
///
/// An error where one of them is more than any project has: a few trees can unfold to billions of paths, also in a
/// store that took them in before that was counted.
pub fn compare(
    source: &dyn Source,
    old: Option<Id>,
    new: Option<Id>,
) -> Result<Vec<TreeDifference>> {
    let (mut found, mut seen) = (Vec::new(), 0);
    let roots = [old, new];
    // A list instead of recursion: how deep trees are is not ours to choose.
    let mut open = vec![(String::new(), old, new)];
    while let Some((folder, old, new)) = open.pop() {
        if old == new {
            continue;
        }
        let load = |id: Option<Id>| id.map_or_else(|| Ok(Tree::default()), |id| source.tree(&id));
        let (old, new) = (load(old)?, load(new)?);
        let before = seen;
        seen += old.entries().len() + new.entries().len();
        if before <= MANY && seen > MANY {
            check_extents(source, roots)?;
        }
        for (old, new) in pairs(old.entries(), new.entries()) {
            let name = old.or(new).map_or("", |entry| &entry.name);
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let below =
                |entry: Option<&TreeEntry>| entry.filter(|e| e.mode.is_directory()).map(|e| e.id);
            let leaf = |entry: Option<&TreeEntry>| {
                entry.filter(|e| !e.mode.is_directory()).map(|entry| (entry.mode, entry.id))
            };
            if leaf(old) != leaf(new) {
                found.push(TreeDifference { path: path.clone(), old: leaf(old), new: leaf(new) });
            }
            open.push((path, below(old), below(new)));
        }
    }
    found.sort_unstable_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    Ok(found)
}

/// Few projects have more entries that differ. From there on they are counted before more are opened.
const MANY: usize = 50_000;

fn check_extents(source: &dyn Source, roots: [Option<Id>; 2]) -> Result<()> {
    let mut extents = TreeExtents::of_entries();
    roots
        .iter()
        .flatten()
        .try_for_each(|root| extents.check(source, root, PathLimits::ANY))
        .map_err(|error| error.context("cannot compare these files").hint(Hint::ListAuthors))
}

/// Every file of a tree with its path, sorted by the bytes of the paths.
pub fn leaves(source: &dyn Source, tree: Id) -> Result<Vec<(String, Mode, Id)>> {
    let all = compare(source, None, Some(tree))?;
    Ok(all
        .into_iter()
        .filter_map(|found| found.new.map(|(mode, id)| (found.path, mode, id)))
        .collect())
}

/// The entries of two sorted lists, side by side where their names are the same.
fn pairs<'a>(
    old: &'a [TreeEntry],
    new: &'a [TreeEntry],
) -> Vec<(Option<&'a TreeEntry>, Option<&'a TreeEntry>)> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.name.as_bytes().cmp(b.name.as_bytes()),
        };
        pairs.push(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, ObjectKind, Sink};
    use std::cell::RefCell;

    fn folder(memory: &mut Memory, files: &[(&str, Mode, &str)]) -> Id {
        let entries = files.iter().map(|(name, mode, text)| {
            TreeEntry::new(name, *mode, memory.put_blob(text.as_bytes().to_vec(), None).unwrap())
        });
        let tree = Tree::new(entries.collect()).unwrap();
        memory.put_tree(&tree, None).unwrap()
    }

    fn parent(memory: &mut Memory, folders: &[(&str, Id)]) -> Id {
        let entries = folders.iter().map(|(name, id)| TreeEntry::directory(name, *id)).collect();
        memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap()
    }

    fn paths(found: &[TreeDifference]) -> Vec<&str> {
        found.iter().map(|d| d.path.as_str()).collect()
    }

    #[test]
    fn added_removed_and_changed_files_are_named_in_order() {
        let mut memory = Memory::default();
        let file = Mode::File;
        let old = folder(&mut memory, &[("a", file, "1"), ("b", file, "2"), ("same", file, "s")]);
        let new = folder(
            &mut memory,
            &[("b", file, "3"), ("c", Mode::Executable, "4"), ("same", file, "s")],
        );
        let found = compare(&memory, Some(old), Some(new)).unwrap();
        assert_eq!(paths(&found), ["a", "b", "c"]);
        assert_eq!((found[0].old.is_some(), found[0].new), (true, None));
        assert_eq!(found[2].new, Some((Mode::Executable, Id::of_blob(b"4"))));
    }

    #[test]
    fn a_folder_that_became_a_file_loses_its_files() {
        let mut memory = Memory::default();
        let inner = folder(&mut memory, &[("x", Mode::File, "1")]);
        let old = parent(&mut memory, &[("a", inner)]);
        let new = folder(&mut memory, &[("a", Mode::File, "2"), ("a.txt", Mode::File, "3")]);
        let found = compare(&memory, Some(old), Some(new)).unwrap();
        assert_eq!(paths(&found), ["a", "a.txt", "a/x"]);
        assert_eq!(found[2].new, None);
    }

    /// Counts what is opened.
    struct Counting<'a>(&'a Memory, RefCell<Vec<Id>>);

    impl Source for Counting<'_> {
        fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
            self.1.borrow_mut().push(*id);
            self.0.find(id)
        }
    }

    #[test]
    fn equal_folders_are_not_opened() {
        let mut memory = Memory::default();
        let same = folder(&mut memory, &[("x", Mode::File, "1")]);
        let old = folder(&mut memory, &[("y", Mode::File, "1")]);
        let new = folder(&mut memory, &[("y", Mode::File, "2")]);
        let a = parent(&mut memory, &[("same", same), ("other", old)]);
        let b = parent(&mut memory, &[("same", same), ("other", new)]);
        let counting = Counting(&memory, RefCell::default());
        assert_eq!(paths(&compare(&counting, Some(a), Some(b)).unwrap()), ["other/y"]);
        let opened = counting.1.into_inner();
        assert_eq!(opened.len(), 4);
        assert!(!opened.contains(&same));
    }

    #[test]
    fn leaves_are_all_files_by_path() {
        let mut memory = Memory::default();
        let inner = folder(&mut memory, &[("x", Mode::Symlink, "t")]);
        let root = parent(&mut memory, &[("b", inner), ("a", inner)]);
        let found = leaves(&memory, root).unwrap();
        let paths: Vec<_> = found.iter().map(|(path, mode, _)| (path.as_str(), *mode)).collect();
        assert_eq!(paths, [("a/x", Mode::Symlink), ("b/x", Mode::Symlink)]);
    }

    #[test]
    fn a_missing_tree_is_an_error() {
        let memory = Memory::default();
        assert!(compare(&memory, None, Some(Id::of_blob(b"none"))).is_err());
    }
}
