//! Compaction: the packs of a tier become one, with every object read and hashed.
//!
//! A pack with something of which no copy can be read is never chosen. While there are other packs no object is dropped;
//! when all become one, what neither the refs nor the ledger reach is left out.

use super::RemoteStore;
use super::collect::{Upkeep, retire};
use super::engine::PackKey;
use super::head::{LoadedHead, PackRef, StoredHead};
use crate::error::{Error, Kind, Result};
use crate::object::{Id, Source};
use crate::pack::{EntryBase, PackReader};
use crate::protocol::AgentId;
use crate::remote_store::open_agent::OpenAgent;
use crate::store::{MissingObjects, ThinPack, tiers};
use std::collections::HashSet;

/// Number of packs at which a tier becomes one. Of equal pushes the sixteenth writes the bytes of
/// sixteen, the 256th those of 256: over 200 pushes at most three times their bytes, beside storing
/// them.
pub const MANY_PACKS: usize = 16;

/// Damage that comes to light makes another choice. Each time a pack less is chosen from.
const MOST_CHOICES: usize = 100;

/// Packs to compact, and their objects.
struct CompactionPlan {
    old: Vec<PackKey>,
    missing: MissingObjects,
    /// True if objects of the old packs are left out.
    drops: bool,
}

/// Packs that were put together.
struct CombinedPacks {
    count: usize,
    /// True if the swap was answered.
    is_sure: bool,
}

