//! Adding to the end of a file, which keeps its inode, modes and links.

use super::fault::{self, Step};
use crate::error::{At, Result};
use std::fs::File;
use std::path::Path;

/// Adds bytes to the end of a file that is not ours alone, making it when it is missing. Its inode,
/// modes and links stay as they are; a crash may leave half of the bytes.
pub fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::options().append(true).create(true).open(path).at("open", path)?;
    fault::write_all(&mut file, path, bytes).at("write", path)?;
    fault::step(Step::Sync, path, || file.sync_all()).at("sync", path)
}

/// Adds bytes to the end of a file of ours that is there, durable never.
pub fn append_unsynced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::options().append(true).open(path).at("open", path)?;
    fault::write_all(&mut file, path, bytes).at("write", path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn appending_keeps_every_byte_and_the_file_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        append(&path, b"one").unwrap();
        fs::hard_link(&path, dir.path().join("b")).unwrap();
        append(&path, b"two").unwrap();
        assert_eq!(fs::read(dir.path().join("b")).unwrap(), b"onetwo");
    }
}
