//! Inspection of files and folders: rights and free space. Changes nothing.

use super::{lock, platform, regular};
use crate::error::{At, Result};
use std::path::Path;
use std::time::Duration;

/// Bytes that this user can still write to the disk of a folder.
pub fn free_bytes(dir: &Path) -> Result<u64> {
    fs2::available_space(dir).at("read the free space of", dir)
}

/// Refuses a file that this user cannot read.
pub fn check_readable(path: &Path) -> Result<()> {
    platform::check_readable(path).at("read", path)
}

/// Refuses a folder in which this user cannot create a file.
pub fn check_writable(dir: &Path) -> Result<()> {
    platform::check_writable(dir).at("write to", dir)
}

/// True if other users of the system may read or write the file.
pub fn is_open_to_others(path: &Path) -> Result<bool> {
    platform::is_open_to_others(path).at("read", path)
}

/// True if another process has had the lock for so long. The lock is taken for a moment and shared; a missing file is not
/// created.
pub fn is_locked(path: &Path, patience: Duration) -> Result<bool> {
    let Some((file, _)) = regular::open_if_exists(path)? else { return Ok(false) };
    lock::is_taken(&file, patience).at("lock", path)
}
