//! `packed-refs`: many refs in one file, so that a long history is one read.
//!
//! A header line, one line `<id> <name>` per ref in the order of series and number, and a last line
//! with the BLAKE3 of everything above it.

use super::super::layout::{self, PACKED_REFS};
use super::name::Name;
use crate::error::{Error, Result};
use crate::fs;
use crate::object::Id;
use std::collections::BTreeMap;
use std::path::Path;

const HEADER: &str = "lua-store packed-refs 1\n";
const CHECKSUM: &str = "checksum ";
const CHECKSUM_LINE_LEN: usize = CHECKSUM.len() + 2 * Id::LEN + 1;

/// The content of `packed-refs`; a missing file is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packed(BTreeMap<Name, Id>);

impl Packed {
    pub fn read(dir: &Path) -> Result<Packed> {
        let path = dir.join(PACKED_REFS);
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(Packed::default()) };
        Packed::decode(&bytes).map_err(|what| {
            Error::corrupt(format!("\"{}\" is damaged: {what}", path.display()))
                .hint("`lua-store fsck` names what is damaged and which versions it affects")
        })
    }

    /// Replaces the file, durably.
    pub fn write(&self, dir: &Path) -> Result<()> {
        fs::replace(&dir.join(PACKED_REFS), self.encode().as_bytes())
    }

    pub fn get(&self, name: &Name) -> Option<Id> {
        self.0.get(name).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Id)> {
        self.0.iter()
    }

    /// The refs of one series, by number.
    pub fn series<'a>(&'a self, series: &str) -> impl DoubleEndedIterator<Item = (u64, Id)> + use<'a> {
        let bounds = Name::new(series, 1).and_then(|low| Ok(low..=Name::new(series, u64::MAX)?));
        let range = bounds.map(|bounds| self.0.range(bounds));
        range.into_iter().flatten().map(|(name, id)| (name.number(), *id))
    }

    pub fn latest(&self, series: &str) -> Option<(u64, Id)> {
        self.series(series).next_back()
    }

    /// Takes a ref in. Refs never change, so another id under a known name is damage.
    pub fn insert(&mut self, name: Name, id: Id) -> Result<()> {
        match self.0.get(&name) {
            Some(known) if *known != id => Err(disagree(&name, id, *known)),
            Some(_) => Ok(()),
            None => {
                self.0.insert(name, id);
                Ok(())
            }
        }
    }

    fn encode(&self) -> String {
        let mut text = HEADER.to_owned();
        for (name, id) in &self.0 {
            text.push_str(&format!("{id} {name}\n"));
        }
        let checksum = blake3::hash(text.as_bytes());
        text + &format!("{CHECKSUM}{checksum}\n")
    }

    /// Reads exactly what [`Packed::encode`] writes, or says what is wrong.
    fn decode(bytes: &[u8]) -> Result<Packed, String> {
        let split = bytes.len().checked_sub(CHECKSUM_LINE_LEN).ok_or("it is too short")?;
        let (body, last) = bytes.split_at(split);
        if last != format!("{CHECKSUM}{}\n", blake3::hash(body)).as_bytes() {
            return Err("its checksum does not match".to_owned());
        }
        let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
        let first = || text.lines().next().unwrap_or_default().as_bytes().to_vec();
        let lines =
            text.strip_prefix(HEADER).ok_or_else(|| format!("it begins with {}", layout::show(&first())))?;
        let mut refs = BTreeMap::new();
        for line in lines.split_terminator('\n') {
            let (name, id) = decode_line(line).ok_or_else(|| format!("it has the line {line:?}"))?;
            if refs.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(format!("\"{name}\" is out of order"));
            }
            refs.insert(name, id);
        }
        Ok(Packed(refs))
    }
}

fn decode_line(line: &str) -> Option<(Name, Id)> {
    let (id, name) = line.split_once(' ')?;
    Some((name.parse().ok()?, id.parse().ok()?))
}

pub fn disagree(name: &Name, loose: Id, packed: Id) -> Error {
    let (loose, packed) = (loose.short(), packed.short());
    Error::corrupt(format!("the ref \"{name}\" is {loose} in its file but {packed} in \"{PACKED_REFS}\""))
        .hint("`lua-store fsck` names what is damaged and which versions it affects")
}
