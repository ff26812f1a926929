//! A linked tree: a tree whose entries name objects of the same pack by position.
//!
//! An id is 32 bytes that no compression shortens, and a history is mostly trees in which one id
//! changes. The index of the pack has every id once; a position in it takes two or three bytes.

use super::{OrMalformed, varint};
use crate::error::{Error, Result};
use crate::object::{self, Id, Mode, Tree, check_name};

/// Set in the head of an entry whose id is given by position.
const LINKED: u64 = 4;

pub fn link(tree: &Tree, position: impl Fn(&Id) -> Option<u32>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in tree.entries() {
        let linked = position(&entry.id);
        let flag = if linked.is_some() { LINKED } else { 0 };
        varint::write(&mut out, (entry.name.len() as u64) << 3 | flag | entry.mode as u64);
        out.extend_from_slice(entry.name.as_bytes());
        match linked {
            Some(position) => varint::write(&mut out, u64::from(position)),
            None => out.extend_from_slice(entry.id.as_bytes()),
        }
    }
    out
}

/// The encoding of the tree that was linked, written without decoding the tree.
pub fn unlink(bytes: &[u8], id: impl Fn(u32) -> Option<Id>) -> Result<Vec<u8>> {
    let entries = read(bytes, id).or_malformed("a linked tree is not well formed")?;
    let malformed = |error| Error::corrupt(format!("a linked tree is not well formed: {error}"));
    entries.iter().try_for_each(|(name, ..)| check_name(name)).map_err(malformed)?;
    Ok(object::encode_entries(entries.into_iter()))
}

/// Entries that ascend by name.
fn read(mut input: &[u8], id: impl Fn(u32) -> Option<Id>) -> Option<Vec<(&str, Mode, Id)>> {
    let mut entries: Vec<(&str, Mode, Id)> = Vec::new();
    while !input.is_empty() {
        let head = varint::read(&mut input)?;
        let mode = Mode::from_u8((head & 3) as u8)?;
        let (name, rest) = input.split_at_checked(usize::try_from(head >> 3).ok()?)?;
        input = rest;
        let id = if head & LINKED != 0 {
            id(varint::read(&mut input)?.try_into().ok()?)?
        } else {
            let (id, rest) = input.split_first_chunk()?;
            input = rest;
            Id::from_bytes(*id)
        };
        let name = std::str::from_utf8(name).ok()?;
        if entries.last().is_some_and(|(last, ..)| *last >= name) {
            return None;
        }
        entries.push((name, mode, id));
    }
    Some(entries)
}
