//! Extent of a tree: its entries and bytes when it is written out, each as often as it occurs.
//!
//! Equal subtrees are stored once, so a few objects can be a tree of billions of files. Trees from
//! elsewhere are counted first: each distinct tree is opened once, however often it occurs.

use super::{Id, Source};
use crate::error::{Error, Kind, Result};
use std::collections::HashMap;

/// Most files and folders of one version. Projects have hundreds, the largest a few ten thousand.
pub const MOST_ENTRIES: u64 = 1_000_000;

/// Most bytes of the files of one version: as many as the objects of one pack may have.
pub const MOST_BYTES: u64 = 64 << 30;

/// Limits for the paths of a tree.
#[derive(Clone, Copy, Debug)]
pub struct PathLimits {
    /// Folders inside each other.
    pub levels: u64,
    /// Bytes of a path.
    pub path: u64,
}

impl PathLimits {
    /// No limits but those of the numbers.
    pub const ANY: PathLimits = PathLimits { levels: u64::MAX - 1, path: u64::MAX };
}

/// Trees that were counted.
#[derive(Debug, Default)]
pub struct TreeExtents {
    known: HashMap<Id, TreeExtent>,
    no_bytes: bool,
}

/// Size of a tree when it is written out. Numbers that are too large stay at the largest one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeExtent {
    pub entries: u64,
    pub levels: u64,
    pub bytes: u64,
    /// Length of its longest path, in bytes.
    pub path: u64,
}

/// A tree that is being counted: the folders in it that are still to be, and what was found so far.
struct OpenTree {
    id: Id,
    /// With how much of a path each of them takes.
    folders: Vec<(Id, u64)>,
    extent: TreeExtent,
}

impl TreeExtents {
    /// Counts no bytes, and so looks at no blob.
    pub fn of_entries() -> TreeExtents {
        TreeExtents { no_bytes: true, ..TreeExtents::default() }
    }

    /// Opens no tree twice, and needs no stack for one that is deep.
    pub fn of<S: Source + ?Sized>(&mut self, source: &S, root: &Id) -> Result<TreeExtent> {
        let mut open = Vec::new();
        let mut next = Some(*root);
        loop {
            if let Some(id) = next.take()
                && !self.known.contains_key(&id)
            {
                open.push(begin(source, id, self.no_bytes)?);
            }
            let Some(top) = open.last_mut() else { break };
            while let Some((extent, name)) =
                top.folders.last().and_then(|(id, name)| Some((self.known.get(id)?, name)))
            {
                top.extent.add_folder(*name, extent);
                top.folders.pop();
            }
            next = top.folders.last().map(|(id, _)| *id);
            if next.is_none() {
                self.known.insert(top.id, top.extent);
                open.pop();
            }
        }
        Ok(self.known.get(root).copied().unwrap_or_default())
    }

    /// Refuses a tree that no project has.
    pub fn check<S: Source + ?Sized>(
        &mut self,
        source: &S,
        root: &Id,
        most: PathLimits,
    ) -> Result<()> {
        self.of(source, root)?.exceeds(most).map_or(Ok(()), |reason| Err(Error::corrupt(reason)))
    }
}

impl TreeExtent {
    /// Extent of a tree without entries.
    pub const EMPTY: TreeExtent = TreeExtent { entries: 0, levels: 1, bytes: 0, path: 0 };

    /// One more entry, a file with a name of so many bytes.
    pub fn add_file(&mut self, name: u64, len: u64) {
        self.entries = self.entries.saturating_add(1);
        self.bytes = self.bytes.saturating_add(len);
        self.path = self.path.max(name);
    }

    /// One more entry, a folder with a name of so many bytes, and everything in it.
    pub fn add_folder(&mut self, name: u64, inner: &TreeExtent) {
        self.entries = self.entries.saturating_add(1).saturating_add(inner.entries);
        self.bytes = self.bytes.saturating_add(inner.bytes);
        self.levels = self.levels.max(inner.levels + 1);
        self.path = self.path.max(name + 1 + inner.path);
    }

    /// Reason why no project has such a tree.
    pub fn exceeds(&self, most: PathLimits) -> Option<String> {
        if self.entries > MOST_ENTRIES {
            return Some(format!("it has more than {MOST_ENTRIES} files and folders"));
        }
        // The root is inside of nothing.
        if self.levels > most.levels + 1 {
            return Some(format!("it has more than {} nested folders", most.levels));
        }
        if self.path > most.path {
            return Some(format!("it has a path of more than {} bytes", most.path));
        }
        if self.bytes > MOST_BYTES {
            return Some(format!("its files have more than {} GiB in total", MOST_BYTES >> 30));
        }
        None
    }
}

