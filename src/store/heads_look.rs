//! Look at the heads of a store: the log, the pointer and the refs, each file read once, for all questions of one step.
//!
//! The order is that of the reads of a catalog: the log, which is never newer than the rest; `ACTIVE`, whose version was
//! created before it became active; then the refs. Anything unusual is left to the readers of one file each, which know
//! every kind of damage.

use super::refs::{RefsLook, RefsView};
use super::{Active, Store, StoreLock, active, refs};
use crate::error::{Error, Result};
use crate::object::Id;
use crate::store::refs::RefName;
use crate::store::refs::log::{self, RefTips};

/// The heads of a store at one moment.
#[derive(Debug)]
pub struct HeadsLook {
    active: Option<Active>,
    refs: RefsLook,
}

impl Store {
    /// A look at the pointer and the versions.
    pub fn read_heads(&self) -> Result<HeadsLook> {
        self.read_heads_of(&[refs::VERSIONS])
    }

    /// A look at the pointer and both series, which stays true until the owner of the lock changes something.
    pub fn read_heads_under(&self, lock: &StoreLock) -> Result<HeadsLook> {
        lock.check(self.dir());
        self.read_heads_of(&[refs::SOURCE, refs::VERSIONS])
    }

    fn read_heads_of(&self, series: &[&str]) -> Result<HeadsLook> {
        let tips = log::newest(self.dir());
        let files = self.objects().active_files();
        let refs = self.refs().read_series_after(tips, series)?;
        // Refs that were rewritten meanwhile came with another pointer.
        let is_same = matches!(refs.packed().pointer(), Ok(None)) && files.is_current(self.dir());
        let active = match files.active().filter(|_| is_same) {
            Some(active) => Some(active),
            None => active::read(self.dir())?,
        };
        Ok(HeadsLook { active, refs })
    }
}

impl HeadsLook {
    /// The pointer.
    pub fn active(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    /// The pointer as the log of the refs has it, which is never newer.
    pub fn logged_pointer(&self) -> Option<Active> {
        self.refs.tips()?.active
    }

    /// The newest line of the log.
    pub(super) fn tips(&self) -> Option<&RefTips> {
        self.refs.tips()
    }

    /// A view of the versions, where names and counts show no damage.
    pub fn versions(&self) -> Result<Option<RefsView>> {
        self.refs.view(refs::VERSIONS)
    }

    /// True if the pointer and the versions are the same in another look, for certain.
    pub fn is_same(&self, other: &HeadsLook) -> bool {
        self.active == other.active && self.refs.is_same(&other.refs, refs::VERSIONS)
    }

    /// Refuses as [`Store::require_whole`] does.
    pub(super) fn require_whole(&self, store: &Store) -> Result<()> {
        self.refs.require_whole()?;
        // A pointer that was read is there.
        if self.active.is_some() { Ok(()) } else { active::require(store.dir()) }
    }

    /// Refuses a version that does not exist, and makes one durable that does: its maker may have died before its name was.
    pub(super) fn require_version(&self, store: &Store, version: u64) -> Result<()> {
        let name = RefName::new(refs::VERSIONS, version)?;
        let missing =
            || Error::not_found(format!("cannot make v{version} active: there is no {name}"));
        let found: Option<Id> = match self.refs.get(&name)? {
            Some(id) => Some(id),
            None => store.refs().get(&name.to_string())?,
        };
        found.ok_or_else(missing)?;
        store.confirm_unlogged(self.tips(), refs::VERSIONS, version)
    }
}
