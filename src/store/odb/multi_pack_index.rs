//! Multi-pack index: one table that says in which of many packs an object is, so that a command opens those packs alone
//! that it reads from.
//!
//! It is a cache. Its records are believed only as far as the index of the pack confirms them, and an object that it
//! does not list may be stored all the same.

use crate::fs::{self, Map};
use crate::object::Id;
use crate::pack::{self, PackId};
use std::path::Path;

const MAGIC: &[u8; 29] = b"lua-store multi-pack-index 1\n";

/// Magic, numbers of packs and of objects, checksum of the records. The packs follow, and the checksum of all that.
const FIXED_LEN: usize = MAGIC.len() + 4 + 4 + Id::LEN;

/// First bytes of an id, number of a pack, position in it.
const RECORD_LEN: usize = 8 + 4 + 4;

/// Number of bytes of an id that a record has.
const KEY_LEN: usize = 8;

/// An index that is open. Its header was verified, its records were not.
pub(super) struct MultiPackIndex {
    bytes: Map,
    /// Ascending.
    packs: Vec<PackId>,
    objects: u32,
}

impl MultiPackIndex {
    /// The index in a file; `None` if there is none, or it is not whole.
    pub fn open(path: &Path) -> Option<MultiPackIndex> {
        MultiPackIndex::read(fs::map(path).ok()?)
    }

    fn read(bytes: Map) -> Option<MultiPackIndex> {
        let (magic, counts) = bytes.get(..FIXED_LEN)?.split_at(MAGIC.len());
        let packs = usize::try_from(number(counts, 0)).ok()?;
        let objects = number(counts, 4);
        let names = packs.checked_mul(Id::LEN)?;
        let (head, rest) = bytes.split_at_checked(FIXED_LEN.checked_add(names)?)?;
        let (checksum, records) = rest.split_first_chunk::<{ Id::LEN }>()?;
        let is_whole = magic == MAGIC
            && records.len() == usize::try_from(objects).ok()?.checked_mul(RECORD_LEN)?
            && blake3::hash(head) == *checksum;
        let ids = head[FIXED_LEN..].as_chunks::<{ Id::LEN }>().0;
        let packs: Vec<PackId> = ids.iter().map(|id| PackId::from(Id::from_bytes(*id))).collect();
        is_whole.then_some(MultiPackIndex { bytes, packs, objects })
    }

    /// The packs that it covers.
    pub fn packs(&self) -> &[PackId] {
        &self.packs
    }

    /// Number of a pack, if it is covered.
    pub fn number_of(&self, pack: PackId) -> Option<usize> {
        self.packs.binary_search(&pack).ok()
    }

    /// Places where an object may be: the number of a pack, and the position in it.
    pub fn find(&self, id: &Id) -> impl Iterator<Item = (usize, u32)> + '_ {
        let key = id.as_bytes().first_chunk::<KEY_LEN>().copied();
        let from =
            pack::rank(id, self.objects, |rank| self.record(rank).first_chunk() < key.as_ref());
        let records = (from..self.objects).map(|rank| self.record(rank));
        records
            .take_while(move |record| record.first_chunk() == key.as_ref())
            .map(|record| (number(record, KEY_LEN) as usize, number(record, KEY_LEN + 4)))
    }

    /// True if its records are those that were written.
    pub fn is_sound(&self) -> bool {
        let expected = &self.bytes[FIXED_LEN - Id::LEN..FIXED_LEN];
        blake3::hash(self.records()).as_bytes() == expected
    }

    fn records(&self) -> &[u8] {
        &self.bytes[FIXED_LEN + (self.packs.len() + 1) * Id::LEN..]
    }

    fn record(&self, rank: u32) -> &[u8] {
        let at = rank as usize * RECORD_LEN;
        self.records().get(at..at + RECORD_LEN).unwrap_or_default()
    }
}

/// The index of these packs, ascending, with the ids of each in the order of their positions. `None`: they are more than it
/// can count.
pub(super) fn encode<I: Iterator<Item = Id>>(
    packs: impl Iterator<Item = (PackId, I)>,
) -> Option<Vec<u8>> {
    let (mut names, mut found) = (Vec::new(), Vec::new());
    for ((pack, ids), number) in packs.zip(0u32..) {
        names.extend_from_slice(pack.hash().as_bytes());
        let places = ids.zip(0u32..);
        found.extend(places.map(|(id, position)| (key(&id), number, position)));
    }
    found.sort_unstable();
    let mut records = Vec::with_capacity(found.len() * RECORD_LEN);
    for (key, pack, position) in &found {
        records.extend(key.to_be_bytes());
        records.extend(pack.to_le_bytes());
        records.extend(position.to_le_bytes());
    }
    let count = |len: usize| u32::try_from(len).ok().map(u32::to_le_bytes);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(count(names.len() / Id::LEN)?);
    bytes.extend(count(found.len())?);
    bytes.extend(blake3::hash(&records).as_bytes());
    bytes.extend(names);
    bytes.extend(blake3::hash(&bytes).as_bytes());
    bytes.extend(records);
    Some(bytes)
}

