//! Log of damage: the objects of an agent that cannot be read. A finding is kept until it is
//! repaired or its pack is gone; upkeep repairs those of which another copy is whole.

use super::RemoteStore;
use super::engine::PackKey;
use super::head::StoredHead;
use super::presence::GONE;
use crate::error::{Kind, Result};
use crate::object::Id;
use crate::protocol::AgentId;
use crate::remote_store::open_agent::OpenAgent;
use crate::store;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of one agent not more is remembered: whoever mends it checks all of it anyway.
const MOST_KNOWN: usize = 1000;

/// One thing that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamageFinding {
    pub agent: AgentId,
    /// The pack's file.
    pub pack: String,
    /// `None`: the pack as a whole.
    pub object: Option<Id>,
    pub reason: String,
}

#[derive(Default)]
pub struct DamageLog(Mutex<DamageState>);

#[derive(Default)]
struct DamageState {
    agents: BTreeMap<AgentId, Vec<DamageFinding>>,
    unreported: Vec<DamageFinding>,
}

impl DamageLog {
    fn known(&self) -> MutexGuard<'_, DamageState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, agent: &AgentId) -> Vec<DamageFinding> {
        self.known().agents.get(agent).cloned().unwrap_or_default()
    }

    /// True if it is new.
    fn add(&self, found: DamageFinding) -> bool {
        let mut known = self.known();
        let of = known.agents.entry(found.agent.clone()).or_default();
        let is_new =
            !of.iter().any(|other| (&other.pack, other.object) == (&found.pack, found.object));
        if !is_new || of.len() >= MOST_KNOWN {
            return false;
        }
        of.push(found.clone());
        known.unreported.push(found);
        true
    }

    fn retain(&self, agent: &AgentId, keep: impl Fn(&DamageFinding) -> bool) {
        let mut known = self.known();
        if let Some(of) = known.agents.get_mut(agent) {
            of.retain(keep);
            if of.is_empty() {
                known.agents.remove(agent);
            }
        }
    }
}

impl RemoteStore {
    /// The damage that was found since somebody asked last.
    pub fn take_damage(&self) -> Vec<DamageFinding> {
        std::mem::take(&mut self.damages.known().unreported)
    }

    /// Number of known damages, and of agents that have some.
    pub fn known_damage(&self) -> (usize, usize) {
        let known = self.damages.known();
        (known.agents.values().map(Vec::len).sum(), known.agents.len())
    }

    /// Takes note of damaged copies. True where one of them is news.
    pub(super) fn note(
        &self,
        agent: &AgentId,
        packs: &OpenAgent,
        damage: &[store::Damage],
    ) -> bool {
        let file = |name: &str| {
            let open_pack =
                packs.packs.iter().find(|open_pack| open_pack.key.pack.file_name() == name);
            open_pack.map_or_else(|| name.to_owned(), |open_pack| open_pack.key.file_name())
        };
        damage.iter().fold(false, |news, found| {
            let found = DamageFinding {
                agent: agent.clone(),
                pack: file(&found.pack),
                object: found.object,
                reason: found.reason.clone(),
            };
            self.damages.add(found) || news
        })
    }

    /// A pack that cannot be opened or read at all.
    pub(super) fn note_pack(&self, key: &PackKey, reason: &str) -> bool {
        let (agent, pack) = (key.agent.clone(), key.file_name());
        self.damages.add(DamageFinding { agent, pack, object: None, reason: reason.to_owned() })
    }

    /// Forgets what an agent's head does not name any more.
    pub(super) fn forget_damage(&self, head: &StoredHead) {
        let files: HashSet<String> = head.files().map(|(key, _)| key.file_name()).collect();
        self.damages.retain(&head.agent, |found| files.contains(&found.pack));
    }

    /// After every pack was seen.
    pub(super) fn forget_gone(&self, agent: &AgentId) {
        self.damages.retain(agent, |found| found.reason != GONE);
    }

    /// After a pack was read through: what was known of it and is not so any more.
    pub(super) fn forget_cured(&self, key: &PackKey, damage: &[store::Damage]) {
        let file = key.file_name();
        let still = |object: Option<Id>| damage.iter().any(|found| found.object == object);
        self.damages.retain(&key.agent, |found| found.pack != file || still(found.object));
    }

    /// The packs that have something of which no copy can be read. They must stay as they are.
    pub(super) fn unreadable(&self, agent: &AgentId, packs: &OpenAgent) -> Result<HashSet<String>> {
        let mut files = HashSet::new();
        for found in self.damages.of(agent) {
            let lost = match found.object {
                Some(object) => !packs.objects.is_sound(&object)?,
                None => true,
            };
            files.extend(lost.then_some(found.pack));
        }
        Ok(files)
    }

    /// Packs of which other copies of all that is damaged can be read.
    pub(super) fn repairable(&self, agent: &AgentId, packs: &OpenAgent) -> Result<Vec<PackKey>> {
        let lost = self.unreadable(agent, packs)?;
        let damaged: HashSet<String> =
            self.damages.of(agent).into_iter().map(|found| found.pack).collect();
        let keys = packs.packs.iter().map(|open_pack| &open_pack.key);
        let repairable = |key: &&PackKey| {
            let file = key.file_name();
            damaged.contains(&file) && !lost.contains(&file)
        };
        Ok(keys.filter(repairable).cloned().collect())
    }

    /// Records damage that made an operation fail, of which only the error is known.
    pub(super) fn note_error<T>(&self, agent: &AgentId, result: Result<T>) -> Result<T> {
        if let Err(error) = result.as_ref()
            && error.kind() == Kind::Corrupt
        {
            let (pack, object) = (String::new(), None);
            let reason = error.message().to_owned();
            self.damages.add(DamageFinding { agent: agent.clone(), pack, object, reason });
        }
        result
    }
}
