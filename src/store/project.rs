//! Project folder: the nearest folder at or above a given one that has a store.

use super::layout::{self, DIR, FORMAT};
use super::work_tree;
use crate::error::{At, Error, Hint, Result};
use std::path::{Path, PathBuf};

/// True if the store of a folder is in it.
pub fn has_own_store(root: &Path) -> bool {
    layout::is_project(root)
}

/// True if a folder is that of a project: it has a store, or is in a linked work tree of a repository that has one there.
pub fn is_project(root: &Path) -> bool {
    layout::is_project(root) || work_tree::project_below(root, root).is_some()
}

/// Folder of the store of a project.
pub fn store_of(root: &Path) -> PathBuf {
    let own = layout::dir_in(root);
    if layout::is_project(root) { own } else { work_tree::shared_store(root).unwrap_or(own) }
}

/// The project's folder. Its store is in `DIR` below it, or in the main work tree of its repository.
pub fn find(from: &Path) -> Result<PathBuf> {
    let start = std::path::absolute(from).at("find", from)?;
    let found = start.ancestors().find_map(|folder| match layout::is_project(folder) {
        true => Some(folder.to_owned()),
        false => work_tree::project_below(folder, &start),
    });
    let none = || {
        let place = start.display();
        Error::usage(format!(
            "not a lua-store project: no \"{DIR}/{FORMAT}\" in \"{place}\" or above"
        ))
        .hint(Hint::Init)
    };
    found.ok_or_else(none)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make folders")]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn the_nearest_store_wins_and_a_stock_folder_is_passed_over() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("a/b");
        std::fs::create_dir_all(inner.join("c/.lua")).unwrap();
        assert_eq!(find(&inner).unwrap_err().kind(), crate::error::Kind::Usage);
        Store::init(&outer.path().join(DIR)).unwrap();
        assert_eq!(find(&inner.join("c")).unwrap(), outer.path());
        Store::init(&inner.join(DIR)).unwrap();
        assert_eq!(find(&inner.join("c")).unwrap(), inner);
        assert_eq!(find(outer.path()).unwrap(), outer.path());
    }
}
