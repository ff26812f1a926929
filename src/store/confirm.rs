//! Confirming: what another process wrote is made durable before an answer relies on it.
//!
//! A process can die after a file got its name and before its folder was synced. Who comes next sees the file
//! as if it were certain, and power may still take it away. So whoever did not write what he builds on, or
//! says that there is nothing to do, syncs it first, unless the log of the refs has it: a line is written when all that it
//! names is durable.

use super::refs::log;
use super::{Store, layout, refs};
use crate::error::Result;
use crate::fs;

impl Store {
    /// Makes durable what the newest refs and the pointer name, and their own names. For answers such as "already active".
    pub fn confirm_heads(&self) -> Result<()> {
        // In a damaged store somebody else may have stored again what they name.
        match !self.is_damaged() && self.are_heads_logged() {
            true => Ok(()),
            false => self.confirm(),
        }
    }

    /// True if the log of the refs names exactly these newest refs and this pointer.
    fn are_heads_logged(&self) -> bool {
        let Some(tips) = log::newest(self.dir()) else { return false };
        let is_logged = |series: &str| {
            self.refs().latest(series).is_ok_and(|newest| newest == tips.newest(series))
        };
        [refs::SOURCE, refs::VERSIONS].into_iter().all(is_logged)
            && self.active().is_ok_and(|active| active == tips.active)
    }

    /// Makes durable all that readers see now: packs, refs, the pointer, what is known of remotes.
    pub fn confirm(&self) -> Result<()> {
        self.objects().confirm()?;
        for series in [refs::SOURCE, refs::VERSIONS, refs::SNAPSHOTS] {
            self.refs().confirm(series)?;
        }
        for folder in [layout::REMOTES, layout::REFS] {
            fs::confirm_dir(&self.dir().join(folder))?;
        }
        [layout::CONFIG, layout::PACKED_REFS]
            .iter()
            .try_for_each(|file| fs::confirm(&self.dir().join(file)))?;
        super::active::confirm(self.dir())?;
        fs::sync_dir(self.dir())
    }
}
