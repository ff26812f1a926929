//! A group: small objects one after the other, compressed as one, so that what they share is stored once.

use super::{OrMalformed, malformed, varint};
use crate::error::Result;
use std::ops::Range;

/// Kind of an object in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupItemKind {
    Blob,
    Tree,
    /// A tree that names objects of the same pack by position, see [`super::link`].
    LinkedTree,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupItem {
    pub kind: GroupItemKind,
    range: Range<usize>,
}

/// A decompressed group: a table of kinds and lengths, then the objects.
#[derive(Debug)]
pub struct Group {
    bytes: Vec<u8>,
    items: Vec<GroupItem>,
}

impl Group {
    /// No group is larger, so that reading a small object stays cheap.
    pub const MAX_LEN: u64 = 4 << 20;

    pub fn encode(items: &[(GroupItemKind, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        varint::write(&mut out, items.len() as u64);
        for (kind, bytes) in items {
            varint::write(&mut out, (bytes.len() as u64) << 2 | code(*kind));
        }
        items.iter().for_each(|(_, bytes)| out.extend_from_slice(bytes));
        out
    }

    pub fn decode(bytes: Vec<u8>) -> Result<Group> {
        let items = read_table(&bytes).or_malformed("a group is not well formed")?;
        Ok(Group { bytes, items })
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Memory that it takes, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.items.len() * size_of::<GroupItem>()
    }

    pub fn item(&self, number: usize) -> Result<(GroupItemKind, &[u8])> {
        let item =
            self.items.get(number).ok_or_else(|| malformed("a group has too few objects"))?;
        Ok((item.kind, &self.bytes[item.range.clone()]))
    }
}

fn code(kind: GroupItemKind) -> u64 {
    match kind {
        GroupItemKind::Blob => 0,
        GroupItemKind::Tree => 1,
        GroupItemKind::LinkedTree => 2,
    }
}

fn read_table(bytes: &[u8]) -> Option<Vec<GroupItem>> {
    let mut input = bytes;
    let count = varint::read_len(&mut input)?;
    // Each object takes a byte of the table at least.
    if count > input.len() {
        return None;
    }
    let mut heads = Vec::with_capacity(count);
    for _ in 0..count {
        let head = varint::read(&mut input)?;
        let kind =
            [GroupItemKind::Blob, GroupItemKind::Tree, GroupItemKind::LinkedTree].into_iter();
        heads.push((
            kind.into_iter().find(|kind| code(*kind) == head & 3)?,
            usize::try_from(head >> 2).ok()?,
        ));
    }
    let mut start = bytes.len() - input.len();
    let mut items = Vec::with_capacity(count);
    for (kind, len) in heads {
        let end = start.checked_add(len)?;
        items.push(GroupItem { kind, range: start..end });
        start = end;
    }
    (start == bytes.len()).then_some(items)
}
