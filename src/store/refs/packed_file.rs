//! Looks at `packed-refs`: one ref, the newest of a series, the pointer. Of a table only the header and the block that
//! has the answer are read; a file that is damaged there, or written by an older program, is read whole.

use super::super::active::Active;
use super::super::layout::PACKED_REFS;
use super::name::RefName;
use super::packed::{self, Packed, PackedScan};
use super::packed_table::{self, BLOCK_LEN, HEADER_LEN, PER_BLOCK, TableHeader};
use crate::error::{Error, Result};
use crate::fs::RangedFile;
use crate::object::Id;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// An open `packed-refs`: every answer is of the same moment, unless damage is met.
#[derive(Debug)]
pub struct PackedFile {
    dir: PathBuf,
    content: PackedContent,
    /// True if it is there and is no table.
    is_text: bool,
    is_absent: bool,
}

#[derive(Debug)]
enum PackedContent {
    Table(OpenTable),
    Whole(PackedScan),
}

/// An open table, with the block that was read last.
#[derive(Debug)]
struct OpenTable {
    file: RangedFile,
    header: TableHeader,
    last_block: RefCell<Option<(u64, Records)>>,
}

/// The refs of a block.
type Records = Rc<[(u64, Id)]>;

/// An answer, and the damage that was met on the way.
pub type PackedAnswer<T> = (Option<T>, Option<Error>);

impl PackedFile {
    pub fn open(dir: &Path) -> Result<PackedFile> {
        let (mut is_text, mut is_absent) = (false, false);
        let content = match open_table(dir)? {
            Opened::Table(table) => PackedContent::Table(table),
            Opened::Absent => {
                is_absent = true;
                PackedContent::Whole(PackedScan::default())
            }
            Opened::Other => {
                is_text = true;
                PackedContent::Whole(Packed::scan(dir)?)
            }
        };
        Ok(PackedFile { dir: dir.to_owned(), content, is_text, is_absent })
    }

    /// The object that a packed ref names.
    pub fn get(&self, name: &RefName) -> Result<PackedAnswer<Id>> {
        let found = match (&self.content, packed::position(name.series())) {
            (_, None) => Some(None),
            (PackedContent::Table(table), Some(at)) => table.find(at, name.number())?,
            (PackedContent::Whole(_), Some(_)) => None,
        };
        self.or_whole(found, |packed| packed.get(name))
    }

    /// The packed ref of a series with the highest number.
    pub fn newest(&self, series: &str) -> Result<PackedAnswer<(u64, Id)>> {
        let found = match (&self.content, packed::position(series)) {
            (_, None) => Some(None),
            (PackedContent::Table(table), Some(at)) => table.newest(at)?,
            (PackedContent::Whole(_), Some(_)) => None,
        };
        self.or_whole(found, |packed| packed.series(series).last().copied())
    }

    /// All packed refs of a series; `None` where damage is met.
    pub fn list(&self, series: &str) -> Result<Option<Vec<(u64, Id)>>> {
        match (&self.content, packed::position(series)) {
            (_, None) => Ok(Some(Vec::new())),
            (PackedContent::Table(table), Some(at)) => table.list(at),
            (PackedContent::Whole(scan), Some(_)) => {
                Ok(scan.damage().is_none().then(|| scan.packed.series(series).to_vec()))
            }
        }
    }

    /// The highest number, if the packed refs of the series are all from 1 to that; `None` where they have a gap, or that is
    /// not known.
    pub fn contiguous(&self, series: &str) -> Result<Option<u64>> {
        let count = match (&self.content, packed::position(series)) {
            (PackedContent::Table(table), Some(at)) => table.header.counts[at],
            (PackedContent::Whole(scan), Some(_)) => scan.packed.series(series).len() as u64,
            (_, None) => 0,
        };
        let (newest, damage) = self.newest(series)?;
        let last = newest.map_or(0, |(number, _)| number);
        Ok(Some(last).filter(|last| damage.is_none() && *last == count))
    }

    /// Number of refs of both series.
    pub fn count(&self) -> u64 {
        match &self.content {
            PackedContent::Table(table) => table.header.counts.iter().sum(),
            PackedContent::Whole(scan) => {
                packed::SERIES.iter().map(|series| scan.packed.series(series).len() as u64).sum()
            }
        }
    }

    /// The pointer that precedes the refs, if it is certain whether there is one.
    pub fn pointer(&self) -> Result<Option<Active>> {
        match &self.content {
            PackedContent::Table(table) => Ok(table.header.pointer),
            PackedContent::Whole(scan) => scan.pointer(),
        }
    }

