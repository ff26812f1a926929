//! Active packs among the packs: the one in `ACTIVE`, and the copy where that has more.

use super::Odb;
use super::list::{Pack, Packs};
use crate::error::Result;
use crate::fs::Map;
use crate::object::Id;
use crate::pack::PackId;
use crate::store::active_pack::ActivePacks;
use std::sync::{Arc, PoisonError};

impl Odb {
    /// The files with the active packs, as they are now: read once, and again only after they were replaced.
    pub(in crate::store) fn active_files(&self) -> Arc<ActivePacks> {
        let Some(store) = self.0.store.as_deref().filter(|_| self.0.has_active) else {
            return self.0.active.lock().unwrap_or_else(PoisonError::into_inner).clone();
        };
        let mut known = self.0.active.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_current(store) {
            *known = Arc::new(ActivePacks::read(store));
        }
        known.clone()
    }

    /// Objects of the active packs.
    pub(in crate::store) fn ids_in_active_packs(&self) -> Result<Vec<Id>> {
        let packs = self.latest()?;
        let active = packs.good.iter().filter(|pack| !pack.is_file());
        let mut ids: Vec<Id> = active.flat_map(|pack| pack.reader.ids()).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

impl Packs {
    /// Adds the active packs; those that were open stay.
    pub fn add_active(&mut self, active: Arc<ActivePacks>, old: &Packs) {
        for (container, bytes) in active.packs() {
            let id = PackId::from(Id::of_blob(bytes));
            let is_it = |pack: &&Arc<Pack>| pack.container == Some(container) && pack.id == id;
            let known = old.good.iter().find(is_it).cloned();
            // One that cannot be opened is none.
            let open = || Pack::over(Map::of(bytes.to_vec()), id, Some(container)).ok();
            self.good.extend(known.or_else(open));
        }
        self.active = active;
    }
}
