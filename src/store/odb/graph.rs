//! Graph of the objects that a check has read: which of them are complete, and how large the trees are.
//!
//! A check reads every object once. Whoever asks afterwards what a version reaches would read all trees again.

use super::check::{SoundObject, VisitEntry};
use super::list::Packs;
use crate::error::Result;
use crate::object::{Id, TreeExtent};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// An entry of a tree that leads to no object of the store.
const NOWHERE: u32 = u32::MAX;

/// Object that a check has read. All are numbered: those of one pack after those of another.
pub(super) enum ReadObject {
    Blob(u64),
    Tree(Box<[Child]>),
}

/// Entry of a tree.
pub(super) struct Child {
    number: u32,
    /// Bytes of its name. One that is longer than this says is longer than any path may be.
    name: u16,
    is_folder: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Completeness {
    Unknown,
    /// It is damaged or missing, or something that it reaches is.
    Incomplete,
    Blob,
    /// With the place of its extent.
    Tree(u32),
}

/// Objects that are complete: they were read, and everything that they reach. Nothing is known of the others.
#[derive(Clone, Default)]
pub struct ObjectGraph {
    packs: Arc<Packs>,
    /// The number of the first object of each pack.
    firsts: HashMap<u64, u32>,
    found: Vec<Completeness>,
    extents: Vec<TreeExtent>,
}

impl fmt::Debug for ObjectGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectGraph({} objects)", self.found.len())
    }
}

impl ObjectGraph {
    /// No object of these packs was read yet.
    pub(super) fn new(packs: Arc<Packs>) -> ObjectGraph {
        packs.index.make(&packs.good);
        let (mut firsts, mut next) = (HashMap::new(), 0u32);
        for pack in &packs.good {
            firsts.insert(pack.number, next);
            // More than 32 bits count are more than one store has: the last of them are looked up as before.
            next = next.saturating_add(pack.reader.count());
        }
        ObjectGraph { packs, firsts, ..ObjectGraph::default() }
    }

    /// Reads an object with a function that visits the entries of a tree.
    pub(super) fn read(
        &self,
        read: impl FnOnce(VisitEntry<'_>) -> Result<SoundObject>,
    ) -> Result<ReadObject> {
        let mut children = Vec::new();
        let found = read(&mut |name, mode, id| {
            children.push(Child {
                number: self.number(&id).unwrap_or(NOWHERE),
                name: u16::try_from(name.len()).unwrap_or(u16::MAX),
                is_folder: mode.is_directory(),
            });
        })?;
        Ok(match found {
            SoundObject::Blob(len) => ReadObject::Blob(len),
            SoundObject::Tree => ReadObject::Tree(children.into()),
        })
    }

    fn number(&self, id: &Id) -> Option<u32> {
        let (pack, position) = self.packs.copies(id).next()?;
        self.firsts.get(&pack.number)?.checked_add(position).filter(|number| *number != NOWHERE)
    }

    /// Takes what was read, in the order of the numbers. `None` was not, or is damaged.
    pub(super) fn complete(&mut self, read: &[Option<ReadObject>]) {
        self.found = vec![Completeness::Unknown; read.len()];
        for number in 0..read.len() {
            self.visit(number, read);
        }
    }

    /// Visits everything below one object, with a stack of its own: the chain of the ledger is as deep as it is long.
    fn visit(&mut self, root: usize, read: &[Option<ReadObject>]) {
        let mut open = Vec::new();
        self.enter(root, read, &mut open);
        while let Some(top) = open.last_mut() {
            if let Some(child) = top.children.get(top.next) {
                let number = child.number as usize;
                match self.found.get(number) {
                    Some(Completeness::Unknown) => {
                        self.enter(number, read, &mut open);
                        continue;
                    }
                    Some(found) => top.add(child, *found, &read[number], &self.extents),
                    None => top.is_complete = false,
                }
                top.next += 1;
                continue;
            }
            if top.is_complete {
                self.found[top.number] = Completeness::Tree(self.extents.len() as u32);
                self.extents.push(top.extent);
            }
            open.pop();
        }
    }

    /// Opens a tree, which counts as incomplete until everything below was visited.
    fn enter<'a>(
        &mut self,
        number: usize,
        read: &'a [Option<ReadObject>],
        open: &mut Vec<OpenTree<'a>>,
    ) {
        if self.found[number] != Completeness::Unknown {
            return;
        }
        self.found[number] = match &read[number] {
            Some(ReadObject::Blob(_)) => Completeness::Blob,
            Some(ReadObject::Tree(children)) => {
                let extent = TreeExtent::EMPTY;
                open.push(OpenTree { number, children, next: 0, extent, is_complete: true });
                Completeness::Incomplete
            }
            None => Completeness::Incomplete,
        };
    }

    fn find(&self, id: &Id) -> Completeness {
        let number = self.number(id).and_then(|number| self.found.get(number as usize));
        number.copied().unwrap_or(Completeness::Unknown)
    }

    /// True if the object was read, and everything that it reaches.
    pub fn is_complete(&self, id: &Id) -> bool {
        matches!(self.find(id), Completeness::Blob | Completeness::Tree(_))
    }

    /// Extent of a complete tree.
    pub fn extent(&self, id: &Id) -> Option<TreeExtent> {
        match self.find(id) {
            Completeness::Tree(place) => self.extents.get(place as usize).copied(),
            _ => None,
        }
    }
}

