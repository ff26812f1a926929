//! Folders of a book: trees of blobs by paths, of which only those that change are rewritten.

use crate::error::Result;
use crate::object::{Id, Mode, Sink, Source, Tree, TreeEntry};
use std::collections::BTreeMap;

/// Trees at the top of a book by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folders(BTreeMap<String, Id>);

impl Folders {
    pub fn of(root: &Tree) -> Folders {
        let folders = root.entries().iter().filter(|entry| entry.mode.is_directory());
        Folders(folders.map(|entry| (entry.name.to_string(), entry.id)).collect())
    }

    pub fn entries(&self) -> impl Iterator<Item = TreeEntry> {
        self.0.iter().map(|(name, id)| TreeEntry::new(name, Mode::Directory, *id))
    }

    /// The object of a path.
    pub fn find<S: Source + ?Sized>(&self, source: &S, path: &str) -> Result<Option<Id>> {
        let mut parts = path.split('/');
        let mut at = parts.next().and_then(|first| self.0.get(first).copied());
        for part in parts {
            let Some(id) = at else { return Ok(None) };
            at = source.tree(&id)?.get(part).map(|entry| entry.id);
        }
        Ok(at)
    }

    /// The names in a folder.
    pub fn names<S: Source + ?Sized>(&self, source: &S, path: &str) -> Result<Vec<String>> {
        let Some(id) = self.find(source, path)? else { return Ok(Vec::new()) };
        Ok(source.tree(&id)?.entries().iter().map(|entry| entry.name.to_string()).collect())
    }

    /// Puts a blob at a path, with the folders above it.
    pub fn put<S: Source + Sink + ?Sized>(
        &mut self,
        sink: &mut S,
        path: &str,
        blob: Id,
    ) -> Result<()> {
        let parts: Vec<&str> = path.split('/').collect();
        let [first, folders @ .., name] = &parts[..] else { return Ok(()) };
        let mut trees = Vec::new();
        let mut id = self.0.get(*first).copied();
        for part in folders {
            let tree = id.map_or(Ok(Tree::default()), |id| sink.tree(&id))?;
            let below = tree.get(part).map(|entry| entry.id);
            trees.push((id, tree, *part));
            id = below;
        }
        let last = id.map_or(Ok(Tree::default()), |id| sink.tree(&id))?;
        let mut made = with(sink, id, &last, TreeEntry::file(name, blob))?;
        for (id, tree, part) in trees.into_iter().rev() {
            made = with(sink, id, &tree, TreeEntry::directory(part, made))?;
        }
        self.0.insert((*first).to_owned(), made);
        Ok(())
    }
}

/// A tree with one entry more, or another one of that name.
fn with<S: Sink + ?Sized>(
    sink: &mut S,
    old: Option<Id>,
    tree: &Tree,
    entry: TreeEntry,
) -> Result<Id> {
    let others = tree.entries().iter().filter(|other| other.name != entry.name);
    let mut entries: Vec<TreeEntry> = others.cloned().collect();
    entries.push(entry);
    sink.put_tree(&Tree::new(entries)?, old)
}
