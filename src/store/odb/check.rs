//! Check of every byte of every pack. Damage is collected, never the end of the check.

use super::find::{ReadCost, member};
use super::graph::{ObjectGraph, ReadObject};
use super::list::{Mapped, Pack};
use super::{Odb, big};
use crate::error::{Error, Result};
use crate::object::{EncodedEntries, Id, Mode, ObjectKind};
use crate::pack::{EntryContent, Group, GroupItemKind};
use crate::parallel::{self, Spread};
use crate::progress::Progress;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Below this many objects threads cost more than they bring.
const MANY: u64 = 256;

/// Objects per task of a thread: those of a group are read together.
const SHARE: u32 = 64;

/// Something that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file in `objects/`, or the one that contains the pack.
    pub pack: String,
    /// The object, where it is one; otherwise the pack as a whole.
    pub object: Option<Id>,
    pub reason: String,
}

/// Result of a check.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    pub packs: u64,
    pub objects: u64,
    pub damage: Vec<Damage>,
    /// Objects that were read.
    pub graph: ObjectGraph,
}

impl Odb {
    /// Holds the hash of every pack against its name, every index against its checksum, and every
    /// object, read through all its bases, against its id.
    pub fn check(&self, progress: &Progress) -> Result<Checked> {
        let packs = self.latest()?;
        let mut checked = Checked {
            packs: (packs.files().count() + packs.damaged.len()) as u64,
            ..Checked::default()
        };
        for pack in &packs.damaged {
            checked.note(pack.name.clone(), None, &Error::corrupt(&pack.reason));
        }
        checked.objects = packs.good.iter().map(|pack| u64::from(pack.reader.count())).sum();
        progress.expect(checked.objects);
        let mut graph = ObjectGraph::new(packs.clone());
        let sums = parallel::map(Spread::over(packs.good.len(), 1, 2), |at| sums(&packs.good[at]));
        let shares: Vec<CheckShare<'_>> = packs
            .good
            .iter()
            .zip(&sums)
            .flat_map(|(pack, (_, index))| CheckShare::all(pack, index.is_ok()))
            .collect();
        let threads = (checked.objects < MANY).then_some(1);
        let spread = Spread { count: shares.len(), share: 1, many: 2, threads };
        let found = parallel::map(spread, |at| self.check_share(&shares[at], &graph, progress));
        let (mut found, mut read) = (found.into_iter().flatten(), Vec::new());
        for (pack, sums) in packs.good.iter().zip(sums) {
            let of_pack = found.by_ref().take(pack.reader.count() as usize);
            read.extend(checked.take(pack, sums, of_pack));
        }
        graph.complete(&read);
        Ok(Checked { graph, ..checked })
    }

    /// The objects of a share, in the order of their positions.
    fn check_share(
        &self,
        share: &CheckShare<'_>,
        graph: &ObjectGraph,
        progress: &Progress,
    ) -> Vec<Result<ReadObject>> {
        let mut found = Vec::new();
        for entry in share.entries.clone() {
            let group = self.group_of(share.pack, entry);
            for (position, nth) in share.pack.reader.positions(entry).zip(0..) {
                progress.advance(0);
                found.push(match &group {
                    Some(group) => {
                        graph.read(|visit| check_member(share.pack, position, group, nth, visit))
                    }
                    None => graph.read(|visit| self.check_object(share.pack, position, visit)),
                });
            }
        }
        for position in share.positions.clone() {
            progress.advance(0);
            found.push(graph.read(|visit| self.check_object(share.pack, position, visit)));
        }
        found
    }

    /// Group of an entry. `None` for one that has none, or is damaged, which each of its objects then says.
    fn group_of(&self, pack: &Arc<Pack>, number: u32) -> Option<Arc<Group>> {
        let entry = pack.reader.entry(number).ok()?;
        let is_group = entry.content() == EntryContent::Group;
        is_group.then(|| self.group(pack, number, &mut ReadCost::default()).ok()).flatten()
    }

    /// Checks the index of one pack against its checksum and each object against its id. After each
    /// object `goes_on` gets about the number of its bytes. False if that asked to stop.
    pub fn check_one(
        &self,
        pack: &Mapped,
        damage: &mut Vec<Damage>,
        goes_on: &mut dyn FnMut(u64) -> bool,
    ) -> bool {
        let (pack, mut checked) = (&pack.0, Checked::default());
        let name = pack.name();
        if let Err(error) = pack.reader.check_index() {
            checked.note(name.clone(), None, &error);
        }
        let bytes = pack.reader.bytes().len() as u64 / u64::from(pack.reader.count()).max(1);
        let is_done = (0..).zip(pack.reader.ids()).all(|(position, id)| {
            if let Err(error) = self.check_object(pack, position, &mut |_, _, _| {}) {
                checked.note(name.clone(), Some(id), &error);
            }
            goes_on(bytes)
        });
        damage.append(&mut checked.damage);
        is_done
    }

