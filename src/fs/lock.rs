//! Advisory lock on a file. It ends with the process that holds it, however that ends.
//!
//! The file's existence and content mean nothing, and it is never removed: after a removal one
//! process could lock a new file while another still holds the old one.

use super::open_lock_file;
use crate::error::{At, Error, Kind, Result};
use fs2::FileExt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Takes the lock, waiting at most `wait` for another process. Dropping the file lets go.
pub fn lock(path: &Path, wait: Duration) -> Result<File> {
    let file = open_lock_file(path)?;
    let deadline = Instant::now() + wait;
    let mut pause = Duration::from_millis(1);
    while !try_exclusive(&file).at("lock", path)? {
        if Instant::now() >= deadline {
            return Err(held(path, wait));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    Ok(file)
}

/// Takes the lock if nobody has it, not even shared.
pub fn try_lock(path: &Path) -> Result<Option<File>> {
    let file = open_lock_file(path)?;
    Ok(try_exclusive(&file).at("lock", path)?.then_some(file))
}

/// Takes the lock together with others who share it; waits for one who has it alone, which is never long.
pub fn share(path: &Path) -> Result<File> {
    let file = open_lock_file(path)?;
    FileExt::lock_shared(&file).at("lock", path)?;
    Ok(file)
}

/// Takes the lock together with others who share it, unless somebody has it alone.
pub fn try_share(path: &Path) -> Result<Option<File>> {
    let file = open_lock_file(path)?;
    Ok(taken(FileExt::try_lock_shared(&file)).at("lock", path)?.then_some(file))
}

/// True if somebody else has had the lock alone for so long.
pub(super) fn is_taken(file: &File, patience: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + patience;
    while !taken(FileExt::try_lock_shared(file))? {
        if Instant::now() >= deadline {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(false)
}

fn try_exclusive(file: &File) -> io::Result<bool> {
    taken(FileExt::try_lock_exclusive(file))
}

/// True if a lock was taken, false if somebody else has it.
fn taken(tried: io::Result<()>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == fs2::lock_contended_error().raw_os_error() => {
            Ok(false)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

fn held(path: &Path, wait: Duration) -> Error {
    let seconds = wait.as_secs();
    Error::new(
        Kind::Unavailable,
        format!("cannot lock \"{}\": another process has held it for {seconds} s", path.display()),
    )
    .hint("wait for the other lua-store command, or end it, and run this one again")
}
