//! Pointer of a store: how it is read, moved, cleared and restored.

use super::refs::log;
use super::{Active, HeadsLook, Store, StoreLock, active};
use crate::error::{Hint, Result};
use crate::object::{Id, Memory, ObjectKind, Tree};

impl Store {
    /// The active pointer; `None` when nothing was ever promoted or deleted.
    pub fn active(&self) -> Result<Option<Active>> {
        active::read(self.dir())
    }

    /// Moves `ACTIVE` from `expected` to `new`, whose record is stored, in one durable step, or refuses with a conflict
    /// that says what was found instead.
    pub fn swap_active(
        &self,
        lock: &StoreLock,
        expected: Option<&Active>,
        new: &Active,
    ) -> Result<()> {
        self.require_kept(&[new.ledger])?;
        self.move_pointer(lock, &self.read_heads_under(lock)?, expected, new, None)
    }

    /// The same with a record that is not stored: it becomes durable in that step. Refuses as [`Store::require_whole`] does.
    pub fn append_record(
        &self,
        (lock, look): (&StoreLock, &HeadsLook),
        expected: Option<&Active>,
        new: &Active,
        record: &Memory,
    ) -> Result<()> {
        look.require_whole(self)?;
        self.require_kept(&links(record)?)?;
        self.move_pointer(lock, look, expected, new, Some(record))
    }

    /// The one place where a pointer is swapped.
    fn move_pointer(
        &self,
        lock: &StoreLock,
        look: &HeadsLook,
        expected: Option<&Active>,
        new: &Active,
        record: Option<&Memory>,
    ) -> Result<()> {
        lock.check(self.dir());
        if let Some(version) = new.version {
            look.require_version(self, version)?;
        }
        active::require_value(look.active(), expected)?;
        let pack = match record {
            Some(record) => self.active_pack(lock, record)?,
            None => {
                self.store_records(lock)?;
                Vec::new()
            }
        };
        active::swap(self.dir(), new, &pack)?;
        let tips = log::add_pointer(&self.refs(), look.tips().cloned(), *new);
        self.note_active(expected, tips);
        Ok(())
    }

    /// Takes back the first promotion: `ACTIVE` names nothing again.
    pub fn clear_active(&self, lock: &StoreLock, expected: &Active) -> Result<()> {
        self.store_records(lock)?;
        active::remove(self.dir(), expected)?;
        let tips = log::begin(&self.refs()).ok();
        self.note_active(Some(expected), tips);
        Ok(())
    }

    /// The pointer as the log of the refs has it. Asked for before [`Store::active`] it is never newer than that.
    pub fn logged_pointer(&self) -> Option<Active> {
        log::newest(self.dir()).and_then(|mark| mark.active)
    }

    /// Puts back a pointer that was lost, or that damage or an older file took the place of.
    pub fn restore_pointer(&self, lock: &StoreLock, was: &Active) -> Result<()> {
        self.store_records(lock)?;
        active::restore(self.dir(), was)
    }

    /// The command that makes the pointer what it was.
    pub fn mend_pointer(&self, was: &Active) -> Hint {
        active::repair_hint(self.dir(), was)
    }
}

/// Trees that a record links to.
fn links(record: &Memory) -> Result<Vec<Id>> {
    let mut links = Vec::new();
    for (_, (_, bytes)) in record.iter().filter(|(_, (kind, _))| *kind == ObjectKind::Tree) {
        let tree = Tree::decode(bytes)?;
        links.extend(tree.entries().iter().filter(|e| e.mode.is_directory()).map(|e| e.id));
    }
    Ok(links)
}
