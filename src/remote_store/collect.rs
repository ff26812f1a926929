//! Garbage collection and upkeep beside uploads, without locks and without trust in clocks: garbage is retired and
//! deleted, many packs become one.
//!
//! A pack goes in three steps: it is retired by a swap; it is deleted until the engine says that it is
//! gone; a swap forgets it. A writer that stored it and was slow fails its swap, or sees it retired,
//! or finds it absent, and stores it again under another key. `docs/remote-store.md` has the argument.

use super::RemoteStore;
use super::compact::{MANY_PACKS, full_tier};
use super::engine::{Cas, PackKey};
use super::head::{LoadedHead, RetiredPack, StoredHead};
use crate::error::{Error, Result};
use crate::fs;
use crate::protocol::{AgentId, limits};
use crate::store::MissingObjects;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time and limits of upkeep.
#[derive(Clone, Copy, Debug)]
pub struct Upkeep {
    pub now: SystemTime,
    /// Uploads and unknown packs younger than this are probably somebody's who is at it, and a pack retired
    /// since less may still be read. Only for patience: with nothing spared nothing is lost either.
    pub spare: Duration,
    /// Number of packs of about one size that are compacted; at least two.
    pub many: usize,
    /// All packs become one, whatever their sizes: what nothing reaches is left out then, and all else written again.
    pub whole: bool,
}

impl Upkeep {
    /// As it is done day by day.
    pub fn at(now: SystemTime) -> Upkeep {
        Upkeep { now, spare: DAY, many: MANY_PACKS, whole: false }
    }
}

/// An upload or a reader that is a day old is nobody's any more.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Retired packs are kept for those who may still read them, as long as all of them have no more bytes than this, or
/// than the agent has in others.
const LEAST_RETIRED: u64 = 4 << 20;

/// So many are kept at most: the head names them, and each swap writes it.
const MOST_RETIRED: usize = 64;

/// Result of one upkeep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Uploads that nobody went on with.
    pub uploads: usize,
    /// Packs that no head knew.
    pub unknown: usize,
    pub deleted: usize,
    /// Packs that were put together.
    pub compacted: usize,
    /// Bytes that retired packs still take.
    pub retired_bytes: u64,
    /// Another process is maintaining the agent: nothing was done.
    pub busy: bool,
}

impl Collected {
    pub fn did_something(&self) -> bool {
        self.uploads + self.unknown + self.deleted + self.compacted > 0
    }
}

/// Garbage of an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentGarbage {
    /// Objects that neither refs nor the ledger reach.
    pub unreached: usize,
    /// Packs and pages that would be retired or deleted.
    pub packs: usize,
}

/// A head that was to be swapped.
pub(super) struct SwapResult {
    pub landed: Result<bool>,
    /// A swap was not answered: what it named may be in use.
    pub unsure: bool,
}

