//! Compaction: the packs of a tier become one, with every object read and hashed.
//!
//! A pack with something of which no copy can be read is never chosen. While there are other packs no object is dropped;
//! when all become one, what neither the refs nor the ledger reach is left out.

use super::RemoteStore;
use super::collect::{Upkeep, condemn};
use super::engine::PackKey;
use super::head::{LoadedHead, PackRef, StoredHead};
use super::tiers;
use crate::error::{Error, Kind, Result};
use crate::object::{Id, Source};
use crate::pack::{EntryBase, PackReader};
use crate::protocol::AgentId;
use crate::remote_store::external_refs;
use crate::remote_store::open_agent::OpenAgent;
use crate::store::{MissingObjects, ThinPack};
use std::collections::HashSet;

/// Damage that comes to light makes another choice. Each time a pack less is chosen from.
const MOST_CHOICES: usize = 100;

/// What is to be put together.
struct CompactionPlan {
    old: Vec<PackKey>,
    closure: MissingObjects,
    /// Whether objects of the old packs are left out.
    drops: bool,
}

impl RemoteStore {
    /// Puts packs together, tier by tier. Gives their number.
    pub(super) fn compact(&self, agent: &AgentId, upkeep: &Upkeep) -> Result<usize> {
        let (mut compacted, mut whole) = (0, upkeep.whole);
        for _ in 0..MOST_CHOICES {
            let (seen, pieces) = self.opened(agent)?;
            let Some(old) = self.choose(&seen.head, &pieces, upkeep.many, whole)? else { break };
            // One that is the only one, and has nothing to leave out, stays as it is.
            let is_done = |choice: &CompactionPlan| whole && old.len() == 1 && !choice.drops;
            let count = match self.choice(&seen.head, &pieces, old.clone()) {
                Ok(choice) if is_done(&choice) => Ok(0),
                Ok(choice) => self.put_together(&seen, &pieces, &choice, upkeep),
                Err(error) => Err(error),
            };
            match count {
                Ok(0) => break,
                Ok(count) => {
                    compacted += count;
                    whole &= old.len() < seen.head.packs.len();
                }
                Err(error) if error.kind() == Kind::Corrupt && self.examine(&pieces, &old)? => {}
                Err(error) => return Err(error),
            }
        }
        Ok(compacted)
    }

    /// A pack with damaged copies of what is whole elsewhere comes first, then a full tier; all, where that is wanted and
    /// each of them can be read.
    fn choose(
        &self,
        head: &StoredHead,
        pieces: &OpenAgent,
        many: usize,
        whole: bool,
    ) -> Result<Option<Vec<PackKey>>> {
        if let Some(key) = self.curable(&head.agent, pieces)?.pop() {
            return Ok(Some(vec![key]));
        }
        let unreadable = self.unreadable(&head.agent, pieces)?;
        let usable = |held: &&PackRef| {
            pieces.get(&held.key).is_some() && !unreadable.contains(&held.key.file_name())
        };
        if whole && !head.packs.is_empty() && head.packs.iter().all(|held| usable(&held)) {
            return Ok(Some(head.packs.iter().map(|held| held.key.clone()).collect()));
        }
        Ok(tiers::full(head.packs.iter().filter(usable), many))
    }

    fn choice(
        &self,
        head: &StoredHead,
        pieces: &OpenAgent,
        old: Vec<PackKey>,
    ) -> Result<CompactionPlan> {
        let readers = readers(pieces, &old)?;
        let mut ids: Vec<Id> = readers.iter().flat_map(PackReader::ids).collect();
        ids.sort_unstable();
        ids.dedup();
        if old.len() == head.packs.len() {
            let closure = MissingObjects::new(&pieces.objects, &head.roots(), &[])?;
            // Left out is only what could be read: of what cannot nobody knows what it was.
            if ids
                .iter()
                .filter(|id| !closure.sends(id))
                .all(|id| pieces.objects.is_sound(id).unwrap_or(false))
            {
                return Ok(CompactionPlan {
                    old,
                    drops: closure.objects().len() < ids.len(),
                    closure,
                });
            }
        }
        let bases = outer_bases(pieces, &old, &readers, &ids)?;
        Ok(CompactionPlan { old, closure: MissingObjects::of_all(ids).beside(bases), drops: false })
    }

