//! Thin packs that were made last, so that a download that was cut goes on and many may ask for the same. Each is a
//! file of the cache.
//!
//! Of each agent a few are kept, and no more bytes than it may have. Large ones are expensive to make, since every
//! object is read and hashed: only other large ones push them out. Who asks for one that is just being made waits for
//! it, so that fifty clones at once cost one.

use super::fetch::ServedPack;
use crate::error::{Error, Result};
use crate::protocol::{AgentId, FetchRequest};
use crate::store;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Most that are kept of one agent.
const MOST_OF_AN_AGENT: usize = 2;
/// Most large ones that are kept, and most others.
const MOST_LARGE: usize = 8;
const MOST_SMALL: usize = 64;
/// From so many bytes on one is large.
const LARGE: u64 = 1 << 20;

pub struct ThinPacks {
    /// Bytes that one agent may have.
    limit: u64,
    state: Mutex<ThinPackState>,
}

#[derive(Default)]
struct ThinPackState {
    /// Newest first.
    kept: VecDeque<KeptThinPack>,
    /// Every file that exists, also those that are only being sent.
    files: Vec<(AgentId, Weak<store::ThinPack>)>,
    /// Packs being made; the lock is held by the maker and awaited by the others.
    making: Vec<(AgentId, FetchRequest, Weak<Mutex<()>>)>,
}

struct KeptThinPack {
    agent: AgentId,
    fetch: FetchRequest,
    pack: ServedPack,
}

impl ThinPackState {
    /// Bytes of the files of one agent, or of all.
    fn bytes(&mut self, agent: Option<&AgentId>) -> u64 {
        self.files.retain(|(_, file)| file.strong_count() > 0);
        let own = self.files.iter().filter(|(other, _)| agent.is_none_or(|agent| agent == other));
        own.filter_map(|(_, file)| file.upgrade()).map(|file| file.bytes().len() as u64).sum()
    }

    fn get(&mut self, agent: &AgentId, fetch: &FetchRequest) -> Option<ServedPack> {
        let is_it = |kept: &KeptThinPack| kept.agent == *agent && kept.fetch == *fetch;
        let kept = self.kept.iter().position(is_it).and_then(|at| self.kept.remove(at))?;
        // One that the disk cannot give any more is made again.
        if kept.pack.is_torn() {
            return None;
        }
        let pack = kept.pack.clone();
        self.kept.push_front(kept);
        Some(pack)
    }

    /// Drops the oldest where there are too many of their sort.
    fn drop_oldest(&mut self, agent: &AgentId) {
        let (mut own, mut large, mut small) = (0, 0, 0);
        self.kept.retain(|kept| {
            let count = if kept.pack.len() >= LARGE { &mut large } else { &mut small };
            let most = if kept.pack.len() >= LARGE { MOST_LARGE } else { MOST_SMALL };
            own += usize::from(kept.agent == *agent);
            *count += 1;
            *count <= most && (kept.agent != *agent || own <= MOST_OF_AN_AGENT)
        });
    }
}

impl ThinPacks {
    pub fn new(limit: u64) -> ThinPacks {
        ThinPacks { limit, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, ThinPackState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that is kept, or the one that `make` makes; at most one thread makes it.
    pub fn get_or_make(
        &self,
        agent: &AgentId,
        fetch: &FetchRequest,
        make: impl FnOnce() -> Result<ServedPack>,
    ) -> Result<ServedPack> {
        let making = self.making(agent, fetch);
        let _alone = making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = self.state().get(agent, fetch) {
            return Ok(pack);
        }
        let pack = make()?;
        self.keep(agent, fetch, &pack);
        Ok(pack)
    }

    fn making(&self, agent: &AgentId, fetch: &FetchRequest) -> Arc<Mutex<()>> {
        let mut state = self.state();
        state.making.retain(|(.., making)| making.strong_count() > 0);
        let same = state.making.iter().find(|(of, what, _)| of == agent && what == fetch);
        if let Some(making) = same.and_then(|(.., making)| making.upgrade()) {
            return making;
        }
        let making = Arc::default();
        state.making.push((agent.clone(), fetch.clone(), Arc::downgrade(&making)));
        making
    }

    /// Drops what is only kept where an agent has too much; an error where it is being sent.
    pub fn make_room(&self, agent: &AgentId) -> Result<()> {
        let mut state = self.state();
        if state.bytes(Some(agent)) < self.limit {
            return Ok(());
        }
        // To forget one that is being sent frees nothing, and whoever goes on with it would have to wait too.
        state.kept.retain(|kept| kept.agent != *agent || kept.pack.is_being_sent());
        if state.bytes(Some(agent)) < self.limit {
            return Ok(());
        }
        Err(Error::unavailable(format!(
            "too many different packs of agent \"{agent}\" are being sent"
        ))
        .hint("try again when the other downloads are done"))
    }

    /// Forgets those of one agent; each file goes with its last reader.
    pub fn forget(&self, agent: &AgentId) {
        self.state().kept.retain(|kept| kept.agent != *agent);
    }

    fn keep(&self, agent: &AgentId, fetch: &FetchRequest, pack: &ServedPack) {
        let mut state = self.state();
        if let Some(file) = pack.file() {
            state.files.push((agent.clone(), file));
        }
        let (agent, fetch, pack) = (agent.clone(), fetch.clone(), pack.clone());
        state.kept.push_front(KeptThinPack { agent: agent.clone(), fetch, pack });
        state.drop_oldest(&agent);
        let is_own = |kept: &KeptThinPack| kept.agent == agent;
        while state.bytes(Some(&agent)) > self.limit
            && state.kept.iter().filter(|kept| is_own(kept)).count() > 1
        {
            let oldest = state.kept.iter().rposition(is_own);
            oldest.and_then(|at| state.kept.remove(at));
        }
    }

    /// Bytes of the files of one agent, or of all.
    pub fn bytes(&self, agent: Option<&AgentId>) -> u64 {
        self.state().bytes(agent)
    }
}
