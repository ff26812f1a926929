//! Combined index: where each object of many packs is, in one table in memory.
//!
//! A search goes through the indexes of all packs, one after the other. A command that looks up a few objects needs no
//! more than that. One that looks up very many gets this table, once it has searched about as much as the table costs.

use super::list::Pack;
use crate::object::Id;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Fewer packs than this are searched as fast as a table.
const MANY: usize = 4;

/// Fewer searches than this cost less than to think about a table.
const FEW: u64 = 1024;

/// Pack number of an empty place.
const NOBODY: u16 = u16::MAX;

/// Copy of an object: the number of its pack, and its position in it. `tag` are bits of its hash.
#[derive(Clone, Copy)]
struct ObjectPlace {
    position: u32,
    pack: u16,
    tag: u16,
}

/// A table with open addressing, and at least a third of the places empty.
pub(super) struct CombinedIndex {
    places: Vec<ObjectPlace>,
    /// Factor of the hash. Nobody who makes objects knows it, so that no objects can be made to share a place.
    factor: u64,
}

/// The table of a list of packs, which is made when it is worth it.
#[derive(Default)]
pub(super) struct LazyIndex {
    /// Indexes of packs that were searched.
    searched: AtomicU64,
    made: OnceLock<CombinedIndex>,
}

impl LazyIndex {
    /// Counts a search in the index of one pack.
    pub fn count_search(&self) {
        self.searched.fetch_add(1, Ordering::Relaxed);
    }

    /// Makes the table now, for a command that will look up every object several times.
    pub fn make(&self, packs: &[Arc<Pack>]) {
        if packs.len() < usize::from(NOBODY) {
            self.made.get_or_init(|| CombinedIndex::new(packs));
        }
    }

    /// The table, if so much was searched that it is worth it.
    pub fn get(&self, packs: &[Arc<Pack>]) -> Option<&CombinedIndex> {
        if let Some(made) = self.made.get() {
            return Some(made);
        }
        let searched = self.searched.load(Ordering::Relaxed);
        let is_possible = (MANY + 1..usize::from(NOBODY)).contains(&packs.len());
        if searched < FEW || !is_possible || searched < objects(packs) {
            return None;
        }
        Some(self.made.get_or_init(|| CombinedIndex::new(packs)))
    }
}

fn objects(packs: &[Arc<Pack>]) -> u64 {
    packs.iter().map(|pack| u64::from(pack.reader.count())).sum()
}

impl CombinedIndex {
    fn new(packs: &[Arc<Pack>]) -> CombinedIndex {
        // The memory for a table of so many objects is less than that of their ids, which are mapped.
        let room = (objects(packs) as usize).saturating_mul(3) / 2 + 2;
        let empty = ObjectPlace { position: 0, pack: NOBODY, tag: 0 };
        let mut index = CombinedIndex {
            places: vec![empty; room],
            factor: RandomState::new().hash_one(room) | 1,
        };
        for (pack, number) in packs.iter().zip(0..) {
            for (id, position) in pack.reader.ids().zip(0..) {
                let (at, tag) = index.start(&id);
                let free = index.from(at).find(|at| index.places[*at].pack == NOBODY);
                if let Some(free) = free {
                    index.places[free] = ObjectPlace { position, pack: number, tag };
                }
            }
        }
        index
    }

    /// Place in which an object is looked for first, and its tag.
    fn start(&self, id: &Id) -> (usize, u16) {
        let first = id.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
        let hash = first.wrapping_mul(self.factor);
        let at = (u128::from(hash) * self.places.len() as u128) >> 64;
        (at as usize, first as u16)
    }

    /// All places, from one on.
    fn from(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let len = self.places.len();
        (at..len).chain(0..at)
    }

