//! Atomic folder: a folder that appears under its name in one step, with everything in it, or not at all.
//!
//! Its files are written below a temporary name beside its place, under their own names, since nobody relies on them there.
//! It is for a name that is free: nothing is ever replaced.

use super::atomic_file::Published;
use super::durable::create_dir_all;
use super::fault::{self, Step};
use super::platform;
use super::sandbox::Folder;
use super::temporary;
use super::unsynced::sync_each;
use crate::error::{At, Result};
use cap_fs_ext::DirExt;
use fs2::FileExt;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that has not got its name yet. Dropped before, it disappears with its files. Its writer holds an advisory lock
/// on it until then, so that a sweep can tell it from one that a dead process left.
pub struct AtomicFolder {
    parent: Folder,
    /// Temporary name; empty once there is no such folder any more.
    temporary: String,
    name: String,
    _lock: File,
}

impl AtomicFolder {
    /// Begins a folder beside its place, in a folder that is made if it is missing, and removes what killed processes left of
    /// it. `None` where folders cannot be locked, or the name is no text.
    pub fn begin(target: &Path) -> Result<Option<AtomicFolder>> {
        let name = target.file_name().and_then(OsStr::to_str);
        let Some(name) = name.filter(|_| platform::CAN_LOCK_FOLDERS) else { return Ok(None) };
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or_else(|| Path::new("."));
        create_dir_all(parent)?;
        let parent = Folder::open(parent)?;
        let left = parent.leftovers()?;
        for left in left.iter().filter(|left| temporary::is_folder_for(left, name)) {
            parent.remove_new_folder(left)?;
        }
        loop {
            let temporary = temporary::folder(name);
            let path = parent.path.join(&temporary);
            match fault::step(Step::Mkdir, &path, || parent.dir.create_dir(&temporary)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.at("create", &path)?,
            }
            // One that a sweep took for a leftover, between these calls, is left to it.
            if let Some(lock) = parent.open_new_folder(&temporary)?
                && is_ours(&lock)
                && parent.file_kind(&temporary)?.is_some()
            {
                let name = name.to_owned();
                return Ok(Some(AtomicFolder { parent, temporary, name, _lock: lock }));
            }
        }
    }

    /// Place of its files until it has its name.
    pub fn path(&self) -> PathBuf {
        self.parent.path.join(&self.temporary)
    }

    /// Gives it its name durably unless that is taken. What is in it was synced before.
    pub fn publish(mut self) -> Result<Published> {
        if !self.parent.claim(&self.temporary, &self.name)? {
            return Ok(Published::Exists);
        }
        self.temporary.clear();
        sync_each(vec![self.parent.unsynced()?])?;
        Ok(Published::Done)
    }
}

impl Drop for AtomicFolder {
    fn drop(&mut self) {
        if !self.temporary.is_empty() {
            let _ = self.parent.remove_with_content(&self.temporary);
        }
    }
}

impl Folder {
    /// Removes a folder that has not got its name, unless it is being written.
    pub fn remove_new_folder(&self, name: &str) -> Result<()> {
        // Locked until it is gone, so that its writer, if one was just beginning, notices.
        match self.open_new_folder(name)? {
            Some(lock) if FileExt::try_lock_exclusive(&lock).is_ok() => {
                self.remove_with_content(name)
            }
            _ => Ok(()),
        }
    }

    fn open_new_folder(&self, name: &str) -> Result<Option<File>> {
        let opened = self.dir.open_dir_nofollow(name);
        match opened.and_then(|dir| platform::open_dir_to_lock(&dir.into_std_file())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.at("open", &self.path.join(name)).map(Some),
        }
    }

    fn remove_with_content(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match fault::step(Step::Remove, &path, || self.dir.remove_dir_all(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.at("remove", &path),
        }
    }
}

/// Takes the writer's lock. `false` if a sweep has it, which takes the folder for a leftover. On a file system without locks
/// nothing is swept.
fn is_ours(lock: &File) -> bool {
    match FileExt::try_lock_exclusive(lock) {
        Ok(()) => true,
        Err(error) => error.kind() != fs2::lock_contended_error().kind(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn it_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("made/out");
        let begin = || AtomicFolder::begin(&target).unwrap().unwrap();
        let new = begin();
        std::fs::write(new.path().join("a"), "text").unwrap();
        drop(new);
        assert_eq!(names(&dir.path().join("made")), Vec::<String>::new());
        let new = begin();
        std::fs::write(new.path().join("a"), "text").unwrap();
        assert!(!target.exists());
        assert_eq!(new.publish().unwrap(), Published::Done);
        assert_eq!(names(&dir.path().join("made")), ["out"]);
        assert_eq!(std::fs::read(target.join("a")).unwrap(), b"text");
        assert_eq!(begin().publish().unwrap(), Published::Exists);
        assert_eq!(names(&dir.path().join("made")), ["out"]);
        assert_eq!(names(&target), ["a"]);
    }

    #[test]
    fn a_leftover_is_removed_and_a_folder_that_is_written_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (target, other) = (dir.path().join("out"), dir.path().join("other"));
        let left = dir.path().join(temporary::folder("out"));
        let others = dir.path().join(temporary::folder("other"));
        for folder in [&left, &others] {
            std::fs::create_dir_all(folder.join("inner")).unwrap();
            std::fs::write(folder.join("inner/a"), "half").unwrap();
        }
        let first = AtomicFolder::begin(&target).unwrap().unwrap();
        assert!(!left.exists() && others.exists());
        let second = AtomicFolder::begin(&target).unwrap().unwrap();
        assert!(first.path().exists() && second.path().exists());
        assert_eq!(first.publish().unwrap(), Published::Done);
        assert_eq!(second.publish().unwrap(), Published::Exists);
        drop(AtomicFolder::begin(&other).unwrap());
        assert_eq!(names(dir.path()), ["out"]);
    }
}
