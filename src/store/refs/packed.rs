//! `packed-refs`: many refs in one file, so that a long history is not a folder of thousands of files.
//!
//! This is its whole content; [`super::packed_file`] reads one ref of it. It is written as a table
//! ([`super::packed_table`]); the text of older programs ([`super::packed_text`]) is read too. For a moment it has the
//! pointer (see [`crate::store::ref_transaction`]).

use super::super::active::Active;
use super::super::layout::{self, PACKED_REFS};
use super::name::RefName;
use super::{SOURCE, VERSIONS, packed_table, packed_text};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::object::Id;
use crate::store::parse_error::ParseError;
use std::path::Path;

/// The series that are packed, in the order of the file.
pub const SERIES: [&str; 2] = [SOURCE, VERSIONS];

/// The content of `packed-refs`; a missing file is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// One list per series, by number.
    refs: [Vec<(u64, Id)>; SERIES.len()],
    /// Pointer to be written to `ACTIVE`, which counts until it is there.
    pub pointer: Option<Active>,
}

impl Packed {
    pub fn read(dir: &Path) -> Result<Packed> {
        let path = dir.join(PACKED_REFS);
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(Packed::default()) };
        Packed::decode(&bytes).map_err(|what| damaged(&path, &what))
    }

    /// Reads the file even where it is damaged: the refs that are well formed and in their place. An id that
    /// was changed is that of no object, so that it misleads nobody.
    pub fn scan(dir: &Path) -> Result<PackedScan> {
        let path = dir.join(PACKED_REFS);
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(PackedScan::default()) };
        Ok(match Packed::decode(&bytes) {
            Ok(packed) => PackedScan { packed, damage: None },
            Err(what) => {
                let (packed, pointer_is_known) = match packed_table::is_table(&bytes) {
                    true => packed_table::recover(&bytes),
                    false => {
                        (packed_text::recover(&bytes), packed_text::is_without_pointer(&bytes))
                    }
                };
                PackedScan { packed, damage: Some((damaged(&path, &what), pointer_is_known)) }
            }
        })
    }

    fn decode(bytes: &[u8]) -> Result<Packed, ParseError> {
        match packed_table::is_table(bytes) {
            true => packed_table::decode(bytes),
            false => packed_text::decode(bytes),
        }
    }

    /// Replaces the file, durably. The number of the format comes first: a program that knows no tables must not
    /// take one for damage.
    pub fn write(&self, dir: &Path) -> Result<()> {
        layout::require_tables(dir)?;
        fs::replace(&dir.join(PACKED_REFS), &packed_table::encode(self))
    }

    pub fn get(&self, name: &RefName) -> Option<Id> {
        let refs = self.series(name.series());
        let at = refs.binary_search_by_key(&name.number(), |(number, _)| *number).ok()?;
        Some(refs[at].1)
    }

    /// Takes out a ref, where it is there.
    pub fn remove(&mut self, name: &RefName) {
        if let Some(at) = position(name.series()) {
            self.refs[at].retain(|(number, _)| *number != name.number());
        }
    }

    /// The refs of one series, by number; none of a series that is not packed.
    pub fn series(&self, series: &str) -> &[(u64, Id)] {
        position(series).map_or(&[], |at| &self.refs[at])
    }

    /// The ids of two series whose numbers begin with 1 and have no gaps.
    pub fn contiguous(source: &[Id], versions: &[Id]) -> Packed {
        let refs = [source, versions].map(|ids| (1..).zip(ids.iter().copied()).collect());
        Packed { refs, pointer: None }
    }

    /// The ids of both series by number; `None` where a number is missing.
    pub fn into_contiguous(self) -> Option<[Vec<Id>; SERIES.len()]> {
        let whole = self
            .refs
            .iter()
            .all(|refs| (1..).zip(refs).all(|(expected, (number, _))| *number == expected));
        whole.then(|| self.refs.map(|refs| refs.into_iter().map(|(_, id)| id).collect()))
    }

    pub fn with_pointer(self, pointer: Option<Active>) -> Packed {
        Packed { pointer, ..self }
    }

    /// Takes a loose ref in. Refs never change, so another id under a known name is damage.
    pub fn insert(&mut self, series: usize, number: u64, id: Id) -> Result<()> {
        let refs = &mut self.refs[series];
        match refs.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(at) if refs[at].1 != id => {
                Err(disagree(&RefName::new(SERIES[series], number)?, id, refs[at].1))
            }
            Ok(_) => Ok(()),
            Err(at) => {
                refs.insert(at, (number, id));
                Ok(())
            }
        }
    }

    /// Takes in a ref, which must come after all that are in it.
    pub fn push(&mut self, at: usize, number: u64, id: Id) -> Option<()> {
        let ascends = self.refs[at].last().is_none_or(|(last, _)| *last < number);
        (ascends && self.is_last(at)).then(|| self.refs[at].push((number, id)))
    }

    fn is_last(&self, at: usize) -> bool {
        self.refs[at + 1..].iter().all(Vec::is_empty)
    }
}

