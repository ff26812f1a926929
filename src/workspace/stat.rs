//! Kind of an entry of a folder, from its metadata.

use crate::object::Mode;
use std::fs::Metadata;

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

/// Windows has no such bit; which files are executable is known from the last push there.
#[cfg(not(unix))]
pub fn is_executable(_: &Metadata) -> bool {
    false
}