    /// The objects of a pack that cannot be read, of those that are asked for, by position. Several threads where
    /// there is much.
    pub(super) fn unreadable(
        &self,
        pack: &Arc<Pack>,
        asked: impl Fn(u32, &Id) -> bool + Sync,
    ) -> Vec<(u32, Error)> {
        let check = |number| {
            // A pack has no more objects than 32 bits count.
            let position = number as u32;
            let is_asked = pack.reader.id(position).is_some_and(|id| asked(position, &id));
            let check = || self.check_object(pack, position, &mut |_, _, _| {});
            let error = is_asked.then(|| check().err()).flatten()?;
            Some((position, error))
        };
        let check_share = |numbers: Range<usize>| numbers.filter_map(check).collect::<Vec<_>>();
        let count = pack.reader.count() as usize;
        let found =
            parallel::map_shares(Spread::over(count, SHARE as usize, MANY as usize), check_share);
        found.into_iter().flatten().collect()
    }

    /// Reads the object at a position of a pack, and visits the entries of a tree.
    pub(super) fn check_object(
        &self,
        pack: &Arc<Pack>,
        position: u32,
        visit: VisitEntry<'_>,
    ) -> Result<SoundObject> {
        let place = pack.reader.place(position)?;
        let entry = pack.reader.entry(place.entry)?;
        if let (true, Some(id)) = (big::is_big(&entry), pack.reader.id(position)) {
            return big::copy(&entry, &id, &mut io::sink()).map(SoundObject::Blob);
        }
        if entry.content() == EntryContent::Group {
            let group = self.group(pack, place.entry, &mut ReadCost::default())?;
            return check_member(pack, position, &group, place.nth, visit);
        }
        match self.load(pack, position, &mut ReadCost::default())? {
            (ObjectKind::Tree, bytes) => check_tree(&bytes, visit),
            (ObjectKind::Blob, bytes) => Ok(SoundObject::Blob(bytes.len() as u64)),
        }
    }
}

/// An object of a group against its id. A blob is not copied.
fn check_member(
    pack: &Pack,
    position: u32,
    group: &Group,
    nth: usize,
    visit: VisitEntry<'_>,
) -> Result<SoundObject> {
    let has_id = |id: Id| match pack.reader.id(position) == Some(id) {
        true => Ok(()),
        false => Err(Error::corrupt("its bytes have another hash")),
    };
    match group.item(nth)? {
        (GroupItemKind::Blob, bytes) => {
            has_id(Id::of_blob(bytes))?;
            Ok(SoundObject::Blob(bytes.len() as u64))
        }
        _ => {
            let (kind, bytes) = member(pack, group, nth)?;
            has_id(kind.id_of(&bytes))?;
            check_tree(&bytes, visit)
        }
    }
}

fn check_tree(bytes: &[u8], visit: VisitEntry<'_>) -> Result<SoundObject> {
    for entry in EncodedEntries::of(bytes)? {
        let (name, mode, id) = entry?;
        visit(name, mode, id);
    }
    Ok(SoundObject::Tree)
}

/// An object that was read: the length of a blob.
pub(super) enum SoundObject {
    Blob(u64),
    Tree,
}

/// Receiver of the entries of a tree that is read.
pub(super) type VisitEntry<'a> = &'a mut dyn FnMut(&str, Mode, Id);

/// Hash of a pack against its name, and its index against its checksum.
type Sums = (Result<()>, Result<()>);

fn sums(pack: &Arc<Pack>) -> Sums {
    let hash = match pack.reader.hash() == pack.id {
        true => Ok(()),
        false => Err(Error::corrupt("its bytes have another hash than its name says")),
    };
    (hash, pack.reader.check_index())
}

/// Objects of a pack that one thread reads: all of some entries, as those of one are read together. Where the index is
/// damaged, and so perhaps the entries, those at some positions.
struct CheckShare<'a> {
    pack: &'a Arc<Pack>,
    entries: Range<u32>,
    positions: Range<u32>,
}

impl<'a> CheckShare<'a> {
    fn all(pack: &'a Arc<Pack>, is_index_sound: bool) -> Vec<CheckShare<'a>> {
        if !is_index_sound {
            let starts = (0..pack.reader.count()).step_by(SHARE as usize);
            let positions = starts.map(|start| start..pack.reader.count().min(start + SHARE));
            return positions
                .map(|positions| CheckShare { pack, entries: 0..0, positions })
                .collect();
        }
        let (mut shares, mut entries) = (Vec::new(), 0..0);
        for entry in 0..pack.reader.entries() {
            entries.end = entry + 1;
            let first = pack.reader.positions(entries.start).start;
            let end = pack.reader.positions(entry).end;
            if end - first >= SHARE || entries.end == pack.reader.entries() {
                shares.push(CheckShare { pack, entries: entries.clone(), positions: 0..0 });
                entries.start = entries.end;
            }
        }
        shares
    }
}

impl Checked {
    /// Takes what was found in a pack, and gives what was read, by position. Of a pack with a damaged index it is nothing:
    /// an object may be there and not be found.
    fn take(
        &mut self,
        pack: &Arc<Pack>,
        (hash, index): Sums,
        found: impl Iterator<Item = Result<ReadObject>>,
    ) -> Vec<Option<ReadObject>> {
        let name = pack.name();
        for error in [&hash, &index].into_iter().filter_map(|checked| checked.as_ref().err()) {
            self.note(name.clone(), None, error);
        }
        let each = (0..).zip(found).map(|(position, read)| {
            let noted = read.map_err(|error| {
                self.note(name.clone(), pack.reader.id(position), &error);
            });
            noted.ok().filter(|_| index.is_ok())
        });
        each.collect()
    }

    fn note(&mut self, pack: String, object: Option<Id>, error: &Error) {
        self.damage.push(Damage { pack, object, reason: error.message().to_owned() });
    }
}
