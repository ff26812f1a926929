//! Cached index of the ledger, so that no command walks a long chain: what became of each version, and the order in
//! which they were active.
//!
//! It belongs to one newest record, whose id is a hash of the whole chain; later records are folded onto it. A damaged
//! cache, or one of another chain, is ignored, and one that cannot be written costs only time. One version is looked up
//! by reading a block or two of it.

use super::ledger::{LastPromotion, LedgerIndex};
use crate::error::Result;
use crate::fs::{self, RangedFile};
use crate::object::Id;
use crate::store::{self, Store};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

const MAGIC: &[u8; 24] = b"lua-store ledger-index 2";

/// The first line, newest record, three counts, the two versions that were active last, checksum.
const HEADER_LEN: usize = 24 + 32 + 3 * 8 + 2 * 32 + 32;

const CHECKSUM_LEN: usize = 32;

/// Id of the version, flags, record of its last promotion and the position of that in the chain.
const FATE_LEN: usize = 32 + 1 + 32 + 8;
const FATES_PER_BLOCK: usize = 32;
const FATE_BLOCK: usize = FATES_PER_BLOCK * FATE_LEN + CHECKSUM_LEN;

const IDS_PER_BLOCK: usize = 64;
const ID_BLOCK: usize = IDS_PER_BLOCK * Id::LEN + CHECKSUM_LEN;

const PROMOTED: u8 = 1;
const DELETED: u8 = 2;

/// Fate of a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    pub promoted: Option<LastPromotion>,
    pub is_deleted: bool,
}

/// The cache was changed by something else since it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

/// The header of a cached index.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IndexHeader {
    head: Id,
    /// Numbers of records, of versions and of changes of the active version.
    records: u64,
    versions: u64,
    active: u64,
    /// The versions that were active last.
    newest: [Id; 2],
}

/// A cached index that is open.
#[derive(Debug)]
pub struct IndexFile {
    file: RangedFile,
    header: IndexHeader,
    /// The blocks that were read.
    read: RefCell<HashMap<u64, Fates>>,
}

/// The versions of a block, by id.
type Fates = Rc<[(Id, Fate)]>;

/// Replaces the cached index.
pub fn keep(store: &Store, head: &Id, index: &LedgerIndex) -> Result<()> {
    let path = store.path(store::LEDGER_INDEX);
    fs::create_dir_all(path.parent().unwrap_or_else(|| Path::new(".")))?;
    fs::replace_unsynced(&path, &encode(head, index))
}

impl IndexFile {
    /// The cached index; `None` where there is none that can be read.
    pub fn open(store: &Store) -> Option<IndexFile> {
        IndexFile::at(&store.path(store::LEDGER_INDEX))
    }

    fn at(path: &Path) -> Option<IndexFile> {
        let file = RangedFile::open(path).ok()??;
        let header = IndexHeader::decode(&file.read_at(0, HEADER_LEN).ok()?)?;
        let is_whole = header.file_len()? == file.size();
        is_whole.then(|| IndexFile { file, header, read: RefCell::default() })
    }

    /// The newest record that is in it.
    pub fn head(&self) -> Id {
        self.header.head
    }

    /// The number of records up to that.
    pub fn records(&self) -> u64 {
        self.header.records
    }

    /// The versions that were active last, the newest first, two at most.
    pub fn newest_active(&self) -> &[Id] {
        &self.header.newest[..self.header.active.min(2) as usize]
    }

    /// Fate of a version, found by its id, which is as good as random.
    pub fn fate(&self, id: &Id) -> Result<Option<Fate>, Damaged> {
        let blocks = self.header.fate_blocks();
        let (mut from, mut to) = (0, blocks);
        let (first, _) = id.as_bytes().split_first_chunk::<8>().ok_or(Damaged)?;
        let mut guess =
            ((u128::from(u64::from_be_bytes(*first)) * u128::from(blocks)) >> 64) as u64;
        while from < to {
            let block = guess.clamp(from, to - 1);
            let fates = self.fates(block)?;
            match (fates.first(), fates.last()) {
                (Some((lowest, _)), _) if id < lowest => to = block,
                (_, Some((highest, _))) if highest < id => from = block + 1,
                (Some(_), Some(_)) => {
                    let place = fates.binary_search_by_key(id, |(id, _)| *id);
                    return Ok(place.ok().map(|place| fates[place].1));
                }
                _ => return Err(Damaged),
            }
            // Beside the guess at first, as it is hardly ever far away.
            guess = match to - from > 8 {
                true if to == block => block.saturating_sub(1),
                true => block + 1,
                false => from + (to - from) / 2,
            };
        }
        Ok(None)
    }

