//! Making durable what another process may have written, and died before it did so itself.

use super::durable::sync_dir;
use super::fault::{self, Step};
use super::platform;
use super::regular::check_regular;
use crate::error::{At, Result};
use std::io;
use std::path::Path;

/// Makes the content of a file durable that another process may have written; one that is not there is fine.
pub fn confirm(path: &Path) -> Result<()> {
    let file = match platform::open_to_sync(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.at("open", path)?,
    };
    check_regular(&file, path)?;
    fault::step(Step::Sync, path, || file.sync_all()).at("sync", path)
}

/// Makes the names in a directory durable; one that is not there is fine.
pub fn confirm_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() { sync_dir(dir) } else { Ok(()) }
}
