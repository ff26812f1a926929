//! The lock of the writers. Readers never take it.
//!
//! It is an advisory lock of the operating system on the file `lock`, so it ends with the process
//! that holds it, however that ends. The file's existence and content mean nothing, and it is never
//! removed: whoever removed it could lock a new file while another still holds the old one.

use super::layout;
use crate::error::Result;
use crate::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The proof that its owner alone may move refs and `ACTIVE` of one store. Dropping it releases the lock.
#[must_use]
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
    dir: PathBuf,
}

impl StoreLock {
    /// Takes the lock of the store in `dir`, waiting at most `wait` for another process.
    pub(super) fn acquire(dir: &Path, wait: Duration) -> Result<StoreLock> {
        let file = fs::lock(&dir.join(layout::LOCK), wait)?;
        Ok(StoreLock { _file: file, dir: dir.to_owned() })
    }

    /// The directory of the store this lock belongs to must be `dir`: a mistake of the caller's otherwise.
    pub(super) fn check(&self, dir: &Path) {
        assert_eq!(self.dir, dir, "the lock of one store does not cover another");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    /// A process that another test starts at this moment has every open file, and so the lock, until it runs its program.
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_second_writer_waits_and_then_is_told_what_it_waits_for() {
        let dir = tempfile::tempdir().unwrap();
        let first = StoreLock::acquire(dir.path(), Duration::ZERO).unwrap();
        let error = StoreLock::acquire(dir.path(), Duration::from_millis(30)).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(
            error.message().contains(&dir.path().join("lock").display().to_string()),
            "{error}"
        );
        drop(first);
        assert!(StoreLock::acquire(dir.path(), LONG).is_ok());
    }

    #[test]
    fn the_file_alone_blocks_nobody_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        drop(StoreLock::acquire(dir.path(), LONG).unwrap());
        assert!(dir.path().join("lock").is_file());
        assert!(StoreLock::acquire(dir.path(), LONG).is_ok());
    }
}
