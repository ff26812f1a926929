//! Publishing: a pack gets its name under the lock of the store, and only if nothing that it needs was removed while it
//! was written.
//!
//! Who removes objects holds the same lock, and looks first at each pack that was published meanwhile
//! ([`Odb::compact_without`]). So of the two one sees what the other did.

use super::Odb;
use super::list::Mapped;
use crate::error::Result;
use crate::fs::AtomicFile;
use crate::object::{Id, Source};
use crate::pack::PackId;
use crate::store::lock::StoreLock;
use crate::store::{LOCK_WAIT, PurgedIds, gc};
use std::path::Path;
use std::sync::{Arc, PoisonError};

impl Odb {
    /// Makes a new pack one of the folder's, durably. `known` are the purged objects that it was held against.
    pub(super) fn publish(
        &self,
        mut file: AtomicFile,
        id: PackId,
        known: &PurgedIds,
        held: Option<&StoreLock>,
    ) -> Result<()> {
        // Others need not wait for the disk.
        file.sync()?;
        let _lock = self.lock_unless(held)?;
        self.require_storable(file.path(), id, known)?;
        let listed = self.listed();
        // A file of this name has these bytes, unless it is damaged: replacing it is right either way.
        file.replace(&self.dir()?.join(id.file_name()))?;
        self.note_durable(listed.into_iter().flatten().chain([id]));
        Ok(())
    }

    /// The same for objects that are stored already. `false`: some were removed meanwhile, and would come back.
    pub(super) fn publish_again(
        &self,
        mut file: AtomicFile,
        id: PackId,
        mut objects: impl Iterator<Item = Id>,
    ) -> Result<bool> {
        file.sync()?;
        let _lock = self.lock_unless(None)?;
        let packs = self.latest()?;
        if !objects.all(|id| packs.holds(&id)) {
            return Ok(false);
        }
        file.replace(&self.dir()?.join(id.file_name())).map(|()| true)
    }

    /// Makes a proven pack one of the folder's, durably. `known` are the purged objects that it was held against.
    pub(in crate::store) fn admit(&self, file: &Path, id: PackId, known: &PurgedIds) -> Result<()> {
        self.publish(AtomicFile::adopt(file), id, known, None)?;
        // It may have taken the place of a damaged one of that name, which must not be read on.
        let mut packs = self.0.packs.write().unwrap_or_else(PoisonError::into_inner);
        *packs = packs.take().map(|packs| Arc::new(packs.without(id)));
        drop(packs);
        self.look_again().map(drop)
    }

    /// `None`: there is no store, or its lock is held already.
    fn lock_unless(&self, held: Option<&StoreLock>) -> Result<Option<StoreLock>> {
        match (&self.0.store, held) {
            (Some(store), Some(held)) => {
                held.check(store);
                Ok(None)
            }
            (Some(store), None) => StoreLock::acquire(store, LOCK_WAIT).map(Some),
            (None, _) => Ok(None),
        }
    }

    fn require_storable(&self, file: &Path, id: PackId, known: &PurgedIds) -> Result<()> {
        let (purged, is_lost) = (self.purged()?, self.lost_objects()?);
        if purged == *known && !is_lost {
            return Ok(());
        }
        let pack = Mapped::open(file, id)?;
        pack.refuse_purged(&purged, self)?;
        let objects = self.with(&pack)?;
        // A delta is read with its base.
        for base in pack.bases() {
            if !objects.contains(&base)? {
                return Err(gc::removed_meanwhile());
            }
        }
        for needed in pack.external_refs(&objects)? {
            if purged.contains(&needed) || !objects.contains(&needed)? {
                return Err(gc::removed_meanwhile());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
