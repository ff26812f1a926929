//! Calls that differ between operating systems, with the portable form beside them.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in a directory durable. Some network file systems cannot sync a directory and
/// say so; there the server decides when a name is durable, and nothing better can be had.
#[cfg(unix)]
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    sync_open_dir(&File::open(dir)?)
}

/// The same for a directory that is open, be it for finding names only.
#[cfg(unix)]
pub fn sync_open_dir(dir: &File) -> io::Result<()> {
    match reopen(dir)?.sync_all() {
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

/// Elsewhere a directory cannot be synced: NTFS journals names by itself (docs/durability.md).
#[cfg(not(unix))]
pub fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub fn sync_open_dir(_: &File) -> io::Result<()> {
    Ok(())
}

/// A handle that can be synced, on the same directory.
#[cfg(unix)]
fn reopen(dir: &File) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(dir, ".", flags, Mode::empty())?.into())
}

/// True if an open directory can be locked, as a file can.
pub const CAN_LOCK_FOLDERS: bool = cfg!(unix);

/// A handle on the same directory that can be locked.
#[cfg(unix)]
pub fn open_dir_to_lock(dir: &File) -> io::Result<File> {
    reopen(dir)
}

#[cfg(not(unix))]
pub fn open_dir_to_lock(_: &File) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// True if a whole file system can be made durable in one call.
pub const CAN_SYNC_ALL: bool = cfg!(target_os = "linux");

/// A handle for [`sync_file_system`], of the file system of an open directory.
#[cfg(target_os = "linux")]
pub fn open_file_system(dir: &File) -> io::Result<File> {
    reopen(dir)
}

#[cfg(not(target_os = "linux"))]
pub fn open_file_system(_: &File) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes everything on a file system durable, and reports errors of its write-back since the handle was opened.
#[cfg(target_os = "linux")]
pub fn sync_file_system(handle: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(handle)?)
}

