//! Pointer of a store: how it is read, moved, cleared and restored.

use super::refs::log::{self, RefTips};
use super::{Active, Store, StoreLock, active, refs};
use crate::error::{Error, Hint, Result};
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
        self.move_pointer(lock, expected, new, None)
    }

    /// The same with a record that is not stored: it becomes durable in that step.
    pub fn append_record(
        &self,
        lock: &StoreLock,
        expected: Option<&Active>,
        new: &Active,
        record: &Memory,
    ) -> Result<()> {
        self.require_kept(&links(record)?)?;
        self.move_pointer(lock, expected, new, Some(record))
    }

    /// The one place where a pointer is swapped.
    fn move_pointer(
        &self,
        lock: &StoreLock,
        expected: Option<&Active>,
        new: &Active,
        record: Option<&Memory>,
    ) -> Result<()> {
        lock.check(self.dir());
        let tips = log::newest(self.dir());
        if let Some(version) = new.version {
            self.require_version(tips.as_ref(), version)?;
        }
        active::require_value(self.dir(), expected)?;
        let pack = match record {
            Some(record) => self.active_pack(lock, record)?,
            None => {
                self.store_records(lock)?;
                Vec::new()
            }
        };
        active::swap(self.dir(), new, &pack)?;
        let tips = log::add_pointer(&self.refs(), tips, *new);
        self.note_active(expected, tips);
        Ok(())
    }

    /// Refuses a version that does not exist, and makes one durable that does: its maker may have died before its name was.
    fn require_version(&self, tips: Option<&RefTips>, version: u64) -> Result<()> {
        let name = refs::RefName::new(refs::VERSIONS, version)?;
        let missing =
            || Error::not_found(format!("cannot make v{version} active: there is no {name}"));
        self.refs().get(&name.to_string())?.ok_or_else(missing)?;
        self.confirm_unlogged(tips, refs::VERSIONS, version)
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
