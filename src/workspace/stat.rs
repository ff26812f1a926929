//! Stat of a file: size, times and kind, from the file system without opening it.

use crate::object::Mode;
use std::fs::Metadata;

/// Equal before and after means the file was not touched, as far as the file system can tell.
/// Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    pub size: u64,
    pub mtime: i64,
    pub ctime: i64,
    pub inode: u64,
    pub mode: u32,
}

impl Stat {
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Stat {
        use std::os::unix::fs::MetadataExt;
        let nanos =
            |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Stat {
            size: metadata.size(),
            mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            mode: metadata.mode(),
        }
    }

    /// The portable form: no inode and no change time, so only size, times and kind are compared.
    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Stat {
        let nanos = |time: std::io::Result<std::time::SystemTime>| {
            let since = time.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
        };
        let kind = match EntryKind::of(metadata) {
            EntryKind::Leaf(mode) => mode as u32,
            EntryKind::Folder => Mode::Directory as u32,
            EntryKind::Other(_) => u32::MAX,
        };
        Stat {
            size: metadata.len(),
            mtime: nanos(metadata.modified()),
            ctime: nanos(metadata.created()),
            inode: 0,
            mode: kind,
        }
    }

    /// True if the file changed so late that another change, after it was read, could have left the
    /// same time: the clock of the file system is coarse.
    pub fn is_racy(&self, limit: i64) -> bool {
        self.mtime >= limit || self.ctime >= limit
    }
}

/// Kind of an entry of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    Leaf(Mode),
    Folder,
    /// Something that cannot be stored, in words.
    Other(&'static str),
}

impl EntryKind {
    pub fn of(metadata: &Metadata) -> EntryKind {
        let kind = metadata.file_type();
        if kind.is_symlink() {
            EntryKind::Leaf(Mode::Symlink)
        } else if kind.is_dir() {
            EntryKind::Folder
        } else if kind.is_file() {
            EntryKind::Leaf(if is_executable(metadata) { Mode::Executable } else { Mode::File })
        } else {
            EntryKind::Other(special(&kind))
        }
    }
}

#[cfg(unix)]
fn special(kind: &std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_socket() {
        "a socket"
    } else if kind.is_fifo() {
        "a named pipe"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: &std::fs::FileType) -> &'static str {
    "neither a file nor a directory nor a link"
}

/// True if its owner may run the file.
#[cfg(unix)]
pub fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

/// Windows has no such bit; files are captured as plain ones there.
#[cfg(not(unix))]
pub fn is_executable(_: &Metadata) -> bool {
    false
}
