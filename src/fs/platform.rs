//! What is particular to an operating system, with the portable form beside it.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in a directory durable. Some network file systems cannot sync a directory and
/// say so; there the server decides when a name is durable, and nothing better can be had.
#[cfg(unix)]
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    match File::open(dir)?.sync_all() {
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// Windows has no handle on a directory that can be flushed; NTFS journals the rename itself.
#[cfg(not(unix))]
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    let _ = File::options().read(true).open(dir);
    Ok(())
}

/// Opens a file of the project for reading. A link or a pipe that took the file's place meanwhile
/// is neither followed nor waited for.
#[cfg(unix)]
pub fn open_file(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Without such flags the caller's comparison of what it opened with what it saw has to do.
#[cfg(not(unix))]
pub fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}
