//! The only room that writes files. Each one appears as an [`AtomicFile`].
//!
//! What is no atomic file: a lock, whose content means nothing; what grows by appending ([`append`], and [`Growing`] and
//! [`Spool`], whose bytes arrive over several connections and are verified before they count); and files of a project,
//! which a [`Folder`] replaces so that nothing that somebody saved meanwhile is lost. What must be true after power loss
//! is argued in `docs/durability.md`.

#![allow(clippy::disallowed_methods, reason = "this is the one room that may write files")]

mod append;
mod atomic_file;
mod atomic_folder;
mod cached_file;
mod confirm;
mod draft;
mod durable;
mod fault;
mod fingerprint;
mod folding;
mod grow;
mod inspect;
mod lock;
mod look;
mod map;
mod names;
mod platform;
mod private;
mod ranged_file;
mod regular;
mod sandbox;
mod spool;
mod temporary;
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod torn;
mod unsynced;
mod windows;

pub use crate::fs::cached_file::CachedFile;
pub use crate::fs::fingerprint::{Fingerprint, fingerprint};
pub use crate::fs::folding::NameFolding;
pub use crate::fs::sandbox::{FileKind, Folder};
pub use append::{append, append_unsynced};
pub use atomic_file::{
    AtomicFile, Published, create, replace, replace_private, replace_unsynced, rewrite, sweep,
};
pub use atomic_folder::AtomicFolder;
pub use confirm::{confirm, confirm_dir};
pub use draft::Draft;
pub use durable::{create_dir_all, create_dir_unsynced, remove, remove_tree, sync_dir};
pub use grow::Growing;
pub use inspect::{check_readable, check_writable, free_bytes, is_locked, is_open_to_others};
pub use lock::{lock, share, try_lock, try_share};
pub use look::{FolderLooks, Stat, metadata, open_metadata};
#[cfg(all(test, target_os = "linux"))]
pub use map::resident;
pub use map::{Map, map};
pub use names::{DEEPEST, LONGEST_LINK, LONGEST_NAME, LONGEST_PATH, too_long, untrackable};
pub use platform::{CAN_SYNC_ALL, HAS_EXECUTABLE_BIT, max_open_files, open_file};
pub use private::{keep_private, make_private};
pub use ranged_file::RangedFile;
pub use spool::Spool;
pub use temporary::{former, is_draft, is_folder, is_temporary, saved};
pub use unsynced::{FileSystem, SyncLimits, Unsynced, sync_each};
pub use windows::check_windows_name;

use crate::error::{At, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The whole content of a file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).at("read", path)
}

/// The whole content of a file, or `None` where there is none.
pub fn read_if_exists(path: &Path) -> Result<Option<Vec<u8>>> {
    let Some((file, len)) = regular::open_if_exists(path)? else { return Ok(None) };
    let bytes = regular::read_to_end(&file, len).at("read", path)?;
    fault::count_bytes(path, bytes.len());
    Ok(Some(bytes))
}

/// The last bytes of a file, `most` of them; `None` where there is no file.
pub fn read_end(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let Some((mut file, len)) = regular::open_if_exists(path)? else { return Ok(None) };
    // With room for all of it and one more, so that two reads are enough.
    let mut end = Vec::with_capacity(usize::try_from(len.min(most)).unwrap_or(0) + 1);
    if len > most {
        file.seek(SeekFrom::Start(len - most)).at("read", path)?;
    }
    file.take(most).read_to_end(&mut end).at("read", path)?;
    fault::count_bytes(path, end.len());
    Ok(Some(end))
}

/// Opens the file that an advisory lock is taken on, making it when it is missing. Its content and
/// its existence mean nothing, so it is neither synced nor ever removed.
pub fn open_lock_file(path: &Path) -> Result<File> {
    let opened = fault::step(fault::Step::Lock, path, || platform::open_for_lock(path));
    let file = opened.at("open", path)?;
    regular::check_regular(&file, path)?;
    Ok(file)
}

/// Lets a file be run, on systems that have a bit for it.
pub fn make_executable(path: &Path) -> Result<()> {
    platform::make_executable(path).at("make executable", path)
}

/// Makes a new folder for a person to look around in, with a name that nobody has. It stays.
pub fn temporary_folder(prefix: &str) -> Result<PathBuf> {
    scratch_folder(prefix).map(tempfile::TempDir::keep)
}

/// Makes a new folder for other programs to write to. It goes when it is dropped.
pub fn scratch_folder(prefix: &str) -> Result<tempfile::TempDir> {
    scratch_folder_in(&std::env::temp_dir(), prefix)
}

/// An absolute path for files that are in no folder. It need not exist, and nothing reads it.
pub fn nowhere() -> PathBuf {
    PathBuf::from(if cfg!(windows) { "C:\\project" } else { "/project" })
}

/// The same in a folder that is one for temporary files.
pub fn scratch_folder_in(place: &Path, prefix: &str) -> Result<tempfile::TempDir> {
    let mut folder = tempfile::Builder::new();
    platform::for_its_owner(&mut folder);
    folder.prefix(prefix).tempdir_in(place).at("make a folder in", place)
}

/// Folders for temporary files, the best one first. Each may be missing, full, or on the same disk as everything else.
pub fn temporary_places() -> Vec<PathBuf> {
    let memory = cfg!(target_os = "linux").then(|| PathBuf::from("/dev/shm"));
    std::iter::once(std::env::temp_dir()).chain(memory).collect()
}

/// Checks that a folder takes files and the disk has room: writes some bytes and removes them.
pub fn try_to_write(dir: &Path) -> Result<()> {
    let mut temp = AtomicFile::create_in(dir)?;
    temp.write_all(&[0; 4096]).at("write", dir)
}
