//! The plan of a thin pack: which entries it takes from which packs, in which order.
//!
//! Positions are given out before anything is written, because trees name what they hold by position.
//! A base comes before what leans on it.

use super::super::Odb;
use super::super::find::{MAX_CHAIN, ReadCost};
use super::super::list::{Pack, Packs};
use crate::error::{Error, Result};
use crate::object::Id;
use crate::pack::{EntryBase, EntryContent, GroupItemKind, PackEntry};
use crate::store::MissingObjects;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Source of a unit: an entry that is copied, or objects that are compressed anew.
pub enum UnitSource {
    /// It is taken as it is; it has no base.
    Whole,
    /// Its bytes are taken, its base is named so.
    On(EntryBase),
    /// Its object is compressed by itself.
    Anew,
    /// Of a group the objects at these positions, put together anew.
    Some(Vec<u32>),
}

pub struct ThinPackUnit {
    pub pack: Arc<Pack>,
    pub entry: u32,
    pub how: UnitSource,
}

pub struct ThinPackPlan {
    pub units: Vec<ThinPackUnit>,
    positions: HashMap<Id, Placed>,
}

#[derive(Clone, Copy)]
struct Placed {
    position: u32,
    /// Length of its delta chain.
    chain: u32,
}

/// Pack and position that each wanted object is taken from.
type ObjectSources = HashMap<Id, (usize, u32)>;

/// Copies that cannot be read: which pack, and which position in it.
pub type BadCopies = HashSet<(usize, u32)>;

struct Planner<'a> {
    odb: &'a Odb,
    missing: &'a MissingObjects,
    packs: &'a [Arc<Pack>],
    object_sources: ObjectSources,
    plan: ThinPackPlan,
    /// Entries that were begun, by pack and number: each is taken once, and none is the base of its base.
    begun: HashSet<(usize, u32)>,
}

impl ThinPackPlan {
    pub fn new(
        odb: &Odb,
        packs: &Packs,
        missing: &MissingObjects,
        bad: &BadCopies,
    ) -> Result<ThinPackPlan> {
        let plan = ThinPackPlan { units: Vec::new(), positions: HashMap::new() };
        let object_sources = object_sources(&packs.good, missing, bad)?;
        let mut planner = Planner {
            odb,
            missing,
            packs: &packs.good,
            object_sources,
            plan,
            begun: HashSet::new(),
        };
        let mut entries = Vec::new();
        for (at, position) in planner.object_sources.values() {
            entries.push((*at, planner.packs[*at].reader.place(*position)?.entry));
        }
        entries.sort_unstable();
        entries.dedup();
        for (at, entry) in entries {
            planner.take(at, entry)?;
        }
        Ok(planner.plan)
    }

    pub fn position(&self, id: &Id) -> Option<u32> {
        self.positions.get(id).map(|placed| placed.position)
    }
}

/// Pack for each object: of several the one with the most of them, so that neighbours stay
/// together. Copies known to be damaged are skipped.
fn object_sources(
    packs: &[Arc<Pack>],
    missing: &MissingObjects,
    bad: &BadCopies,
) -> Result<ObjectSources> {
    let wanted = missing.objects();
    let mut found: Vec<Vec<(Id, u32)>> = Vec::new();
    for pack in packs {
        // Few objects are looked up in each pack, many are met by going through all of them.
        found.push(if wanted.len() < pack.reader.count() as usize / 16 {
            wanted.iter().filter_map(|id| Some((*id, pack.reader.position(id)?))).collect()
        } else {
            pack.reader.ids().zip(0..).filter(|(id, _)| missing.sends(id)).collect()
        });
    }
    let mut order: Vec<usize> = (0..packs.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(found[*at].len()), packs[*at].id));
    let mut object_sources = ObjectSources::new();
    for at in order {
        for (id, position) in
            found[at].iter().filter(|(_, position)| !bad.contains(&(at, *position)))
        {
            object_sources.entry(*id).or_insert((at, *position));
        }
    }
    let lost = wanted.iter().find(|id| !object_sources.contains_key(id));
    let why = if bad.is_empty() { "is missing" } else { "cannot be read in any pack" };
    let missing =
        |id: &Id| Error::corrupt(format!("object {id} {why}")).hint(super::super::find::FSCK);
    lost.map_or(Ok(object_sources), |id| Err(missing(id)))
}

impl Planner<'_> {
    /// Takes an entry, and before it the base that it leans on.
    fn take(&mut self, at: usize, number: u32) -> Result<()> {
        if !self.begun.insert((at, number)) {
            return Ok(());
        }
        let pack = self.packs[at].clone();
        let entry = pack.reader.entry(number)?;
        let range = pack.reader.positions(number);
        let here = |position: &u32| {
            pack.reader
                .id(*position)
                .is_some_and(|id| self.object_sources.get(&id) == Some(&(at, *position)))
        };
        let members: Vec<u32> = range.clone().filter(here).collect();
        let (how, chain) = match entry.content() {
            EntryContent::Object(_) => self.single(&pack, &entry)?,
            EntryContent::Group
                if members.len() == range.len() && self.is_plain(&pack, number, &entry)? =>
            {
                (UnitSource::Whole, 0)
            }
            EntryContent::Group => (UnitSource::Some(members.clone()), 0),
        };
        for id in members.iter().filter_map(|position| pack.reader.id(*position)) {
            let position = self.plan.positions.len() as u32;
            self.plan.positions.insert(id, Placed { position, chain });
        }
        self.plan.units.push(ThinPackUnit { pack, entry: number, how });
        Ok(())
    }

    /// A group without base and with nothing that is named by position.
    fn is_plain(&self, pack: &Arc<Pack>, number: u32, entry: &PackEntry<'_>) -> Result<bool> {
        let group = self.odb.group(pack, number, &mut ReadCost::default())?;
        let linked = |nth| group.item(nth).is_ok_and(|(kind, _)| kind == GroupItemKind::LinkedTree);
        Ok(entry.base().is_none() && !(0..group.len()).any(linked))
    }

    fn single(&mut self, pack: &Arc<Pack>, entry: &PackEntry<'_>) -> Result<(UnitSource, u32)> {
        let base = match entry.base() {
            None => return Ok((UnitSource::Whole, 0)),
            Some(EntryBase::Id(id)) => id,
            Some(EntryBase::Position(position)) => {
                let lost = || Error::corrupt("the pack is damaged: an entry has a missing base");
                pack.reader.id(position).ok_or_else(lost)?
            }
        };
        if let Some(&(at, position)) = self.object_sources.get(&base) {
            let home = self.packs[at].reader.place(position)?.entry;
            self.take(at, home)?;
            // Not placed: it leans on this one itself, where it is taken from.
            return Ok(match self.plan.positions.get(&base) {
                Some(placed) if placed.chain < MAX_CHAIN => {
                    (UnitSource::On(EntryBase::Position(placed.position)), placed.chain + 1)
                }
                _ => (UnitSource::Anew, 0),
            });
        }
        let chain = self.odb.chain(&base)?;
        if self.missing.knows(&base) && chain < MAX_CHAIN {
            return Ok((UnitSource::On(EntryBase::Id(base)), chain + 1));
        }
        Ok((UnitSource::Anew, 0))
    }
}
