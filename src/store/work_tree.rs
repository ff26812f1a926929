//! Linked work tree of git: it has the store of the main work tree, and caches of its own there.
//!
//! Every work tree also has a *base*: the source version that its files were equal to last. A push from another one
//! would silently take back what it does not contain.

use super::git_guard::main_work_tree;
use super::layout::{self, DIR};
use super::{Store, project};
use crate::error::Result;
use crate::fs;
use crate::object::Id;
use std::path::{Path, PathBuf};

/// Folder of the store that the project in a linked work tree has: that of the same folder of the main work tree.
pub fn shared_store(root: &Path) -> Option<PathBuf> {
    let root = std::path::absolute(root).ok()?;
    root.ancestors().find_map(|top| {
        let main = main_work_tree(top)?;
        let folder = main.join(root.strip_prefix(top).ok()?);
        layout::is_project(&folder).then(|| folder.join(DIR))
    })
}

/// The project of the work tree whose top is `top`, for a command that runs in `from`.
pub fn project_below(top: &Path, from: &Path) -> Option<PathBuf> {
    let main = main_work_tree(top)?;
    let has_store = |folder: &&Path| {
        folder.strip_prefix(top).is_ok_and(|below| layout::is_project(&main.join(below)))
    };
    from.ancestors()
        .take_while(|folder| folder.starts_with(top))
        .find(has_store)
        .map(Path::to_owned)
}

impl Store {
    /// Path of a cache of the files in a folder: a linked work tree has its own.
    pub fn cache_of(&self, root: &Path, name: &str) -> PathBuf {
        if project::has_own_store(root) { self.path(name) } else { self.work_tree(root).join(name) }
    }

    fn work_tree(&self, root: &Path) -> PathBuf {
        let name = Id::of_blob(root.as_os_str().as_encoded_bytes()).to_string();
        self.path(layout::WORK_TREES).join(&name[..16])
    }

    fn base_path(&self, root: &Path) -> PathBuf {
        if project::has_own_store(root) {
            return self.path(layout::BASE);
        }
        self.work_tree(root).join(layout::BASE)
    }

    /// True if no other work tree pushed `newest`, or the files of this one were equal to it.
    pub fn is_based_on(&self, root: &Path, newest: Id) -> Result<bool> {
        let is_newest = |path: &Path| -> Result<bool> {
            Ok(fs::read_if_exists(path)?.is_some_and(|text| text == newest.to_string().as_bytes()))
        };
        if is_newest(&self.base_path(root))? {
            return Ok(true);
        }
        if !project::has_own_store(root) {
            return Ok(false);
        }
        for other in self.work_trees() {
            if is_newest(&other.join(layout::BASE))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Records that the files in a folder are those of a source version, where there are several work trees.
    pub fn set_base(&self, root: &Path, newest: Id) -> Result<()> {
        if project::has_own_store(root) && self.work_trees().is_empty() {
            return Ok(());
        }
        let (path, text) = (self.base_path(root), newest.to_string());
        if fs::read_if_exists(&path)?.is_some_and(|known| known == text.as_bytes()) {
            return Ok(());
        }
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::replace_unsynced(&path, text.as_bytes())
    }

    fn work_trees(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path(layout::WORK_TREES)).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    }
}
