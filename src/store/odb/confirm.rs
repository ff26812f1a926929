//! Confirming: the names of the packs in which this process found objects become durable, each once.

use super::Odb;
use crate::error::Result;
use crate::fs;
use crate::pack::PackId;
use std::sync::{Arc, PoisonError};

impl Odb {
    /// Makes the names of the packs durable, whoever wrote them. Packs that this process published are durable already, and
    /// so is all that was in the folder before.
    pub(in crate::store) fn confirm(&self) -> Result<()> {
        let listed = self.listed();
        if listed.as_ref().is_some_and(|listed| self.are_durable(listed)) {
            return Ok(());
        }
        fs::sync_dir(self.dir()?)?;
        self.note_durable(listed.into_iter().flatten());
        Ok(())
    }

    /// The packs in which this process may have found an object. `None`: it read none, or another process may put one in the
    /// place of a damaged one.
    pub(super) fn listed(&self) -> Option<Vec<PackId>> {
        let known = self.0.packs.read().unwrap_or_else(PoisonError::into_inner).clone();
        let packs = match &known {
            Some(packs) if packs.damaged.is_empty() => packs.clone(),
            Some(_) => return None,
            None => Arc::new(self.0.indexed.get()?.as_ref()?.opened()),
        };
        Some(packs.files().map(|pack| pack.id).collect())
    }

    fn are_durable(&self, listed: &[PackId]) -> bool {
        let durable = self.0.durable.lock().unwrap_or_else(PoisonError::into_inner);
        listed.iter().all(|id| durable.contains(id))
    }

    /// Notes packs that were in the folder before it was synced.
    pub(super) fn note_durable(&self, listed: impl Iterator<Item = PackId>) {
        self.0.durable.lock().unwrap_or_else(PoisonError::into_inner).extend(listed);
    }
}
