//! A file that arrives in pieces, over several connections and processes, until it is whole.
//!
//! Each piece is added under a lock that is held for that piece only, so that a slow sender blocks
//! nobody. Nothing is durable before the whole file has another name.

use super::atomic_file::rename;
use super::fault::{self, Step};
use super::{durable, platform};
use crate::error::{At, Result};
use fs2::FileExt;
use std::fs::File;
use std::io::{self};
use std::path::{Path, PathBuf};

/// The file, locked: nobody else adds to it, renames or removes it meanwhile.
pub struct Growing {
    file: File,
    path: PathBuf,
}

impl Growing {
    /// Waits until nobody else holds it. It is made when it is missing.
    pub fn hold(path: &Path) -> Result<Growing> {
        loop {
            let mut options = File::options();
            options.read(true).append(true).create(true);
            let file = fault::step(Step::Create, path, || options.open(path)).at("open", path)?;
            match FileExt::lock_exclusive(&file) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(error) => return Err(error).at("lock", path),
            }
            // Its last holder may have given it its final name, or removed it.
            if platform::is_at(&file, path) {
                return Ok(Growing { file, path: path.to_owned() });
            }
        }
    }

    pub fn len(&self) -> Result<u64> {
        Ok(self.file.metadata().at("read", &self.path)?.len())
    }

    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        fault::write_all(&mut self.file, &self.path, bytes).at("write", &self.path)
    }

    /// Gives it its final name: nothing is added to it from now on. Not durable.
    pub fn rename(self, target: &Path) -> Result<()> {
        rename(&self.path, target)
    }

    pub fn remove(self) -> Result<()> {
        durable::remove(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_from_many_threads_never_mix_and_stop_with_the_final_name() {
        let dir = tempfile::tempdir().unwrap();
        let (part, whole) = (dir.path().join("a.part"), dir.path().join("a"));
        std::thread::scope(|scope| {
            for n in 0..8u8 {
                let part = &part;
                scope.spawn(move || {
                    for _ in 0..20 {
                        let mut file = Growing::hold(part).unwrap();
                        let before = file.len().unwrap();
                        file.append(&[n; 100]).unwrap();
                        file.append(&[n; 100]).unwrap();
                        assert_eq!(file.len().unwrap(), before + 200);
                    }
                });
            }
        });
        let file = Growing::hold(&part).unwrap();
        file.rename(&whole).unwrap();
        let bytes = std::fs::read(&whole).unwrap();
        assert_eq!(bytes.len(), 8 * 20 * 200);
        assert!(bytes.chunks(200).all(|piece| piece.iter().all(|byte| byte == &piece[0])));
        // A late writer begins another file.
        Growing::hold(&part).unwrap().append(b"late").unwrap();
        assert_eq!(std::fs::read(&whole).unwrap(), bytes);
    }

    #[cfg(unix)]
    #[test]
    fn whoever_waited_for_a_file_that_got_its_name_does_not_add_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let (part, whole) = (dir.path().join("a.part"), dir.path().join("a"));
        let mut first = Growing::hold(&part).unwrap();
        first.append(b"whole").unwrap();
        std::thread::scope(|scope| {
            let part = &part;
            scope.spawn(move || Growing::hold(part).unwrap().append(b"late").unwrap());
            std::thread::sleep(std::time::Duration::from_millis(20));
            first.rename(&whole).unwrap();
        });
        assert_eq!(std::fs::read(&whole).unwrap(), b"whole");
        assert_eq!(std::fs::read(part).unwrap(), b"late");
    }
}
