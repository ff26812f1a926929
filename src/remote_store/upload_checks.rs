//! Upload checks: each uploaded pack is verified once; only so many at once, of one agent only a part of these, and
//! none for longer than the pack is worth.

use super::Settings;
use super::engine::PackKey;
use crate::error::Result;
use crate::object::{Id, Source};
use crate::pack::PackId;
use crate::progress::Progress;
use crate::protocol::{AgentId, limits};
use crate::remote_store::lru::LruCache;
use crate::remote_store::open_agent::{OpenAgent, OpenPack};
use crate::store::{Mapped, PackCheck, VerifyLimits};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most results that are remembered.
const REMEMBERED: usize = 256;
/// Most external references that are remembered of one pack.
const MOST_NEEDS: usize = 2000;
/// Time after which a failed check is done again: the fault may be in stored packs, and be mended.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// Result of checking an uploaded pack.
#[derive(Clone, Debug)]
pub enum UploadCheck {
    /// External references: ids that its objects link to and it does not have.
    Sound(Vec<Id>),
    Missing {
        ids: Vec<Id>,
        more: bool,
    },
    Bad(String),
}

type UploadCheckKey = (AgentId, PackId);

pub struct UploadChecks {
    places: usize,
    floor: u64,
    ratio: u64,
    turns: Mutex<CheckQueue>,
    changed: Condvar,
    known: LruCache<UploadCheckKey, (Instant, UploadCheck)>,
    done: AtomicU64,
    spared: AtomicU64,
}

#[derive(Default)]
struct CheckQueue {
    next: u64,
    waiting: Vec<(u64, UploadCheckKey)>,
    running: Vec<UploadCheckKey>,
    /// Turn at which each agent here began its last check.
    began: HashMap<AgentId, u64>,
}

/// A place among the running, until it is dropped.
struct Running<'a>(&'a UploadChecks, UploadCheckKey);

impl UploadChecks {
    pub fn new(settings: &Settings) -> UploadChecks {
        UploadChecks {
            places: settings.upload_checks.max(1),
            floor: settings.proof_floor,
            ratio: settings.proof_ratio,
            turns: Mutex::default(),
            changed: Condvar::new(),
            known: LruCache::new(REMEMBERED),
            done: AtomicU64::new(0),
            spared: AtomicU64::new(0),
        }
    }

