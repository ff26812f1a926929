//! Atomic file: a file that appears under its name in one step, whole, or not at all.
//!
//! It is written under a temporary name beside its place and gets its name by a rename, or by a link where nothing may
//! be replaced. What must be durable is synced before, and the folder after that; a cache is neither. Everything in this
//! program that makes or replaces a file of its own does it here; files of a project are drafts of a
//! [`super::Folder`], which keep what somebody saved meanwhile. `docs/durability.md` argues why the order is this one.

#[cfg(test)]
mod tests;

use super::durable::{remove, sync_dir};
use super::fault::{self, Step};
use super::platform;
use super::regular::open_if_exists;
use super::temporary;
use crate::error::{At, Result};
use fs2::FileExt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const TEMP_PREFIX: &str = "tmp-";

/// Answer of [`AtomicFile::create`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Published {
    Done,
    /// The name belongs to another file already; nothing was changed.
    Exists,
}

/// A file that has not got its name yet. Dropped before, it disappears. Its writer holds an advisory lock on it until
/// it has its name, so that [`sweep`] can tell a file left by a dead process from one still being written.
pub struct AtomicFile {
    /// `None` for one that was adopted, and once it is closed.
    file: Option<File>,
    /// Temporary name; empty once there is no such file any more.
    path: PathBuf,
    /// True for a file that was written elsewhere, which keeps its old name if it gets no new one.
    is_adopted: bool,
    is_synced: bool,
}

impl AtomicFile {
    /// Starts to write to the disk what was written so far, for a file that will be synced.
    pub fn start_write_back(&self) {
        self.file.iter().for_each(platform::start_write_back);
    }

    /// Begins a file in a folder.
    pub fn create_in(dir: &Path) -> Result<AtomicFile> {
        AtomicFile::begin(dir, File::options())
    }

    /// Takes over a file that was written whole under another name, in any folder of the same file system.
    pub fn adopt(path: &Path) -> AtomicFile {
        AtomicFile { file: None, path: path.to_owned(), is_adopted: true, is_synced: false }
    }

    fn begin(dir: &Path, options: OpenOptions) -> Result<AtomicFile> {
        AtomicFile::begin_as(unique_name, dir, options)
    }

    fn begin_as(name: fn() -> String, dir: &Path, mut options: OpenOptions) -> Result<AtomicFile> {
        options.read(true).write(true).create_new(true);
        loop {
            let path = dir.join(name());
            match fault::step(Step::Create, &path, || options.open(&path)) {
                Ok(file) if is_ours(&file, &path) => {
                    let (file, is_adopted, is_synced) = (Some(file), false, false);
                    return Ok(AtomicFile { file, path, is_adopted, is_synced });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).at("create", &path),
            }
        }
    }

    /// A file beside `target` with these bytes.
    fn holding(target: &Path, bytes: &[u8], options: OpenOptions) -> Result<AtomicFile> {
        let mut file = AtomicFile::begin(folder_of(target), options)?;
        if !bytes.is_empty() {
            file.write_all(bytes).at("write", target)?;
        }
        Ok(file)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file, to read it back or to set its modes.
    pub fn file(&self) -> &File {
        self.file.as_ref().expect("it is open until it has its name")
    }

    /// Gives it its name durably, in the place of whatever has that: sync, rename, sync of the folder.
    /// After `Ok` power may fail.
    pub fn replace(mut self, target: &Path) -> Result<()> {
        self.sync()?;
        self.rename(target)?;
        sync_dir(folder_of(target))
    }

    /// Gives it its name durably unless the name is taken: sync, link, sync of the folder. A hard link is the one
    /// portable step that refuses to replace. One that was adopted keeps its old name too.
    pub fn create(mut self, target: &Path) -> Result<Published> {
        self.sync()?;
        match fault::step(Step::Link, target, || std::fs::hard_link(&self.path, target)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(Published::Exists);
            }
            Err(_) if self.is_adopted => return self.copy(target),
            Err(_) => {
                if self.rename_if_absent(target)? == Published::Exists {
                    return Ok(Published::Exists);
                }
            }
        }
        sync_dir(folder_of(target))?;
        Ok(Published::Done)
    }

    /// Gives it its name in one step, durable never, in the place of whatever has that: for caches, which are built again
    /// when power loss leaves them empty or torn.
    pub fn replace_unsynced(mut self, target: &Path) -> Result<()> {
        self.file = None;
        self.rename(target)
    }

