//! Shared uploads: a pack that one server received is stored in the engine before its transaction, so that the transaction
//! may come to another server.
//!
//! Each key is used by the server that chose it, and by no other: the server deletes it if its transaction is refused. So another
//! server only reads the pack, and stores it under a key of its own. Keys that nobody used are removed by upkeep.

use super::RemoteStore;
use super::engine::PackKey;
use super::incoming;
use crate::error::{At, Result};
use crate::fs::{self, AtomicFile};
use crate::pack::PackId;
use crate::protocol::AgentId;
use crate::store::Mapped;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;

/// Size of one read of a pack.
const PIECE: u64 = 8 << 20;

impl RemoteStore {
    /// Stores an upload in an engine that other servers use too.
    pub(super) fn share_upload(&self, agent: &AgentId, pack: &PackId, file: &Path) -> Result<()> {
        if !self.packs.is_shared() {
            return Ok(());
        }
        let key = PackKey::fresh(agent, *pack)?;
        self.packs.put_file(&key, file)?;
        self.shared_uploads.put((agent.clone(), *pack), key);
        Ok(())
    }

    /// The key for an upload, and whether the pack is stored under it already. Only one transaction gets the key of a stored pack:
    /// if another one of the same pack is refused, it deletes a key of its own.
    pub(super) fn key_of_upload(&self, agent: &AgentId, pack: PackId) -> Result<(PackKey, bool)> {
        match self.shared_uploads.take(&(agent.clone(), pack)) {
            Some(key) => Ok((key, true)),
            None => Ok((PackKey::fresh(agent, pack)?, false)),
        }
    }

    /// An upload that this server received, or else a copy of what another one received.
    pub(super) fn open_upload(&self, agent: &AgentId, pack: PackId) -> Result<Mapped> {
        let file = self.layout.whole(agent, &pack);
        match Mapped::open(&file, pack) {
            Err(error)
                if error.io_kind() == Some(ErrorKind::NotFound)
                    && self.fetch_upload(agent, &pack)? =>
            {
                Mapped::open(&file, pack)
            }
            opened => opened,
        }
    }

    /// Stores an upload again whose transaction may be sent once more: its key went with the refusal.
    pub(super) fn share_again(&self, agent: &AgentId, pack: &PackId) -> Result<()> {
        let file = self.layout.whole(agent, pack);
        let is_known = self.shared_uploads.get(&(agent.clone(), *pack)).is_some();
        if is_known || !file.is_file() { Ok(()) } else { self.share_upload(agent, pack, &file) }
    }

    /// Copies an upload that another server received. `false` if there is none.
    fn fetch_upload(&self, agent: &AgentId, pack: &PackId) -> Result<bool> {
        if !self.packs.is_shared() {
            return Ok(false);
        }
        let listed = self.list_packs(agent)?;
        for (key, len, _) in listed.iter().filter(|(key, ..)| key.pack == *pack) {
            if self.copy_upload(key, *len)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `false` if the pack is gone, or has another hash than its name.
    fn copy_upload(&self, key: &PackKey, len: u64) -> Result<bool> {
        let folder = self.layout.incoming(&key.agent);
        fs::create_dir_all(&folder)?;
        let mut temp = AtomicFile::create_in(&folder)?;
        for start in (0..len).step_by(PIECE as usize) {
            let range = start..len.min(start + PIECE);
            let Some(bytes) = self.packs.get(key, Some(range))? else { return Ok(false) };
            let path = temp.path().to_owned();
            temp.write_all(&bytes).at("write", &path)?;
        }
        if incoming::hash(temp.path())? != key.pack {
            return Ok(false);
        }
        // The same upload may arrive here at this moment.
        temp.replace(&self.layout.whole(&key.agent, &key.pack)).map(|()| true)
    }
}