    /// All of it.
    pub fn load(&self) -> Result<LedgerIndex, Damaged> {
        let mut index = LedgerIndex { records: self.header.records, ..LedgerIndex::default() };
        for block in 0..self.header.fate_blocks() {
            for (id, fate) in self.fates(block)?.iter() {
                fate.promoted.map(|promotion| index.promoted.insert(*id, promotion));
                if fate.is_deleted {
                    index.deleted.insert(*id);
                }
            }
        }
        index.was_active = self.was_active()?;
        Ok(index)
    }

    /// All versions in the order in which they were active, the newest first.
    pub fn was_active(&self) -> Result<Vec<Id>, Damaged> {
        let mut ids = Vec::new();
        for block in 0..self.header.id_blocks() {
            let at = self.header.id_offset(block);
            let bytes = self.block(at, self.header.fate_blocks() + block, ID_BLOCK)?;
            ids.extend(bytes.as_chunks::<{ Id::LEN }>().0.iter().map(|id| Id::from_bytes(*id)));
        }
        ids.truncate(self.header.active as usize);
        Ok(ids)
    }

    fn fates(&self, block: u64) -> Result<Fates, Damaged> {
        if let Some(fates) = self.read.borrow().get(&block) {
            return Ok(fates.clone());
        }
        let bytes = self.block(self.header.fate_offset(block), block, FATE_BLOCK)?;
        let before = block * FATES_PER_BLOCK as u64;
        let count = (self.header.versions - before).min(FATES_PER_BLOCK as u64) as usize;
        let fates = bytes.as_chunks::<FATE_LEN>().0.iter().take(count).map(decode_fate);
        let fates: Fates = fates.collect::<Option<_>>().ok_or(Damaged)?;
        self.read.borrow_mut().insert(block, fates.clone());
        Ok(fates)
    }

    /// The content of a block, whose checksum is right.
    fn block(&self, offset: u64, block: u64, len: usize) -> Result<Vec<u8>, Damaged> {
        let mut bytes = self.file.read_at(offset, len).map_err(|_| Damaged)?;
        let content = bytes.len().checked_sub(CHECKSUM_LEN).ok_or(Damaged)?;
        let expected = checksum(&self.header.head, block, &bytes[..content]);
        if bytes.len() != len || bytes[content..] != expected {
            return Err(Damaged);
        }
        bytes.truncate(content);
        Ok(bytes)
    }
}

impl IndexHeader {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], self.head.as_bytes()].concat();
        for count in [self.records, self.versions, self.active] {
            bytes.extend(count.to_le_bytes());
        }
        self.newest.iter().for_each(|id| bytes.extend(id.as_bytes()));
        let sum = blake3::hash(&bytes);
        bytes.extend(sum.as_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<IndexHeader> {
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>()?;
        if blake3::hash(body).as_bytes() != sum {
            return None;
        }
        let (head, rest) = body.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
        let (counts, rest) = rest.split_first_chunk::<24>()?;
        let [records, versions, active] = [0, 8, 16].map(|at| {
            counts[at..at + 8].iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
        });
        let (newest, _) = rest.as_chunks::<{ Id::LEN }>();
        let newest = [Id::from_bytes(*newest.first()?), Id::from_bytes(*newest.get(1)?)];
        Some(IndexHeader { head: Id::from_bytes(*head), records, versions, active, newest })
    }

    fn fate_blocks(&self) -> u64 {
        self.versions.div_ceil(FATES_PER_BLOCK as u64)
    }

    fn id_blocks(&self) -> u64 {
        self.active.div_ceil(IDS_PER_BLOCK as u64)
    }

    fn fate_offset(&self, block: u64) -> u64 {
        HEADER_LEN as u64 + block * FATE_BLOCK as u64
    }

    fn id_offset(&self, block: u64) -> u64 {
        self.fate_offset(self.fate_blocks()) + block * ID_BLOCK as u64
    }

    /// Length of the file; `None` where no file could be so long.
    fn file_len(&self) -> Option<u64> {
        let most = u64::from(u32::MAX);
        (self.versions < most && self.active < most).then(|| self.id_offset(self.id_blocks()))
    }
}

fn encode(head: &Id, index: &LedgerIndex) -> Vec<u8> {
    let mut fates: HashMap<&Id, Fate> = HashMap::new();
    for (id, promotion) in &index.promoted {
        fates.entry(id).or_default().promoted = Some(*promotion);
    }
    for id in &index.deleted {
        fates.entry(id).or_default().is_deleted = true;
    }
    let mut fates: Vec<(&Id, Fate)> = fates.into_iter().collect();
    fates.sort_unstable_by_key(|(id, _)| **id);
    let none = Id::from_bytes([0; 32]);
    let header = IndexHeader {
        head: *head,
        records: index.records,
        versions: fates.len() as u64,
        active: index.was_active.len() as u64,
        newest: [0, 1].map(|at| index.was_active.get(at).copied().unwrap_or(none)),
    };
    let mut bytes = header.encode();
    let mut block = 0;
    let mut add = |mut content: Vec<u8>, len: usize| {
        content.resize(len - CHECKSUM_LEN, 0);
        bytes.extend(&content);
        bytes.extend(checksum(head, block, &content));
        block += 1;
    };
    for fates in fates.chunks(FATES_PER_BLOCK) {
        add(fates.iter().flat_map(|(id, fate)| encode_fate(id, fate)).collect(), FATE_BLOCK);
    }
    for ids in index.was_active.chunks(IDS_PER_BLOCK) {
        add(ids.iter().flat_map(|id| *id.as_bytes()).collect(), ID_BLOCK);
    }
    bytes
}

