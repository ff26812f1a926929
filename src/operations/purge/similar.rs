//! Objects that contain parts of what is purged: a key that was in a file is often in compiled code and definitions too.

use super::places::{self, Place};
use crate::error::Result;
use crate::history::purge::PurgeTarget;
use crate::object::{Id, ObjectKind, Source};
use crate::store::Store;
use std::collections::{BTreeSet, HashSet};

/// Another object that contains a part of a purged one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Similar {
    pub object: Id,
    pub places: Vec<Place>,
}

/// A key has at least so many bytes.
const SHORTEST: usize = 16;

/// Larger blobs are media, and are not read for it.
const LARGEST: u64 = 8 << 20;

/// So many are named at most.
const MOST: usize = 50;

/// Finds blobs with a run of letters and digits that a purged blob has, and that looks like a key.
pub fn find(store: &Store, targets: &[PurgeTarget]) -> Result<Vec<Similar>> {
    let objects = store.objects();
    let purged: HashSet<Id> = targets.iter().map(|target| target.object).collect();
    let mut keys: HashSet<Vec<u8>> = HashSet::new();
    for target in targets.iter().filter(|target| target.bytes <= LARGEST) {
        let bytes = objects.blob(&target.object)?;
        keys.extend(runs(&bytes).filter(|run| is_key(run)).map(<[u8]>::to_vec));
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = BTreeSet::new();
    for id in objects.ids()?.into_iter().filter(|id| !purged.contains(id)) {
        let Some((ObjectKind::Blob, len)) = objects.kind_and_len(&id)? else { continue };
        if len <= LARGEST
            && found.len() < MOST
            && runs(&objects.blob(&id)?).any(|run| keys.contains(run))
        {
            found.insert(id);
        }
    }
    let places = places::of(store, &found)?;
    let similar = |object: Id| {
        let places = places.iter().filter(|place| place.object == object).cloned().collect();
        Similar { object, places }
    };
    Ok(found.into_iter().map(similar).collect())
}

/// The longest pieces of bytes that a key may have.
fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+/".contains(byte);
    bytes.split(move |byte| !is_inside(byte)).filter(|run| run.len() >= SHORTEST)
}

fn is_key(run: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| run.iter().filter(|byte| is(byte)).count();
    count(u8::is_ascii_digit) >= 3 && count(u8::is_ascii_alphabetic) >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_words() {
        let text =
            b"import { x } from './a/long/path/of/words';\nconst k = \"sk-live-0123456789abcdef\";";
        let keys: Vec<&[u8]> = runs(text).filter(|run| is_key(run)).collect();
        assert_eq!(keys, [b"sk-live-0123456789abcdef"]);
    }
}
