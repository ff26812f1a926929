//! Confirming: what another process wrote is made durable before an answer relies on it.
//!
//! A process can die after a file got its name and before its folder was synced. Who comes next sees the file
//! as if it were certain, and power may still take it away. So whoever did not write what he builds on, or
//! says that there is nothing to do, syncs it first. Where nothing is pending this costs next to nothing.

use super::{Store, layout, refs};
use crate::error::Result;
use crate::fs;

impl Store {
    /// Makes durable all that readers see now: packs, refs, the pointer, what is known of remotes. For answers
    /// such as "already active", which write nothing themselves.
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
