//! Compaction: many packs become one, with similar objects side by side.
//!
//! Nothing is dropped but what the caller leaves out. The new pack is published, read back and verified before an old
//! one is removed, and an old one is removed only when every other object in it is in the new one. The argument
//! why two compactions at once lose nothing is in `docs/durability.md`.

mod order;
mod paths;
mod plan;
mod tier;
mod write;

use super::find::ReadCost;
use super::list::{Mapped, Pack, Packs};
use super::{Odb, big};
use crate::error::{Error, Result};
use crate::fs;
use crate::object::{Id, ObjectKind, Tree};
use crate::pack::PackId;
use crate::progress::Progress;
use plan::CompactPlan;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Bytes of objects that are held from the first look until they are written: all of a tier.
const HELD: usize = 8 << 20;

/// Packs to compact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompactScope {
    All,
    /// Packs of about one size, if there are many of them, and no more than a command may do beside its own work.
    Tier,
}

/// Summary of a compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// `None` where nothing is left.
    pub pack: Option<PackId>,
    pub objects: u64,
    pub packs_before: usize,
    pub bytes_before: u64,
    pub bytes_after: u64,
    /// Packs that stay because something in them is damaged.
    pub kept: usize,
}

impl Odb {
    /// Puts packs together. `None`: there was nothing to do. Safe beside readers, writers and other
    /// compactions; takes the lock only while the new pack gets its name.
    pub fn compact(&self, scope: CompactScope, progress: &Progress) -> Result<Option<Compacted>> {
        let inputs = self.inputs(self.dir()?, &*self.latest()?, scope);
        let compacted = self.repack(&inputs, &HashSet::new(), || Ok(()), progress)?;
        self.keep_index(compacted.is_some());
        Ok(compacted)
    }

    /// Puts all packs together without some objects. `guard` is asked when the new pack is durable and the old ones are
    /// about to go; what it gives is held until they are gone, and holds the lock of the store. `None`: there are no
    /// packs, or others wrote meanwhile what needs these objects, and nothing was removed.
    pub(in crate::store) fn compact_without<G>(
        &self,
        left_out: &HashSet<Id>,
        guard: impl FnOnce() -> Result<G>,
        progress: &Progress,
    ) -> Result<Option<Compacted>> {
        let inputs = self.inputs(self.dir()?, &*self.latest()?, CompactScope::All);
        self.repack(&inputs, left_out, guard, progress)
    }

    fn repack<G>(
        &self,
        inputs: &[Arc<Pack>],
        left_out: &HashSet<Id>,
        guard: impl FnOnce() -> Result<G>,
        progress: &Progress,
    ) -> Result<Option<Compacted>> {
        let (healthy, damaged) = self.read_objects(inputs, left_out, progress)?;
        if inputs.is_empty() || (healthy.is_empty() && left_out.is_empty()) {
            return Ok(None);
        }
        let plan = CompactPlan::new(healthy);
        let pack = match plan.count() {
            0 => None,
            _ => match self.write_plan(&plan, progress)? {
                Some(pack) if self.read_back(pack, &plan)? => Some(pack),
                _ => return Ok(None),
            },
        };
        let held = guard()?;
        if !self.needs_none_of(left_out, &plan, inputs, pack)? {
            return Ok(None);
        }
        let is_kept = |id: &Id| {
            !left_out.contains(id) && (plan.position(id).is_none() || damaged.contains(id))
        };
        let kept = self.retire(inputs, pack, &is_kept)?;
        drop(held);
        let size = |pack: &Arc<Pack>| pack.reader.bytes().len() as u64;
        let packs = self.latest()?;
        Ok(Some(Compacted {
            pack,
            objects: plan.count() as u64,
            packs_before: inputs.len(),
            bytes_before: inputs.iter().map(size).sum(),
            bytes_after: pack.and_then(|pack| packs.get(pack)).map_or(0, size),
            kept,
        }))
    }

    /// The packs to put together, the newest first: what was written last is read most.
    fn inputs(&self, dir: &Path, packs: &Packs, scope: CompactScope) -> Vec<Arc<Pack>> {
        let chosen = match scope {
            CompactScope::All => packs.files().cloned().collect(),
            CompactScope::Tier => tier::full(&packs.files().cloned().collect::<Vec<_>>()),
        };
        let mut inputs: Vec<_> = chosen.into_iter().map(|pack| (pack.written(dir), pack)).collect();
        inputs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
        inputs.into_iter().map(|(_, pack)| pack).collect()
    }

