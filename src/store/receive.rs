//! Receiving: a foreign pack is verified where it lies, then added to the store, or removed.

use super::{Mapped, Odb, PackCheck, PurgedIds, Store, VerifyLimits, layout};
use crate::error::{Kind, Result};
use crate::fs;
use crate::pack::PackId;
use crate::progress::{Progress, Unit};
use std::path::{Path, PathBuf};

impl Store {
    /// Folder for packs on their way in or out; made when it is missing, and without what killed processes left there.
    /// Nothing in it is seen by readers, and all of it may be removed.
    pub fn incoming(&self) -> Result<PathBuf> {
        let folder = self.dir().join(layout::INCOMING);
        fs::create_dir_all(&folder)?;
        fs::sweep(&folder)?;
        Ok(folder)
    }

    /// Proves a pack that lies on the file system of the store, and makes it one of its packs,
    /// durably. The file is gone afterwards: taken in, or removed where the result is against it.
    pub fn receive(
        &self,
        file: &Path,
        id: PackId,
        limits: &VerifyLimits,
        progress: &Progress,
    ) -> Result<PackCheck> {
        self.receive_if(file, id, limits, progress, |_| Ok(()))
    }

    /// The same, unless `accept`, which sees the sound pack with what is here, has something against it.
    pub fn receive_if(
        &self,
        file: &Path,
        id: PackId,
        limits: &VerifyLimits,
        progress: &Progress,
        accept: impl FnOnce(&Odb) -> Result<()>,
    ) -> Result<PackCheck> {
        let purged = self.purged()?;
        let checked = match Mapped::open(file, id) {
            Ok(pack) => {
                progress.begin("Checking", Unit::Item);
                let checked = self.objects().verify_pack(&pack, limits, progress)?;
                let accepted = || {
                    pack.refuse_purged(&purged, self.objects())?;
                    accept(&self.objects().with(&pack)?)
                };
                if let PackCheck::Sound { .. } = checked
                    && let Err(error) = accepted()
                {
                    drop(pack);
                    fs::remove(file)?;
                    return Err(error);
                }
                checked
            }
            Err(error) if error.kind() == Kind::Corrupt => {
                PackCheck::Bad(error.message().to_owned())
            }
            Err(error) => return Err(error),
        };
        match checked {
            PackCheck::Sound { objects: 1.., .. } => self.objects().admit(file, id, &purged)?,
            _ => fs::remove(file)?,
        }
        Ok(checked)
    }
}

impl Mapped {
    /// Others may not know yet that an object was purged.
    pub(super) fn refuse_purged(&self, purged: &PurgedIds, objects: &Odb) -> Result<()> {
        match purged.is_empty() {
            true => Ok(()),
            false => self.ids().try_for_each(|id| purged.refuse(&id, objects)),
        }
    }
}
