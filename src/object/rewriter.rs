//! Rewrite: trees with some blobs replaced by others, and nothing else changed.

use super::{Id, Sink, Source, Tree, TreeEntry};
use crate::error::Result;
use std::collections::HashMap;

/// Replaces blobs in trees. Each tree is rewritten once, however many others have it.
#[derive(Debug, Default)]
pub struct Rewriter {
    blobs: HashMap<Id, Id>,
    /// Trees that were looked at, with what they became; most of them themselves.
    trees: HashMap<Id, Id>,
}

impl Rewriter {
    pub fn new(blobs: impl IntoIterator<Item = (Id, Id)>) -> Rewriter {
        Rewriter { blobs: blobs.into_iter().collect(), trees: HashMap::new() }
    }

    /// Replaces another blob too, in what is rewritten from now on.
    pub fn also(&mut self, from: Id, to: Id) {
        self.blobs.insert(from, to);
        self.trees.clear();
    }

    /// Id that a blob or a tree became; its own where it was not looked at.
    pub fn became(&self, id: &Id) -> Id {
        self.blobs.get(id).or_else(|| self.trees.get(id)).copied().unwrap_or(*id)
    }

    /// Rewrites a tree and all below it. New trees go into the sink. A ledger is as deep as it is long, so this walks
    /// with a stack of its own.
    pub fn rewrite<S: Source + ?Sized>(
        &mut self,
        source: &S,
        sink: &mut dyn Sink,
        root: Id,
    ) -> Result<Id> {
        let mut open: Vec<(Id, Option<Tree>)> = vec![(root, None)];
        while let Some((id, tree)) = open.pop() {
            if self.trees.contains_key(&id) {
                continue;
            }
            match tree {
                None => {
                    let tree = source.tree(&id)?;
                    let below: Vec<Id> = tree
                        .entries()
                        .iter()
                        .filter(|entry| {
                            entry.mode.is_directory() && !self.trees.contains_key(&entry.id)
                        })
                        .map(|entry| entry.id)
                        .collect();
                    open.push((id, Some(tree)));
                    open.extend(below.into_iter().map(|id| (id, None)));
                }
                Some(tree) => {
                    let new = self.entries(&tree);
                    let new = match new == tree.entries() {
                        true => id,
                        false => sink.put_tree(&Tree::new(new)?, Some(id))?,
                    };
                    self.trees.insert(id, new);
                }
            }
        }
        Ok(self.became(&root))
    }

    fn entries(&self, tree: &Tree) -> Vec<TreeEntry> {
        let new = |entry: &TreeEntry| {
            let ids = if entry.mode.is_directory() { &self.trees } else { &self.blobs };
            let id = ids.get(&entry.id).copied().unwrap_or(entry.id);
            TreeEntry { id, ..entry.clone() }
        };
        tree.entries().iter().map(new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Mode};

    #[test]
    fn a_blob_is_replaced_wherever_it_is_and_the_way_back_gives_the_old_ids() {
        let mut memory = Memory::default();
        let secret = memory.put_blob(b"secret".to_vec(), None).unwrap();
        let other = memory.put_blob(b"other".to_vec(), None).unwrap();
        let grave = memory.put_blob(b"tombstone".to_vec(), None).unwrap();
        let same = Tree::new(vec![TreeEntry::file("a", other)]).unwrap();
        let same = memory.put_tree(&same, None).unwrap();
        let inner = Tree::new(vec![TreeEntry::new("x", Mode::Executable, secret)]).unwrap();
        let inner = memory.put_tree(&inner, None).unwrap();
        let top = Tree::new(vec![
            TreeEntry::directory("changed", inner),
            TreeEntry::directory("same", same),
            TreeEntry::file("top", secret),
        ]);
        let top = memory.put_tree(&top.unwrap(), None).unwrap();

        let mut new = Memory::default();
        let mut there = Rewriter::new([(secret, grave)]);
        let rewritten = there.rewrite(&memory, &mut new, top).unwrap();
        // By hand: the same trees with the other id.
        let inner_new = Tree::new(vec![TreeEntry::new("x", Mode::Executable, grave)]).unwrap();
        let inner_new = Id::of_tree(&inner_new.encode());
        let expected = Tree::new(vec![
            TreeEntry::directory("changed", inner_new),
            TreeEntry::directory("same", same),
            TreeEntry::file("top", grave),
        ]);
        assert_eq!(rewritten, Id::of_tree(&expected.unwrap().encode()));
        assert_eq!((there.became(&same), there.became(&inner)), (same, inner_new));

        let both = crate::object::Overlay(&new, &memory);
        let mut back = Rewriter::new([(grave, secret)]);
        assert_eq!(back.rewrite(&both, &mut Memory::default(), rewritten).unwrap(), top);
    }

    #[test]
    fn a_chain_may_be_as_long_as_it_likes() {
        let mut memory = Memory::default();
        let (from, to) = (Id::of_blob(b"from"), Id::of_blob(b"to"));
        let mut top =
            memory.put_tree(&Tree::new(vec![TreeEntry::file("f", from)]).unwrap(), None).unwrap();
        for _ in 0..50_000 {
            let tree = Tree::new(vec![TreeEntry::directory("previous", top)]).unwrap();
            top = memory.put_tree(&tree, None).unwrap();
        }
        let mut new = Memory::default();
        let mut rewriter = Rewriter::new([(from, to)]);
        assert_ne!(rewriter.rewrite(&memory, &mut new, top).unwrap(), top);
    }
}
