//! A small file that is replaced now and then and read very often: read once, and again only after it was replaced.
//!
//! It stays open, so that the system cannot give its inode to another file: as long as the name leads to
//! the same inode, the content is the same. Times and lengths prove nothing for two writes in one tick.

use super::platform;
use super::regular::{self, open_if_exists};
use crate::error::{At, Result};
use std::fs::File;
use std::path::Path;

pub struct CachedFile {
    /// Closed where it would prove nothing, and be in the way of who replaces it.
    file: Option<File>,
    bytes: Vec<u8>,
}

impl CachedFile {
    /// Reads the file; `None` where there is none. It must be one that is only ever replaced.
    pub fn open(path: &Path) -> Result<Option<CachedFile>> {
        let Some((file, len)) = open_if_exists(path)? else { return Ok(None) };
        let bytes = regular::read_to_end(&file, len).at("read", path)?;
        let file = platform::CAN_COMPARE_FILES.then_some(file);
        Ok(Some(CachedFile { file, bytes }))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// True if the name still leads to this very file. False on systems that cannot tell.
    pub fn is_at(&self, path: &Path) -> bool {
        self.file.as_ref().is_some_and(|file| platform::is_at(file, path))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::fs;

    #[test]
    fn a_replaced_file_is_noticed_however_alike_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("head");
        assert!(CachedFile::open(&path).unwrap().is_none());
        fs::replace(&path, b"0").unwrap();
        for round in 1..100u8 {
            let pinned = CachedFile::open(&path).unwrap().unwrap();
            assert!(pinned.is_at(&path));
            // Twice, so that an inode that was let go could come back.
            fs::replace(&path, b"x").unwrap();
            fs::replace(&path, &[round]).unwrap();
            assert!(!pinned.is_at(&path), "round {round}");
        }
        let pinned = CachedFile::open(&path).unwrap().unwrap();
        fs::remove(&path).unwrap();
        assert!(!pinned.is_at(&path));
    }
}