    /// Number of checks that were done, and of those that were known from before.
    pub fn counts(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.spared.load(Ordering::Relaxed))
    }

    /// Reason why a pack was refused before, where that is known.
    pub fn refused(&self, agent: &AgentId, pack: PackId) -> Option<String> {
        match self.known.get(&(agent.clone(), pack)) {
            Some((when, UploadCheck::Bad(reason))) if when.elapsed() < AGAIN => {
                self.spared.fetch_add(1, Ordering::Relaxed);
                Some(reason)
            }
            _ => None,
        }
    }

    /// Proves a pack with what the agent has, when it is the agent's turn.
    pub fn verify_pack(
        &self,
        agent: &AgentId,
        packs: &OpenAgent,
        pack: PackId,
        mapped: &Mapped,
    ) -> Result<UploadCheck> {
        let key = (agent.clone(), pack);
        let _running = self.turn(&key);
        if let Some(known) = self.still(&key, packs, mapped)? {
            self.spared.fetch_add(1, Ordering::Relaxed);
            return Ok(known);
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        let len = mapped.bytes().len() as u64;
        let worth = self.floor.saturating_add(len.saturating_mul(self.ratio));
        let costs = VerifyLimits { decoded: worth.min(limits::MAX_DECODED) };
        let proven = match packs.objects.verify_pack(mapped, &costs, &Progress::default())? {
            PackCheck::Bad(reason) => UploadCheck::Bad(reason),
            PackCheck::Missing { ids, more } => UploadCheck::Missing { ids, more },
            PackCheck::Sound { .. } => {
                let piece = OpenPack::new(PackKey::fresh(agent, pack)?, mapped.clone());
                UploadCheck::Sound(mapped.external_refs(&packs.with(piece).objects)?)
            }
        };
        if !matches!(&proven, UploadCheck::Sound(needs) if needs.len() > MOST_NEEDS) {
            self.known.put(key, (Instant::now(), proven.clone()));
        }
        Ok(proven)
    }

    /// Remembered result, where it still holds: bytes may have changed on the disk, and a missing object may have
    /// come.
    fn still(
        &self,
        key: &UploadCheckKey,
        packs: &OpenAgent,
        mapped: &Mapped,
    ) -> Result<Option<UploadCheck>> {
        let Some((when, proven)) = self.known.get(key) else { return Ok(None) };
        let holds = match &proven {
            UploadCheck::Bad(_) => when.elapsed() < AGAIN,
            UploadCheck::Missing { ids, .. } => {
                let mut came = false;
                for id in ids {
                    came |= packs.objects.contains(id)?;
                }
                !came
            }
            UploadCheck::Sound(_) => mapped.hash() == key.1,
        };
        Ok(holds.then_some(proven))
    }

    fn turns(&self) -> MutexGuard<'_, CheckQueue> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, key: &UploadCheckKey) -> Running<'_> {
        let mut turns = self.turns();
        let ticket = turns.next;
        turns.next += 1;
        turns.waiting.push((ticket, key.clone()));
        while turns.first(self.places) != Some(ticket) {
            turns = self.changed.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.waiting.retain(|(waiting, _)| *waiting != ticket);
        turns.running.push(key.clone());
        turns.began.insert(key.0.clone(), ticket + 1);
        self.changed.notify_all();
        Running(self, key.clone())
    }
}

impl CheckQueue {
    /// Next check to begin: none whose pack is being checked already, or whose agent has its half of the places; of the
    /// others the one whose agent waited for longest.
    fn first(&self, places: usize) -> Option<u64> {
        if self.running.len() >= places {
            return None;
        }
        let share = (places / 2).max(1);
        let running =
            |agent: &AgentId| self.running.iter().filter(|(other, _)| other == agent).count();
        let may = |key: &UploadCheckKey| !self.running.contains(key) && running(&key.0) < share;
        let began = |agent: &AgentId| self.began.get(agent).copied().unwrap_or(0);
        let waiting = self.waiting.iter().filter(|(_, key)| may(key));
        waiting.min_by_key(|(ticket, key)| (began(&key.0), *ticket)).map(|(ticket, _)| *ticket)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut turns = self.0.turns();
        if let Some(at) = turns.running.iter().position(|key| *key == self.1) {
            turns.running.swap_remove(at);
        }
        let CheckQueue { waiting, running, began, .. } = &mut *turns;
        began.retain(|agent, _| {
            waiting.iter().any(|(_, key)| key.0 == *agent)
                || running.iter().any(|key| key.0 == *agent)
        });
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(agent: &str, pack: &str) -> UploadCheckKey {
        (agent.parse().unwrap(), PackId::of(pack.as_bytes()))
    }

    #[test]
    fn an_agent_has_half_of_the_places_and_the_one_that_waited_for_longest_is_next() {
        let mut turns = CheckQueue::default();
        let waits = |turns: &mut CheckQueue, agent: &str, pack: &str| {
            turns.waiting.push((turns.next, key(agent, pack)));
            turns.next += 1;
        };
        for pack in ["1", "2", "3", "4"] {
            waits(&mut turns, "a", pack);
        }
        let begin = |turns: &mut CheckQueue| {
            let ticket = turns.first(4)?;
            let at = turns.waiting.iter().position(|(other, _)| *other == ticket)?;
            let (_, key) = turns.waiting.remove(at);
            turns.began.insert(key.0.clone(), ticket + 1);
            turns.running.push(key.clone());
            Some(key)
        };
        assert_eq!(begin(&mut turns), Some(key("a", "1")));
        waits(&mut turns, "b", "9");
        waits(&mut turns, "b", "9");
        assert_eq!(begin(&mut turns), Some(key("b", "9")), "it came later, and had no turn yet");
        assert_eq!(begin(&mut turns), Some(key("a", "2")), "one pack is not proven twice at once");
        assert_eq!(begin(&mut turns), None, "two of four places are what an agent gets");
        waits(&mut turns, "c", "1");
        assert_eq!(begin(&mut turns), Some(key("c", "1")));
        turns.running.clear();
        assert_eq!(begin(&mut turns), Some(key("a", "3")));
    }
}
