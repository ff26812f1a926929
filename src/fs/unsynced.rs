//! Files and folders that are to become durable together. A file system writes what several ask for at once in
//! one go of its journal, so that many threads wait as long as one.

use super::fault::{self, Step};
use super::platform;
use crate::error::{At, Result};
use crate::parallel::{self, Spread};
use std::fs::File;
use std::path::PathBuf;

/// Threads that wait for the disk. They do nothing else, so processors do not matter.
const THREADS: usize = 16;

/// Below this many each is waited for in turn: a thread costs more than it brings.
const FEW: usize = 4;

/// Files that are open at most, so that their syncs go in one; more bring nothing.
const MAX_OPEN: usize = 256;

/// Limits on files that are synced one by one.
#[derive(Clone, Copy, Debug)]
pub struct SyncLimits {
    /// Number of files up to which each is synced, several at once, which does not wait for the writes of other programs. For
    /// more the file system is synced as a whole.
    pub each: usize,
    /// Files that may be open at once, to be synced.
    pub open: usize,
}

impl SyncLimits {
    pub fn get() -> SyncLimits {
        let each = fault::limit("LUA_STORE_SYNC_EACH", 1000);
        // A process may have 1,024 open on Linux, 256 on macOS, and fewer where a person says so.
        let open = (platform::max_open_files() / 4).min(MAX_OPEN);
        SyncLimits { each, open: open.min(each) }
    }
}

/// Something open that is not durable yet.
pub struct Unsynced {
    file: File,
    path: PathBuf,
    is_folder: bool,
}

impl Unsynced {
    pub(super) fn file(file: File, path: PathBuf) -> Unsynced {
        Unsynced { file, path, is_folder: false }
    }

    pub(super) fn folder(file: File, path: PathBuf) -> Unsynced {
        Unsynced { file, path, is_folder: true }
    }

    fn sync(&self) -> Result<()> {
        let synced = match self.is_folder {
            true => fault::step(Step::SyncDir, &self.path, || platform::sync_open_dir(&self.file)),
            false => fault::step(Step::Sync, &self.path, || self.file.sync_all()),
        };
        synced.at("sync", &self.path)
    }
}

/// A file system that becomes durable as a whole, which for very many files is cheaper than one by one, but waits for the
/// writes of all programs.
///
/// It is opened before the first write. The system starts to write back by itself, and an error in that is reported to
/// the handles that were open then; one that is opened later may miss it.
pub struct FileSystem {
    handle: File,
    path: PathBuf,
}

impl FileSystem {
    pub(super) fn of(dir: &File, path: PathBuf) -> Result<FileSystem> {
        let handle = platform::open_file_system(dir).at("open", &path)?;
        Ok(FileSystem { handle, path })
    }

    pub fn sync(&self) -> Result<()> {
        fault::step(Step::Sync, &self.path, || platform::sync_file_system(&self.handle))
            .at("sync", &self.path)
    }
}

/// Makes all of them durable. After an error some may be.
pub fn sync_each(all: Vec<Unsynced>) -> Result<()> {
    let spread = Spread { count: all.len(), share: 1, many: FEW, threads: Some(THREADS) };
    parallel::try_map_shares(spread, |numbers| all[numbers].iter().try_for_each(Unsynced::sync))
        .map(drop)
}