/// Place of a series in the file; none of one that is not packed.
pub fn position(series: &str) -> Option<usize> {
    SERIES.iter().position(|known| *known == series)
}

/// The refs of a damaged file, taken in one by one. One that skips more numbers than damaged ones before it could have
/// had is damaged itself.
#[derive(Default)]
pub struct Recovery {
    packed: Packed,
    passed: u64,
}

impl Recovery {
    /// Takes a ref in, or passes it where it is not in its place. `lost` is what a damaged one may have been.
    pub fn take(&mut self, at: usize, number: u64, id: Id, lost: u64) {
        let last = self.packed.refs[at].last().map_or(0, |(last, _)| *last);
        let skipped = last.checked_add(1).and_then(|next| number.checked_sub(next));
        match skipped.is_some_and(|skipped| skipped <= self.passed && self.packed.is_last(at)) {
            true => {
                self.packed.refs[at].push((number, id));
                self.passed = 0;
            }
            false => self.pass(lost),
        }
    }

    /// Takes in a ref whose checksum is right, whatever it skips.
    pub fn take_sound(&mut self, at: usize, number: u64, id: Id) {
        if self.packed.push(at, number, id).is_some() {
            self.passed = 0;
        }
    }

    /// Passes damaged ones, which may have been so many refs.
    pub fn pass(&mut self, lost: u64) {
        self.passed = self.passed.saturating_add(lost);
    }

    pub fn finish(self) -> Packed {
        self.packed
    }
}

/// Result of a scan of the file: its refs, and its damage.
#[derive(Debug, Default)]
pub struct PackedScan {
    pub packed: Packed,
    /// The error, and true if it is certain nevertheless which pointer precedes the refs, if any.
    damage: Option<(Error, bool)>,
}

impl PackedScan {
    pub fn damage(&self) -> Option<&Error> {
        self.damage.as_ref().map(|(error, _)| error)
    }

    /// Pointer of `packed-refs`, if it is certain whether there is one: it is there only for a
    /// moment.
    pub fn pointer(&self) -> Result<Option<Active>> {
        match &self.damage {
            Some((error, false)) => Err(error.repeat()),
            _ => Ok(self.packed.pointer),
        }
    }
}

fn damaged(path: &Path, what: &ParseError) -> Error {
    Error::corrupt(format!("\"{}\" is damaged: {what}", path.display())).hint(Hint::FsckAffected)
}

pub fn disagree(name: &RefName, loose: Id, packed: Id) -> Error {
    let (loose, packed) = (loose.short(), packed.short());
    Error::corrupt(format!(
        "the ref \"{name}\" is {loose} in its file but {packed} in \"{PACKED_REFS}\""
    ))
    .hint(Hint::FsckAffected)
}
