//! Tests of the whole room, on real folders.

#![allow(clippy::disallowed_methods, reason = "tests make the projects they look at")]

mod alike;
mod cache;
mod capture;
mod ignoring;
mod restoring;
mod roundtrip;
mod tracked;

use super::{Snapshot, SnapshotOptions, preview, snapshot};
use crate::error::Result;
use crate::object::{Memory, Mode, Source, leaves};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A project in a temporary folder, its store in memory, its cache beside it.
pub struct Project {
    _dir: tempfile::TempDir,
    pub root: PathBuf,
    pub cache: PathBuf,
    pub memory: Memory,
    pub allow: Vec<String>,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Project {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("project");
        std::fs::create_dir(&root).unwrap();
        let cache = dir.path().join("cache/index");
        let project =
            Project { _dir: dir, root, cache, memory: Memory::default(), allow: Vec::new() };
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let full = self.path(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, text).unwrap();
    }

    #[cfg(unix)]
    pub fn link(&self, path: &str, target: &str) {
        let full = self.path(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, full).unwrap();
    }

    #[cfg(unix)]
    pub fn chmod(&self, path: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(self.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    pub fn snapshot(&mut self) -> Result<Snapshot> {
        let allow = self.allow.clone();
        let options = SnapshotOptions {
            allow: &allow,
            cache: Some(&self.cache),
            ..SnapshotOptions::default()
        };
        snapshot(&self.root, &mut self.memory, None, &options)
    }

    /// Without the cache, so from nothing.
    pub fn whole(&mut self) -> Snapshot {
        snapshot(&self.root, &mut self.memory, None, &SnapshotOptions::default()).unwrap()
    }

    pub fn paths(&self, snapshot: &Snapshot) -> Vec<String> {
        leaves(&self.memory, snapshot.tree).unwrap().into_iter().map(|(path, ..)| path).collect()
    }

    /// Path to mode and bytes, as stored.
    pub fn stored(&self, snapshot: &Snapshot) -> BTreeMap<String, (Mode, Vec<u8>)> {
        let leaves = leaves(&self.memory, snapshot.tree).unwrap().into_iter();
        leaves.map(|(path, mode, id)| (path, (mode, self.memory.blob(&id).unwrap()))).collect()
    }

    /// Waits until a file written now is newer, for the file system, than all those before.
    pub fn tick(&self) {
        let probe = self._dir.path().join("probe");
        let written = |path: &Path| -> SystemTime {
            std::fs::write(path, "x").unwrap();
            path.metadata().unwrap().modified().unwrap()
        };
        let before = written(&probe);
        while written(&probe) <= before {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn preview(&self) -> Snapshot {
        let options = SnapshotOptions {
            allow: &self.allow,
            cache: Some(&self.cache),
            ..SnapshotOptions::default()
        };
        preview(&self.root, &self.memory, &options).unwrap().0
    }
}

/// Content of a folder, links not followed: path to kind and bytes.
pub fn on_disk(root: &Path) -> BTreeMap<String, (Mode, Vec<u8>)> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
        let path = path.replace(std::path::MAIN_SEPARATOR, "/");
        if entry.file_type().is_symlink() {
            let target = std::fs::read_link(entry.path()).unwrap();
            files.insert(path, (Mode::Symlink, target.into_os_string().into_encoded_bytes()));
        } else if entry.file_type().is_file() {
            let mode = if is_executable(&entry.metadata().unwrap()) {
                Mode::Executable
            } else {
                Mode::File
            };
            files.insert(path, (mode, std::fs::read(entry.path()).unwrap()));
        }
    }
    files
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}
