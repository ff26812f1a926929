//! Upkeep beside uploads, without locks and without trust in clocks: packs that nothing needs go, many packs become one.
//!
//! A pack goes in three steps: it is condemned by a swap; it is deleted until the engine says that it is
//! gone; a swap forgets it. A writer that stored it and was slow fails its swap, or sees it condemned,
//! or finds it absent, and stores it again under another key. `docs/depot.md` has the argument.

use super::Depot;
use super::engine::{Cas, Expect, PackKey};
use super::head::{Condemned, Head, Held, Seen};
use super::needs;
use crate::error::{Error, Result};
use crate::fs;
use crate::object::Source;
use crate::protocol::{AgentId, limits};
use crate::store::Closure;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From this many packs on they are put together: a look for an object asks each of them.
pub const MANY_PACKS: usize = 32;

/// When upkeep is done, and what it leaves alone.
#[derive(Clone, Copy, Debug)]
pub struct Upkeep {
    pub now: SystemTime,
    /// Uploads and unknown packs younger than this are probably somebody's who is at it, and a pack condemned
    /// since less may still be read. Only for patience: with nothing spared nothing is lost either.
    pub spare: Duration,
    /// How many packs are put together; at least two.
    pub many: usize,
}

impl Upkeep {
    /// As it is done day by day.
    pub fn at(now: SystemTime) -> Upkeep {
        Upkeep { now, spare: DAY, many: MANY_PACKS }
    }
}

/// An upload or a reader that is a day old is nobody's any more.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What upkeep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Uploads that nobody went on with.
    pub uploads: usize,
    /// Packs that no head knew.
    pub unknown: usize,
    pub deleted: usize,
    /// Packs that were put together.
    pub compacted: usize,
}