#[cfg(not(target_os = "linux"))]
pub fn sync_file_system(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Starts to write the bytes of a file to the disk, and does not wait. Nothing is durable by it: the sync that follows has less
/// left to do. An error shows there too.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "neither the standard library nor rustix has this call")]
pub fn start_write_back(file: &File) {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open for as long as the file is borrowed, and the call touches no memory.
    unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
}

/// Elsewhere the sync begins the writing.
#[cfg(not(target_os = "linux"))]
pub fn start_write_back(_: &File) {}

/// True if the system has a bit that says whether a file may be run.
pub const HAS_EXECUTABLE_BIT: bool = cfg!(unix);

/// True if two names, or a name and an open file, can be recognised as one file.
pub const CAN_COMPARE_FILES: bool = cfg!(unix);

/// True if a name leads to this open file.
#[cfg(unix)]
pub fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Elsewhere an open file cannot be renamed or removed under its name but by whoever shares it, so
/// that a name that leads to something leads to it.
#[cfg(not(unix))]
pub fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// True if names in an open directory may be made and removed.
#[cfg(unix)]
pub fn is_writable(dir: &File) -> bool {
    use rustix::fs::{Access, AtFlags};
    rustix::fs::accessat(dir, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

/// Elsewhere only trying tells.
#[cfg(not(unix))]
pub fn is_writable(_: &File) -> bool {
    true
}

/// Refuses a file that the user of this process cannot read.
#[cfg(unix)]
pub fn check_readable(path: &Path) -> io::Result<()> {
    check_access(path, rustix::fs::Access::READ_OK)
}

/// Refuses a folder in which the user of this process cannot make names.
#[cfg(unix)]
pub fn check_writable(dir: &Path) -> io::Result<()> {
    check_access(dir, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
}

#[cfg(unix)]
fn check_access(path: &Path, access: rustix::fs::Access) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, accessat};
    Ok(accessat(CWD, path, access, AtFlags::EACCESS)?)
}

/// Elsewhere only trying tells.
#[cfg(not(unix))]
pub fn check_readable(path: &Path) -> io::Result<()> {
    File::open(path).map(drop)
}

/// Elsewhere only trying tells, and nothing is tried here.
#[cfg(not(unix))]
pub fn check_writable(dir: &Path) -> io::Result<()> {
    std::fs::metadata(dir).map(drop)
}

/// True if the file has rights for others than its owner.
#[cfg(unix)]
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the folder decides who may read.
#[cfg(not(unix))]
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
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

/// Opens a file whose bytes another process wrote, to sync them. A pipe is not waited for.
#[cfg(unix)]
pub fn open_to_sync(path: &Path) -> io::Result<File> {
    open_without_waiting(path)
}

/// Windows syncs only what is open for writing.
#[cfg(not(unix))]
pub fn open_to_sync(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).open(path)
}

/// Does something to a file that another process may have open at this moment. Nothing is waited for on Unix, where that is no
/// obstacle.
#[cfg(unix)]
pub fn retry_in_use<T>(work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    work()
}

/// Windows refuses to rename over a file, to remove it, and to open it again, while somebody reads it or searches it for viruses.
/// That takes moments, so it is tried again for about half a second, as git for Windows does.
#[cfg(not(unix))]
pub fn retry_in_use<T>(work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    /// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION`, `ERROR_LOCK_VIOLATION`, `ERROR_USER_MAPPED_FILE`.
    const IN_USE: [i32; 4] = [5, 32, 33, 1224];
    for tried in 0..9 {
        match work() {
            Err(error) if error.raw_os_error().is_some_and(|code| IN_USE.contains(&code)) => {
                std::thread::sleep(std::time::Duration::from_millis(1 << tried));
            }
            done => return done,
        }
    }
    work()
}

/// Opens a file for reading. A pipe that nobody writes to is not waited for.
#[cfg(unix)]
pub fn open_without_waiting(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
pub fn open_without_waiting(path: &Path) -> io::Result<File> {
    retry_in_use(|| File::open(path))
}

/// Reads from an offset on, in one call of the system.
#[cfg(unix)]
pub fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
pub fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

/// Opens the file of a lock, made when it is missing. A pipe is not waited for.
pub fn open_for_lock(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

/// Options of a new file that its owner alone may read and write.
#[cfg(unix)]
pub fn private_options() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.mode(0o600);
    options
}

/// The same for a folder.
#[cfg(unix)]
pub fn for_its_owner(folder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    folder.permissions(PermissionsExt::from_mode(0o700));
}

#[cfg(not(unix))]
pub fn for_its_owner(_: &mut tempfile::Builder<'_, '_>) {}

/// Elsewhere the folder decides who may read.
#[cfg(not(unix))]
pub fn private_options() -> std::fs::OpenOptions {
    File::options()
}

/// Lets everybody run the file who may read it.
#[cfg(unix)]
pub fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    let readable = permissions.mode() & 0o444;
    permissions.set_mode(permissions.mode() | readable >> 2);
    std::fs::set_permissions(path, permissions)
}

/// Windows tells programs by their names.
#[cfg(not(unix))]
pub fn make_executable(path: &Path) -> io::Result<()> {
    std::fs::metadata(path).map(|_| ())
}

/// Two names of an open directory change what they lead to, in one step. `Unsupported` where the file system
/// cannot do that.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub fn exchange(dir: impl std::os::fd::AsFd + Copy, one: &str, other: &str) -> io::Result<()> {
    rename_with(dir, one, other, rustix::fs::RenameFlags::EXCHANGE)
}

/// Gives a file another name that nothing has yet. `Unsupported` where the file system cannot make sure of that.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub fn rename_new(dir: impl std::os::fd::AsFd + Copy, from: &str, to: &str) -> io::Result<()> {
    rename_with(dir, from, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_with(
    dir: impl std::os::fd::AsFd + Copy,
    from: &str,
    to: &str,
    flags: rustix::fs::RenameFlags,
) -> io::Result<()> {
    match rustix::fs::renameat_with(dir, from, dir, to, flags).map_err(io::Error::from) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Err(io::ErrorKind::Unsupported.into())
        }
        done => done,
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub fn exchange<D>(_: D, _: &str, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub fn rename_new<D>(_: D, _: &str, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
pub fn keep_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

#[cfg(not(unix))]
pub fn keep_private() {}

#[cfg(unix)]
pub fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(dir)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(dir, PermissionsExt::from_mode(mode & 0o7700)) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Ok(())
        }
        done => done,
    }
}

#[cfg(not(unix))]
pub fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Number of files that this process may have open.
#[cfg(unix)]
pub fn max_open_files() -> usize {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Number of files that this process may have open.
#[cfg(not(unix))]
pub fn max_open_files() -> usize {
    512
}
