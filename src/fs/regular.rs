//! A regular file, opened for reading: nothing that takes its place is waited for.

use super::fault::{self, Step};
use super::platform;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Opens a file, and gives its length. A pipe is not waited for, a folder not read: the error names the kind of entry.
pub fn open_regular(path: &Path) -> Result<(File, u64)> {
    open(path, "open")
}

/// The same; `None` where there is nothing of that name.
pub fn open_if_exists(path: &Path) -> Result<Option<(File, u64)>> {
    match open(path, "read") {
        Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => Ok(None),
        opened => opened.map(Some),
    }
}

/// The bytes from the place of a file on, of which there are so many. Two reads are enough for a small file, as there is
/// room for one more byte; the standard library asks for the length and the place again.
pub fn read_to_end(file: &File, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(len).unwrap_or(usize::MAX).saturating_add(1))?;
    file.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses an entry that is no regular file, in a place that belongs to a file of this program. Gives its length.
pub fn check_regular(file: &File, path: &Path) -> Result<u64> {
    let found = file.metadata().map_err(|error| Error::io("read", path, error))?;
    let kind = found.file_type();
    if kind.is_file() {
        return Ok(found.len());
    }
    let what = if kind.is_dir() { "a folder" } else { "a special file" };
    let message = format!("cannot read \"{}\": it is {what}, not a file", path.display());
    Err(Error::corrupt(message).hint("move it away, and run the command again"))
}

fn open(path: &Path, action: &str) -> Result<(File, u64)> {
    let opened = fault::step(Step::Read, path, || platform::open_without_waiting(path));
    let file = opened.map_err(|error| no_file(action, path, error))?;
    let len = check_regular(&file, path)?;
    Ok((file, len))
}

/// A socket cannot be opened at all.
fn no_file(action: &str, path: &Path, error: io::Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        return Error::io(action, path, error);
    }
    let stands =
        std::fs::symlink_metadata(path).is_ok_and(|data| !data.is_file() && !data.is_symlink());
    match stands && error.kind() != ErrorKind::PermissionDenied {
        true => Error::corrupt(format!("cannot {action} \"{}\": it is not a file", path.display()))
            .hint("move it away, and run the command again"),
        false => Error::io(action, path, error),
    }
}
