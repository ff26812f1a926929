//! Check of every byte of every pack. Damage is collected, never the end of the check.

use super::find::ReadCost;
use super::graph::{ObjectGraph, ReadObject};
use super::list::{Mapped, Pack};
use super::{Odb, big};
use crate::error::{Error, Result};
use crate::object::{Id, ObjectKind, Tree};
use crate::pack::{EntryContent, GroupItemKind};
use crate::parallel::{self, Spread};
use crate::progress::Progress;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Below this many objects threads cost more than they bring.
const MANY: usize = 256;

/// Objects per task of a thread: those of a group are read together.
const SHARE: usize = 64;

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
        packs.good.iter().for_each(|pack| progress.expect(u64::from(pack.reader.count())));
        let (mut graph, mut read) = (ObjectGraph::new(packs.clone()), Vec::new());
        for pack in &packs.good {
            read.extend(self.check_pack(pack, &graph, &mut checked, progress));
        }
        graph.complete(&read);
        Ok(Checked { graph, ..checked })
    }

    /// Gives what was read, by position. Of a pack with a damaged index it is nothing: an object may be there and
    /// not be found.
    fn check_pack(
        &self,
        pack: &Arc<Pack>,
        graph: &ObjectGraph,
        checked: &mut Checked,
        progress: &Progress,
    ) -> Vec<Option<ReadObject>> {
        let name = pack.name();
        if pack.reader.hash() != pack.id {
            let error = Error::corrupt("its bytes have another hash than its name says");
            checked.note(name.clone(), None, &error);
        }
        let index = pack.reader.check_index();
        checked.objects += u64::from(pack.reader.count());
        let read_object = |number| {
            progress.advance(0);
            self.read_object(pack, number as u32, graph)
        };
        let count = pack.reader.count() as usize;
        let read = parallel::map(Spread::over(count, SHARE, MANY), read_object);
        if let Err(error) = &index {
            checked.note(name.clone(), None, error);
        }
        let each = (0..).zip(read).map(|(position, read)| {
            let noted = read.map_err(|error| {
                checked.note(name.clone(), pack.reader.id(position), &error);
            });
            noted.ok().filter(|_| index.is_ok())
        });
        each.collect()
    }

    fn read_object(
        &self,
        pack: &Arc<Pack>,
        position: u32,
        graph: &ObjectGraph,
    ) -> Result<ReadObject> {
        Ok(match self.check_object(pack, position)? {
            SoundObject::Blob(len) => ReadObject::Blob(len),
            SoundObject::Tree(tree) => graph.tree(&tree),
        })
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
            if let Err(error) = self.check_object(pack, position) {
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
            let error = is_asked.then(|| self.check_object(pack, position).err()).flatten()?;
            Some((position, error))
        };
        let check_share = |numbers: Range<usize>| numbers.filter_map(check).collect::<Vec<_>>();
        let count = pack.reader.count() as usize;
        let found = parallel::map_shares(Spread::over(count, SHARE, MANY), check_share);
        found.into_iter().flatten().collect()
    }

    /// Length of a blob in a group, which has its id; it is not copied. `None`: it is something else.
    fn check_grouped_blob(&self, pack: &Arc<Pack>, position: u32) -> Result<Option<u64>> {
        let place = pack.reader.place(position)?;
        if pack.reader.entry(place.entry)?.content() != EntryContent::Group {
            return Ok(None);
        }
        let group = self.group(pack, place.entry, &mut ReadCost::default())?;
        let (kind, bytes) = group.item(place.nth)?;
        if kind != GroupItemKind::Blob {
            return Ok(None);
        }
        match pack.reader.id(position) == Some(Id::of_blob(bytes)) {
            true => Ok(Some(bytes.len() as u64)),
            false => Err(Error::corrupt("its bytes have another hash")),
        }
    }

    /// Reads the object at a position of a pack, and decodes a tree.
    pub(super) fn check_object(&self, pack: &Arc<Pack>, position: u32) -> Result<SoundObject> {
        let entry = pack.reader.entry(pack.reader.place(position)?.entry)?;
        if let (true, Some(id)) = (big::is_big(&entry), pack.reader.id(position)) {
            return big::copy(&entry, &id, &mut io::sink()).map(SoundObject::Blob);
        }
        if let Some(len) = self.check_grouped_blob(pack, position)? {
            return Ok(SoundObject::Blob(len));
        }
        Ok(match self.load(pack, position, &mut ReadCost::default())? {
            (ObjectKind::Tree, bytes) => SoundObject::Tree(Tree::decode(&bytes)?),
            (ObjectKind::Blob, bytes) => SoundObject::Blob(bytes.len() as u64),
        })
    }
}

/// An object that was read: the length of a blob.
pub(super) enum SoundObject {
    Blob(u64),
    Tree(Tree),
}

impl Checked {
    fn note(&mut self, pack: String, object: Option<Id>, error: &Error) {
        self.damage.push(Damage { pack, object, reason: error.message().to_owned() });
    }
}
