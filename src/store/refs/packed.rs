//! `packed-refs`: many refs in one file, so that a long history is one read.
//!
//! A header line, for a moment the pointer (see [`crate::store::ref_transaction`]), one line `<id> <name>` per ref in the order of series and number, and a last line
//! with the BLAKE3 of everything above it.

use super::super::active::{self, Active};
use super::super::layout::PACKED_REFS;
use super::name::{RefName, number_of};
use super::{SOURCE, VERSIONS};
use crate::error::{Error, Hint, Kind, Result};
use crate::fs;
use crate::object::Id;
use crate::store::checksummed;
use crate::store::parse_error::ParseError;
use std::path::Path;

const HEADER: &str = "lua-store packed-refs 1\n";

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
        Packed::decode(&bytes).map_err(|what| {
            Error::corrupt(format!("\"{}\" is damaged: {what}", path.display()))
                .hint(Hint::FsckAffected)
        })
    }

    /// Reads the file even where it is damaged: the lines that are well formed and in their place. An id that
    /// was changed is that of no object, so that it misleads nobody.
    pub fn scan(dir: &Path) -> Result<PackedScan> {
        match Packed::read(dir) {
            Ok(packed) => Ok(PackedScan { packed, damage: None }),
            Err(error) if error.kind() == Kind::Corrupt => {
                let bytes = fs::read_if_exists(&dir.join(PACKED_REFS))?.unwrap_or_default();
                Ok(PackedScan {
                    damage: Some((error, is_without_pointer(&bytes))),
                    packed: Packed::recover(&bytes),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// A line that skips more numbers than lines before it are damaged is damaged itself.
    fn recover(bytes: &[u8]) -> Packed {
        let mut packed = Packed::default();
        let mut passed = 0;
        for line in bytes.split(|byte| *byte == b'\n').skip(1) {
            let ahead =
                std::str::from_utf8(line).ok().and_then(parse_line).and_then(|(at, number, id)| {
                    let last = packed.refs[at].last().map_or(0, |(last, _)| *last);
                    let skipped = number.checked_sub(last + 1)?;
                    (skipped <= passed && packed.refs[at + 1..].iter().all(Vec::is_empty))
                        .then_some((at, number, id))
                });
            match ahead {
                Some((at, number, id)) => {
                    packed.refs[at].push((number, id));
                    passed = 0;
                }
                // A newline that was changed makes one of two lines.
                None => passed += 2,
            }
        }
        packed
    }

    /// Replaces the file, durably.
    pub fn write(&self, dir: &Path) -> Result<()> {
        fs::replace(&dir.join(PACKED_REFS), self.encode().as_bytes())
    }

    pub fn get(&self, name: &RefName) -> Option<Id> {
        let refs = self.series(name.series());
        let at = refs.binary_search_by_key(&name.number(), |(number, _)| *number).ok()?;
        Some(refs[at].1)
    }

    /// Takes out a ref, where it is there.
    pub fn remove(&mut self, name: &RefName) {
        if let Some(at) = SERIES.iter().position(|known| *known == name.series()) {
            self.refs[at].retain(|(number, _)| *number != name.number());
        }
    }

    /// The refs of one series, by number; none of a series that is not packed.
    pub fn series(&self, series: &str) -> &[(u64, Id)] {
        SERIES.iter().position(|known| *known == series).map_or(&[], |at| &self.refs[at])
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

    fn encode(&self) -> String {
        let pointer = self.pointer.map(|active| active.encode()).unwrap_or_default();
        checksummed::append_checksum(format!("{HEADER}{pointer}{}", self.lines()))
    }

    /// One line per ref.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for (series, refs) in SERIES.iter().zip(&self.refs) {
            for (number, id) in refs {
                lines.push_str(&format!("{id} {series}/v{number}\n"));
            }
        }
        lines
    }

    /// Reads exactly what [`Packed::lines`] writes, or says what is wrong.
    pub fn from_lines(lines: &str) -> Result<Packed, ParseError> {
        let mut packed = Packed::default();
        for line in lines.split_inclusive('\n') {
            let whole = line.strip_suffix('\n').and_then(|line| packed.push(line));
            let wrong = || format!("it has the line {:?}", line.trim_end_matches('\n'));
            whole.ok_or_else(wrong)?;
        }
        Ok(packed)
    }

    /// Reads exactly what [`Packed::encode`] writes, or says what is wrong.
    fn decode(bytes: &[u8]) -> Result<Packed, ParseError> {
        let text = checksummed::verify_checksum(bytes)?;
        let rest =
            text.strip_prefix(HEADER).ok_or("its first line is not the one that is known")?;
        let (pointer, lines) = active::split(rest).ok_or("its pointer is not well formed")?;
        Ok(Packed { pointer, ..Packed::from_lines(lines)? })
    }

    /// Takes in a line, which must come after all that are there.
    fn push(&mut self, line: &str) -> Option<()> {
        let (at, number, id) = parse_line(line)?;
        let ascends = self.refs[at].last().is_none_or(|(last, _)| *last < number);
        let later_are_empty = self.refs[at + 1..].iter().all(Vec::is_empty);
        (ascends && later_are_empty).then(|| self.refs[at].push((number, id)))
    }
}

/// Result of a scan of the file: its refs, and its damage.
#[derive(Debug)]
pub struct PackedScan {
    pub packed: Packed,
    /// The error, and true if the refs begin at once, so that no pointer precedes them.
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

fn is_without_pointer(bytes: &[u8]) -> bool {
    let second = bytes.split(|byte| *byte == b'\n').nth(1);
    second
        .and_then(|line| std::str::from_utf8(line).ok())
        .is_some_and(|line| parse_line(line).is_some())
}

/// The series by its place in [`SERIES`], the number and the id of a line.
fn parse_line(line: &str) -> Option<(usize, u64, Id)> {
    let (id, name) = line.split_once(' ')?;
    let (series, file) = name.rsplit_once('/')?;
    let at = SERIES.iter().position(|known| *known == series)?;
    Some((at, number_of(file)?, id.parse().ok()?))
}

pub fn disagree(name: &RefName, loose: Id, packed: Id) -> Error {
    let (loose, packed) = (loose.short(), packed.short());
    Error::corrupt(format!(
        "the ref \"{name}\" is {loose} in its file but {packed} in \"{PACKED_REFS}\""
    ))
    .hint(Hint::FsckAffected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

    fn decode(body: &str) -> Result<Packed, ParseError> {
        Packed::decode(format!("{body}checksum {}\n", blake3::hash(body.as_bytes())).as_bytes())
    }

    #[test]
    fn a_right_checksum_does_not_make_wrong_lines_right() {
        let good = format!("lua-store packed-refs 1\n{ID} refs/source/v9\n{ID} refs/source/v10\n");
        let packed = decode(&good).unwrap();
        assert_eq!(
            packed.series(SOURCE).iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            [9, 10]
        );
        for (wrong, part) in [
            (good.replace("refs 1", "refs 2"), "first line"),
            (good.replace("v10", "v9"), "v9"),
            (good.replace("v10", "v8"), "v8"),
            (good.replace("v10", "v010"), "v010"),
            (good.replace("source/v10", "heads/v10"), "heads"),
            (good.replacen("source", "versions", 1), "refs/source/v10"),
            (good.replace("af13", "AF13"), "AF13"),
            (good.replace("source/v10", "source/v10\r"), "\\r"),
            (format!("{good}\n"), "\"\""),
        ] {
            let what = decode(&wrong).unwrap_err().to_string();
            assert!(what.contains(part), "{what}");
        }
    }
}