fn begin<S: Source + ?Sized>(source: &S, id: Id, no_bytes: bool) -> Result<OpenTree> {
    let tree = source.tree(&id)?;
    let (mut folders, mut extent) = (Vec::new(), TreeExtent::EMPTY);
    for entry in tree.entries() {
        let name = entry.name.len() as u64;
        let len = match entry.mode.is_directory() {
            true => {
                folders.push((entry.id, name));
                continue;
            }
            false if no_bytes => Ok(0),
            false => source.blob_len(&entry.id),
        };
        match len {
            Ok(len) => extent.add_file(name, len),
            // A damaged object unfolds to nothing here, and is reported by others.
            Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::NotFound) => {
                extent.add_file(name, 0);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(OpenTree { id, folders, extent })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Sink, Tree, TreeEntry};

    const MOST: PathLimits = PathLimits { levels: 256, path: 2048 };

    /// A tree in which each level has the one below so many times.
    fn folded(memory: &mut Memory, levels: u32, times: u32) -> Id {
        let blob = memory.put_blob(b"x".to_vec(), None).unwrap();
        let mut tree = memory
            .put_tree(&Tree::new(vec![TreeEntry::file("file", blob)]).unwrap(), None)
            .unwrap();
        for _ in 1..levels {
            let entries = (0..times).map(|n| TreeEntry::directory(&format!("{n}"), tree)).collect();
            tree = memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
        }
        tree
    }

    #[test]
    fn every_occurrence_counts() {
        let mut memory = Memory::default();
        // 3 folders with 3 folders with one file each.
        let tree = folded(&mut memory, 3, 3);
        let extent = TreeExtents::default().of(&memory, &tree).unwrap();
        let path = "0/0/file".len() as u64;
        assert_eq!(extent, TreeExtent { entries: 3 + 9 + 9, levels: 3, bytes: 9, path });
    }

    #[test]
    fn what_unfolds_to_more_than_can_be_counted_is_refused_at_once() {
        let mut memory = Memory::default();
        let bomb = folded(&mut memory, 100, 10);
        let mut extents = TreeExtents::default();
        assert_eq!(extents.of(&memory, &bomb).unwrap().entries, u64::MAX);
        assert!(
            extents.check(&memory, &bomb, MOST).unwrap_err().message().contains("1000000 files")
        );
        assert_eq!(extents.known.len(), 100);
    }

    #[test]
    fn bytes_count_as_often_as_they_occur() {
        let mut memory = Memory::default();
        let blob = memory.put_blob(vec![0; 1 << 20], None).unwrap();
        let entries = (0..1024).map(|n| TreeEntry::file(&format!("{n}"), blob)).collect();
        let mut tree = memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
        let mut extents = TreeExtents::default();
        for doublings in 0..=7 {
            assert_eq!(extents.of(&memory, &tree).unwrap().bytes, 1 << (30 + doublings));
            let refused =
                extents.check(&memory, &tree, MOST).map_err(|error| error.message().to_owned());
            let said = Err("its files have more than 64 GiB in total".to_owned());
            assert_eq!(refused, if doublings > 6 { said } else { Ok(()) });
            let both = vec![TreeEntry::directory("a", tree), TreeEntry::directory("b", tree)];
            tree = memory.put_tree(&Tree::new(both).unwrap(), None).unwrap();
        }
    }

    #[test]
    fn a_deep_tree_needs_no_stack() {
        let mut memory = Memory::default();
        let deep = folded(&mut memory, 100_000, 1);
        let mut extents = TreeExtents::default();
        assert_eq!(
            extents.of(&memory, &deep).unwrap(),
            TreeExtent { entries: 100_000, levels: 100_000, bytes: 1, path: 2 * 99_999 + 4 }
        );
        assert!(
            extents
                .check(&memory, &deep, MOST)
                .unwrap_err()
                .message()
                .contains("256 nested folders")
        );
    }

    #[test]
    fn an_empty_tree_and_a_large_project_are_fine() {
        let mut memory = Memory::default();
        let empty = memory.put_tree(&Tree::new(vec![]).unwrap(), None).unwrap();
        let large = folded(&mut memory, 4, 79);
        for tree in [empty, large] {
            TreeExtents::default().check(&memory, &tree, MOST).unwrap();
        }
    }

    #[test]
    fn the_last_depth_and_length_that_are_fine() {
        let mut memory = Memory::default();
        for (levels, fine) in [(257, true), (258, false)] {
            let tree = folded(&mut memory, levels, 1);
            assert_eq!(
                TreeExtents::default().check(&memory, &tree, MOST).is_ok(),
                fine,
                "{levels}"
            );
        }
        let file = folded(&mut memory, 1, 0);
        for (name, fine) in [(2048 - 5, true), (2048 - 4, false)] {
            let entry = TreeEntry::directory(&"n".repeat(name), file);
            let tree = memory.put_tree(&Tree::new(vec![entry]).unwrap(), None).unwrap();
            assert_eq!(TreeExtents::default().check(&memory, &tree, MOST).is_ok(), fine, "{name}");
        }
    }
}
