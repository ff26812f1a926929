//! Fingerprint of a file, from its metadata: enough to see that it is another one than before.

use crate::error::{At, Result};
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// Size, times and number of a file. A file that was replaced has another stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    len: u64,
    modified: Option<SystemTime>,
    inode: (u64, i64, i64),
}

/// `None` where there is no file.
pub fn fingerprint(path: &Path) -> Result<Option<Fingerprint>> {
    match std::fs::metadata(path) {
        Ok(data) => Ok(Some(Fingerprint {
            len: data.len(),
            modified: data.modified().ok(),
            inode: inode(&data),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// The number of the file and when that was last touched.
#[cfg(unix)]
fn inode(data: &Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (data.ino(), data.ctime(), data.ctime_nsec())
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> (u64, i64, i64) {
    (0, 0, 0)
}
