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

/// Heads of the array of entries and of a name.
const COUNT: LengthHead =
    LengthHead { short: 0x90, short_max: 0x0f, long: &[(0xdc, 2), (0xdd, 4)] };
const NAME: LengthHead =
    LengthHead { short: 0xa0, short_max: 0x1f, long: &[(0xd9, 1), (0xda, 2), (0xdb, 4)] };

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
        let left = COUNT.read(&mut input)?;
        match left <= bytes.len() / MIN_ENTRY_BYTES {
            true => Ok(EncodedEntries { input, left, last: "" }),
            false => Err(malformed()),
        }
    }

    fn read(&mut self) -> Result<(&'a str, Mode, Id)> {
        let head = self.input.strip_prefix(&[ENTRY]).and_then(<[u8]>::split_first);
        let (mode, mut rest) = head.ok_or_else(malformed)?;
        let len = NAME.read(&mut rest)?;
        let (name, id, rest) = read_name_and_id(rest, len).ok_or_else(malformed)?;
        let mode = Mode::from_u8(*mode).ok_or_else(malformed)?;
        // No name is empty, so that the first one follows the empty one.
        if name == self.last {
            return Err(Error::corrupt(format!(
                "a tree is not well formed: the name \"{name}\" occurs twice in one tree"
            )));
        }
        if name < self.last {
            return Err(not_canonical());
        }
        (self.input, self.last) = (rest, name);
        Ok((name, mode, id))
    }
}

impl<'a> Iterator for EncodedEntries<'a> {
    type Item = Result<(&'a str, Mode, Id)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 && self.input.is_empty() {
            return None;
        }
        let entry = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.read()
            }
            None => Err(malformed()),
        };
        if entry.is_err() {
            (self.left, self.input) = (0, &[]);
        }
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, None)
    }
}

fn malformed() -> Error {
    Error::corrupt("a tree is not well formed")
}

fn not_canonical() -> Error {
    Error::corrupt("a tree is not in its canonical encoding")
}

/// The valid name of that length, the id behind it, and what follows.
fn read_name_and_id(input: &[u8], len: usize) -> Option<(&str, Id, &[u8])> {
    let (name, rest) = input.split_at_checked(len)?;
    let name = std::str::from_utf8(name).ok().filter(|name| is_name(name))?;
    let (id, rest) = rest.strip_prefix(&ID)?.split_first_chunk::<{ Id::LEN }>()?;
    Some((name, Id::from_bytes(*id), rest))
}

/// Head of MessagePack with a length: in its first byte, `short` and the length, or in so many bytes behind another
/// first byte.
struct LengthHead {
    short: u8,
    short_max: u8,
    /// Ascending.
    long: &'static [(u8, usize)],
}

impl LengthHead {
    /// Takes the head, which must be in its shortest form.
    fn read(&self, input: &mut &[u8]) -> Result<usize> {
        let (first, rest) = input.split_first().ok_or_else(malformed)?;
        *input = rest;
        if (self.short..=self.short + self.short_max).contains(first) {
            return Ok(usize::from(first - self.short));
        }
        let mut shorter_max = usize::from(self.short_max);
        for &(head, width) in self.long {
            if head == *first {
                let (bytes, rest) = rest.split_at_checked(width).ok_or_else(malformed)?;
                *input = rest;
                let len = bytes.iter().fold(0, |len, byte| (len << 8) | usize::from(*byte));
                return if len > shorter_max { Ok(len) } else { Err(not_canonical()) };
            }
            shorter_max = usize::MAX >> (usize::BITS as usize - 8 * width);
        }
        Err(malformed())
    }
}
