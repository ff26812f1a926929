//! Looks at the metadata of files and folders of the project, links not followed: by path, or by name in a folder that was
//! opened once for all of its entries.

use super::fault;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Metadata of a file or folder of the project; a link is not followed.
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    fault::note_look(|| path.to_owned());
    path.symlink_metadata()
}

/// Metadata of a file of the project that is open.
pub fn open_metadata(file: &File, path: &Path) -> io::Result<Metadata> {
    fault::note_look(|| PathBuf::from(format!("open {}", path.display())));
    file.metadata()
}

/// Metadata of a file: equal before and after means that it was not touched, as far as the file system can tell. Times are
/// nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    pub size: u64,
    pub mtime: i64,
    pub ctime: i64,
    pub inode: u64,
    pub mode: u32,
}

impl Stat {
    /// True if the file changed so late that another change, after it was read, could have left the
    /// same time: the clock of the file system is coarse.
    pub fn is_racy(&self, limit: i64) -> bool {
        self.mtime >= limit || self.ctime >= limit
    }
}

/// A folder in which names are looked up. It stays the same one, whatever is renamed meanwhile. Nothing in it is opened.
pub struct FolderLooks {
    #[cfg(unix)]
    dir: std::os::fd::OwnedFd,
    path: PathBuf,
}

#[cfg(unix)]
impl FolderLooks {
    /// An error where the path leads to a link, or to no folder.
    pub fn open(path: &Path) -> io::Result<FolderLooks> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | FOR_NAMES;
        let dir = rustix::fs::openat(rustix::fs::CWD, path, flags, Mode::empty())?;
        Ok(FolderLooks { dir, path: path.to_owned() })
    }

    /// Metadata of the folder itself.
    pub fn own(&self) -> io::Result<Stat> {
        fault::note_look(|| self.path.join("."));
        Ok(Stat::of(&rustix::fs::fstat(&self.dir)?))
    }

    /// Metadata of the entry of this name.
    pub fn entry(&self, name: &str) -> io::Result<Stat> {
        fault::note_look(|| self.path.join(".").join(name));
        let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
        Ok(Stat::of(&rustix::fs::statat(&self.dir, name, flags)?))
    }
}

/// Such a handle needs no permission to list the folder.
#[cfg(any(target_os = "linux", target_os = "android"))]
const FOR_NAMES: rustix::fs::OFlags = rustix::fs::OFlags::PATH;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const FOR_NAMES: rustix::fs::OFlags = rustix::fs::OFlags::RDONLY;

#[cfg(unix)]
impl Stat {
    #[allow(clippy::unnecessary_cast, reason = "the types of the fields differ between systems")]
    fn of(stat: &rustix::fs::Stat) -> Stat {
        Stat {
            size: stat.st_size as u64,
            mtime: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            ctime: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            inode: stat.st_ino as u64,
            mode: stat.st_mode as u32,
        }
    }
}

#[cfg(unix)]
impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Stat {
        use std::os::unix::fs::MetadataExt;
        Stat {
            size: metadata.size(),
            mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            mode: metadata.mode(),
        }
    }
}

#[cfg(unix)]
fn nanos(seconds: i64, nanos: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// The portable form: by path. There is no inode and no change time, so only size, times and kind are compared.
#[cfg(not(unix))]
impl FolderLooks {
    pub fn open(path: &Path) -> io::Result<FolderLooks> {
        Ok(FolderLooks { path: path.to_owned() })
    }

    pub fn own(&self) -> io::Result<Stat> {
        metadata(&self.path).map(|metadata| Stat::from(&metadata))
    }

    pub fn entry(&self, name: &str) -> io::Result<Stat> {
        metadata(&self.path.join(name)).map(|metadata| Stat::from(&metadata))
    }
}

#[cfg(not(unix))]
impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Stat {
        let nanos = |time: io::Result<std::time::SystemTime>| {
            let since = time.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
        };
        let kind = metadata.file_type();
        let kinds = [kind.is_file(), kind.is_dir(), kind.is_symlink()];
        Stat {
            size: metadata.len(),
            mtime: nanos(metadata.modified()),
            ctime: nanos(metadata.created()),
            inode: 0,
            mode: kinds.into_iter().position(|is_it| is_it).map_or(0, |at| at as u32 + 1),
        }
    }
}
