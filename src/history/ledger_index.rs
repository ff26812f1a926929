//! Cached index of the ledger, beside the stat cache, so that not every command walks a long chain.
//!
//! An index belongs to one newest record, whose id is a hash of the whole chain; a later record is
//! folded onto it. A damaged cache, or one of another chain, is ignored, and one that cannot be
//! written costs only time.

use super::ledger::LedgerIndex;
use crate::error::Result;
use crate::fs;
use crate::object::Id;
use crate::store::{self, Store};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const PROMOTED: u8 = 1;
const DELETED: u8 = 2;

pub struct Cache {
    path: PathBuf,
}

impl Cache {
    pub fn of(store: &Store) -> Cache {
        Cache { path: store.path(store::LEDGER_INDEX) }
    }

    /// Newest record that was folded, and the index of the chain up to it.
    pub fn load(&self) -> Option<(Id, LedgerIndex)> {
        decode(&fs::read_if_exists(&self.path).ok()??)
    }

    pub fn keep(&self, head: &Id, index: &LedgerIndex) -> Result<()> {
        fs::create_dir_all(self.path.parent().unwrap_or_else(|| Path::new(".")))?;
        fs::replace_unsynced(&self.path, &encode(head, index))
    }
}

/// Hash of the rest; newest record; versions with their fate; the order in which they were active,
/// by their place among the versions.
fn encode(head: &Id, index: &LedgerIndex) -> Vec<u8> {
    let mut versions: Vec<&Id> = index.promoted.union(&index.deleted).collect();
    versions.sort_unstable();
    let place: HashMap<&Id, u32> = versions.iter().copied().zip(0..).collect();
    let mut body = head.as_bytes().to_vec();
    body.extend((versions.len() as u32).to_le_bytes());
    for id in &versions {
        body.extend(id.as_bytes());
        let promoted = if index.promoted.contains(*id) { PROMOTED } else { 0 };
        let deleted = if index.deleted.contains(*id) { DELETED } else { 0 };
        body.push(promoted | deleted);
    }
    body.extend((index.was_active.len() as u32).to_le_bytes());
    for id in &index.was_active {
        body.extend(place[id].to_le_bytes());
    }
    [blake3::hash(&body).as_bytes(), &body[..]].concat()
}

fn decode(bytes: &[u8]) -> Option<(Id, LedgerIndex)> {
    let (sum, body) = bytes.split_first_chunk::<32>()?;
    if blake3::hash(body).as_bytes() != sum {
        return None;
    }
    let (head, rest) = body.split_first_chunk::<32>()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let (mut index, mut versions) = (LedgerIndex::default(), Vec::new());
    for _ in 0..u32::from_le_bytes(*count) {
        let (id, after) = rest.split_first_chunk::<32>()?;
        let (flags, after) = after.split_first()?;
        let id = Id::from_bytes(*id);
        if flags & PROMOTED != 0 {
            index.promoted.insert(id);
        }
        if flags & DELETED != 0 {
            index.deleted.insert(id);
        }
        versions.push(id);
        rest = after;
    }
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let (places, rest) = rest.as_chunks::<4>();
    if !rest.is_empty() || places.len() != u32::from_le_bytes(*count) as usize {
        return None;
    }
    for place in places {
        index.was_active.push(*versions.get(u32::from_le_bytes(*place) as usize)?);
    }
    Some((Id::from_bytes(*head), index))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn index(events: &[(u8, bool)]) -> LedgerIndex {
        let mut index = LedgerIndex::default();
        for (version, is_promote) in events {
            let id = Id::from_bytes([*version; 32]);
            if *is_promote {
                index.promoted.insert(id);
                index.was_active.push(id);
            } else {
                index.deleted.insert(id);
            }
        }
        index
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(events in proptest::collection::vec((0u8..6, any::<bool>()), 0..20), at in any::<prop::sample::Index>()) {
            let (head, index) = (Id::from_bytes([7; 32]), index(&events));
            let bytes = encode(&head, &index);
            prop_assert_eq!(decode(&bytes), Some((head, index)));
            let mut damaged = bytes.clone();
            damaged[at.index(bytes.len())] ^= 1;
            prop_assert_eq!(decode(&damaged), None);
            prop_assert_eq!(decode(&bytes[..at.index(bytes.len())]), None);
        }

        #[test]
        fn a_right_checksum_makes_no_sense_of_other_bytes(body in proptest::collection::vec(0u8..3, 0..120)) {
            let _ = decode(&[blake3::hash(&body).as_bytes(), &body[..]].concat());
        }
    }

    #[test]
    fn a_cache_that_is_not_there_or_damaged_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache { path: folder.path().join("ledger") };
        assert_eq!(cache.load(), None);
        let (head, index) = (Id::from_bytes([7; 32]), index(&[(1, true), (2, false)]));
        cache.keep(&head, &index).unwrap();
        assert_eq!(cache.load(), Some((head, index)));
        std::fs::write(&cache.path, "hello").unwrap();
        assert_eq!(cache.load(), None);
    }
}
