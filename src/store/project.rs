//! Project folder: the nearest folder at or above a given one that has a store.

use super::layout::{self, DIR, FORMAT};
use crate::error::{At, Error, Hint, Result};
use std::path::{Path, PathBuf};

/// The project's folder. Its store is in `DIR` below it.
pub fn find(from: &Path) -> Result<PathBuf> {
    let start = std::path::absolute(from).at("find", from)?;
    let found = start.ancestors().find(|folder| layout::is_project(folder));
    let none = || {
        let place = start.display();
        Error::usage(format!(
            "not a lua-store project: no \"{DIR}/{FORMAT}\" in \"{place}\" or above"
        ))
        .hint(Hint::Init)
    };
    found.map(Path::to_owned).ok_or_else(none)
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