    /// Reads every object once: what can be read, with what is known of it, and what cannot.
    fn read_objects(
        &self,
        inputs: &[Arc<Pack>],
        left_out: &HashSet<Id>,
        progress: &Progress,
    ) -> Result<(Vec<plan::PlannedObject>, HashSet<Id>)> {
        let (mut healthy, mut damaged) = (Vec::new(), HashSet::new());
        let mut seen = left_out.clone();
        let mut room = HELD;
        for pack in inputs {
            progress.expect(u64::from(pack.reader.count()) * 2);
            for (position, id) in (0..).zip(pack.reader.ids()).filter(|(_, id)| seen.insert(*id)) {
                let here = self.look_at(pack, position, id);
                match here.or_else(|_| self.look_for(&id)) {
                    Ok(mut object) => {
                        object.bytes = object.bytes.filter(|bytes| bytes.len() <= room);
                        room -= object.bytes.as_ref().map_or(0, Vec::len);
                        healthy.push(object);
                    }
                    Err(error) if error.kind() == crate::error::Kind::Corrupt => {
                        damaged.insert(id);
                    }
                    Err(error) => return Err(error),
                }
                progress.advance(0);
            }
        }
        Ok((healthy, damaged))
    }

    fn look_at(&self, pack: &Arc<Pack>, position: u32, id: Id) -> Result<plan::PlannedObject> {
        let entry = pack.reader.entry(pack.reader.place(position)?.entry)?;
        if big::is_big(&entry) {
            big::copy(&entry, &id, &mut io::sink())?;
            return Ok(plan::PlannedObject::new(id, ObjectKind::Blob, entry.raw_len()));
        }
        Ok(known_of(id, self.load(pack, position, &mut ReadCost::default())?))
    }

    /// Another copy of an object that is damaged where it was looked at.
    fn look_for(&self, id: &Id) -> Result<plan::PlannedObject> {
        let packs = self.latest()?;
        for pack in &packs.good {
            let Some(position) = pack.reader.position(id) else { continue };
            if let Ok(object) = self.look_at(pack, position, *id) {
                return Ok(object);
            }
        }
        Err(Error::corrupt(format!("object {id} is damaged")))
    }

    /// Reads back every object of the new pack, from the new pack. False: another compaction has
    /// joined it with others already, and removes the old ones itself.
    fn read_back(&self, id: PackId, plan: &CompactPlan) -> Result<bool> {
        let packs = self.latest()?;
        let Some(pack) = packs.get(id) else { return Ok(false) };
        pack.reader.check_index()?;
        for object in plan.objects() {
            let missing =
                || Error::corrupt(format!("object {} is not in \"{}\"", object.id, id.file_name()));
            let position = pack.reader.position(&object.id).ok_or_else(missing)?;
            self.check_object(pack, position, &mut |_, _, _| {})?;
        }
        Ok(true)
    }

    /// True if what stays needs nothing that is left out: neither the new pack, nor one that was published meanwhile,
    /// whose writer may have read anything.
    fn needs_none_of(
        &self,
        left_out: &HashSet<Id>,
        plan: &CompactPlan,
        inputs: &[Arc<Pack>],
        new: Option<PackId>,
    ) -> Result<bool> {
        if left_out.is_empty() {
            return Ok(true);
        }
        let trees = plan.objects().iter().filter_map(|object| object.children.as_ref());
        if trees.flat_map(Tree::entries).any(|entry| left_out.contains(&entry.id)) {
            return Ok(false);
        }
        let known: HashSet<PackId> = inputs.iter().map(|pack| pack.id).chain(new).collect();
        for pack in self.latest()?.good.iter().filter(|pack| !known.contains(&pack.id)) {
            let needs = Mapped(pack.clone()).external_refs(self)?;
            if needs.iter().any(|id| left_out.contains(id)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes the old packs, but those with something that is in no other. One that cannot be removed only takes room
    /// until the next time.
    fn retire(
        &self,
        inputs: &[Arc<Pack>],
        new: Option<PackId>,
        is_kept: &dyn Fn(&Id) -> bool,
    ) -> Result<usize> {
        let dir = self.dir()?;
        let mut kept = 0;
        let inputs = order::dependents_first(inputs);
        for pack in inputs.iter().filter(|pack| Some(pack.id) != new) {
            let all =
                pack.reader.check_index().is_ok() && !pack.reader.ids().any(|id| is_kept(&id));
            if !all || fs::remove(&dir.join(pack.id.file_name())).is_err() {
                kept += 1;
            }
        }
        fs::sync_dir(dir)?;
        Ok(kept)
    }
}

fn known_of(id: Id, (kind, bytes): (ObjectKind, Vec<u8>)) -> plan::PlannedObject {
    let mut object = plan::PlannedObject::new(id, kind, bytes.len() as u64);
    if kind == ObjectKind::Tree {
        object.children = Tree::decode(&bytes).ok();
    }
    object.bytes = Some(bytes);
    object
}

#[cfg(test)]
mod tests;