fn encode_fate(id: &Id, fate: &Fate) -> Vec<u8> {
    let mut bytes = id.as_bytes().to_vec();
    let promoted = if fate.promoted.is_some() { PROMOTED } else { 0 };
    bytes.push(promoted | if fate.is_deleted { DELETED } else { 0 });
    bytes.extend(fate.promoted.map_or([0; 32], |promotion| *promotion.record.as_bytes()));
    bytes.extend(fate.promoted.map_or(0, |promotion| promotion.position).to_le_bytes());
    bytes
}

fn decode_fate(bytes: &[u8; FATE_LEN]) -> Option<(Id, Fate)> {
    let (id, rest) = bytes.split_first_chunk::<32>()?;
    let (flags, rest) = rest.split_first()?;
    let (record, position) = rest.split_first_chunk::<32>()?;
    let position = u64::from_le_bytes(position.try_into().ok()?);
    let promotion = LastPromotion { record: Id::from_bytes(*record), position };
    let promoted = (flags & PROMOTED != 0).then_some(promotion);
    Some((Id::from_bytes(*id), Fate { promoted, is_deleted: flags & DELETED != 0 }))
}

/// A block counts for one chain and one place only.
fn checksum(head: &Id, block: u64, content: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head.as_bytes()).update(&block.to_le_bytes()).update(content);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head() -> Id {
        Id::from_bytes([7; 32])
    }

    fn version(number: u16) -> Id {
        Id::of_blob(&number.to_le_bytes())
    }

    fn index(events: &[(u16, bool)]) -> LedgerIndex {
        let mut index = LedgerIndex { records: events.len() as u64, ..LedgerIndex::default() };
        for (position, (number, is_promote)) in (0..).zip(events) {
            let id = version(*number);
            if *is_promote {
                let record = Id::of_blob(&[*number as u8]);
                index.promoted.insert(id, LastPromotion { record, position });
                index.was_active.push(id);
            } else {
                index.deleted.insert(id);
            }
        }
        index
    }

    fn opened(bytes: &[u8]) -> (tempfile::TempDir, Option<IndexFile>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        std::fs::write(&path, bytes).unwrap();
        let file = IndexFile::at(&path);
        (folder, file)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_kept_comes_back_whole_and_one_by_one(events in proptest::collection::vec((0u16..900, any::<bool>()), 0..700)) {
            let index = index(&events);
            let (_folder, file) = opened(&encode(&head(), &index));
            let file = file.unwrap();
            prop_assert_eq!(file.load().unwrap(), index.clone());
            prop_assert_eq!((file.head(), file.records()), (head(), index.records));
            prop_assert_eq!(file.newest_active(), &index.was_active[..index.was_active.len().min(2)]);
            for number in 0..900 {
                let id = version(number);
                let promoted = index.promoted.get(&id).copied();
                let is_deleted = index.deleted.contains(&id);
                let expected = (promoted.is_some() || is_deleted).then_some(Fate { promoted, is_deleted });
                prop_assert_eq!(file.fate(&id), Ok(expected));
            }
        }

        #[test]
        fn a_changed_byte_is_never_believed(events in proptest::collection::vec((0u16..900, any::<bool>()), 1..300), at: prop::sample::Index) {
            let index = index(&events);
            let mut bytes = encode(&head(), &index);
            let at = at.index(bytes.len());
            let (_folder, short) = opened(&bytes[..at]);
            prop_assert!(short.is_none());
            bytes[at] ^= 1;
            let (_folder, file) = opened(&bytes);
            let Some(file) = file else { return Ok(()) };
            prop_assert_eq!(file.load(), Err(Damaged));
            for number in 0..900 {
                let id = version(number);
                let promoted = index.promoted.get(&id).copied();
                let is_deleted = index.deleted.contains(&id);
                let expected = (promoted.is_some() || is_deleted).then_some(Fate { promoted, is_deleted });
                prop_assert!([Ok(expected), Err(Damaged)].contains(&file.fate(&id)));
            }
        }
    }

    #[test]
    fn a_version_is_found_by_reading_a_few_blocks_of_many() {
        let events: Vec<(u16, bool)> = (0..9000).map(|number| (number, true)).collect();
        let (_folder, file) = opened(&encode(&head(), &index(&events)));
        let file = file.unwrap();
        assert!((0..9000).all(|number| file.fate(&version(number)).unwrap().is_some()));
    }
}
