//! The durable write: temporary file, sync, publish in one step, sync of the directory.

use super::fault::{self, Step};
use super::platform;
use super::regular::open_if_exists;
use crate::error::{At, Error, Result};
use fs2::FileExt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const TEMP_PREFIX: &str = "tmp-";

/// Whether publishing may take the place of an existing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clobber {
    Replace,
    Never,
}

/// What publishing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Published {
    Done,
    /// Somebody else's file stands there already; nothing was changed.
    Exists,
}

/// A file being written, invisible under its final name until [`Temp::publish`]. Dropped without
/// publishing it disappears. Its writer holds an advisory lock on it until it has its final name, so
/// that [`sweep`] can tell a file left by a dead process from one still being written.
pub struct Temp {
    file: Option<File>,
    path: PathBuf,
    dir: PathBuf,
}

impl Temp {
    pub fn create_in(dir: &Path) -> Result<Temp> {
        Temp::create(dir, File::options())
    }

    pub(super) fn create(dir: &Path, mut options: OpenOptions) -> Result<Temp> {
        loop {
            let path = dir.join(unique_name());
            options.read(true).write(true).create_new(true);
            match fault::step(Step::Create, &path, || options.open(&path)) {
                Ok(file) if is_ours(&file, &path) => {
                    return Ok(Temp { file: Some(file), path, dir: dir.to_owned() });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).at("create", &path),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file, to read back or to set its modes.
    pub fn file(&self) -> &File {
        self.file.as_ref().expect("a Temp holds its file until it is published")
    }

    /// Makes the content durable and visible as `target`, a name in the same directory: sync,
    /// rename or link, sync of the directory. After `Ok(Done)` power may fail.
    pub fn publish(mut self, target: &Path, clobber: Clobber) -> Result<Published> {
        debug_assert_eq!(target.parent(), Some(self.dir.as_path()));
        self.sync()?;
        // The file stays open, and so locked, until it has its name: a sweep in between would take a
        // closed one for a dead writer's. (Rust opens files so that Windows too lets them move.)
        if clobber == Clobber::Never && !self.link(target)? {
            return Ok(Published::Exists);
        }
        if clobber == Clobber::Replace {
            fault::step(Step::Rename, target, || std::fs::rename(&self.path, target))
                .at("write", target)?;
            self.path.clear();
        }
        sync_dir(&self.dir)?;
        Ok(Published::Done)
    }

    /// Makes the content visible as `target` in one step and durable never: for caches, which are
    /// built again when power loss leaves them empty or torn.
    pub fn publish_unsynced(mut self, target: &Path) -> Result<()> {
        debug_assert_eq!(target.parent(), Some(self.dir.as_path()));
        self.file = None;
        fault::step(Step::Rename, target, || std::fs::rename(&self.path, target))
            .at("write", target)?;
        self.path.clear();
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        fault::step(Step::Sync, &self.path, || self.file().sync_all()).at("sync", &self.path)
    }

    /// Gives the file its final name unless the name is taken. A hard link is the one portable step
    /// that refuses to clobber; the temporary name goes with `Drop`.
    fn link(&mut self, target: &Path) -> Result<bool> {
        match fault::step(Step::Link, target, || std::fs::hard_link(&self.path, target)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(_) => self.rename_if_absent(target),
        }
    }

    /// For file systems without hard links. The look and the rename are two steps, so callers that
    /// need exactness hold the store's lock, as they all do.
    fn rename_if_absent(&mut self, target: &Path) -> Result<bool> {
        if target.symlink_metadata().is_ok() {
            return Ok(false);
        }
        fault::step(Step::Rename, target, || std::fs::rename(&self.path, target))
            .at("create", target)?;
        self.path.clear();
        Ok(true)
    }
}

impl Write for Temp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().expect("a Temp holds its file until it is published");
        fault::write_all(file, &self.path, bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        self.file = None;
        if !self.path.as_os_str().is_empty() {
            let _ = fault::step(Step::Remove, &self.path, || std::fs::remove_file(&self.path));
        }
    }
}

/// Takes the writer's lock on a fresh temporary file. `false` when a sweep came between the creation
/// and the lock, and took the file for a leftover. On a file system without locks nothing is swept.
fn is_ours(file: &File, path: &Path) -> bool {
    match FileExt::try_lock_exclusive(file) {
        Ok(()) => path.exists(),
        Err(error) => error.kind() != fs2::lock_contended_error().kind(),
    }
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    format!("{TEMP_PREFIX}{}-{count}-{nanos:09}", std::process::id())
}

/// Writes a small file durably in the place of whatever stands there.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    match write_new(path, bytes, Clobber::Replace)? {
        Published::Done => Ok(()),
        Published::Exists => Err(Error::conflict(format!("\"{}\" exists", path.display()))),
    }
}

/// Writes a file of a person durably in the place of what stands there. It keeps its modes.
pub fn rewrite(path: &Path, bytes: &[u8]) -> Result<()> {
    let modes = std::fs::metadata(path).at("read", path)?.permissions();
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    let mut temp = Temp::create_in(dir)?;
    temp.write_all(bytes).at("write", path)?;
    temp.file().set_permissions(modes).at("set the modes of", path)?;
    temp.publish(path, Clobber::Replace).map(drop)
}

