//! Lookup of an object: its pack, its entry, the base of that, and a check of the hash.
//!
//! Every read of the store ends here. Of several copies a damaged one is skipped as long as another
//! is whole, and the work for one object is bounded, because a pack may come from a stranger.

use super::list::{Pack, Packs};
use super::{Odb, big};
use crate::error::{Error, Hint, Result};
use crate::object::{self, Id, ObjectKind, Source, Tree};
use crate::pack::{self, EntryBase, EntryContent, Group, GroupItemKind, PackEntry, PackId};
use crate::store::gc;
use std::io::Write;
use std::sync::Arc;

/// Chains are never written longer than this.
pub(super) const MAX_CHAIN: u32 = 10;

#[cfg(test)]
thread_local! {
    static OBJECTS_READ: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Most objects that are opened to read one: its bases, and other copies of damaged ones. Far more than what any
/// writer makes; no circle of bases and no number of damaged copies runs longer.
const MAX_OPENED: u32 = 100;

/// Cost so far of reading one object.
#[derive(Debug, Default)]
pub(super) struct ReadCost {
    /// The objects that were opened: itself, and bases.
    pub opened: u32,
    /// The bytes that were decompressed.
    pub bytes: u64,
    /// Objects being read, by pack and position: the object, its base, the base of that.
    open: Vec<(PackId, u32)>,
}

pub(super) type FoundObject = (ObjectKind, Vec<u8>);

impl Source for Odb {
    fn find(&self, id: &Id) -> Result<Option<FoundObject>> {
        self.find_within(id, &mut ReadCost::default())
    }

    fn tree(&self, id: &Id) -> Result<Tree> {
        if let Some(tree) = self.with_trees(|trees| trees.get(id))? {
            return Ok(tree);
        }
        let tree = object::tree_of(id, self.find(id)?)?;
        self.with_trees(|trees| trees.keep(id, &tree))?;
        Ok(tree)
    }

    /// By the index alone.
    fn contains(&self, id: &Id) -> Result<bool> {
        Ok(self.has(id)? || self.look_again()?.is_some_and(|packs| packs.holds(id)))
    }

    /// The head of its entry has it. Of those that share a group the group is opened, once for all.
    fn blob_len(&self, id: &Id) -> Result<u64> {
        if let Some((pack, position)) = self.indexed_copy(id)
            && let Ok(Some(len)) = self.blob_len_in(pack, position)
        {
            return Ok(len);
        }
        for (pack, position) in self.packs()?.copies(id) {
            let len = self.blob_len_in(pack, position);
            if let Some(len) = len.map_err(|error| damaged(id, pack, &error))? {
                return Ok(len);
            }
        }
        self.blob(id).map(|bytes| bytes.len() as u64)
    }

    fn copy_blob(&self, id: &Id, out: &mut dyn Write) -> Result<u64> {
        match self.big(id)? {
            Some((pack, number)) => big::copy(&pack.reader.entry(number)?, id, out)
                .map_err(|error| damaged(id, &pack, &error)),
            None => {
                let bytes = self.blob(id)?;
                out.write_all(&bytes).map_err(|error| big::write_failed(id, &error))?;
                Ok(bytes.len() as u64)
            }
        }
    }
}

impl Packs {
    pub(super) fn holds(&self, id: &Id) -> bool {
        self.copies(id).next().is_some()
    }
}

impl Odb {
    /// True if a pack that is known now has the object. Not looking again keeps the many misses of a writer cheap;
    /// what another process adds meanwhile is only stored twice.
    pub(super) fn has(&self, id: &Id) -> Result<bool> {
        Ok(self.indexed_copy(id).is_some() || self.packs()?.holds(id))
    }

    /// Those of the objects that are stored now. One look at the folder for all of them.
    pub(in crate::store) fn those_stored(&self, ids: impl Iterator<Item = Id>) -> Result<Vec<Id>> {
        let packs = self.latest()?;
        Ok(ids.filter(|id| packs.holds(id)).collect())
    }

    /// Number of objects that this thread has read from packs.
    #[cfg(test)]
    pub fn objects_read() -> u64 {
        OBJECTS_READ.get()
    }

    /// Reads the object. A damaged copy is passed over when there is another one.
    fn find_within(&self, id: &Id, spent: &mut ReadCost) -> Result<Option<FoundObject>> {
        #[cfg(test)]
        OBJECTS_READ.set(OBJECTS_READ.get() + 1);
        if let Some(found) = self.find_indexed(id, spent) {
            return Ok(Some(found));
        }
        let packs = self.packs()?;
        let first = match self.find_in(&packs, id, spent) {
            Ok(Some(found)) => return Ok(Some(found)),
            other => other,
        };
        match self.look_again()? {
            Some(packs) => self.find_in(&packs, id, spent)?,
            None => first?,
        }
        .map_or_else(|| self.explain_missing(id), |found| Ok(Some(found)))
    }

    fn find_in(&self, packs: &Packs, id: &Id, spent: &mut ReadCost) -> Result<Option<FoundObject>> {
        let mut failure = None;
        for (pack, position) in packs.copies(id) {
            match self.load(pack, position, spent) {
                Ok(found) => return Ok(Some(found)),
                Err(error) => failure = Some(damaged(id, pack, &error)),
            }
        }
        failure.map_or(Ok(None), Err)
    }

    /// An object that no index lists is missing for certain only when every index can be trusted.
    fn explain_missing(&self, id: &Id) -> Result<Option<FoundObject>> {
        if self.is_lost(id) {
            return Err(gc::removed_meanwhile());
        }
        let packs = self.packs()?;
        if let Some(pack) = packs.damaged.first() {
            let message = format!(
                "cannot find object {id}: \"{}\" cannot be read: {}",
                pack.name, pack.reason
            );
            return Err(Error::corrupt(message).hint(FSCK));
        }
        for pack in &packs.good {
            pack.reader.check_index().map_err(|error| damaged(id, pack, &error))?;
        }
        Ok(None)
    }

    /// The object at a position of a pack, its hash proven. Of two packs each may have a delta on an object
    /// whose whole copy is in the other or elsewhere: a copy that leads back to itself is passed over.
    pub(super) fn load(
        &self,
        pack: &Arc<Pack>,
        position: u32,
        spent: &mut ReadCost,
    ) -> Result<FoundObject> {
        spent.opened += 1;
        let here = (pack.id, position);
        if spent.opened > MAX_OPENED || spent.open.contains(&here) {
            return Err(Error::corrupt("its chain of bases has no end"));
        }
        spent.open.push(here);
        let found = self.load_copy(pack, position, spent);
        spent.open.pop();
        found
    }

    fn load_copy(
        &self,
        pack: &Arc<Pack>,
        position: u32,
        spent: &mut ReadCost,
    ) -> Result<FoundObject> {
        let place = pack.reader.place(position)?;
        let entry = pack.reader.entry(place.entry)?;
        let found = match entry.content() {
            EntryContent::Object(kind) if place.nth == 0 => {
                let base = self.base_of(pack, &entry, position, spent)?;
                spent.bytes += entry.raw_len();
                (kind, entry.decode(base.as_deref())?)
            }
            EntryContent::Object(_) => return Err(Error::corrupt("an entry has too few objects")),
            EntryContent::Group => {
                member(pack, &*self.group(pack, place.entry, spent)?, place.nth)?
            }
        };
        if pack.reader.id(position) != Some(found.0.id_of(&found.1)) {
            return Err(Error::corrupt("its bytes have another hash"));
        }
        Ok(found)
    }

    pub(super) fn group(
        &self,
        pack: &Arc<Pack>,
        number: u32,
        spent: &mut ReadCost,
    ) -> Result<Arc<Group>> {
        let key = (pack.number, number);
        if let Some(group) = self.0.groups.get(key) {
            return Ok(group);
        }
        let entry = pack.reader.entry(number)?;
        let positions = pack.reader.positions(number);
        let base = self.base_of(pack, &entry, positions.start, spent)?;
        spent.bytes += entry.raw_len();
        let group = Arc::new(entry.decode_group(base.as_deref())?);
        if group.len() != positions.len() {
            return Err(Error::corrupt("a group and the index disagree"));
        }
        self.0.groups.keep(key, &group);
        Ok(group)
    }

    fn base_of(
        &self,
        pack: &Arc<Pack>,
        entry: &PackEntry<'_>,
        own: u32,
        spent: &mut ReadCost,
    ) -> Result<Option<Vec<u8>>> {
        match entry.base() {
            None => Ok(None),
            Some(EntryBase::Position(base)) if base < own => {
                self.near_base(pack, base, spent).map(Some)
            }
            Some(EntryBase::Position(_)) => Err(Error::corrupt("its base comes after it")),
            Some(EntryBase::Id(base)) => self.base(pack, &base, spent).map(Some),
        }
    }

    /// A base in the same pack, or another copy of it where that one is damaged.
    fn near_base(&self, pack: &Arc<Pack>, position: u32, spent: &mut ReadCost) -> Result<Vec<u8>> {
        let error = match self.load(pack, position, spent) {
            Ok((_, bytes)) => return Ok(bytes),
            Err(error) => error,
        };
        let Some(id) = pack.reader.id(position) else { return Err(error) };
        match self.find_within(&id, spent) {
            Ok(Some((_, bytes))) => Ok(bytes),
            _ => Err(error),
        }
    }

    /// A base by its id: in the same pack where it is there, elsewhere otherwise.
    fn base(&self, pack: &Arc<Pack>, id: &Id, spent: &mut ReadCost) -> Result<Vec<u8>> {
        if let Some(position) = pack.reader.position(id)
            && let Ok((_, bytes)) = self.load(pack, position, spent)
        {
            return Ok(bytes);
        }
        let found = self.find_within(id, spent)?;
        found
            .map(|(_, bytes)| bytes)
            .ok_or_else(|| Error::corrupt(format!("its base {id} is missing")))
    }

    /// True if a copy of the object can be read.
    pub fn is_sound(&self, id: &Id) -> Result<bool> {
        let read = match self.big(id) {
            Ok(Some(_)) => self.copy_blob(id, &mut std::io::sink()).map(|_| true),
            Ok(None) => self.find(id).map(|found| found.is_some()),
            Err(error) => Err(error),
        };
        match read {
            Err(error) if error.kind() == crate::error::Kind::Corrupt => Ok(false),
            read => read,
        }
    }
}

/// The object of a group of this pack; its hash is not proven.
pub(super) fn member(pack: &Pack, group: &Group, nth: usize) -> Result<FoundObject> {
    let (kind, bytes) = group.item(nth)?;
    match kind {
        GroupItemKind::Blob => Ok((ObjectKind::Blob, bytes.to_vec())),
        GroupItemKind::Tree => Ok((ObjectKind::Tree, bytes.to_vec())),
        GroupItemKind::LinkedTree => {
            Ok((ObjectKind::Tree, pack::unlink(bytes, |position| pack.reader.id(position))?))
        }
    }
}

pub(super) const FSCK: Hint = Hint::FsckAffected;

pub(super) fn damaged(id: &Id, pack: &Pack, error: &Error) -> Error {
    if error.kind() != crate::error::Kind::Corrupt {
        return Error::new(error.kind(), error.message());
    }
    Error::corrupt(format!("object {id} in \"{}\": {error}", pack.name())).hint(FSCK)
}
