//! Missing objects: those reachable from what a receiver wants and not from what it has.
//!
//! The wanted trees are walked beside those that are there, by the names of their entries, so that a
//! subtree that both have is never opened. What somebody has under another name is found only by
//! chance: it is then sent once more, which costs room and nothing else.

use crate::error::Result;
use crate::object::{Id, Source, Tree};
use std::collections::HashSet;

/// Beside how many trees a wanted one is walked. The versions before it are most like it, and a look
/// at each of hundreds would cost more than it spares.
const BESIDE: usize = 8;

/// Objects to send, and objects that the receiver is known to have.
#[derive(Debug, Default)]
pub struct MissingObjects {
    objects: Vec<Id>,
    sent: HashSet<Id>,
    known: HashSet<Id>,
}

/// A wanted tree that is not opened yet, and the receiver's trees of the same path.
struct Pair {
    want: Id,
    beside: Vec<Id>,
}

impl MissingObjects {
    /// Objects reachable from `want` and, as far as can be told, not from `have`. Of many in `have` the last are
    /// looked at: let those be most like what is wanted. One that `source` does not have says nothing.
    pub fn new<S: Source + ?Sized>(source: &S, want: &[Id], have: &[Id]) -> Result<MissingObjects> {
        let mut missing = MissingObjects::default();
        let mut beside = Vec::new();
        for id in have.iter().rev() {
            if source.contains(id)? && missing.known.insert(*id) && beside.len() < BESIDE {
                beside.push(*id);
            }
        }
        let mut open = Vec::new();
        // The list is taken from its end.
        for id in want.iter().rev() {
            open.push(Pair { want: *id, beside: beside.clone() });
        }
        while let Some(pair) = open.pop() {
            if missing.add(pair.want) {
                missing.walk(source, &pair, &mut open)?;
            }
        }
        // Some was seen at the receiver only after it was wanted. What is in it is there too.
        let MissingObjects { objects, sent, known } = &mut missing;
        objects.retain(|id| !known.contains(id));
        sent.retain(|id| !known.contains(id));
        Ok(missing)
    }

    /// Every object of a list, nothing being known of the receiver.
    pub fn of_all(objects: Vec<Id>) -> MissingObjects {
        let sent = objects.iter().copied().collect();
        MissingObjects { objects, sent, known: HashSet::new() }
    }

    /// The same, the receiver having these for certain.
    pub fn beside(mut self, known: impl IntoIterator<Item = Id>) -> MissingObjects {
        self.known.extend(known);
        self
    }

    /// Objects to send: each once, a tree before its entries.
    pub fn objects(&self) -> &[Id] {
        &self.objects
    }

    pub fn sends(&self, id: &Id) -> bool {
        self.sent.contains(id)
    }

    /// True if the receiver has it for certain.
    pub fn knows(&self, id: &Id) -> bool {
        self.known.contains(id)
    }

    fn add(&mut self, id: Id) -> bool {
        let new = !self.known.contains(&id) && self.sent.insert(id);
        if new {
            self.objects.push(id);
        }
        new
    }

    /// Opens a wanted tree and those beside it; takes in its blobs, and puts its trees on the list.
    fn walk<S: Source + ?Sized>(
        &mut self,
        source: &S,
        pair: &Pair,
        open: &mut Vec<Pair>,
    ) -> Result<()> {
        let tree = source.tree(&pair.want)?;
        let mut trees = Vec::new();
        for id in &pair.beside {
            let tree = source.tree(id)?;
            self.known.extend(tree.entries().iter().map(|entry| entry.id));
            trees.push(tree);
        }
        let below = open.len();
        for entry in tree.entries() {
            if self.known.contains(&entry.id) || self.sent.contains(&entry.id) {
                continue;
            }
            if entry.mode.is_directory() {
                open.push(Pair { want: entry.id, beside: folders(&trees, &entry.name) });
            } else {
                self.add(entry.id);
            }
        }
        // So that the first of them is taken next.
        open[below..].reverse();
        Ok(())
    }
}

