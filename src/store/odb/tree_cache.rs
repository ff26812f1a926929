//! Cache of decoded trees: consecutive versions share most of theirs. Its size is bounded.

use crate::object::{Id, Tree};
use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries of all cached trees together, of about 80 bytes each.
const MOST_ENTRIES: usize = 16 << 10;

/// Trees of one list of packs, the last ones used. What is in it was compared with its id when it was read.
#[derive(Default)]
pub(super) struct TreeCache(Mutex<Generations>);

/// When the young ones have taken half of the room, they become the old ones, and the old ones go.
#[derive(Default)]
struct Generations {
    young: HashMap<Id, Tree>,
    old: HashMap<Id, Tree>,
    /// Entries of the young ones, and one for each tree.
    entries: usize,
}

impl TreeCache {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, id: &Id) -> Option<Tree> {
        let mut kept = self.lock();
        if let Some(tree) = kept.young.get(id) {
            return Some(tree.clone());
        }
        let tree = kept.old.remove(id)?;
        kept.put(*id, &tree);
        Some(tree)
    }

    pub fn keep(&self, id: &Id, tree: &Tree) {
        self.lock().put(*id, tree);
    }
}

impl Generations {
    /// A tree that alone takes more than its share is not kept.
    fn put(&mut self, id: Id, tree: &Tree) {
        let cost = tree.entries().len() + 1;
        if cost > MOST_ENTRIES / 4 {
            return;
        }
        if self.entries + cost > MOST_ENTRIES / 2 {
            self.old = mem::take(&mut self.young);
            self.entries = 0;
        }
        if self.young.insert(id, tree.clone()).is_none() {
            self.entries += cost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::TreeEntry;

    fn tree(entries: usize, number: usize) -> (Id, Tree) {
        let name = |n| format!("{number}-{n}");
        let entry = |n| TreeEntry::file(&name(n), Id::of_blob(b""));
        let tree = Tree::new((0..entries).map(entry).collect()).unwrap();
        (tree.id(), tree)
    }

    #[test]
    fn however_many_are_kept_the_entries_are_bounded_and_those_in_use_stay() {
        let cache = TreeCache::default();
        let (first, used) = tree(99, 0);
        cache.keep(&first, &used);
        for number in 1..1000 {
            let (id, tree) = tree(99, number);
            cache.keep(&id, &tree);
            assert_eq!(cache.get(&id), Some(tree));
            assert_eq!(cache.get(&first), Some(used.clone()), "{number}");
            let kept = cache.lock();
            assert!((kept.young.len() + kept.old.len()) * 100 <= MOST_ENTRIES);
        }
        assert_eq!(cache.get(&tree(99, 1).0), None, "the oldest went");
        let (id, large) = tree(MOST_ENTRIES / 4, 1000);
        cache.keep(&id, &large);
        assert_eq!((cache.get(&id), cache.get(&first)), (None, Some(used)));
    }
}
