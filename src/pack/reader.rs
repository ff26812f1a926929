//! Pack reader: finds objects by id or position and gives out entries.

use super::entry::PackEntry;
use super::index::{self, FOOTER_LEN, IndexLayout};
use super::rank::rank;
use super::{HEADER, OrMalformed, PackId, malformed};
use crate::error::Result;
use crate::object::{Id, IdPrefix};
use std::ops::Deref;

/// Bytes of a pack: in memory, or a map that gives memory back when much of it was read.
pub trait PackBytes: Deref<Target = [u8]> {
    /// So many bytes of it are about to be read.
    fn count_read(&self, _bytes: usize) {}
}

impl PackBytes for &[u8] {}

/// Bytes that are read at once of a whole pack.
const PIECE: usize = 1 << 20;

/// A pack in memory. Opening looks at header and footer only; whatever else may be wrong with the
/// bytes is found when they are used, or by [`PackReader::check_index`].
pub struct PackReader<B> {
    bytes: B,
    layout: IndexLayout,
}

/// Slot of an object: its entry, and its place in the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntrySlot {
    pub entry: u32,
    pub nth: usize,
}

impl<B: PackBytes> PackReader<B> {
    pub fn open(bytes: B) -> Result<PackReader<B>> {
        let layout = IndexLayout::read(&bytes)?;
        Ok(PackReader { bytes, layout })
    }

    /// Holder of the bytes.
    pub fn source(&self) -> &B {
        &self.bytes
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All of its bytes, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(PIECE).inspect(|piece| self.bytes.count_read(piece.len()))
    }

    /// The id that its bytes have.
    pub fn hash(&self) -> PackId {
        let mut hasher = Id::blob_hasher();
        for piece in self.pieces() {
            hasher.update(piece);
        }
        PackId::from(Id::from(hasher.finalize()))
    }

    /// Number of its objects.
    pub fn count(&self) -> u32 {
        self.layout.count
    }

    pub fn entries(&self) -> u32 {
        self.layout.entries
    }

    /// The id of the object at a position.
    pub fn id(&self, position: u32) -> Option<Id> {
        self.layout.id(&self.bytes, position)
    }

    /// All ids, in the order of the positions.
    pub fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        (0..self.count()).filter_map(|position| self.id(position))
    }

    fn ranked(&self, rank: u32) -> Option<Id> {
        self.id(self.layout.sorted(&self.bytes, rank))
    }

    /// Number of ids that are smaller than this one.
    fn rank(&self, id: &Id) -> u32 {
        rank(id, self.count(), |rank| self.ranked(rank).is_some_and(|other| other < *id))
    }

    pub fn position(&self, id: &Id) -> Option<u32> {
        let rank = self.rank(id);
        if rank >= self.count() || self.ranked(rank)? != *id {
            return None;
        }
        Some(self.layout.sorted(&self.bytes, rank))
    }

    /// The ids that begin so, ascending.
    pub fn matching<'a>(&'a self, prefix: &'a IdPrefix) -> impl Iterator<Item = Id> + 'a {
        let ranks = self.rank(prefix.low())..self.count();
        ranks.map_while(|rank| self.ranked(rank).filter(|id| prefix.matches(id)))
    }

    pub fn place(&self, position: u32) -> Result<EntrySlot> {
        let (mut low, mut high) = (0, self.entries());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.layout.first(&self.bytes, middle) <= position {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let entry = low.checked_sub(1).or_malformed("its index is changed")?;
        Ok(EntrySlot { entry, nth: (position - self.layout.first(&self.bytes, entry)) as usize })
    }

    /// The positions of the objects in an entry.
    pub fn positions(&self, entry: u32) -> std::ops::Range<u32> {
        self.layout.first(&self.bytes, entry)..self.layout.first(&self.bytes, entry + 1)
    }

    pub fn entry(&self, number: u32) -> Result<PackEntry<'_>> {
        let range =
            self.layout.offset(&self.bytes, number)..self.layout.offset(&self.bytes, number + 1);
        self.bytes.count_read(range.len());
        let inside = range.start >= HEADER.len() && range.end <= self.layout.start;
        let bytes =
            self.bytes.get(range).filter(|_| inside).or_malformed("its index is changed")?;
        PackEntry::parse(bytes)
    }

    /// Holds the index against its checksum, and its tables against each other.
    pub fn check_index(&self) -> Result<()> {
        let footer = self.bytes.len() - FOOTER_LEN;
        let (numbers, expected) = (footer + 16, &self.bytes[footer + 16..]);
        if index::checksum(&self.bytes[self.layout.start..numbers]) != *expected {
            return Err(malformed("its index is changed"));
        }
        let ascend = (1..self.count()).all(|rank| {
            let pair = (self.ranked(rank - 1), self.ranked(rank));
            matches!(pair, (Some(low), Some(high)) if low < high)
        });
        // An entry holds one object at least, and each begins where the one before ends.
        let firsts = (0..self.entries()).all(|entry| !self.positions(entry).is_empty());
        let offsets = (0..self.entries()).all(|entry| {
            self.layout.offset(&self.bytes, entry) < self.layout.offset(&self.bytes, entry + 1)
        });
        let from_the_start = self.layout.first(&self.bytes, 0) == 0
            && self.layout.offset(&self.bytes, 0) == HEADER.len();
        if ascend && firsts && offsets && from_the_start {
            return Ok(());
        }
        Err(malformed("its index contradicts itself"))
    }
}
