//! Thin pack: one pack with exactly the objects that a receiver lacks.
//!
//! If one pack of the store holds exactly these, as after a usual push, it is the thin pack.
//! Otherwise a new one is built from existing entries: compressed data is copied, unless it depends
//! on an object that is neither in the thin pack nor at the receiver. The same objects in the same
//! packs give the same bytes, so that an interrupted transfer can continue.
//!
//! Every object of a thin pack is read and hashed in its final bytes before anybody gets it. A
//! damaged copy is replaced by another one; without another there is no thin pack.

mod plan;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests look into packs")]
mod tests;

use super::Odb;
use super::check::Damage;
use super::find::{self, ReadCost};
use super::list::{Mapped, Pack, Packs};
use crate::error::{At, Error, Result};
use crate::fs::AtomicFile;
use crate::object::{Id, ObjectKind, Tree};
use crate::pack::{
    self, EncodedEntry, EntryBase, EntryContent, Group, GroupItemKind, PackId, PackWriter,
};
use crate::store::MissingObjects;
use plan::{BadCopies, ThinPackPlan, ThinPackUnit, UnitSource};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Compression is fast where somebody waits.
const LEVEL: i32 = 3;

/// A group that is put together anew is closed when it has this many bytes.
const GROUP: usize = 512 << 10;

/// A pack that can be sent. One that was made for this disappears with the thin pack.
pub struct ThinPack {
    // Before the file, so that it is unmapped when that is removed.
    pack: Mapped,
    scratch: Option<AtomicFile>,
    damage: Vec<Damage>,
}

impl ThinPack {
    pub fn id(&self) -> PackId {
        self.pack.id()
    }

    /// The whole pack.
    pub fn bytes(&self) -> &[u8] {
        self.pack.bytes()
    }

    pub fn mapped(&self) -> &Mapped {
        &self.pack
    }

    /// Number of its objects.
    pub fn count(&self) -> u32 {
        self.pack.count()
    }

    /// Path of the file, when it was made for this.
    pub fn file(&self) -> Option<&Path> {
        self.scratch.as_ref().map(AtomicFile::path)
    }

    /// The damaged copies that were passed over.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// True if it was made for this, and is not one of the store's packs.
    pub fn is_new(&self) -> bool {
        self.scratch.is_some()
    }
}

impl Odb {
    /// One pack with the missing objects. `scratch` is a folder for a new file; it is its owner who sweeps it.
    pub fn thin_pack(&self, missing: &MissingObjects, scratch: &Path) -> Result<ThinPack> {
        let packs = self.latest()?;
        for pack in &packs.good {
            if is_exactly(pack, missing).unwrap_or(false) && self.is_proven(pack) {
                return Ok(ThinPack {
                    pack: Mapped(pack.clone()),
                    scratch: None,
                    damage: Vec::new(),
                });
            }
        }
        let error = match self.put_together(&packs, missing, &BadCopies::new(), scratch) {
            Err(error) if error.kind() == crate::error::Kind::Corrupt => error,
            made => return made,
        };
        let (bad, damage) = self.bad_copies(&packs, missing);
        if bad.is_empty() {
            return Err(error);
        }
        let thin_pack = self.put_together(&packs, missing, &bad, scratch)?;
        Ok(ThinPack { damage, ..thin_pack })
    }

    /// The copies of these objects that cannot be read.
    pub fn damaged_copies(&self, missing: &MissingObjects) -> Result<Vec<Damage>> {
        Ok(self.bad_copies(&*self.latest()?, missing).1)
    }

    fn bad_copies(&self, packs: &Packs, missing: &MissingObjects) -> (BadCopies, Vec<Damage>) {
        let (mut bad, mut damage) = (BadCopies::new(), Vec::new());
        for (at, pack) in packs.good.iter().enumerate() {
            for (position, error) in self.unreadable(pack, |_, id| missing.sends(id)) {
                bad.insert((at, position));
                let (pack, object) = (pack.name(), pack.reader.id(position));
                damage.push(Damage { pack, object, reason: error.message().to_owned() });
            }
        }
        (bad, damage)
    }

    /// True if every object of a pack can be read, from it.
    fn is_proven(&self, pack: &Arc<Pack>) -> bool {
        pack.reader.check_index().is_ok() && self.unreadable(pack, |_, _| true).is_empty()
    }

