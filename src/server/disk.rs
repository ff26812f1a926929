//! Disk monitor: knows if the disk takes writes. One that is full, or can only be read, still serves what is on it.

use crate::error::{Error, Result};
use crate::fs;
use crate::remote_store::RemoteStore;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Somebody who asks all the time makes the disk write this often at most.
const FRESH: Duration = Duration::from_secs(2);

/// The data folder, and what is known of it.
pub struct Disk {
    data: PathBuf,
    known: Mutex<DiskHealth>,
}

struct DiskHealth {
    /// The engine holds what it must. Before that is known nothing may be written for anybody.
    is_proven: bool,
    tried: Option<Instant>,
    refusal: Option<Error>,
}

impl Disk {
    /// Tries whether the engine holds what it must. Where the disk takes nothing now that is tried as soon as it does.
    pub fn probe(data: &Path, store: &RemoteStore) -> Result<Disk> {
        let refusal = match probe(store) {
            Err(error) if !error.is_unwritable() => return Err(error),
            tried => tried.err(),
        };
        let known =
            DiskHealth { is_proven: refusal.is_none(), tried: Some(Instant::now()), refusal };
        Ok(Disk { data: data.to_owned(), known: Mutex::new(known) })
    }

    /// A disk on which nothing is written.
    pub fn unused(folder: &Path) -> Disk {
        let known = DiskHealth { is_proven: true, tried: None, refusal: None };
        Disk { data: folder.to_owned(), known: Mutex::new(known) }
    }

    fn known(&self) -> MutexGuard<'_, DiskHealth> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of the disk, and true if that changed.
    pub fn check(&self, store: &RemoteStore) -> (Result<()>, bool) {
        let mut known = self.known();
        if known.tried.is_some_and(|when| when.elapsed() < FRESH) {
            return (known.answer(), false);
        }
        let mut tried = store.ping().and_then(|()| fs::try_to_write(&self.data));
        if !known.is_proven {
            tried = tried.and_then(|()| probe(store));
            known.is_proven = tried.is_ok();
        }
        let is_news = tried.is_ok() != known.refusal.is_none();
        (known.tried, known.refusal) = (Some(Instant::now()), tried.err());
        (known.answer(), is_news)
    }

    pub fn is_proven(&self) -> bool {
        self.known().is_proven
    }

    /// True if it took writes when that was tried last.
    pub fn is_writable(&self) -> bool {
        self.known().refusal.is_none()
    }

    /// True if nothing can be removed from it either.
    pub fn is_read_only(&self) -> bool {
        let known = self.known();
        known.refusal.as_ref().and_then(Error::io_kind) == Some(ErrorKind::ReadOnlyFilesystem)
    }

    /// A warning for the operator.
    pub fn warning(&self) -> Option<String> {
        let known = self.known();
        let refusal = known.refusal.as_ref()?;
        Some(format!(
            "\"{}\" cannot be written: {} ({refusal}). The server serves the stored data, and refuses pushes and promotions until it can be written",
            self.data.display(),
            why(refusal)
        ))
    }
}

impl DiskHealth {
    fn answer(&self) -> Result<()> {
        self.refusal.as_ref().map_or(Ok(()), |refusal| Err(refusal.repeat()))
    }
}

/// Reason why the disk takes nothing, with no name of this machine in it.
pub fn why(error: &Error) -> &'static str {
    match error.io_kind() {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => "the disk is full",
        Some(ErrorKind::ReadOnlyFilesystem) => "the disk is read-only",
        _ => "see the log of the server for the reason",
    }
}

fn probe(store: &RemoteStore) -> Result<()> {
    let report = store.probe()?;
    match report.failures().next() {
        None => Ok(()),
        Some(what) => {
            let engine = report.engine;
            let place = if engine == "files" { "disk" } else { engine };
            Err(Error::unavailable(format!("the {place} does not meet the requirements: {what}")))
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test takes the folder away")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_is_noticed_and_nothing_stays_of_a_try() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let store = RemoteStore::open(&data).unwrap();
        let disk = Disk::probe(&data, &store).unwrap();
        let names = || std::fs::read_dir(&data).unwrap().count();
        let before = names();
        let check = || {
            disk.known().tried = None;
            disk.check(&store)
        };
        assert!(matches!(check(), (Ok(()), false)));
        assert_eq!(names(), before);
        std::fs::rename(&data, dir.path().join("gone")).unwrap();
        assert!(matches!(check(), (Err(_), true)));
        assert!(disk.check(&store).0.is_err(), "and what was found holds for a moment");
        assert!(!disk.is_writable() && disk.is_proven() && !disk.is_read_only());
        std::fs::rename(dir.path().join("gone"), &data).unwrap();
        assert!(matches!(check(), (Ok(()), true)));
    }
}
