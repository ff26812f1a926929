//! What is particular to an operating system, with the portable form beside it.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in a directory durable.
#[cfg(unix)]
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Windows has no handle on a directory that can be flushed; NTFS journals the rename itself.
#[cfg(not(unix))]
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    let _ = File::options().read(true).open(dir);
    Ok(())
}
