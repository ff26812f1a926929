//! Choice of the packs that a command combines after its own work: a tier, and never more than the person waits for
//! without noticing.

use super::super::list::Pack;
use crate::store::tiers;
use std::sync::Arc;

/// Number of packs of about one size that are combined.
const MANY_PACKS: usize = 10;

/// Work for which a command always has time; about 200 pushes.
const LEAST: u64 = 2 << 20;

/// Part of everything that a command combines at most. With a fixed limit the number of packs would grow with the
/// history.
const PART: u64 = 16;

/// Work per object beside its bytes: lookups, two hashes, its place in the index.
const PER_OBJECT: u64 = 1 << 10;

/// The packs of the first full tier; empty if there is none.
pub(super) fn full(packs: &[Arc<Pack>]) -> Vec<Arc<Pack>> {
    if packs.len() < MANY_PACKS {
        return Vec::new();
    }
    let most = (packs.iter().map(|pack| stored(pack)).sum::<u64>() / PART).max(LEAST);
    let work: Vec<u64> = packs.iter().map(|pack| work(pack, most)).collect();
    let places = tiers::full(&work, MANY_PACKS, most).unwrap_or_default();
    places.into_iter().map(|at| packs[at].clone()).collect()
}

/// Work of rewriting a pack, in bytes. What is larger than `most` as it is stored is not looked into.
///
/// The bytes before compression count: a pack of packs is smaller than their sum, and must be in a higher tier all the
/// same.
fn work(pack: &Pack, most: u64) -> u64 {
    let stored = stored(pack);
    if stored > most {
        return stored;
    }
    let entry = |number| pack.reader.entry(number).map_or(0, |entry| entry.raw_len());
    let raw = (0..pack.reader.entries()).map(entry).fold(0, u64::saturating_add);
    raw.saturating_add(u64::from(pack.reader.count()) * PER_OBJECT)
}

fn stored(pack: &Pack) -> u64 {
    pack.reader.bytes().len() as u64 + u64::from(pack.reader.count()) * PER_OBJECT
}
