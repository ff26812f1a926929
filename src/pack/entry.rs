//! Entry of a pack: one object, or a group of small ones compressed together, which saves most for
//! trees and short files. `docs/format.md` has its bytes.

use super::codec;
use super::group::Group;
use super::{OrMalformed, malformed, varint};
use crate::error::Result;
use crate::object::{Id, ObjectKind};
use std::borrow::Cow;

/// Content of an entry: an object, or a group of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryContent {
    Object(ObjectKind),
    Group,
}

/// The object whose bytes were the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryBase {
    /// An object by its id, usually in an older pack.
    Id(Id),
    /// In this pack, at a position before the entry's own.
    Position(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Plain,
    Zstd,
}

/// An entry as it lies in a pack, its parts checked against each other.
#[derive(Clone, Copy, Debug)]
pub struct PackEntry<'a> {
    content: EntryContent,
    codec: Codec,
    base: Option<EntryBase>,
    raw_len: u64,
    payload: &'a [u8],
}

/// Bits 0 and 1 of the first byte: how the payload is stored.
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const ZSTD_BASE_ID: u8 = 2;
const ZSTD_BASE_POSITION: u8 = 3;

/// Bits 2 and 3: what it holds.
const BLOB: u8 = 0;
const TREE: u8 = 1;
const GROUP: u8 = 2;

impl<'a> PackEntry<'a> {
    /// Reads the entry that fills `bytes` from the first to the last.
    pub fn parse(bytes: &'a [u8]) -> Result<PackEntry<'a>> {
        let entry = read(bytes).or_malformed("an entry is not well formed")?;
        if entry.raw_len > codec::most_from(entry.payload.len()) {
            return Err(malformed("an entry claims more bytes than it can hold"));
        }
        Ok(entry)
    }

    pub fn content(&self) -> EntryContent {
        self.content
    }

    pub fn base(&self) -> Option<EntryBase> {
        self.base
    }

    /// Length of its content once decompressed.
    pub fn raw_len(&self) -> u64 {
        self.raw_len
    }

    /// Length of its payload in the pack.
    pub fn stored_len(&self) -> u64 {
        self.payload.len() as u64
    }

    /// The content; `base` are the bytes of the object that [`PackEntry::base`] names.
    pub fn decode(&self, base: Option<&[u8]>) -> Result<Vec<u8>> {
        match self.codec {
            Codec::Plain => Ok(self.payload.to_vec()),
            Codec::Zstd => codec::decompress(self.payload, base, self.raw_len),
        }
    }

    /// Stored bytes of the content.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Head of an entry without base.
    pub fn head(&self) -> Vec<u8> {
        match self.codec {
            Codec::Plain => head(self.content, PLAIN, self.raw_len),
            Codec::Zstd => zstd_head(self.content, self.raw_len, self.stored_len()),
        }
    }

    /// Head of an entry, which must have a base, with this base.
    pub fn head_on(&self, base: EntryBase) -> Vec<u8> {
        with_base(self.content, self.raw_len, self.stored_len(), base)
    }

    /// The content as it lies there, where nothing is to be done to it.
    pub fn plain(&self) -> Option<&'a [u8]> {
        (self.codec == Codec::Plain).then_some(self.payload)
    }

    /// The compressed bytes of an entry without base, for [`super::unpacker`].
    pub fn frame(&self) -> Option<&'a [u8]> {
        (self.codec == Codec::Zstd && self.base.is_none()).then_some(self.payload)
    }

    pub fn decode_group(&self, base: Option<&[u8]>) -> Result<Group> {
        if self.raw_len > Group::MAX_LEN {
            return Err(malformed("a group is too large"));
        }
        Group::decode(self.decode(base)?)
    }
}

fn read(bytes: &[u8]) -> Option<PackEntry<'_>> {
    let (head, mut input) = bytes.split_first()?;
    let content = match head >> 2 {
        BLOB => EntryContent::Object(ObjectKind::Blob),
        TREE => EntryContent::Object(ObjectKind::Tree),
        GROUP => EntryContent::Group,
        _ => return None,
    };
    let raw_len = varint::read(&mut input)?;
    let how = head & 3;
    let codec = if how == PLAIN { Codec::Plain } else { Codec::Zstd };
    let stored_len = if how == PLAIN { raw_len } else { varint::read(&mut input)? };
    let base = match how {
        ZSTD_BASE_ID => {
            let (id, rest) = input.split_first_chunk()?;
            input = rest;
            Some(EntryBase::Id(Id::from_bytes(*id)))
        }
        ZSTD_BASE_POSITION => Some(EntryBase::Position(varint::read(&mut input)?.try_into().ok()?)),
        _ => None,
    };
    let whole = input.len() as u64 == stored_len;
    whole.then_some(PackEntry { content, codec, base, raw_len, payload: input })
}

