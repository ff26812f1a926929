//! Encoded entries: the entries of a tree's canonical encoding, one by one. Nothing is copied, as a walk through a history
//! reads very many trees and keeps few of them.

use super::tree::is_name;
use super::{Id, Mode};
use crate::error::{Error, Result};

/// The smallest an entry can be: array head, mode, one-letter name, bin head and 32 bytes. A claimed
/// count is checked against it before anything is allocated.
const MIN_ENTRY_BYTES: usize = 1 + 1 + 2 + 2 + 32;

/// Head of an entry, an array of three; and that of an id, 32 bytes.
const ENTRY: u8 = 0x93;
const ID: [u8; 2] = [0xc4, 32];

/// Entries that are still to be read. After an error there are none.
pub struct EncodedEntries<'a> {
    input: &'a [u8],
    left: usize,
    last: &'a str,
}

impl<'a> EncodedEntries<'a> {
    /// The entries of an encoding, each of which may turn out to be none.
    pub fn of(bytes: &'a [u8]) -> Result<EncodedEntries<'a>> {
        let mut input = bytes;
        let is_possible = |count: &usize| *count <= bytes.len() / MIN_ENTRY_BYTES;
        let left = read_count(&mut input).filter(is_possible).ok_or_else(malformed)?;
        Ok(EncodedEntries { input, left, last: "" })
    }

    fn read(&mut self) -> Option<(&'a str, Mode, Id)> {
        let (mode, rest) = self.input.strip_prefix(&[ENTRY])?.split_first()?;
        self.input = rest;
        let len = read_name_len(&mut self.input)?;
        let (name, rest) = self.input.split_at_checked(len)?;
        let name = std::str::from_utf8(name).ok().filter(|name| is_name(name))?;
        let (id, rest) = rest.strip_prefix(&ID)?.split_first_chunk::<{ Id::LEN }>()?;
        // No name is empty, so that the first one follows the empty one.
        let ascends = self.last < name;
        (self.input, self.last) = (rest, name);
        let entry = (name, Mode::from_u8(*mode)?, Id::from_bytes(*id));
        ascends.then_some(entry)
    }
}

impl<'a> Iterator for EncodedEntries<'a> {
    type Item = Result<(&'a str, Mode, Id)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 && self.input.is_empty() {
            return None;
        }
        let entry = self.left.checked_sub(1).and_then(|left| {
            self.left = left;
            self.read()
        });
        if entry.is_none() {
            (self.left, self.input) = (0, &[]);
        }
        Some(entry.ok_or_else(malformed))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, None)
    }
}

fn malformed() -> Error {
    Error::corrupt("a tree is not well formed")
}

/// Takes the head of an array, in its shortest form.
fn read_count(input: &mut &[u8]) -> Option<usize> {
    let (head, rest) = input.split_first()?;
    *input = rest;
    match head {
        0x90..=0x9f => Some(usize::from(head & 0x0f)),
        0xdc => read_number::<2>(input).filter(|count| *count > 0x0f),
        0xdd => read_number::<4>(input).filter(|count| *count > 0xffff),
        _ => None,
    }
}

/// Takes the head of a text, in its shortest form.
fn read_name_len(input: &mut &[u8]) -> Option<usize> {
    let (head, rest) = input.split_first()?;
    *input = rest;
    match head {
        0xa0..=0xbf => Some(usize::from(head & 0x1f)),
        0xd9 => read_number::<1>(input).filter(|len| *len > 0x1f),
        0xda => read_number::<2>(input).filter(|len| *len > 0xff),
        0xdb => read_number::<4>(input).filter(|len| *len > 0xffff),
        _ => None,
    }
}

/// Takes a number of so many bytes, the first one the largest.
fn read_number<const N: usize>(input: &mut &[u8]) -> Option<usize> {
    let (bytes, rest) = input.split_first_chunk::<N>()?;
    *input = rest;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