/// Writes a small file durably, in one step.
pub fn write_new(path: &Path, bytes: &[u8], clobber: Clobber) -> Result<Published> {
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    let mut temp = Temp::create_in(dir)?;
    temp.write_all(bytes).at("write", path)?;
    temp.publish(path, clobber)
}

/// Makes the names in a directory durable.
pub fn sync_dir(dir: &Path) -> Result<()> {
    fault::step(Step::SyncDir, dir, || platform::sync_dir(dir)).at("sync", dir)
}

/// Makes a directory and those above it, each one durable in its parent.
pub fn create_dir_all(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_dir_all(parent)?;
        make_dir(dir)?;
        return sync_dir(parent);
    }
    make_dir(dir)
}

fn make_dir(dir: &Path) -> Result<()> {
    match fault::step(Step::Mkdir, dir, || std::fs::create_dir(dir)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        other => other.at("create", dir),
    }
}

/// Removes a folder of ours with everything in it; one that is gone already is fine.
pub fn remove_tree(dir: &Path) -> Result<()> {
    match fault::step(Step::Remove, dir, || std::fs::remove_dir_all(dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.at("remove", dir),
    }
}

/// Removes a file of ours; one that is gone already is fine.
pub fn remove(path: &Path) -> Result<()> {
    match fault::step(Step::Remove, path, || std::fs::remove_file(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.at("remove", path),
    }
}

/// Removes the temporary files that dead processes left in a directory. One whose lock cannot be
/// had is still being written and stays.
pub fn sweep(dir: &Path) -> Result<()> {
    for entry in std::fs::read_dir(dir).at("read", dir)? {
        let entry = entry.at("read", dir)?;
        if !entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
            continue;
        }
        let path = entry.path();
        let Ok(Some(file)) = open_if_exists(&path) else { continue };
        // Locked until it is removed, so that its writer, if one was just beginning, notices.
        if FileExt::try_lock_exclusive(&file).is_ok() {
            remove(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::AtomicBool;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn never_clobbering_keeps_what_stands_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert_eq!(write_new(&path, b"one", Clobber::Never).unwrap(), Published::Done);
        assert_eq!(write_new(&path, b"two", Clobber::Never).unwrap(), Published::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(names(dir.path()), ["a"], "no temporary file stays");
    }

    #[test]
    fn without_hard_links_nothing_is_clobbered_either() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let temp = || {
            let mut temp = Temp::create_in(dir.path()).unwrap();
            temp.write_all(b"one").unwrap();
            temp
        };
        assert!(temp().rename_if_absent(&path).unwrap());
        assert!(!temp().rename_if_absent(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(dir.path()), ["a"]);
    }

    #[test]
    fn a_file_dropped_unpublished_disappears() {
        let dir = tempfile::tempdir().unwrap();
        let mut temp = Temp::create_in(dir.path()).unwrap();
        temp.write_all(b"x").unwrap();
        drop(temp);
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn a_failed_publish_leaves_the_folder_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"x").is_err());
        assert_eq!(names(dir.path()), ["a"]);
        assert!(path.is_dir());
    }

    #[test]
    fn a_sweep_takes_what_the_dead_left_and_only_that() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("tmp-1-0-000000001"), "left by a killed process").unwrap();
        fs::write(dir.path().join("kept"), "x").unwrap();
        let mut live = Temp::create_in(dir.path()).unwrap();
        sweep(dir.path()).unwrap();
        live.write_all(b"y").unwrap();
        assert_eq!(
            live.publish(&dir.path().join("live"), Clobber::Never).unwrap(),
            Published::Done
        );
        assert_eq!(names(dir.path()), ["kept", "live"]);
    }

    #[test]
    fn writers_and_sweeps_at_once_disturb_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Acquire) {
                        sweep(dir.path()).unwrap();
                    }
                });
            }
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let dir = dir.path();
                    scope.spawn(move || {
                        for round in 0..100 {
                            let path = dir.join(format!("{writer}-{round}"));
                            let clobber =
                                if round % 2 == 0 { Clobber::Never } else { Clobber::Replace };
                            assert_eq!(write_new(&path, b"x", clobber).unwrap(), Published::Done);
                        }
                    })
                })
                .collect();
            let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
            done.store(true, Ordering::Release);
            assert!(results.iter().all(Result::is_ok));
        });
        assert_eq!(names(dir.path()).len(), 400);
    }

    #[test]
    fn folders_are_made_as_deep_as_asked_and_a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        create_dir_all(&dir.path().join("a/b/c")).unwrap();
        create_dir_all(&dir.path().join("a/b/c")).unwrap();
        fs::write(dir.path().join("a/f"), "x").unwrap();
        let error = create_dir_all(&dir.path().join("a/f/g")).unwrap_err();
        assert!(error.message().contains("a/f\""), "{error}");
    }
}