/// A tree of which so many entries were visited.
struct OpenTree<'a> {
    number: usize,
    children: &'a [Child],
    next: usize,
    extent: TreeExtent,
    is_complete: bool,
}

impl OpenTree<'_> {
    fn add(
        &mut self,
        child: &Child,
        found: Completeness,
        read: &Option<ReadObject>,
        extents: &[TreeExtent],
    ) {
        let name = u64::from(child.name);
        match (found, read, child.is_folder) {
            (Completeness::Tree(place), _, true) => {
                self.extent.add_folder(name, &extents[place as usize]);
            }
            (Completeness::Blob, Some(ReadObject::Blob(len)), false) => {
                self.extent.add_file(name, *len);
            }
            _ => self.is_complete = false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files as no writer would")]
mod tests {
    use super::*;
    use crate::object::{Mode, Sink, Tree, TreeEntry, TreeExtents};
    use crate::store::Odb;
    use proptest::prelude::*;

    /// Trees of two blobs and of earlier trees: for each its entries, by the number of the object.
    fn trees() -> impl Strategy<Value = Vec<Vec<usize>>> {
        proptest::collection::vec(proptest::collection::vec(0usize..1000, 0..6), 1..30)
    }

    /// Stores them in packs of a few objects, and returns the objects of each, the blobs first.
    fn store(odb: &Odb, trees: &[Vec<usize>]) -> Vec<(Id, Vec<usize>)> {
        let blob = |text: &[u8]| {
            let mut batch = odb.batch();
            let id = batch.put_blob(text.to_vec(), None).unwrap();
            batch.commit().unwrap();
            (id, Vec::new())
        };
        let mut made = vec![blob(b"one"), blob(&[b'x'; 3000])];
        for part in trees.chunks(4) {
            let mut batch = odb.batch();
            for entries in part {
                let below: Vec<usize> = entries.iter().map(|entry| entry % made.len()).collect();
                let entry = |(nth, object): (usize, &usize)| {
                    let mode = if *object < 2 { Mode::File } else { Mode::Directory };
                    TreeEntry::new(&"n".repeat(nth + 1), mode, made[*object].0)
                };
                let tree = Tree::new(below.iter().enumerate().map(entry).collect()).unwrap();
                made.push((batch.put_tree(&tree, None).unwrap(), below));
            }
            batch.commit().unwrap();
        }
        made
    }

    /// True if neither the object nor anything below it is the lost one.
    fn is_whole(objects: &[(Id, Vec<usize>)], number: usize, lost: Id) -> bool {
        let (id, below) = &objects[number];
        *id != lost && below.iter().all(|number| is_whole(objects, *number, lost))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn complete_is_what_reaches_nothing_lost_and_extents_are_counted(trees in trees(), pack: usize) {
            let dir = tempfile::tempdir().unwrap();
            let odb = Odb::open(dir.path());
            let objects = store(&odb, &trees);
            let graph = odb.check(&Default::default()).unwrap().graph;
            for (number, (id, _)) in objects.iter().enumerate() {
                prop_assert!(graph.is_complete(id));
                let counted = (number >= 2).then(|| TreeExtents::default().of(&odb, id).unwrap());
                prop_assert_eq!(graph.extent(id), counted);
            }
            // One pack is lost.
            let packs = odb.packs().unwrap();
            let gone = &packs.good[pack % packs.good.len()];
            let lost: Vec<Id> = gone.reader.ids().collect();
            std::fs::remove_file(dir.path().join(gone.id.file_name())).unwrap();
            let graph = Odb::open(dir.path()).check(&Default::default()).unwrap().graph;
            for (number, (id, _)) in objects.iter().enumerate() {
                let whole = lost.iter().all(|lost| is_whole(&objects, number, *lost));
                prop_assert_eq!(graph.is_complete(id), whole);
                prop_assert_eq!(graph.extent(id).is_some(), whole && number >= 2);
            }
        }
    }

    #[test]
    fn an_entry_of_the_wrong_kind_is_not_complete() {
        let dir = tempfile::tempdir().unwrap();
        let odb = Odb::open(dir.path());
        let mut batch = odb.batch();
        let blob = batch.put_blob(b"text".to_vec(), None).unwrap();
        let tree = |entry| Tree::new(vec![entry]).unwrap();
        let fine = batch.put_tree(&tree(TreeEntry::file("a", blob)), None).unwrap();
        let wrong = [TreeEntry::directory("a", blob), TreeEntry::file("a", fine)];
        let wrong = wrong.map(|entry| batch.put_tree(&tree(entry), None).unwrap());
        batch.commit().unwrap();
        let graph = odb.check(&Default::default()).unwrap().graph;
        assert!(graph.is_complete(&fine));
        assert_eq!(wrong.map(|id| graph.is_complete(&id)), [false, false]);
    }

    /// An object that is found by no search is not complete, though its bytes are whole.
    #[test]
    fn a_pack_with_a_damaged_index_proves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let odb = Odb::open(dir.path());
        let objects = store(&odb, &[vec![0], vec![1, 2]]);
        for pack in &odb.packs().unwrap().good {
            let path = dir.path().join(pack.id.file_name());
            let mut bytes = std::fs::read(&path).unwrap();
            // The checksum of the index is at the end.
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
        let checked = Odb::open(dir.path()).check(&Default::default()).unwrap();
        assert!(!checked.damage.is_empty());
        assert!(objects.iter().all(|(id, _)| !checked.graph.is_complete(id)));
    }
}