impl RemoteStore {
    /// Puts packs together, tier by tier. Gives their number.
    pub(super) fn compact(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<usize> {
        let (mut compacted, mut whole) = (0, upkeep.whole);
        for _ in 0..MOST_CHOICES {
            let (seen, packs) = self.open_agent(agent)?;
            let Some(old) = self.choose(&seen.head, &packs, upkeep.many, whole)? else { break };
            // One that is the only one, and has nothing to leave out, stays as it is.
            let is_done = |choice: &CompactionPlan| whole && old.len() == 1 && !choice.drops;
            let count = match self.choice(&seen.head, &packs, old.clone()) {
                Ok(choice) if is_done(&choice) => Ok(0),
                Ok(choice) => {
                    let combined = self.put_together(&seen, &packs, &choice, upkeep);
                    combined.map(|combined| combined.count)
                }
                Err(error) => Err(error),
            };
            match count {
                Ok(0) => break,
                Ok(count) => {
                    compacted += count;
                    whole &= old.len() < seen.head.packs.len();
                }
                Err(error) if error.kind() == Kind::Corrupt && self.read_whole(&packs, &old)? => {}
                Err(error) => return Err(error),
            }
        }
        Ok(compacted)
    }

    /// Puts these packs together. True if the swap that did it landed for certain.
    pub(super) fn compact_these(
        &self,
        seen: &LoadedHead,
        packs: &OpenAgent,
        old: Vec<PackKey>,
        upkeep: &Upkeep,
    ) -> Result<bool> {
        let choice = self.choice(&seen.head, packs, old)?;
        let combined = self.put_together(seen, packs, &choice, upkeep)?;
        Ok(combined.count > 0 && combined.is_sure)
    }

    /// A pack with damaged copies of what is whole elsewhere comes first, then a full tier; all, where that is wanted and
    /// each of them can be read.
    fn choose(
        &self,
        head: &StoredHead,
        packs: &OpenAgent,
        many: usize,
        whole: bool,
    ) -> Result<Option<Vec<PackKey>>> {
        if let Some(key) = self.repairable(&head.agent, packs)?.pop() {
            return Ok(Some(vec![key]));
        }
        let unreadable = self.unreadable(&head.agent, packs)?;
        let usable = |pack_ref: &&PackRef| {
            packs.get(&pack_ref.key).is_some() && !unreadable.contains(&pack_ref.key.file_name())
        };
        if whole && !head.packs.is_empty() && head.packs.iter().all(|pack_ref| usable(&pack_ref)) {
            return Ok(Some(head.packs.iter().map(|pack_ref| pack_ref.key.clone()).collect()));
        }
        Ok(full_tier(head.packs.iter().filter(usable), many))
    }

    fn choice(
        &self,
        head: &StoredHead,
        packs: &OpenAgent,
        old: Vec<PackKey>,
    ) -> Result<CompactionPlan> {
        let readers = readers(packs, &old)?;
        let mut ids: Vec<Id> = readers.iter().flat_map(PackReader::ids).collect();
        ids.sort_unstable();
        ids.dedup();
        if old.len() == head.packs.len() {
            let missing = MissingObjects::new(&packs.objects, &head.roots(), &[])?;
            // Left out is only what could be read: of what cannot nobody knows what it was.
            if ids
                .iter()
                .filter(|id| !missing.sends(id))
                .all(|id| packs.objects.is_sound(id).unwrap_or(false))
            {
                return Ok(CompactionPlan {
                    old,
                    drops: missing.objects().len() < ids.len(),
                    missing,
                });
            }
        }
        let bases = outer_bases(packs, &old, &readers, &ids)?;
        Ok(CompactionPlan { old, missing: MissingObjects::of_all(ids).beside(bases), drops: false })
    }

    /// The swap that takes the new pack in retires the old ones. Packs that came meanwhile stay beside it. A pack that
    /// was made in vain goes, unless a swap that was not answered may have used it.
    fn put_together(
        &self,
        seen: &LoadedHead,
        packs: &OpenAgent,
        choice: &CompactionPlan,
        upkeep: &Upkeep,
    ) -> Result<CombinedPacks> {
        let agent = &seen.head.agent;
        let thin_pack = self.thin_pack(agent, packs, &choice.missing, &self.scratch()?)?;
        let pack_ref = self.keep(agent, &thin_pack)?;
        let changed = self.change(agent, |seen| {
            let is_old = |pack_ref: &&PackRef| choice.old.contains(&pack_ref.key);
            let there = seen.head.packs.iter().filter(is_old).count() == choice.old.len();
            if !there
                || seen.head.is_retired(&pack_ref.key)
                || self.packs.stat(&pack_ref.key)?.is_none()
            {
                return Ok(None);
            }
            let mut next = seen.next();
            let at = next
                .packs
                .iter()
                .position(|pack_ref| choice.old.contains(&pack_ref.key))
                .unwrap_or(0);
            next.packs.retain(|pack_ref| !choice.old.contains(&pack_ref.key));
            next.packs.insert(at, pack_ref.clone());
            if choice.drops && !self.is_closed(&next, &pack_ref.key)? {
                return Ok(None);
            }
            Ok(Some(retire(next, choice.old.clone(), upkeep)))
        });
        if !changed.landed.as_ref().is_ok_and(|landed| *landed) && !changed.unsure {
            // Upkeep finds it later where this fails.
            let _ = self.packs.delete(&pack_ref.key);
        }
        let (count, is_sure) = (choice.old.len(), !changed.unsure);
        Ok(CombinedPacks { count: if changed.landed? { count } else { 0 }, is_sure })
    }

    /// Stores the new pack under a fresh key.
    pub(super) fn keep(&self, agent: &AgentId, thin_pack: &ThinPack) -> Result<PackRef> {
        let key = PackKey::fresh(agent, thin_pack.id())?;
        let bytes = thin_pack.bytes().len() as u64;
        match thin_pack.file() {
            Some(file) => self.packs.put_file(&key, file)?,
            None => self.packs.put_new(&key, &mut thin_pack.mapped().reader(0..bytes), bytes)?,
        }
        Ok(PackRef { key, bytes, objects: u64::from(thin_pack.count()) })
    }

    /// Reads all of some packs after one of them turned out to be damaged. True where that is news.
    fn read_whole(&self, packs: &OpenAgent, keys: &[PackKey]) -> Result<bool> {
        let mut news = false;
        for open_pack in keys.iter().filter_map(|key| packs.get(key)) {
            let reader = PackReader::open(open_pack.mapped.bytes())?;
            if let Err(error) = reader.check_index() {
                news |= self.note_pack(&open_pack.key, error.message());
            }
            let missing = MissingObjects::of_all(reader.ids().collect());
            news |=
                self.note(&open_pack.key.agent, packs, &packs.objects.damaged_copies(&missing)?);
        }
        Ok(news)
    }

    /// True if all that the refs name, and all that the packs but the new one need, is in the packs. The new one was
    /// put together from a list of its own.
    fn is_closed(&self, head: &StoredHead, new: &PackKey) -> Result<bool> {
        let packs = self.open_packs(head)?;
        let mut needed = head.roots();
        for open_pack in packs.packs.iter().filter(|open_pack| open_pack.key != *new) {
            needed.extend(open_pack.mapped.external_refs(&packs.objects)?);
        }
        for id in needed {
            if !packs.objects.contains(&id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The packs of the first full tier.
pub(super) fn full_tier<'a>(
    packs: impl Iterator<Item = &'a PackRef>,
    many: usize,
) -> Option<Vec<PackKey>> {
    let mut packs: Vec<&PackRef> = packs.collect();
    packs.sort_by_key(|pack_ref| pack_ref.key.fresh);
    let sizes: Vec<u64> = packs.iter().map(|pack_ref| pack_ref.bytes).collect();
    let places = tiers::full(&sizes, many, u64::MAX)?;
    Some(places.into_iter().map(|at| packs[at].key.clone()).collect())
}

/// The packs, their indexes proven: an index that is changed may hide objects.
fn readers<'a>(packs: &'a OpenAgent, keys: &[PackKey]) -> Result<Vec<PackReader<&'a [u8]>>> {
    let open = |key: &PackKey| {
        let open_pack = packs.packs.iter().find(|open_pack| open_pack.key == *key);
        let open_pack = open_pack
            .ok_or_else(|| Error::corrupt(format!("pack \"{}\" is damaged", key.file_name())))?;
        let reader = PackReader::open(open_pack.mapped.bytes())?;
        reader.check_index()?;
        Ok(reader)
    };
    keys.iter().map(open).collect()
}

/// The bases that are in other packs, and can be read from these alone: then no chain leads from a new pack to an old one and
/// back. What has another base is compressed anew.
fn outer_bases(
    packs: &OpenAgent,
    old: &[PackKey],
    readers: &[PackReader<&[u8]>],
    ids: &[Id],
) -> Result<HashSet<Id>> {
    let others = packs.without(old);
    let mut bases = HashSet::new();
    for reader in readers {
        for number in 0..reader.entries() {
            // The object of a damaged entry is taken from another copy.
            if let Ok(Some(EntryBase::Id(base))) = reader.entry(number).map(|entry| entry.base())
                && ids.binary_search(&base).is_err()
                && !bases.contains(&base)
                && others.is_sound(&base)?
            {
                bases.insert(base);
            }
        }
    }
    Ok(bases)
}
