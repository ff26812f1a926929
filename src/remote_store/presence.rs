//! Presence: whether the packs that a head names exist. A folder that was copied while it changed may have heads
//! whose packs were put together, or deleted, before the copy came to them.

use super::RemoteStore;
use super::engine::{CasToken, PackKey};
use super::head::LoadedHead;
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use std::sync::Arc;

/// Reason given for a missing pack.
pub const GONE: &str = "the head names it, and it does not exist";

/// A head of which every pack was seen.
#[derive(Clone)]
pub struct Complete {
    token: Option<CasToken>,
    packs: Arc<[PackKey]>,
}

impl RemoteStore {
    /// The head; an error where one of its packs is gone. A pack is looked for once, when a head names it first.
    pub(super) fn look_whole(&self, agent: &AgentId) -> Result<Arc<LoadedHead>> {
        let seen = self.load_head(agent)?;
        let known = self.present.get(agent);
        if known.as_ref().is_some_and(|known| known.token == seen.token) {
            return Ok(seen);
        }
        let known = known.map_or_else(Arc::default, |known| known.packs);
        let (seen, missing) = self.absent(seen, &known)?;
        match missing.first() {
            None => Ok(seen),
            Some(first) => Err(Error::corrupt(format!(
                "agent \"{agent}\" is damaged: of its {} packs and pages {} do not exist, such as \"{}\"",
                seen.head.files().count(),
                missing.len(),
                first.file_name()
            ))),
        }
    }

    /// The packs that the agent's head names and that do not exist. Each is looked for again.
    pub fn missing_packs(&self, agent: &AgentId) -> Result<Vec<PackKey>> {
        Ok(self.absent(self.load_head(agent)?, &[])?.1)
    }

    /// A pack may be put together with others between the two looks; then the head is another one.
    fn absent(
        &self,
        mut seen: Arc<LoadedHead>,
        known: &[PackKey],
    ) -> Result<(Arc<LoadedHead>, Vec<PackKey>)> {
        let agent = seen.head.agent.clone();
        loop {
            let mut missing = Vec::new();
            for (key, _) in seen.head.files().filter(|(key, _)| !known.contains(key)) {
                if self.packs.stat(key)?.is_none() {
                    missing.push(key.clone());
                }
            }
            if missing.is_empty() {
                let packs = seen.head.files().map(|(key, _)| key.clone()).collect();
                self.present.put(agent.clone(), Complete { token: seen.token.clone(), packs });
                self.forget_gone(&agent);
                return Ok((seen, missing));
            }
            let again = self.load_head(&agent)?;
            if again.token == seen.token {
                for key in &missing {
                    self.note_pack(key, GONE);
                }
                return Ok((seen, missing));
            }
            seen = again;
        }
    }
}