impl Depot {
    /// Clears up what an agent does not need. Several may do this at once, beside writers and readers.
    pub fn collect(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<Collected> {
        let mut collected = Collected {
            uploads: self.clear_uploads(agent, upkeep.now, upkeep.spare)?,
            ..Collected::default()
        };
        self.sweep(agent)?;
        collected.unknown = self.condemn_unknown(agent, upkeep)?;
        collected.compacted = self.compact(agent, upkeep)?;
        collected.deleted = self.delete_condemned(agent, upkeep)?;
        Ok(collected)
    }

    /// Whether an agent has so many packs that they should be put together.
    pub fn needs_upkeep(&self, agent: &AgentId) -> Result<bool> {
        Ok(self.look(agent)?.head.packs.len() >= MANY_PACKS)
    }

    /// What killed processes left unfinished.
    fn sweep(&self, agent: &AgentId) -> Result<()> {
        let layout = &self.layout;
        for dir in [layout.agent(agent), layout.packs(agent), layout.cache()] {
            if dir.is_dir() {
                fs::sweep(&dir)?;
            }
        }
        Ok(())
    }

    /// Packs are listed before the head is loaded: one that was taken in between is known to the head,
    /// and one that is taken in afterwards makes the swap fail.
    fn condemn_unknown(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<usize> {
        let mut listed: Vec<(PackKey, u64, SystemTime)> = Vec::new();
        loop {
            let more = self.packs.list(agent, listed.last().map(|(key, ..)| key))?;
            if more.is_empty() {
                break;
            }
            listed.extend(more);
        }
        let old = |written: &SystemTime| *written + upkeep.spare <= upkeep.now;
        let old: Vec<PackKey> =
            listed.into_iter().filter(|(.., written)| old(written)).map(|(key, ..)| key).collect();
        let mut count = 0;
        self.change(agent, |seen| {
            let known = |key: &PackKey| {
                seen.head.is_condemned(key) || seen.head.packs.iter().any(|held| held.key == *key)
            };
            let unknown: Vec<PackKey> = old.iter().filter(|key| !known(key)).cloned().collect();
            count = unknown.len();
            Ok((count > 0).then(|| condemn(seen.next(), unknown, upkeep)))
        })?;
        Ok(count)
    }

    /// Deletes what is condemned, and forgets exactly what is gone for certain.
    fn delete_condemned(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<usize> {
        let seen = self.look(agent)?;
        let latest = millis(upkeep.now.checked_sub(upkeep.spare).unwrap_or(UNIX_EPOCH));
        let due = |condemned: &&Condemned| condemned.since_ms <= latest;
        let mut gone = Vec::new();
        let mut failure = None;
        for condemned in seen.head.condemned.iter().filter(due) {
            match self.packs.delete(&condemned.key) {
                Ok(()) => gone.push(condemned.key.clone()),
                Err(error) => failure = Some(error),
            }
        }
        self.change(agent, |seen| {
            let mut next = seen.next();
            next.condemned.retain(|condemned| !gone.contains(&condemned.key));
            Ok((next.condemned.len() < seen.head.condemned.len()).then_some(next))
        })?;
        failure.map_or(Ok(gone.len()), Err)
    }

    /// Puts all packs together, with only what the refs and the ledger reach. The swap that takes the new
    /// one in condemns the old ones. Packs that came meanwhile stay beside it.
    fn compact(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<usize> {
        let (seen, pieces) = self.opened(agent)?;
        let old: Vec<PackKey> = seen.head.packs.iter().map(|held| held.key.clone()).collect();
        if old.len() < upkeep.many.max(2) {
            return Ok(0);
        }
        let closure = Closure::new(&pieces.objects, &seen.head.roots(), &[])?;
        let parcel = pieces.objects.parcel(&closure, &self.scratch()?)?;
        let key = PackKey::fresh(agent, parcel.id())?;
        let bytes = parcel.bytes().len() as u64;
        self.packs.put_new(&key, &mut parcel.bytes(), bytes)?;
        let held = Held { key, bytes, objects: u64::from(parcel.count()) };
        let changed = self.change(agent, |seen| {
            let is_old = |held: &&Held| old.contains(&held.key);
            let there = seen.head.packs.iter().filter(is_old).count() == old.len();
            if !there || seen.head.is_condemned(&held.key) || self.packs.stat(&held.key)?.is_none() {
                return Ok(None);
            }
            let mut next = seen.next();
            next.packs.retain(|held| !old.contains(&held.key));
            next.packs.insert(0, held.clone());
            if !self.is_closed(&next)? {
                return Ok(None);
            }
            Ok(Some(condemn(next, old.clone(), upkeep)))
        })?;
        Ok(if changed { old.len() } else { 0 })
    }

    /// Whether what the refs name, and what the packs but the first need, is in the packs. The first was
    /// put together from a closure of its own.
    fn is_closed(&self, head: &Head) -> Result<bool> {
        let pieces = self.open_pieces(head)?;
        let mut needed = head.roots();
        for piece in pieces.pieces.iter().skip(1) {
            needed.extend(needs::of(&piece.mapped, &pieces.objects)?);
        }
        for id in needed {
            if !pieces.objects.contains(&id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Swaps what `edit` makes of the newest head, again after every lost race, until it makes nothing.
    /// An edit that landed without an answer leaves nothing to do for the next one.
    fn change(&self, agent: &AgentId, mut edit: impl FnMut(&Seen) -> Result<Option<Head>>) -> Result<bool> {
        let mut unknown = None;
        for race in 0..limits::RACES {
            self.pause(race)?;
            let _gate = self.gate(agent);
            let seen = self.look(agent)?;
            let Some(next) = edit(&seen)? else { return Ok(unknown.is_some()) };
            let expect = seen.token.as_ref().map_or(Expect::Absent, Expect::Match);
            match self.heads.swap(agent, expect, &next.encode())? {
                Cas::Won(_) => return Ok(true),
                Cas::Lost => {}
                Cas::Unknown(error) => unknown = Some(error),
            }
        }
        let busy = || Error::unavailable(format!("agent \"{agent}\" is busy: nothing was cleared up"));
        Err(unknown.unwrap_or_else(busy))
    }
}

fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn condemn(mut head: Head, keys: Vec<PackKey>, upkeep: &Upkeep) -> Head {
    let (since_seq, since_ms) = (head.seq, millis(upkeep.now));
    head.condemned.extend(keys.into_iter().map(|key| Condemned { key, since_seq, since_ms }));
    head
}
