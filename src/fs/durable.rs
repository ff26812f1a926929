//! Durable names: folders that are made, names that are removed, and the sync of a folder.

use super::fault::{self, Step};
use super::platform;
use crate::error::{At, Result};
use std::io;
use std::path::Path;

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

/// Makes one directory whose parent exists, durable never: for files that are not either.
pub fn create_dir_unsynced(dir: &Path) -> Result<()> {
    if dir.is_dir() { Ok(()) } else { make_dir(dir) }
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
    let remove = || platform::retry_in_use(|| std::fs::remove_file(path));
    match fault::step(Step::Remove, path, remove) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.at("remove", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