    fn put_together(
        &self,
        packs: &Packs,
        missing: &MissingObjects,
        bad: &BadCopies,
        scratch: &Path,
    ) -> Result<ThinPack> {
        let plan = ThinPackPlan::new(self, packs, missing, bad)?;
        let mut writer = PackWriter::new(AtomicFile::create_in(scratch)?);
        for unit in &plan.units {
            self.write(&mut writer, &plan, unit, scratch)?;
        }
        let (temp, id) = writer.finish().at("write", scratch)?;
        let pack = Mapped::open(temp.path(), id)?;
        let both =
            Odb::over([pack.clone()].into_iter().chain(packs.good.iter().cloned().map(Mapped)));
        if pack.count() as usize != missing.objects().len() || !both.is_proven(&pack.0) {
            return Err(Error::corrupt("a pack was combined from damaged ones"));
        }
        Ok(ThinPack { pack, scratch: Some(temp), damage: Vec::new() })
    }

    fn write(
        &self,
        writer: &mut PackWriter<AtomicFile>,
        plan: &ThinPackPlan,
        unit: &ThinPackUnit,
        place: &Path,
    ) -> Result<()> {
        let ThinPackUnit { pack, entry: number, how } = unit;
        let entry = pack.reader.entry(*number)?;
        let ids = || pack.reader.positions(*number).filter_map(|position| pack.reader.id(position));
        match how {
            UnitSource::Whole => {
                let ids: Vec<Id> = ids().collect();
                writer.append_stored(&ids, &entry.head(), entry.payload()).at("write", place)?;
            }
            UnitSource::On(base) => {
                let ids: Vec<Id> = ids().collect();
                writer
                    .append_stored(&ids, &entry.head_on(*base), entry.payload())
                    .at("write", place)?;
            }
            UnitSource::Anew => {
                let position = pack.reader.positions(*number).start;
                let (kind, bytes) = self.load(pack, position, &mut ReadCost::default())?;
                let entry = EncodedEntry::new(EntryContent::Object(kind), &bytes, None, LEVEL);
                writer.append(&[kind.id_of(&bytes)], &entry).at("write", place)?;
            }
            UnitSource::Some(members) => self.write_some(writer, plan, unit, members, place)?,
        }
        Ok(())
    }

    /// Writes some objects of a group, as one or several new groups. A large object gets a group of
    /// its own.
    fn write_some(
        &self,
        writer: &mut PackWriter<AtomicFile>,
        plan: &ThinPackPlan,
        unit: &ThinPackUnit,
        members: &[u32],
        place: &Path,
    ) -> Result<()> {
        let group = self.group(&unit.pack, unit.entry, &mut ReadCost::default())?;
        let first = unit.pack.reader.positions(unit.entry).start;
        let mut made = PendingGroup::default();
        for position in members {
            let (kind, bytes) = find::member(&unit.pack, &group, (position - first) as usize)?;
            if made.len + bytes.len() > GROUP {
                std::mem::take(&mut made).write(writer).at("write", place)?;
            }
            if bytes.len() > GROUP {
                let entry = EncodedEntry::new(EntryContent::Object(kind), &bytes, None, LEVEL);
                writer.append(&[kind.id_of(&bytes)], &entry).at("write", place)?;
                continue;
            }
            made.len += bytes.len();
            made.ids.push(kind.id_of(&bytes));
            made.items.push(match kind {
                ObjectKind::Blob => (GroupItemKind::Blob, bytes),
                ObjectKind::Tree => {
                    let tree = Tree::decode(&bytes)?;
                    (GroupItemKind::LinkedTree, pack::link(&tree, |id| plan.position(id)))
                }
            });
        }
        made.write(writer).at("write", place)
    }
}

/// A group on its way into the new pack.
#[derive(Default)]
struct PendingGroup {
    ids: Vec<Id>,
    items: Vec<(GroupItemKind, Vec<u8>)>,
    len: usize,
}

impl PendingGroup {
    fn write(self, writer: &mut PackWriter<AtomicFile>) -> io::Result<()> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let content = Group::encode(&self.items);
        writer
            .append(&self.ids, &EncodedEntry::new(EntryContent::Group, &content, None, LEVEL))
            .map(drop)
    }
}

/// True if a pack has these objects, no others, and no base that the receiver lacks.
fn is_exactly(pack: &Arc<Pack>, missing: &MissingObjects) -> Result<bool> {
    let reader = &pack.reader;
    if reader.count() as usize != missing.objects().len()
        || !reader.ids().all(|id| missing.sends(&id))
    {
        return Ok(false);
    }
    if reader.hash() != pack.id {
        return Ok(false);
    }
    for number in 0..reader.entries() {
        if let Some(EntryBase::Id(base)) = reader.entry(number)?.base()
            && !missing.sends(&base)
            && !missing.knows(&base)
        {
            return Ok(false);
        }
    }
    Ok(true)
}
