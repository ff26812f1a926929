//! Heads of entries: what they say of an object without reading all of it.

use super::find::{MAX_CHAIN, ReadCost, damaged};
use super::list::Pack;
use super::{Odb, big};
use crate::error::Result;
use crate::object::{Id, ObjectKind, Source};
use crate::pack::{EntryBase, EntryContent, GroupItemKind};
use std::sync::Arc;

impl Odb {
    /// Length of a blob; `None` if it has to be read for that, as it is a tree or is damaged.
    pub(super) fn blob_len_in(&self, pack: &Arc<Pack>, position: u32) -> Result<Option<u64>> {
        let place = pack.reader.place(position)?;
        let entry = pack.reader.entry(place.entry)?;
        Ok(match entry.content() {
            EntryContent::Object(ObjectKind::Blob) => Some(entry.raw_len()),
            EntryContent::Object(ObjectKind::Tree) => None,
            EntryContent::Group => {
                let group = self.group(pack, place.entry, &mut ReadCost::default());
                group.and_then(|group| Ok(group.item(place.nth)?.1.len() as u64)).ok()
            }
        })
    }

    /// Length of the delta chain of this object.
    pub(super) fn chain(&self, id: &Id) -> Result<u32> {
        let packs = self.packs()?;
        let mut id = *id;
        for length in 0..=MAX_CHAIN {
            let Some((pack, position)) = packs.copies(&id).next() else { return Ok(length) };
            let place = pack.reader.place(position);
            // A damaged object is no base.
            let Ok(entry) = place.and_then(|place| pack.reader.entry(place.entry)) else { break };
            match entry.base() {
                None => return Ok(length),
                Some(EntryBase::Id(base)) => id = base,
                Some(EntryBase::Position(base)) => match pack.reader.id(base) {
                    Some(base) => id = base,
                    None => return Ok(length),
                },
            }
        }
        Ok(MAX_CHAIN)
    }

    /// The kind, and how many bytes have to be decompressed at once to read it. From the head of its entry;
    /// a group is opened.
    pub(super) fn head(&self, id: &Id) -> Result<Option<(ObjectKind, u64)>> {
        let mut failure = None;
        for (pack, position) in self.packs()?.copies(id) {
            match self.head_in(pack, position) {
                Ok(head) => return Ok(Some(head)),
                Err(error) => failure = Some(damaged(id, pack, &error)),
            }
        }
        failure.map_or(Ok(None), Err)
    }

    fn head_in(&self, pack: &Arc<Pack>, position: u32) -> Result<(ObjectKind, u64)> {
        let place = pack.reader.place(position)?;
        let entry = pack.reader.entry(place.entry)?;
        let kind = match entry.content() {
            EntryContent::Object(kind) => kind,
            EntryContent::Group => {
                match self.group(pack, place.entry, &mut ReadCost::default())?.item(place.nth)?.0 {
                    GroupItemKind::Blob => ObjectKind::Blob,
                    GroupItemKind::Tree | GroupItemKind::LinkedTree => ObjectKind::Tree,
                }
            }
        };
        Ok((kind, entry.raw_len()))
    }

    /// Kind and length, without reading more than the entry needs.
    pub fn kind_and_len(&self, id: &Id) -> Result<Option<(ObjectKind, u64)>> {
        match self.big(id)? {
            Some((pack, number)) => {
                Ok(Some((ObjectKind::Blob, pack.reader.entry(number)?.raw_len())))
            }
            None => Ok(self.find(id)?.map(|(kind, bytes)| (kind, bytes.len() as u64))),
        }
    }

    /// The entry of a blob that is streamed rather than held: of several a sound one, as what was streamed to
    /// somebody cannot be taken back.
    pub(super) fn big(&self, id: &Id) -> Result<Option<(Arc<Pack>, u32)>> {
        if let Some((pack, position)) = self.indexed_copy(id)
            && let Ok(place) = pack.reader.place(position)
            && pack.reader.entry(place.entry).is_ok_and(|entry| !big::is_big(&entry))
        {
            return Ok(None);
        }
        let mut found = Vec::new();
        for (pack, position) in self.packs()?.copies(id) {
            // One that is damaged is nobody's: who reads the object finds another copy, or says what is wrong.
            let Ok(place) = pack.reader.place(position) else { continue };
            if pack.reader.entry(place.entry).is_ok_and(|entry| big::is_big(&entry)) {
                found.push((pack.clone(), place.entry));
            }
        }
        let is_sound = |(pack, entry): &(Arc<Pack>, u32)| {
            pack.reader
                .entry(*entry)
                .and_then(|entry| big::copy(&entry, id, &mut std::io::sink()))
                .is_ok()
        };
        let best = if found.len() > 1 { found.iter().position(is_sound) } else { None };
        Ok(found.into_iter().nth(best.unwrap_or(0)))
    }
}
