//! A file that is read in parts: only the bytes that are asked for.

use super::regular::open_if_exists;
use super::{fault, platform};
use crate::error::{At, Result};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// An open file, which is only ever replaced. It stays what it is while another one takes its name.
#[derive(Debug)]
pub struct RangedFile {
    file: File,
    len: u64,
    path: PathBuf,
}

impl RangedFile {
    /// Opens the file; `None` where there is none.
    pub fn open(path: &Path) -> Result<Option<RangedFile>> {
        let file = open_if_exists(path)?;
        Ok(file.map(|(file, len)| RangedFile { file, len, path: path.to_owned() }))
    }

    /// Length of the file in bytes.
    pub fn size(&self) -> u64 {
        self.len
    }

    /// The bytes from an offset on, at most so many; fewer where the file ends before.
    pub fn read_at(&self, offset: u64, most: usize) -> Result<Vec<u8>> {
        let (mut bytes, mut read) = (vec![0; most], 0);
        while read < most {
            let rest = &mut bytes[read..];
            match platform::read_at(&self.file, rest, offset.saturating_add(read as u64)) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).at("read", &self.path),
            }
        }
        bytes.truncate(read);
        fault::count_bytes(&self.path, bytes.len());
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_from_its_place_and_ends_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert!(RangedFile::open(&path).unwrap().is_none());
        std::fs::write(&path, b"0123456789").unwrap();
        let file = RangedFile::open(&path).unwrap().unwrap();
        std::fs::rename(&path, dir.path().join("b")).unwrap();
        std::fs::write(&path, b"another").unwrap();
        assert_eq!(file.size(), 10);
        assert_eq!(file.read_at(3, 4).unwrap(), b"3456");
        assert_eq!(file.read_at(8, 4).unwrap(), b"89");
        assert_eq!(file.read_at(20, 4).unwrap(), b"");
    }
}
