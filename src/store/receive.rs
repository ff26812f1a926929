//! Receiving: a pack that came from elsewhere is proven where it lies, then taken in, or removed.

use super::{Limits, Mapped, Store, Verdict, layout};
use crate::error::{Kind, Result};
use crate::fs;
use crate::pack::PackId;
use crate::progress::Progress;
use std::path::{Path, PathBuf};

impl Store {
    /// Where packs are put together that are on their way in; made when it is missing. Nothing in it
    /// is seen by readers, and all of it may be removed.
    pub fn incoming(&self) -> Result<PathBuf> {
        let folder = self.dir().join(layout::INCOMING);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Proves a pack that lies on the file system of the store, and makes it one of its packs,
    /// durably. The file is gone afterwards: taken in, or removed where the verdict is against it.
    pub fn receive(&self, file: &Path, id: PackId, limits: &Limits, progress: &Progress) -> Result<Verdict> {
        let verdict = match Mapped::open(file, id) {
            Ok(pack) => self.objects().prove(&pack, limits, progress)?,
            Err(error) if error.kind() == Kind::Corrupt => Verdict::Bad(error.message().to_owned()),
            Err(error) => return Err(error),
        };
        match verdict {
            Verdict::Sound { objects: 1.., .. } => self.objects().admit(file, id)?,
            _ => fs::remove(file)?,
        }
        Ok(verdict)
    }
}