    /// Numbers of packs that may have an object, each with the position in it: in the order of the packs. Whoever uses one
    /// compares the id.
    pub fn find(&self, id: &Id) -> impl Iterator<Item = (usize, u32)> + '_ {
        let (at, tag) = self.start(id);
        let used = self.from(at).map(|at| self.places[at]);
        let used = used.take_while(|place| place.pack != NOBODY);
        used.filter(move |place| place.tag == tag)
            .map(|place| (usize::from(place.pack), place.position))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests put packs together on purpose")]
mod tests {
    use super::*;
    use crate::object::{Sink, Source};
    use crate::store::Odb;
    use crate::store::odb::list::Packs;
    use std::path::Path;

    /// Packs of 300 blobs each, of which neighbours have 100 in common.
    fn packs(dir: &Path, count: u32) -> (Odb, Vec<Id>) {
        let mut ids = Vec::new();
        for number in 0..count {
            // Packs elsewhere, so that a batch does not find what another one has.
            let own = dir.join(format!("{number}"));
            std::fs::create_dir(&own).unwrap();
            let mut batch = Odb::open(&own).batch();
            let texts = number * 200..number * 200 + 300;
            ids.extend(
                texts.map(|n| batch.put_blob(format!("text {n}").into_bytes(), None).unwrap()),
            );
            batch.commit().unwrap();
            for entry in std::fs::read_dir(own).unwrap().map(Result::unwrap) {
                std::fs::rename(entry.path(), dir.join(entry.file_name())).unwrap();
            }
        }
        ids.sort_unstable();
        ids.dedup();
        (Odb::open(dir), ids)
    }

    fn copies(packs: &Packs, id: &Id) -> Vec<(u64, u32)> {
        let mut found: Vec<_> =
            packs.copies(id).map(|(pack, position)| (pack.number, position)).collect();
        found.sort_unstable();
        found
    }

    /// Copies according to each pack.
    fn expected(packs: &Packs, id: &Id) -> Vec<(u64, u32)> {
        let of = |pack: &Arc<Pack>| {
            let position = pack.reader.ids().position(|other| other == *id)?;
            Some((pack.number, position as u32))
        };
        packs.good.iter().filter_map(of).collect()
    }

    #[test]
    fn a_table_has_every_copy_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (odb, ids) = packs(dir.path(), 6);
        let packs = odb.packs().unwrap();
        assert_eq!((packs.good.len(), ids.len()), (6, 5 * 200 + 300));
        let before: Vec<_> = ids.iter().map(|id| copies(&packs, id)).collect();
        assert!(packs.index.made.get().is_some(), "as much was searched as a table costs");
        let after: Vec<_> = ids.iter().map(|id| copies(&packs, id)).collect();
        let expected: Vec<_> = ids.iter().map(|id| expected(&packs, id)).collect();
        assert_eq!(expected.iter().filter(|copies| copies.len() == 2).count(), 5 * 100);
        assert!(before == expected && after == expected);
        assert_eq!(copies(&packs, &Id::of_blob(b"no text")), []);
    }

    #[test]
    fn a_few_lookups_or_few_packs_need_no_table() {
        let dir = tempfile::tempdir().unwrap();
        let (odb, ids) = packs(dir.path(), 6);
        let packs = odb.packs().unwrap();
        ids.iter().take(100).for_each(|id| drop(copies(&packs, id)));
        assert!(packs.index.made.get().is_none());
        let dir = tempfile::tempdir().unwrap();
        let (odb, ids) = self::packs(dir.path(), MANY as u32);
        let packs = odb.packs().unwrap();
        for _ in 0..10 {
            ids.iter().for_each(|id| drop(copies(&packs, id)));
        }
        assert!(packs.index.made.get().is_none());
    }

    /// A new pack is in the table of the next list.
    #[test]
    fn a_pack_that_comes_later_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let (odb, ids) = packs(dir.path(), 6);
        for _ in 0..3 {
            ids.iter().for_each(|id| assert!(odb.contains(id).unwrap()));
        }
        let id = Id::of_blob(b"later");
        assert!(!odb.contains(&id).unwrap());
        let mut batch = Odb::open(dir.path()).batch();
        batch.put_blob(b"later".to_vec(), None).unwrap();
        batch.commit().unwrap();
        assert_eq!(odb.blob(&id).unwrap(), b"later");
    }
}
