//! Spool: a file that grows as bytes arrive, and that another process continues if this one dies.
//! Its bytes count for nothing until they are verified.

use super::atomic_file::rename;
use super::fault::{self, Step};
use super::{create_dir_all, remove};
use crate::error::{At, Result};
use fs2::FileExt;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

const ENDING: &str = "part";
/// Name of a spool before it is known what arrives.
const NAMELESS: &str = "new";

/// Bytes that arrived so far, and the name of the thing they are the beginning of. The file is called
/// by that name, so that the next process knows it. Nothing is synced: whoever uses the bytes proves
/// them first, and makes them durable then.
pub struct Spool {
    file: File,
    path: PathBuf,
    name: Option<String>,
    len: u64,
}

impl Spool {
    /// Goes on with a spool of this folder that no living process holds, or begins one.
    pub fn open(dir: &Path) -> Result<Spool> {
        create_dir_all(dir)?;
        for entry in std::fs::read_dir(dir).at("read", dir)? {
            let path = entry.at("read", dir)?.path();
            if path.extension().is_some_and(|ending| ending == ENDING)
                && let Some(spool) = Spool::take(&path, false)?
            {
                return Ok(spool);
            }
        }
        for number in 0.. {
            let path = dir.join(format!("{NAMELESS}-{}-{number}.{ENDING}", std::process::id()));
            if let Some(spool) = Spool::take(&path, true)? {
                return Ok(spool);
            }
        }
        unreachable!("there is always another number")
    }

    /// `None` where somebody else holds it.
    fn take(path: &Path, create: bool) -> Result<Option<Spool>> {
        let mut options = File::options();
        options.read(true).write(true).create(create).truncate(false);
        let opened = match create {
            true => fault::step(Step::Create, path, || options.open(path)),
            false => options.open(path),
        };
        let mut file = match opened {
            Err(error) if !create && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            other => other.at("open", path)?,
        };
        // One that was finished and removed between the two looks is nobody's.
        if FileExt::try_lock_exclusive(&file).is_err() || !path.exists() {
            return Ok(None);
        }
        let len = file.seek(SeekFrom::End(0)).at("read", path)?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = Some(stem.to_owned()).filter(|stem| !stem.starts_with(NAMELESS));
        Ok(Some(Spool { file, path: path.to_owned(), name, len }))
    }

    /// Name of the thing that the bytes begin.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Throws away what arrived: from here on it is the beginning of something else. A name that
    /// cannot be a file's is none.
    pub fn restart(&mut self, name: Option<&str>) -> Result<()> {
        fault::step(Step::Write, &self.path, || self.file.set_len(0)).at("write", &self.path)?;
        self.file.seek(SeekFrom::Start(0)).at("write", &self.path)?;
        self.len = 0;
        let plain = |name: &&str| {
            !name.is_empty()
                && name.len() <= 128
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if let Some(name) = name.filter(plain) {
            let path = self.path.with_file_name(format!("{name}.{ENDING}"));
            // Somebody else gets the same thing right now: each keeps a file of its own.
            if path == self.path || Spool::take(&path, false)?.is_some() || !path.exists() {
                rename(&self.path, &path)?;
                (self.path, self.name) = (path, Some(name.to_owned()));
            } else {
                self.name = None;
            }
        }
        Ok(())
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        fault::write_all(&mut self.file, &self.path, bytes).at("write", &self.path)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Removes the file: its bytes were used, or turned out to be useless.
    pub fn discard(self) -> Result<()> {
        remove(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_goes_on_where_one_died() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path()).unwrap();
        assert_eq!((spool.name(), spool.len()), (None, 0));
        spool.restart(Some("abc")).unwrap();
        spool.write(b"one").unwrap();
        drop(spool);
        let mut spool = Spool::open(dir.path()).unwrap();
        assert_eq!((spool.name(), spool.len()), (Some("abc"), 3));
        spool.write(b"two").unwrap();
        assert_eq!(std::fs::read(spool.path()).unwrap(), b"onetwo");
        spool.restart(Some("def")).unwrap();
        spool.write(b"x").unwrap();
        assert_eq!(std::fs::read(dir.path().join("def.part")).unwrap(), b"x");
        spool.discard().unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_at_once_do_not_share_one() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Spool::open(dir.path()).unwrap();
        first.restart(Some("abc")).unwrap();
        let second = Spool::open(dir.path()).unwrap();
        assert_ne!(first.path(), second.path());
    }

    #[test]
    fn a_name_is_no_path() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path()).unwrap();
        for name in ["../x", "", "a/b", "a.b"] {
            spool.restart(Some(name)).unwrap();
            assert_eq!(spool.path().parent().unwrap(), dir.path());
            assert_eq!(spool.name(), None);
        }
    }
}
