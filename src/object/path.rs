//! Paths inside trees: the entry at a path, and the trees of a flat list of paths.

use super::{Id, Mode, Sink, Source, Tree, TreeEntry};
use crate::error::Result;
use std::collections::{HashMap, hash_map};

/// The entry that a `/`-separated path names below a tree, or `None`.
pub fn entry_at<S: Source + ?Sized>(
    source: &S,
    root: &Id,
    path: &str,
) -> Result<Option<TreeEntry>> {
    let mut here = TreeEntry::directory(".", *root);
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if !here.mode.is_directory() {
            return Ok(None);
        }
        match source.tree(&here.id)?.get(name) {
            Some(entry) => here = entry.clone(),
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

/// Finds many paths below one tree and opens each tree on the way once.
pub struct PathFinder {
    root: Id,
    opened: HashMap<Id, Tree>,
    /// Folder of the last path, with its tree: mostly the next path is in it too.
    last: Option<(String, Id)>,
}

impl PathFinder {
    pub fn new(root: Id) -> PathFinder {
        PathFinder { root, opened: HashMap::new(), last: None }
    }

    pub fn find<S: Source + ?Sized>(
        &mut self,
        source: &S,
        path: &str,
    ) -> Result<Option<TreeEntry>> {
        let Some((folder, name)) = path.rsplit_once('/') else {
            return Ok(self.tree(source, self.root)?.get(path).cloned());
        };
        let known = self.last.as_ref().filter(|(last, _)| last == folder).map(|(_, id)| *id);
        let id = match known {
            Some(id) => id,
            None => {
                let Some(id) = self.folder(source, folder)? else { return Ok(None) };
                self.last = Some((folder.to_owned(), id));
                id
            }
        };
        Ok(self.tree(source, id)?.get(name).cloned())
    }

    /// The tree of a folder below the root; `None` if no folder is there.
    fn folder<S: Source + ?Sized>(&mut self, source: &S, path: &str) -> Result<Option<Id>> {
        let mut here = self.root;
        for name in path.split('/') {
            match self.tree(source, here)?.get(name) {
                Some(entry) if entry.mode.is_directory() => here = entry.id,
                _ => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    fn tree<S: Source + ?Sized>(&mut self, source: &S, id: Id) -> Result<&Tree> {
        Ok(match self.opened.entry(id) {
            hash_map::Entry::Occupied(tree) => tree.into_mut(),
            hash_map::Entry::Vacant(place) => place.insert(source.tree(&id)?),
        })
    }
}

/// Stores the trees of a flat list of (path, mode, id), sorted by path components, and gives the id
/// of the outermost. `base` is an older tree of the same place.
pub fn nest<S: Source + Sink>(
    sink: &mut S,
    files: &[(&str, Mode, Id)],
    base: Option<Id>,
) -> Result<Id> {
    let old = match base {
        Some(id) if sink.contains(&id)? => Some(sink.tree(&id)?),
        _ => None,
    };
    let mut entries = Vec::new();
    let mut rest = files;
    while let Some((path, mode, id)) = rest.first() {
        let Some((folder, _)) = path.split_once('/') else {
            entries.push(TreeEntry::new(path, *mode, *id));
            rest = &rest[1..];
            continue;
        };
        let inside = |path: &str| path.split_once('/').is_some_and(|(head, _)| head == folder);
        let end = rest.iter().position(|(path, ..)| !inside(path)).unwrap_or(rest.len());
        let below: Vec<_> =
            rest[..end].iter().map(|(p, m, i)| (&p[folder.len() + 1..], *m, *i)).collect();
        let before = old.as_ref().and_then(|tree| tree.get(folder));
        let below_base = before.filter(|entry| entry.mode.is_directory()).map(|entry| entry.id);
        entries.push(TreeEntry::directory(folder, nest(sink, &below, below_base)?));
        rest = &rest[end..];
    }
    sink.put_tree(&Tree::new(entries)?, base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Memory;

    #[test]
    fn what_was_nested_is_found_by_its_path() {
        let mut memory = Memory::default();
        let id = |n| Id::from_bytes([n; 32]);
        let files = [
            ("README", Mode::File, id(1)),
            ("src/a/b.ts", Mode::File, id(2)),
            ("src/a/run", Mode::Executable, id(3)),
            ("src/c.ts", Mode::File, id(4)),
        ];
        let root = nest(&mut memory, &files, None).unwrap();
        for (path, mode, id) in files {
            let found = entry_at(&memory, &root, path).unwrap().unwrap();
            assert_eq!((found.mode, found.id), (mode, id), "{path}");
        }
        let mut finder = PathFinder::new(root);
        let known =
            ["README", "src/a/b.ts", "src/a/run", "src/a", "src/c.ts", "src/none", "README/below"];
        let odd = ["", "/", "/README", "src/", "src//c.ts", "src/a/", "src/a/b.ts", "src/a/none"];
        for path in known.into_iter().chain(odd).chain(known) {
            let wanted = match path.split('/').any(str::is_empty) {
                true => None,
                false => entry_at(&memory, &root, path).unwrap(),
            };
            assert_eq!(finder.find(&memory, path).unwrap(), wanted, "{path}");
        }
        assert!(entry_at(&memory, &root, "src/a").unwrap().unwrap().mode.is_directory());
        for absent in ["nothing", "src/a/none", "README/below"] {
            assert_eq!(entry_at(&memory, &root, absent).unwrap(), None, "{absent}");
        }
    }
}
