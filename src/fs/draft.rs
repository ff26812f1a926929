//! Draft: a file or link of the project while it is written, under a temporary name or, where nothing may have its name yet,
//! under its own.

use super::fault::{self, Step};
use super::platform;
use super::sandbox::Folder;
use super::temporary;
use super::unsynced::Unsynced;
use crate::error::{At, Result};
#[cfg(not(unix))]
use cap_fs_ext::DirExt;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// Size from which a file is written back early. A smaller one is cheaper to write with others, by the sync: to begin with each
/// doubles the processor time of a restore.
const EARLY: u64 = 32 << 10;

/// Windows has links for administrators and for who turned on a setting, and for targets inside of the project only.
const NO_LINKS: &str =
    "turn on Developer Mode in the settings of Windows to allow links; nothing was changed";

/// A file or link that is not complete. Dropped before [`Draft::keep`], one under a temporary name disappears. One under
/// its own name stays as it is: somebody may have saved another file of that name since.
pub struct Draft<'f> {
    folder: &'f Folder,
    file: Option<File>,
    name: String,
    path: PathBuf,
    written: u64,
}

impl Folder {
    /// Begins a file beside the one it will replace.
    pub fn draft(&self, executable: bool) -> Result<Draft<'_>> {
        self.begin(temporary::draft(), executable)
    }

    /// Begins a file under its own name. An error where something has that name.
    pub fn begin(&self, name: String, executable: bool) -> Result<Draft<'_>> {
        let path = self.path.join(&name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        set_mode(&mut options, executable);
        let open = || self.dir.open_with(&name, &options);
        let file = fault::step(Step::Create, &path, open).at("create", &path)?;
        Ok(Draft { folder: self, file: Some(file), name, path, written: 0 })
    }

    /// Begins a link beside the file it will replace.
    pub fn draft_link(&self, target: &str) -> Result<Draft<'_>> {
        self.begin_link(temporary::draft(), target)
    }

    /// Makes a link under its own name. An error where something has that name.
    pub fn begin_link(&self, name: String, target: &str) -> Result<Draft<'_>> {
        let path = self.path.join(&name);
        let link = || make_link(&self.dir, target, &name);
        let made = fault::step(Step::Link, &path, link).at("create the link", &path);
        made.map_err(|error| if cfg!(unix) { error } else { error.hint(NO_LINKS) })?;
        Ok(Draft { folder: self, file: None, name, path, written: 0 })
    }
}

impl Draft<'_> {
    /// Gives the name to publish it by, and what is to be synced before: nothing of a link. The system begins to write a
    /// large one to the disk, so that the sync finds little left.
    pub fn keep(mut self) -> (String, Option<Unsynced>) {
        let path = self.path.clone();
        let file = self.file.take().map(File::into_std);
        file.iter().filter(|_| self.is_early()).for_each(platform::start_write_back);
        let unsynced = file.map(|file| Unsynced::file(file, path));
        (std::mem::take(&mut self.name), unsynced)
    }

    fn is_early(&self) -> bool {
        self.written >= EARLY
    }
}

impl Write for Draft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::Unsupported.into()) };
        fault::write_all(file, &self.path, bytes)?;
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        self.file = None;
        if temporary::is_draft(&self.name) {
            let _ = self.folder.remove(&self.name);
        }
    }
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, executable: bool) {
    // The user's umask applies, as for every new file.
    use cap_std::fs::OpenOptionsExt;
    options.mode(if executable { 0o777 } else { 0o666 });
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: bool) {}

#[cfg(unix)]
pub(super) fn make_link(dir: &Dir, target: &str, name: &str) -> io::Result<()> {
    dir.symlink_contents(target, name)
}

#[cfg(not(unix))]
pub(super) fn make_link(dir: &Dir, target: &str, name: &str) -> io::Result<()> {
    DirExt::symlink(dir, target, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_written_back_early_and_a_small_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let begun = |bytes: usize| {
            let mut draft = folder.draft(false).unwrap();
            // In pieces, as they are unpacked.
            vec![7; bytes].chunks(10_000).for_each(|piece| draft.write_all(piece).unwrap());
            draft.is_early()
        };
        assert_eq!([0, 1, 32_767, 32_768, 1 << 20].map(begun), [false, false, false, true, true]);
        #[cfg(unix)]
        assert!(!folder.draft_link("target").unwrap().is_early());
    }
}