/// An entry ready to be appended to a pack.
pub struct EncodedEntry<'a> {
    head: Vec<u8>,
    payload: Cow<'a, [u8]>,
}

/// A delta this many times smaller than its object is taken without a look at the plain form.
const CLEARLY_BETTER: usize = 4;

impl<'a> EncodedEntry<'a> {
    /// The shortest form of the content: plain, compressed, or compressed against the base.
    pub fn new(
        content: EntryContent,
        bytes: &'a [u8],
        base: Option<(EntryBase, &[u8])>,
        level: i32,
    ) -> EncodedEntry<'a> {
        let base = base.filter(|(_, prefix)| codec::can_be_base(prefix));
        let delta = base.and_then(|(base, prefix)| {
            let frame = codec::compress(bytes, Some(prefix), level)?;
            Some(EncodedEntry::with(content, bytes.len(), Some(base), frame))
        });
        if let Some(delta) = delta {
            if delta.len() < bytes.len() / CLEARLY_BETTER {
                return delta;
            }
            let alone = EncodedEntry::alone(content, bytes, level);
            return if delta.len() < alone.len() { delta } else { alone };
        }
        EncodedEntry::alone(content, bytes, level)
    }

    fn alone(content: EntryContent, bytes: &'a [u8], level: i32) -> EncodedEntry<'a> {
        match codec::compress(bytes, None, level) {
            Some(frame) => EncodedEntry::with(content, bytes.len(), None, frame),
            None => EncodedEntry {
                head: head(content, PLAIN, bytes.len() as u64),
                payload: Cow::Borrowed(bytes),
            },
        }
    }

    /// Keeps a copy of what it borrows.
    pub fn into_owned(self) -> EncodedEntry<'static> {
        EncodedEntry { head: self.head, payload: Cow::Owned(self.payload.into_owned()) }
    }

    fn with(
        content: EntryContent,
        raw_len: usize,
        base: Option<EntryBase>,
        frame: Vec<u8>,
    ) -> EncodedEntry<'a> {
        let (raw_len, frame_len) = (raw_len as u64, frame.len() as u64);
        let head = match base {
            None => zstd_head(content, raw_len, frame_len),
            Some(base) => with_base(content, raw_len, frame_len, base),
        };
        EncodedEntry { head, payload: Cow::Owned(frame) }
    }

    /// Length of the entry in the pack.
    #[allow(clippy::len_without_is_empty, reason = "an entry is never empty")]
    pub fn len(&self) -> usize {
        self.head.len() + self.payload.len()
    }

    pub fn has_base(&self) -> bool {
        matches!(self.head[0] & 3, ZSTD_BASE_ID | ZSTD_BASE_POSITION)
    }

    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [&self.head, &self.payload]
    }
}

fn head(content: EntryContent, how: u8, raw_len: u64) -> Vec<u8> {
    let what = match content {
        EntryContent::Object(ObjectKind::Blob) => BLOB,
        EntryContent::Object(ObjectKind::Tree) => TREE,
        EntryContent::Group => GROUP,
    };
    let mut head = vec![what << 2 | how];
    varint::write(&mut head, raw_len);
    head
}

fn with_base(content: EntryContent, raw_len: u64, frame_len: u64, base: EntryBase) -> Vec<u8> {
    let how = if matches!(base, EntryBase::Id(_)) { ZSTD_BASE_ID } else { ZSTD_BASE_POSITION };
    let mut head = head(content, how, raw_len);
    varint::write(&mut head, frame_len);
    match base {
        EntryBase::Id(id) => head.extend_from_slice(id.as_bytes()),
        EntryBase::Position(position) => varint::write(&mut head, u64::from(position)),
    }
    head
}

/// Head of a zstd entry without base. The frame comes without its magic number.
pub fn zstd_head(content: EntryContent, raw_len: u64, frame_len: u64) -> Vec<u8> {
    let mut head = head(content, ZSTD, raw_len);
    varint::write(&mut head, frame_len);
    head
}