/// First bytes of an id, as a number that ascends with the id.
fn key(id: &Id) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Little-endian.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().map_or(0, |number| u32::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Ids of packs that have some objects in common. Two of the objects begin with the same bytes.
    fn packs(sizes: &[u16]) -> Vec<(PackId, Vec<Id>)> {
        let twin =
            |last| Id::from_bytes([[9; 31].as_slice(), &[last]].concat().try_into().unwrap());
        let objects = |number: usize, size: u16| {
            let first = number as u32 * 20;
            let ids = (first..first + u32::from(size)).map(|n| Id::of_blob(&n.to_le_bytes()));
            ids.chain([twin(number as u8)]).collect()
        };
        let mut packs: Vec<(PackId, Vec<Id>)> = sizes
            .iter()
            .enumerate()
            .map(|(number, size)| (PackId::of(&number.to_le_bytes()), objects(number, *size)))
            .collect();
        packs.sort_unstable_by_key(|(id, _)| *id);
        packs
    }

    fn encoded(packs: &[(PackId, Vec<Id>)]) -> Vec<u8> {
        encode(packs.iter().map(|(id, objects)| (*id, objects.iter().copied()))).unwrap()
    }

    #[test]
    fn the_document_shows_what_is_written() {
        let document = include_str!("../../../docs/format.md");
        let (_, block) = document.split_once("\n```hex cache/multi-pack-index\n").unwrap();
        let digits = block[..block.find("```").unwrap()].split_whitespace();
        let shown: Vec<u8> = digits.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let packs = [(PackId::of(b"a pack"), vec![Id::of_blob(b"an object")])];
        assert_eq!(encoded(&packs), shown);
        let index = MultiPackIndex::read(Map::of(shown)).unwrap();
        assert!(index.is_sound() && index.find(&packs[0].1[0]).eq([(0, 0)]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_copy_of_an_object_is_found_and_no_other_object(sizes in proptest::collection::vec(0u16..60, 1..12)) {
            let packs = packs(&sizes);
            let index = MultiPackIndex::read(Map::of(encoded(&packs))).unwrap();
            prop_assert!(index.is_sound());
            prop_assert!(index.packs().iter().eq(packs.iter().map(|(id, _)| id)));
            let copies = |wanted: &Id| -> Vec<(usize, u32)> {
                let places = packs.iter().enumerate().flat_map(|(pack, (_, ids))| {
                    let places = ids.iter().zip(0..).filter(|(id, _)| *id == wanted);
                    places.map(move |(_, position)| (pack, position))
                });
                places.collect()
            };
            for id in packs.iter().flat_map(|(_, ids)| ids) {
                let mut found: Vec<_> = index.find(id).collect();
                // Of two ids that begin with the same bytes the pack says which one it is.
                found.retain(|(pack, position)| packs[*pack].1[*position as usize] == *id);
                prop_assert_eq!(found, copies(id));
            }
            for (number, (id, _)) in packs.iter().enumerate() {
                prop_assert_eq!(index.number_of(*id), Some(number));
            }
            prop_assert_eq!(index.number_of(PackId::of(b"another")), None);
            prop_assert_eq!(index.find(&Id::of_blob(b"no object")).count(), 0);
        }

        #[test]
        fn a_changed_byte_is_noticed_or_never_ends_a_command(sizes in proptest::collection::vec(0u16..60, 1..12), at: prop::sample::Index) {
            let packs = packs(&sizes);
            let mut bytes = encoded(&packs);
            let at = at.index(bytes.len());
            prop_assert!(MultiPackIndex::read(Map::of(bytes[..at].to_vec())).is_none());
            bytes[at] ^= 1;
            let Some(index) = MultiPackIndex::read(Map::of(bytes)) else { return Ok(()) };
            prop_assert!(!index.is_sound() && at >= FIXED_LEN + (packs.len() + 1) * Id::LEN);
            packs.iter().flat_map(|(_, ids)| ids).for_each(|id| assert!(index.find(id).count() < 24));
        }
    }
}