    /// True if both are the same table, or no file, for certain.
    pub fn is_same(&self, other: &PackedFile) -> bool {
        match (&self.content, &other.content) {
            (PackedContent::Table(table), PackedContent::Table(other)) => {
                table.header == other.header
            }
            (PackedContent::Whole(_), PackedContent::Whole(_)) => self.is_absent && other.is_absent,
            _ => false,
        }
    }

    /// True for a file that an older program wrote, or that is damaged.
    pub fn is_text(&self) -> bool {
        self.is_text
    }

    /// Answer of the table, or else of the whole file.
    fn or_whole<T>(
        &self,
        found: Option<Option<T>>,
        get: impl FnOnce(&Packed) -> Option<T>,
    ) -> Result<PackedAnswer<T>> {
        let answer = |scan: &PackedScan| (get(&scan.packed), scan.damage().map(Error::repeat));
        match (found, &self.content) {
            (Some(found), _) => Ok((found, None)),
            (None, PackedContent::Whole(scan)) => Ok(answer(scan)),
            (None, PackedContent::Table(_)) => Ok(answer(&Packed::scan(&self.dir)?)),
        }
    }
}

enum Opened {
    Absent,
    Table(OpenTable),
    /// Text, or damaged.
    Other,
}

fn open_table(dir: &Path) -> Result<Opened> {
    let Some(file) = RangedFile::open(&dir.join(PACKED_REFS))? else { return Ok(Opened::Absent) };
    Ok(match TableHeader::decode(&file.read_at(0, HEADER_LEN)?) {
        Ok(header) if header.file_len() == Some(file.size()) => {
            Opened::Table(OpenTable { file, header, last_block: RefCell::default() })
        }
        _ => Opened::Other,
    })
}

impl OpenTable {
    /// The records of a block; `None` where it is damaged.
    fn block(&self, block: u64) -> Result<Option<Records>> {
        if let Some((_, refs)) = self.last_block.borrow().as_ref().filter(|(at, _)| *at == block) {
            return Ok(Some(refs.clone()));
        }
        let bytes = self.file.read_at(packed_table::offset_of(block), BLOCK_LEN)?;
        let Ok(refs) = self.header.block(block, &bytes) else { return Ok(None) };
        let refs: Records = refs.into();
        self.last_block.replace(Some((block, refs.clone())));
        Ok(Some(refs))
    }

    /// The ref of a series with the highest number. The outer `None`: damage was met.
    fn newest(&self, at: usize) -> Result<Option<Option<(u64, Id)>>> {
        let Some(last) = self.header.blocks(at).checked_sub(1) else { return Ok(Some(None)) };
        let refs = self.block(self.header.first_block(at) + last)?;
        Ok(refs.map(|refs| refs.last().copied()))
    }

    /// Finds a number among the blocks of a series: first where it is if the numbers before it have no gap, then by
    /// halves. The outer `None`: damage was met.
    fn find(&self, at: usize, number: u64) -> Result<Option<Option<Id>>> {
        let first = self.header.first_block(at);
        let (mut from, mut to) = (0, self.header.blocks(at));
        let mut guess = number.saturating_sub(1) / PER_BLOCK as u64;
        while from < to {
            let block = guess.clamp(from, to - 1);
            let Some(refs) = self.block(first + block)? else { return Ok(None) };
            match (refs.first(), refs.last()) {
                (Some((lowest, _)), _) if number < *lowest => to = block,
                (_, Some((highest, _))) if *highest < number => from = block + 1,
                _ => {
                    let place = refs.binary_search_by_key(&number, |(number, _)| *number);
                    return Ok(Some(place.ok().map(|place| refs[place].1)));
                }
            }
            guess = from + to.saturating_sub(from) / 2;
        }
        Ok(Some(None))
    }

    /// All refs of a series; `None` where damage is met.
    fn list(&self, at: usize) -> Result<Option<Vec<(u64, Id)>>> {
        let (first, blocks) = (self.header.first_block(at), self.header.blocks(at));
        let len = blocks as usize * BLOCK_LEN;
        let bytes = self.file.read_at(packed_table::offset_of(first), len)?;
        let mut refs = Vec::with_capacity(self.header.counts[at] as usize);
        for (block, bytes) in (first..).zip(bytes.chunks(BLOCK_LEN)) {
            match self.header.block(block, bytes) {
                Ok(block) => refs.extend(block),
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(refs).filter(|refs| refs.is_sorted_by(|a, b| a.0 < b.0)))
    }
}
