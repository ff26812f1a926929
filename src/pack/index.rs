//! The index and the footer: where each object is.
//!
//! Four tables of numbers as wide as they need to be, then a footer of fixed size. Objects have
//! *positions*: their order in the pack. `ids` is in that order, `sorted` says in which order the ids
//! ascend, `firsts` and `offsets` say with which position and at which byte each entry begins.

use super::{HEADER, OrMalformed, malformed};
use crate::error::Result;
use crate::object::Id;

pub(super) const FOOTER_LEN: usize = 48;

/// The widths and places of the tables, all of which follow from three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexLayout {
    pub count: u32,
    pub entries: u32,
    pub start: usize,
    pub position_width: usize,
    pub offset_width: usize,
}

/// Bytes of a number up to `most`.
fn width(most: u64) -> usize {
    (64 - most.leading_zeros()).div_ceil(8) as usize
}

impl IndexLayout {
    pub fn new(count: u32, entries: u32, start: usize) -> IndexLayout {
        let widths = (width(u64::from(count)), width(start as u64));
        IndexLayout { count, entries, start, position_width: widths.0, offset_width: widths.1 }
    }

    /// False where each entry holds one object: its number is its position then, and `firsts` is left out.
    fn has_firsts(&self) -> bool {
        self.entries != self.count
    }

    pub fn sorted_at(&self) -> usize {
        self.start + self.count as usize * Id::LEN
    }

    fn firsts_at(&self) -> usize {
        self.sorted_at() + self.count as usize * self.position_width
    }

    fn offsets_at(&self) -> usize {
        let firsts = if self.has_firsts() { self.entries as usize } else { 0 };
        self.firsts_at() + firsts * self.position_width
    }

    pub fn end(&self) -> usize {
        self.offsets_at() + self.entries as usize * self.offset_width
    }

    /// Reads the footer of a whole pack and holds its numbers against the length of the pack.
    pub fn read(pack: &[u8]) -> Result<IndexLayout> {
        if pack.get(..HEADER.len() - 1) != Some(&HEADER[..HEADER.len() - 1]) {
            return Err(malformed("it does not begin like a pack"));
        }
        if pack[HEADER.len() - 1..].first() != Some(&HEADER[HEADER.len() - 1]) {
            return Err(malformed("it has a format that this program does not know"));
        }
        IndexLayout::from_footer(pack).or_malformed("its end is truncated or changed")
    }

    fn from_footer(pack: &[u8]) -> Option<IndexLayout> {
        let footer = pack.len().checked_sub(FOOTER_LEN)?;
        let number = |at: usize, len| read_number(&pack[footer + at..], len);
        let start = usize::try_from(number(0, 8)).ok()?;
        let (count, entries) = (number(8, 4) as u32, number(12, 4) as u32);
        if start < HEADER.len() || start > footer || entries > count {
            return None;
        }
        // Every id has its 32 bytes, so a count that passes cannot overflow what follows.
        if count as usize > (footer - start) / Id::LEN {
            return None;
        }
        let layout = IndexLayout::new(count, entries, start);
        (layout.end() == footer).then_some(layout)
    }

    pub fn id(&self, pack: &[u8], position: u32) -> Option<Id> {
        if position >= self.count {
            return None;
        }
        let bytes = pack[self.start + position as usize * Id::LEN..].first_chunk()?;
        Some(Id::from_bytes(*bytes))
    }

    /// The position of the `rank`th smallest id.
    pub fn sorted(&self, pack: &[u8], rank: u32) -> u32 {
        read_number(
            &pack[self.sorted_at() + rank as usize * self.position_width..],
            self.position_width,
        ) as u32
    }

    /// The position of an entry's first object.
    pub fn first(&self, pack: &[u8], entry: u32) -> u32 {
        if entry >= self.entries {
            return self.count;
        }
        if !self.has_firsts() {
            return entry;
        }
        read_number(
            &pack[self.firsts_at() + entry as usize * self.position_width..],
            self.position_width,
        ) as u32
    }

    /// Offset of an entry; the one past the last is the offset of the index.
    pub fn offset(&self, pack: &[u8], entry: u32) -> usize {
        if entry >= self.entries {
            return self.start;
        }
        let at = self.offsets_at() + entry as usize * self.offset_width;
        read_number(&pack[at..], self.offset_width) as usize
    }
}

/// Little-endian, of any width up to eight.
fn read_number(bytes: &[u8], width: usize) -> u64 {
    let mut number = [0; 8];
    number[..width].copy_from_slice(&bytes[..width]);
    u64::from_le_bytes(number)
}

fn write_number(out: &mut Vec<u8>, value: u64, width: usize) {
    out.extend_from_slice(&value.to_le_bytes()[..width]);
}

/// The hash of the index and of the footer before it.
pub(super) fn checksum(index_and_numbers: &[u8]) -> [u8; 32] {
    *blake3::hash(index_and_numbers).as_bytes()
}

/// Index and footer of a pack whose entries end at `start`.
pub(super) fn encode(ids: &[Id], firsts: &[u32], offsets: &[u64], start: u64) -> Vec<u8> {
    let layout = IndexLayout::new(ids.len() as u32, offsets.len() as u32, start as usize);
    let mut out = Vec::with_capacity(layout.end() - layout.start + FOOTER_LEN);
    ids.iter().for_each(|id| out.extend_from_slice(id.as_bytes()));
    let mut sorted: Vec<u32> = (0..layout.count).collect();
    sorted.sort_unstable_by_key(|position| ids[*position as usize]);
    sorted
        .iter()
        .for_each(|position| write_number(&mut out, u64::from(*position), layout.position_width));
    if layout.has_firsts() {
        firsts
            .iter()
            .for_each(|first| write_number(&mut out, u64::from(*first), layout.position_width));
    }
    offsets.iter().for_each(|offset| write_number(&mut out, *offset, layout.offset_width));
    write_number(&mut out, start, 8);
    write_number(&mut out, u64::from(layout.count), 4);
    write_number(&mut out, u64::from(layout.entries), 4);
    let checksum = checksum(&out);
    out.extend_from_slice(&checksum);
    out
}