    /// The swap that takes the new pack in condemns the old ones. Packs that came meanwhile stay beside it. A pack that
    /// was made in vain goes, unless a swap that was not answered may have used it.
    fn put_together(
        &self,
        seen: &LoadedHead,
        pieces: &OpenAgent,
        choice: &CompactionPlan,
        upkeep: &Upkeep,
    ) -> Result<usize> {
        let agent = &seen.head.agent;
        let parcel = self.thin_pack(agent, pieces, &choice.closure, &self.scratch()?)?;
        let held = self.keep(agent, &parcel)?;
        let changed = self.change(agent, |seen| {
            let is_old = |held: &&PackRef| choice.old.contains(&held.key);
            let there = seen.head.packs.iter().filter(is_old).count() == choice.old.len();
            if !there || seen.head.is_condemned(&held.key) || self.packs.stat(&held.key)?.is_none()
            {
                return Ok(None);
            }
            let mut next = seen.next();
            let at = next.packs.iter().position(|held| choice.old.contains(&held.key)).unwrap_or(0);
            next.packs.retain(|held| !choice.old.contains(&held.key));
            next.packs.insert(at, held.clone());
            if choice.drops && !self.is_closed(&next, &held.key)? {
                return Ok(None);
            }
            Ok(Some(condemn(next, choice.old.clone(), upkeep)))
        });
        if !changed.landed.as_ref().is_ok_and(|landed| *landed) && !changed.unsure {
            // Upkeep finds it later where this fails.
            let _ = self.packs.delete(&held.key);
        }
        Ok(if changed.landed? { choice.old.len() } else { 0 })
    }

    /// Stores the new pack under a fresh key.
    fn keep(&self, agent: &AgentId, parcel: &ThinPack) -> Result<PackRef> {
        let key = PackKey::fresh(agent, parcel.id())?;
        let bytes = parcel.bytes().len() as u64;
        match parcel.file() {
            Some(file) => self.packs.put_file(&key, file)?,
            None => self.packs.put_new(&key, &mut parcel.bytes(), bytes)?,
        }
        Ok(PackRef { key, bytes, objects: u64::from(parcel.count()) })
    }

    /// Reads all of some packs after one of them turned out to be damaged. True where that is news.
    fn examine(&self, pieces: &OpenAgent, keys: &[PackKey]) -> Result<bool> {
        let mut news = false;
        for piece in keys.iter().filter_map(|key| pieces.get(key)) {
            let reader = PackReader::open(piece.mapped.bytes())?;
            if let Err(error) = reader.check_index() {
                news |= self.note_pack(&piece.key, error.message());
            }
            let closure = MissingObjects::of_all(reader.ids().collect());
            news |= self.note(&piece.key.agent, pieces, &pieces.objects.damaged_copies(&closure)?);
        }
        Ok(news)
    }

    /// Whether what the refs name, and what the packs but the new one need, is in the packs. The new one was
    /// put together from a closure of its own.
    fn is_closed(&self, head: &StoredHead, new: &PackKey) -> Result<bool> {
        let pieces = self.open_pieces(head)?;
        let mut needed = head.roots();
        for piece in pieces.pieces.iter().filter(|piece| piece.key != *new) {
            needed.extend(external_refs::of(&piece.mapped, &pieces.objects)?);
        }
        for id in needed {
            if !pieces.objects.contains(&id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The packs, their indexes proven: an index that is changed may hide objects.
fn readers<'a>(pieces: &'a OpenAgent, keys: &[PackKey]) -> Result<Vec<PackReader<&'a [u8]>>> {
    let open = |key: &PackKey| {
        let piece = pieces.pieces.iter().find(|piece| piece.key == *key);
        let piece = piece
            .ok_or_else(|| Error::corrupt(format!("pack \"{}\" is damaged", key.file_name())))?;
        let reader = PackReader::open(piece.mapped.bytes())?;
        reader.check_index()?;
        Ok(reader)
    };
    keys.iter().map(open).collect()
}

/// The bases that are in other packs, and can be read from these alone: then no chain leads from a new pack to an old one and
/// back. What has another base is compressed anew.
fn outer_bases(
    pieces: &OpenAgent,
    old: &[PackKey],
    readers: &[PackReader<&[u8]>],
    ids: &[Id],
) -> Result<HashSet<Id>> {
    let others = pieces.without(old);
    let mut bases = HashSet::new();
    for reader in readers {
        for number in 0..reader.entries() {
            // What an entry that is damaged holds is taken from elsewhere.
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
