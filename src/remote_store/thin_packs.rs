//! Answers that were made last, so that one that was cut goes on and many may ask for the same: a few of each agent,
//! and no more bytes of one than it may have. Each is a file.

use super::fetch::ThinPack;
use crate::error::{Error, Result};
use crate::protocol::{AgentId, Fetch};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// How many are kept, and how many of one agent.
const MOST: usize = 8;
const MOST_OF_ONE: usize = 2;

pub struct Parcels {
    bytes: u64,
    held: Mutex<PackRef>,
}

#[derive(Default)]
struct PackRef {
    /// Newest first.
    kept: VecDeque<(AgentId, Fetch, ThinPack)>,
    /// All that there are files of, also those that are only being sent.
    alive: Vec<(AgentId, Weak<crate::store::ThinPack>)>,
}

impl PackRef {
    /// The bytes of an agent's files; of all agents' without one.
    fn bytes(&mut self, agent: Option<&AgentId>) -> u64 {
        self.alive.retain(|(_, parcel)| parcel.strong_count() > 0);
        let own = self.alive.iter().filter(|(other, _)| agent.is_none_or(|agent| agent == other));
        own.filter_map(|(_, parcel)| parcel.upgrade())
            .map(|parcel| parcel.bytes().len() as u64)
            .sum()
    }
}

impl Parcels {
    pub fn new(bytes: u64) -> Parcels {
        Parcels { bytes, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, PackRef> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, agent: &AgentId, fetch: &Fetch) -> Option<ThinPack> {
        let mut held = self.held();
        let at = held.kept.iter().position(|(of, what, _)| of == agent && what == fetch)?;
        let found = held.kept.remove(at)?;
        let parcel = found.2.clone();
        held.kept.push_front(found);
        Some(parcel)
    }

    /// Lets go of what is only kept where an agent has too much; an error where it is being sent.
    pub fn make_room(&self, agent: &AgentId) -> Result<()> {
        let mut held = self.held();
        if held.bytes(Some(agent)) < self.bytes {
            return Ok(());
        }
        held.kept.retain(|(of, ..)| of != agent);
        if held.bytes(Some(agent)) < self.bytes {
            return Ok(());
        }
        Err(Error::unavailable(format!(
            "too many different packs of agent \"{agent}\" are being sent"
        ))
        .hint("try again when the other downloads are done"))
    }

    /// Keeps it, in the place of older ones.
    pub fn put(&self, agent: &AgentId, fetch: &Fetch, parcel: &ThinPack) {
        let mut held = self.held();
        if let Some(file) = parcel.file() {
            held.alive.push((agent.clone(), file));
        }
        held.kept.push_front((agent.clone(), fetch.clone(), parcel.clone()));
        let mut own = 0;
        held.kept.retain(|(of, ..)| {
            own += usize::from(of == agent);
            of != agent || own <= MOST_OF_ONE
        });
        held.kept.truncate(MOST);
        let is_own = |(of, ..): &(AgentId, Fetch, ThinPack)| of == agent;
        while held.bytes(Some(agent)) > self.bytes
            && held.kept.iter().filter(|one| is_own(one)).count() > 1
        {
            let oldest = held.kept.iter().rposition(is_own);
            oldest.and_then(|at| held.kept.remove(at));
        }
    }

    /// The bytes of an agent's files; of all agents' without one.
    pub fn bytes(&self, agent: Option<&AgentId>) -> u64 {
        self.held().bytes(agent)
    }
}