impl RemoteStore {
    /// Clears up what an agent does not need. One does this at a time, by a lock that ends with its process; where the
    /// lock holds nobody off, several at once do no harm either.
    pub fn collect(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<Collected> {
        fs::create_dir_all(&self.layout.agent(agent))?;
        let Some(_lease) = fs::try_lock(&self.layout.upkeep_lock(agent))? else {
            return Ok(Collected { busy: true, ..Collected::default() });
        };
        let mut collected = Collected {
            uploads: self.clear_uploads(agent, upkeep.now, upkeep.spare)?,
            ..Collected::default()
        };
        self.sweep(agent)?;
        collected.unknown = self.retire_unknown(agent, upkeep)?;
        // A failed compaction is no reason to keep garbage.
        let compacted = self.compact(agent, upkeep);
        (collected.deleted, collected.retired_bytes) = self.delete_retired(agent, upkeep)?;
        self.forget_damage(&self.load_head(agent)?.head);
        collected.compacted = self.note_error(agent, compacted)?;
        Ok(collected)
    }

    /// Garbage that an upkeep would clear up now; nothing is changed. A compaction leaves out objects only where all packs become
    /// one.
    pub fn survey(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<AgentGarbage> {
        let listed = self.list_packs(agent)?;
        let (seen, packs) = self.open_agent(agent)?;
        let head = &seen.head;
        let reached = MissingObjects::new(&packs.objects, &head.roots(), &[])?;
        let known =
            |key: &PackKey| head.is_retired(key) || head.files().any(|(file, _)| file == key);
        let is_old = |written: &SystemTime| *written + upkeep.spare <= upkeep.now;
        let unknown =
            listed.iter().filter(|(key, _, written)| is_old(written) && !known(key)).count();
        Ok(AgentGarbage {
            unreached: packs.objects.ids()?.iter().filter(|id| !reached.sends(id)).count(),
            packs: unknown + self.expired(head, upkeep)?.0.len(),
        })
    }

    /// True if an agent has so many packs of about one size that they should be compacted, or a purge was cut off before
    /// it removed the old ones.
    pub fn needs_upkeep(&self, agent: &AgentId) -> Result<bool> {
        let head = &self.load_head(agent)?.head;
        Ok(head.is_purged() || full_tier(head.packs.iter(), MANY_PACKS).is_some())
    }

    /// Finishes a purge that was cut off after its commit point.
    pub fn finish_purge(&self, agent: &AgentId, now: SystemTime) -> Result<()> {
        match self.load_head(agent)?.head.is_purged() {
            true => self.collect(agent, &Upkeep::at(now)).map(drop),
            false => Ok(()),
        }
    }

    /// Removes leftovers of killed processes.
    pub(super) fn sweep(&self, agent: &AgentId) -> Result<()> {
        let layout = &self.layout;
        for dir in [layout.agent(agent), layout.packs(agent)] {
            if dir.is_dir() {
                fs::sweep(&dir)?;
            }
        }
        Ok(())
    }

    /// Every pack of an agent that is stored, whether its head names it or not.
    pub(super) fn list_packs(&self, agent: &AgentId) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        let mut listed: Vec<(PackKey, u64, SystemTime)> = Vec::new();
        loop {
            let more = self.packs.list(agent, listed.last().map(|(key, ..)| key))?;
            if more.is_empty() {
                return Ok(listed);
            }
            listed.extend(more);
        }
    }

    /// Packs are listed before the head is loaded: one that was taken in between is known to the head,
    /// and one that is taken in afterwards makes the swap fail.
    fn retire_unknown(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<usize> {
        let listed = self.list_packs(agent)?;
        let old = |written: &SystemTime| *written + upkeep.spare <= upkeep.now;
        let old: Vec<PackKey> =
            listed.into_iter().filter(|(.., written)| old(written)).map(|(key, ..)| key).collect();
        let mut count = 0;
        self.change(agent, |seen| {
            let known = |key: &PackKey| {
                seen.head.is_retired(key) || seen.head.files().any(|(file, _)| file == key)
            };
            let unknown: Vec<PackKey> = old.iter().filter(|key| !known(key)).cloned().collect();
            count = unknown.len();
            Ok((count > 0).then(|| retire(seen.next(), unknown, upkeep)))
        })
        .landed?;
        Ok(count)
    }

    /// Deletes what is retired, and forgets exactly what is gone for certain. Gives how many that were, and how many
    /// bytes are left.
    pub(super) fn delete_retired(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<(usize, u64)> {
        let seen = self.load_head(agent)?;
        let (expired, left) = self.expired(&seen.head, upkeep)?;
        let mut gone = Vec::new();
        let mut failure = None;
        for key in expired {
            match self.packs.delete(&key) {
                Ok(()) => gone.push(key),
                Err(error) => failure = Some(error),
            }
        }
        self.change(agent, |seen| {
            let mut next = seen.next();
            next.retired.retain(|retired| !gone.contains(&retired.key));
            Ok((next.retired.len() < seen.head.retired.len()).then_some(next))
        })
        .landed?;
        failure.map_or(Ok((gone.len(), left)), Err)
    }

    /// The retired packs whose time is over, and the oldest others where all together are too many or take too much
    /// room; and how many bytes the rest takes.
    fn expired(&self, head: &StoredHead, upkeep: &Upkeep) -> Result<(Vec<PackKey>, u64)> {
        let latest = millis(upkeep.now.checked_sub(upkeep.spare).unwrap_or(UNIX_EPOCH));
        let most = head.packs.iter().map(|pack_ref| pack_ref.bytes).sum::<u64>().max(LEAST_RETIRED);
        let (mut expired, mut left) = (Vec::new(), 0);
        for (nth, retired) in head.retired.iter().rev().enumerate() {
            let is_over = retired.since_ms <= latest;
            let bytes = if is_over { 0 } else { self.packs.stat(&retired.key)?.unwrap_or(0) };
            if is_over || nth >= MOST_RETIRED || left + bytes > most {
                expired.push(retired.key.clone());
            } else {
                left += bytes;
            }
        }
        Ok((expired, left))
    }

    /// Swaps what `edit` makes of the newest head, again after every lost race, until it makes nothing.
    /// An edit that landed without an answer leaves nothing to do for the next one.
    pub(super) fn change(
        &self,
        agent: &AgentId,
        mut edit: impl FnMut(&LoadedHead) -> Result<Option<StoredHead>>,
    ) -> SwapResult {
        let mut unknown = None;
        for race in 0..limits::RACES {
            match self.try_change(agent, race, &mut edit) {
                Ok(None) => {
                    return SwapResult { landed: Ok(unknown.is_some()), unsure: unknown.is_some() };
                }
                Ok(Some(Cas::Won(_))) => return SwapResult { landed: Ok(true), unsure: false },
                Ok(Some(Cas::Lost)) => {}
                Ok(Some(Cas::Unknown(error))) => unknown = Some(error),
                Err(error) => return SwapResult { landed: Err(error), unsure: unknown.is_some() },
            }
        }
        let unsure = unknown.is_some();
        let busy =
            || Error::unavailable(format!("agent \"{agent}\" is busy: its upkeep was not done"));
        SwapResult { landed: Err(unknown.unwrap_or_else(busy)), unsure }
    }

    fn try_change(
        &self,
        agent: &AgentId,
        race: u32,
        edit: &mut impl FnMut(&LoadedHead) -> Result<Option<StoredHead>>,
    ) -> Result<Option<Cas<Arc<LoadedHead>>>> {
        self.pause(race)?;
        let _gate = self.lock_shard(agent);
        let seen = self.load_head(agent)?;
        let Some(next) = edit(&seen)? else { return Ok(None) };
        self.swap(&seen, next).map(Some)
    }
}

pub(super) fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

pub(super) fn retire(mut head: StoredHead, keys: Vec<PackKey>, upkeep: &Upkeep) -> StoredHead {
    let (since_seq, since_ms) = (head.seq, millis(upkeep.now));
    head.retired.extend(keys.into_iter().map(|key| RetiredPack { key, since_seq, since_ms }));
    head
}
