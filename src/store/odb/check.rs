//! Checks every byte of every pack. Damage is collected, never the end of the check.

use super::find::Spent;
use super::list::Pack;
use super::{Odb, big};
use crate::error::{Error, Result};
use crate::object::{Id, Kind, Tree};
use crate::pack::PackId;
use crate::progress::Progress;
use std::io;
use std::sync::Arc;

/// Something that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file in `objects/`.
    pub pack: String,
    /// The object, where it is one; otherwise the pack as a whole.
    pub object: Option<Id>,
    pub reason: String,
}

/// What was checked, and what was found.
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
        let mut checked =
            Checked { packs: (packs.good.len() + packs.damaged.len()) as u64, ..Checked::default() };
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
        let name = pack.id.file_name();
        if PackId::of(pack.reader.bytes()) != pack.id {
            checked.note(
                name.clone(),
                None,
                &Error::corrupt("its bytes have another hash than its name says"),
            );
        }
        if let Err(error) = pack.reader.check_index() {
            checked.note(name.clone(), None, &error);
        }
        for (position, id) in (0..).zip(pack.reader.ids()) {
            checked.objects += 1;
            if let Err(error) = self.check_object(pack, position) {
                checked.note(name.clone(), Some(id), &error);
            }
            progress.advance(0);
        }
    }

    /// Reads the object at a position of a pack, and decodes a tree.
    pub(super) fn check_object(&self, pack: &Arc<Pack>, position: u32) -> Result<()> {
        let entry = pack.reader.entry(pack.reader.place(position)?.entry)?;
        if let (true, Some(id)) = (big::is_big(&entry), pack.reader.id(position)) {
            return big::copy(&entry, &id, &mut io::sink()).map(drop);
        }
        match self.load(pack, position, &mut Spent::default())? {
            (Kind::Tree, bytes) => Tree::decode(&bytes).map(drop),
            (Kind::Blob, _) => Ok(()),
        }
    }
}

impl Checked {
    fn note(&mut self, pack: String, object: Option<Id>, error: &Error) {
        self.damage.push(Damage { pack, object, reason: error.message().to_owned() });
    }
}
