//! Disk usage of an agent.

use super::head::StoredHead;
use super::{RemoteStore, layout};
use crate::error::Result;
use crate::pack::PackId;
use crate::protocol::{AgentId, Transaction};

/// In bytes, and in refs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Packs of the agent.
    pub stored: u64,
    /// Uploads that are not part of it.
    pub uploads: u64,
    /// Versions of both kinds.
    pub refs: u64,
}

impl RemoteStore {
    pub fn usage(&self, agent: &AgentId) -> Result<Usage> {
        let dir = self.layout.incoming(agent);
        // Beside them are small files that say whose they are.
        let is_upload = |name: &String| name.ends_with(".part") || name.ends_with(".pack");
        let uploads = layout::names_in(&dir)?.into_iter().filter(is_upload);
        let uploads: u64 =
            uploads.filter_map(|name| dir.join(name).metadata().ok()).map(|data| data.len()).sum();
        let head = &self.load_head(agent)?.head;
        Ok(Usage {
            stored: stored(head),
            uploads: uploads + self.stock_upload_bytes(agent)?,
            refs: (head.heads.source.len() + head.heads.versions.len()) as u64,
        })
    }

    /// Usage of an agent after a transaction, but for uploads. One that was applied before adds nothing. One that
    /// landed before adds nothing.
    pub fn usage_after(&self, agent: &AgentId, tx: &Transaction) -> Result<Usage> {
        let head = &self.load_head(agent)?.head;
        let is_held = |pack: &PackId| head.packs.iter().any(|held| held.key.pack == *pack);
        let brings =
            tx.pack.filter(|pack| !is_held(pack)).map(|pack| self.layout.whole(agent, &pack));
        let brought = brings.and_then(|path| path.metadata().ok()).map_or(0, |data| data.len());
        let ends = |after: u64, ids: usize| after.saturating_add(ids as u64);
        let source = tx.source.as_ref().map_or(0, |create| ends(create.after, create.ids.len()));
        let versions =
            tx.versions.as_ref().map_or(0, |create| ends(create.after, create.ids.len()));
        let refs = source.max(head.heads.source.len() as u64)
            + versions.max(head.heads.versions.len() as u64);
        // A transaction without a pack adds nothing, however much is stored.
        let stored = if brought == 0 { 0 } else { stored(head) + brought };
        Ok(Usage { stored, uploads: 0, refs: if source + versions == 0 { 0 } else { refs } })
    }
}

fn stored(head: &StoredHead) -> u64 {
    head.files().map(|(_, bytes)| bytes).sum()
}
