//! Writes a planned pack: entries are made on several threads and appended in order.

use super::plan::{CompactPlan, CompactUnit};
use super::{Odb, big};
use crate::error::{At, Error, Result};
use crate::fs::{self, AtomicFile};
use crate::object::{Id, ObjectKind, Source, Tree};
use crate::pack::{
    self, EncodedEntry, EntryBase, EntryContent, Group, GroupItemKind, PackId, PackWriter,
};
use crate::parallel::{self, Spread};
use crate::progress::Progress;
use std::ops::Range;

/// Compaction has time.
const LEVEL: i32 = 9;

/// Bytes of objects that are compressed before they are appended; bounds the memory.
const SHARE: u64 = 16 << 20;

impl Odb {
    /// `None`: some of the objects were removed meanwhile, and nothing was written.
    pub(super) fn write_plan(
        &self,
        plan: &CompactPlan,
        progress: &Progress,
    ) -> Result<Option<PackId>> {
        let dir = self.dir()?;
        fs::sweep(dir)?;
        let mut writer = PackWriter::new(AtomicFile::create_in(dir)?);
        let mut rest = &plan.units[..];
        while !rest.is_empty() {
            let units;
            (units, rest) = rest.split_at(share(plan, rest));
            for (unit, made) in units.iter().zip(self.make(plan, units)?) {
                let ids = ids(plan, unit);
                match made {
                    Some(entry) => writer.append(&ids, &entry).at("write", dir)?,
                    None => self.carry_over(&mut writer, ids[0])?,
                };
                ids.iter().for_each(|_| progress.advance(0));
            }
        }
        let (temp, id) = writer.finish().at("write", dir)?;
        let ids = plan.objects().iter().map(|object| object.id);
        Ok(self.publish_again(temp, id, ids)?.then_some(id))
    }

    /// The entries of some units; nothing for one that is not to be held in memory.
    fn make(
        &self,
        plan: &CompactPlan,
        units: &[CompactUnit],
    ) -> Result<Vec<Option<EncodedEntry<'static>>>> {
        let spread = Spread::over(units.len(), 1, 0);
        parallel::try_map(spread, |number| self.encode(plan, &units[number]))
    }

    fn encode(
        &self,
        plan: &CompactPlan,
        unit: &CompactUnit,
    ) -> Result<Option<EncodedEntry<'static>>> {
        match unit {
            CompactUnit::Group(range) => {
                let items: Result<Vec<_>> = range.clone().map(|at| self.item(plan, at)).collect();
                let content = Group::encode(&items?);
                Ok(Some(EncodedEntry::new(EntryContent::Group, &content, None, LEVEL).into_owned()))
            }
            CompactUnit::Single(at, _) if plan.object(*at).len > big::HELD => Ok(None),
            CompactUnit::Single(at, base) => {
                let (kind, bytes) = self.read(plan, *at)?;
                let base = match base.filter(|base| plan.object(*base).len <= big::HELD) {
                    Some(base) => Some((base, self.read(plan, base)?.1)),
                    None => None,
                };
                let prefix =
                    base.as_ref().map(|(base, bytes)| (EntryBase::Position(*base), &bytes[..]));
                Ok(Some(
                    EncodedEntry::new(EntryContent::Object(kind), &bytes, prefix, LEVEL)
                        .into_owned(),
                ))
            }
        }
    }

    fn item(&self, plan: &CompactPlan, position: u32) -> Result<(GroupItemKind, Vec<u8>)> {
        let (kind, bytes) = self.read(plan, position)?;
        Ok(match (kind, Tree::decode(&bytes)) {
            (ObjectKind::Blob, _) => (GroupItemKind::Blob, bytes),
            (ObjectKind::Tree, Ok(tree)) => {
                (GroupItemKind::LinkedTree, pack::link(&tree, |id| plan.position(id)))
            }
            (ObjectKind::Tree, Err(_)) => (GroupItemKind::Tree, bytes),
        })
    }

    fn read(&self, plan: &CompactPlan, position: u32) -> Result<(ObjectKind, Vec<u8>)> {
        let object = plan.object(position);
        if let Some(bytes) = &object.bytes {
            return Ok((object.kind, bytes.clone()));
        }
        let id = object.id;
        self.find(&id)?.ok_or_else(|| Error::corrupt(format!("object {id} is missing")))
    }

    /// A streamed blob keeps the frame it has.
    fn carry_over(&self, writer: &mut PackWriter<AtomicFile>, id: Id) -> Result<u64> {
        let missing = || Error::corrupt(format!("object {id} is missing"));
        let Some((home, number)) = self.big(&id)? else {
            let (kind, bytes) = self.find(&id)?.ok_or_else(missing)?;
            let entry = EncodedEntry::new(EntryContent::Object(kind), &bytes, None, LEVEL);
            return writer.append(&[id], &entry).at("write", self.dir()?);
        };
        let entry = home.reader.entry(number)?;
        writer.append_stored(&[id], &entry.head(), entry.payload()).at("write", self.dir()?)
    }
}

/// Number of units to encode at once: at least one.
fn share(plan: &CompactPlan, units: &[CompactUnit]) -> usize {
    let mut bytes = 0;
    let fits = |unit: &&CompactUnit| {
        bytes += positions(unit).map(|position| plan.object(position).len).sum::<u64>();
        bytes <= SHARE
    };
    units.iter().take_while(fits).count().max(1)
}

fn positions(unit: &CompactUnit) -> Range<u32> {
    match unit {
        CompactUnit::Group(range) => range.clone(),
        CompactUnit::Single(position, _) => *position..*position + 1,
    }
}

fn ids(plan: &CompactPlan, unit: &CompactUnit) -> Vec<Id> {
    positions(unit).map(|position| plan.object(position).id).collect()
}