/// The folders of that name in some trees, each once.
fn folders(trees: &[Tree], name: &str) -> Vec<Id> {
    let mut found = Vec::new();
    for entry in trees.iter().filter_map(|tree| tree.get(name)) {
        if entry.mode.is_directory() && !found.contains(&entry.id) {
            found.push(entry.id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Mode, ObjectKind, Sink, nest};
    use std::cell::RefCell;

    /// Counts the trees that are opened.
    struct Counting<'a>(&'a Memory, RefCell<Vec<Id>>);

    impl Source for Counting<'_> {
        fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
            self.1.borrow_mut().push(*id);
            self.0.find(id)
        }

        fn contains(&self, id: &Id) -> Result<bool> {
            self.0.contains(id)
        }
    }

    fn project<T: AsRef<str>>(memory: &mut Memory, files: &[(T, T)]) -> Id {
        let mut put = |(path, text): &(T, T)| {
            let id = memory.put_blob(text.as_ref().as_bytes().to_vec(), None).unwrap();
            (path.as_ref().to_owned(), id)
        };
        let files: Vec<_> = files.iter().map(&mut put).collect();
        let files: Vec<_> =
            files.iter().map(|(path, id)| (path.as_str(), Mode::File, *id)).collect();
        nest(memory, &files, None).unwrap()
    }

    fn everything(memory: &Memory, roots: &[Id]) -> HashSet<Id> {
        MissingObjects::new(memory, roots, &[]).unwrap().sent
    }

    #[test]
    fn equal_subtrees_are_never_opened() {
        let mut memory = Memory::default();
        let many: Vec<String> = (0..50).map(|n| format!("lib/{n}/x/y")).collect();
        let mut files: Vec<_> = many.iter().map(|path| (path.as_str(), "same")).collect();
        files.extend([("src/a/b/c", "1"), ("src/a/d", "1"), ("src/e/f", "1")]);
        files.sort();
        let old = project(&mut memory, &files);
        for file in &mut files {
            if file.0 == "src/a/b/c" {
                file.1 = "2";
            }
        }
        let new = project(&mut memory, &files);
        let counting = Counting(&memory, RefCell::default());
        let missing = MissingObjects::new(&counting, &[new], &[old]).unwrap();
        // The top, src, a and b, on both sides; and what is new: these four and the file.
        assert_eq!(counting.1.into_inner().len(), 8);
        assert_eq!(missing.objects().len(), 5);
        assert_eq!(missing.objects().last(), Some(&Id::of_blob(b"2")));
        assert!(missing.knows(&Id::of_blob(b"1")) && missing.sends(&new) && !missing.sends(&old));
    }

    #[test]
    fn nothing_there_means_everything_once() {
        let mut memory = Memory::default();
        let one = project(&mut memory, &[("a/x", "1"), ("b/x", "1"), ("c", "2")]);
        let two = project(&mut memory, &[("a/x", "1"), ("c", "3")]);
        let counting = Counting(&memory, RefCell::default());
        let missing = MissingObjects::new(&counting, &[one, two, one], &[]).unwrap();
        // Two tops and one folder that is in three places; three files.
        assert_eq!(counting.1.into_inner().len(), 3);
        assert_eq!(missing.objects().len(), 6);
        let before = |a: Id, b: Id| {
            let at = |id| missing.objects().iter().position(|other| *other == id).unwrap();
            at(a) < at(b)
        };
        assert!(before(one, Id::of_blob(b"1")) && before(two, Id::of_blob(b"3")));
    }

    #[test]
    fn what_is_there_is_not_sent_and_what_is_unknown_says_nothing() {
        let mut memory = Memory::default();
        let one = project(&mut memory, &[("a", "1")]);
        let nobody = Id::of_tree(b"nobody has this");
        assert!(MissingObjects::new(&memory, &[one], &[one]).unwrap().objects().is_empty());
        assert_eq!(MissingObjects::new(&memory, &[one], &[nobody]).unwrap().objects().len(), 2);
        assert!(MissingObjects::new(&memory, &[nobody], &[one]).is_err());
    }

    #[test]
    fn a_chain_ends_where_the_receiver_has_it() {
        let mut memory = Memory::default();
        let mut chain = Vec::new();
        for n in 0..100 {
            let blob = memory.put_blob(vec![n], None).unwrap();
            let mut entries = vec![crate::object::TreeEntry::file("record", blob)];
            entries.extend(
                chain.last().map(|id| crate::object::TreeEntry::directory("previous", *id)),
            );
            chain.push(memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap());
        }
        let counting = Counting(&memory, RefCell::default());
        let missing = MissingObjects::new(&counting, &[chain[99]], &[chain[89]]).unwrap();
        assert_eq!(missing.objects().len(), 20);
        assert!(counting.1.into_inner().len() <= 21);
    }

    proptest::proptest! {
        #[test]
        fn with_what_is_there_it_is_whole(
            old in proptest::collection::btree_map("[ab]{1,2}/[ab]/[a-c]", "[xyz]", 0..12),
            new in proptest::collection::btree_map("[ab]{1,2}/[ab]/[a-c]", "[xyz]", 0..12),
        ) {
            let mut memory = Memory::default();
            let [old, new] = [old, new].map(|files| {
                project(&mut memory, &files.into_iter().collect::<Vec<_>>())
            });
            let missing = MissingObjects::new(&memory, &[new], &[old]).unwrap();
            let there = everything(&memory, &[old]);
            for id in everything(&memory, &[new]) {
                proptest::prop_assert!(there.contains(&id) || missing.sends(&id));
            }
            for id in missing.objects() {
                proptest::prop_assert!(!missing.knows(id));
            }
        }
    }
}