    /// Makes the bytes durable, once. For who wants that done before it takes a lock.
    pub fn sync(&mut self) -> Result<()> {
        if self.is_synced {
            return Ok(());
        }
        let opened = match self.file {
            Some(_) => None,
            None => Some(platform::open_to_sync(&self.path).at("open", &self.path)?),
        };
        let file = opened.as_ref().unwrap_or_else(|| self.file());
        fault::step(Step::Sync, &self.path, || file.sync_all()).at("sync", &self.path)?;
        self.is_synced = true;
        Ok(())
    }

    /// The file stays open, and so locked, until it has its name: a sweep in between would take a closed one for a
    /// dead writer's. (Rust opens files so that Windows too lets them move.)
    fn rename(&mut self, target: &Path) -> Result<()> {
        debug_assert!(self.is_adopted || self.path.parent() == target.parent());
        rename(&self.path, target)?;
        self.path.clear();
        Ok(())
    }

    /// For file systems without hard links. The look and the rename are two steps, so callers that
    /// need exactness hold the store's lock, as they all do.
    fn rename_if_absent(&mut self, target: &Path) -> Result<Published> {
        if target.symlink_metadata().is_ok() {
            return Ok(Published::Exists);
        }
        self.rename(target).map(|()| Published::Done)
    }

    /// The same for a file that keeps its old name.
    fn copy(&self, target: &Path) -> Result<Published> {
        let mut source = File::open(&self.path).at("open", &self.path)?;
        let mut copy = AtomicFile::create_in(folder_of(target))?;
        io::copy(&mut source, &mut copy).at("write", target)?;
        copy.create(target)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_synced = false;
        let file = self.file.as_mut().expect("it is open until it has its name");
        fault::write_all(file, &self.path, bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        self.file = None;
        if !self.is_adopted && !self.path.as_os_str().is_empty() {
            let _ = fault::step(Step::Remove, &self.path, || std::fs::remove_file(&self.path));
        }
    }
}

/// Writes a small file durably, unless the name is taken.
pub fn create(path: &Path, bytes: &[u8]) -> Result<Published> {
    AtomicFile::holding(path, bytes, File::options())?.create(path)
}

/// Writes a small file durably in the place of whatever has the name.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    AtomicFile::holding(path, bytes, File::options())?.replace(path)
}

/// Writes a small file in the place of whatever has the name, durable never: a cache.
pub fn replace_unsynced(path: &Path, bytes: &[u8]) -> Result<()> {
    AtomicFile::holding(path, bytes, File::options())?.replace_unsynced(path)
}

/// Writes a small file durably in the place of whatever has the name. At no moment anybody but its owner can read it.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    AtomicFile::holding(path, bytes, platform::private_options())?.replace(path)
}

/// Writes a file of a person durably in the place of the one that has the name, with the modes of that. Until then it has a
/// name that no snapshot takes, and that a restore removes, should the program die.
pub fn rewrite(path: &Path, bytes: &[u8]) -> Result<()> {
    let modes = std::fs::metadata(path).at("read", path)?.permissions();
    let mut file = AtomicFile::begin_as(temporary::draft, folder_of(path), File::options())?;
    file.write_all(bytes).at("write", path)?;
    file.file().set_permissions(modes).at("set the modes of", path)?;
    file.replace(path)
}

/// Gives a file another name, in one step, in the place of whatever has that. Not durable.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    let rename = || platform::retry_in_use(|| std::fs::rename(from, to));
    fault::step(Step::Rename, to, rename).at("write", to)
}

/// Removes the temporary files that dead processes left in a directory. One whose lock cannot be
/// had is still being written and stays.
pub fn sweep(dir: &Path) -> Result<()> {
    for entry in std::fs::read_dir(dir).at("read", dir)? {
        let entry = entry.at("read", dir)?;
        if !entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
            continue;
        }
        let path = entry.path();
        let Ok(Some((file, _))) = open_if_exists(&path) else { continue };
        // Locked until it is removed, so that its writer, if one was just beginning, notices.
        if FileExt::try_lock_exclusive(&file).is_ok() {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Takes the writer's lock on a fresh temporary file. `false` when a sweep came between the creation
/// and the lock, and took the file for a leftover. On a file system without locks nothing is swept.
fn is_ours(file: &File, path: &Path) -> bool {
    match FileExt::try_lock_exclusive(file) {
        Ok(()) => path.exists(),
        Err(error) => error.kind() != fs2::lock_contended_error().kind(),
    }
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    format!("{TEMP_PREFIX}{}-{count}-{nanos:09}", std::process::id())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
