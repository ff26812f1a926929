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

/// Makes all of them durable. After an error some may be.
pub fn sync_each(all: Vec<Unsynced>) -> Result<()> {
    let spread = Spread { count: all.len(), share: 1, many: FEW, threads: Some(THREADS) };
    parallel::try_map_shares(spread, |numbers| all[numbers].iter().try_for_each(Unsynced::sync))
        .map(drop)
}
