//! Check of every byte of every pack. Damage is collected, never the end of the check.

use super::find::ReadCost;
use super::list::{Mapped, Pack};
use super::{Odb, big};
use crate::error::{Error, Result};
use crate::object::{Id, ObjectKind, Tree};
use crate::parallel::{self, Spread};
use crate::progress::Progress;
use std::collections::HashSet;
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub packs: u64,
    pub objects: u64,
    pub damage: Vec<Damage>,
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
        for pack in &packs.good {
            self.check_pack(pack, &mut checked, progress);
        }
        Ok(checked)
    }

    fn check_pack(&self, pack: &Arc<Pack>, checked: &mut Checked, progress: &Progress) {
        let name = pack.name();
        if pack.reader.hash() != pack.id {
            let error = Error::corrupt("its bytes have another hash than its name says");
            checked.note(name.clone(), None, &error);
        }
        if let Err(error) = pack.reader.check_index() {
            checked.note(name.clone(), None, &error);
        }
        checked.objects += u64::from(pack.reader.count());
        let found = self.unreadable(pack, |_, _| {
            progress.advance(0);
            true
        });
        for (position, error) in found {
            checked.note(name.clone(), pack.reader.id(position), &error);
        }
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

    /// Reads the object at a position of a pack, and decodes a tree.
    pub(super) fn check_object(&self, pack: &Arc<Pack>, position: u32) -> Result<()> {
        let entry = pack.reader.entry(pack.reader.place(position)?.entry)?;
        if let (true, Some(id)) = (big::is_big(&entry), pack.reader.id(position)) {
            return big::copy(&entry, &id, &mut io::sink()).map(drop);
        }
        match self.load(pack, position, &mut ReadCost::default())? {
            (ObjectKind::Tree, bytes) => Tree::decode(&bytes).map(drop),
            (ObjectKind::Blob, _) => Ok(()),
        }
    }
}

impl Checked {
    /// Objects of which a copy is damaged; `None` if a whole pack is, of which no object is certain.
    pub fn damaged_objects(&self) -> Option<HashSet<Id>> {
        self.damage.iter().map(|damage| damage.object).collect()
    }

    fn note(&mut self, pack: String, object: Option<Id>, error: &Error) {
        self.damage.push(Damage { pack, object, reason: error.message().to_owned() });
    }
}
