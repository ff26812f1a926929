//! Paths of a project on the command line.

use super::context::Context;
use super::live::View;
use crate::diff::TreeChange;
use crate::error::{Error, Result};
use std::path::{Component, Path, PathBuf};

/// Paths that a command is limited to, relative to the project. None: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathFilter(Vec<String>);

impl PathFilter {
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub fn paths(&self) -> &[String] {
        &self.0
    }

    pub fn into_paths(self) -> Vec<String> {
        self.0
    }

    pub fn has(&self, path: &str) -> bool {
        let below = |folder: &String| {
            folder.is_empty()
                || path
                    .strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.is_all() || self.0.iter().any(below)
    }

    /// Of these the changes at its paths.
    pub fn keep(&self, mut changes: Vec<TreeChange>) -> Vec<TreeChange> {
        changes.retain(|change| self.has(&change.path));
        changes
    }
}

/// Paths relative to the directory of the command as paths in the project. Outside of a project they are in the
/// project already.
pub fn filter(cx: &Context<'_>, view: &View, paths: &[String]) -> Result<PathFilter> {
    let root = if view.is_project() { view.project.root().canonicalize().ok() } else { None };
    let directory = cx.directory()?;
    let one = |path: &String| match &root {
        Some(root) => in_project(root, &directory, path),
        None => Ok(path.trim_end_matches('/').to_owned()),
    };
    paths.iter().map(one).collect::<Result<_>>().map(PathFilter)
}

/// A path as it is in the project, with `/`.
pub fn in_project(root: &Path, directory: &Path, path: &str) -> Result<String> {
    let mut whole = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    let outside = || Error::usage(format!("\"{path}\" is outside of the project"));
    let inside = whole.strip_prefix(root).map_err(|_| outside())?;
    let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
    Ok(parts.ok_or_else(outside)?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_what_is_below_it() {
        let filter = PathFilter(vec!["src/lib".to_owned(), "a.txt".to_owned()]);
        assert!(filter.has("src/lib/x.ts") && filter.has("src/lib") && filter.has("a.txt"));
        assert!(!filter.has("src/library.ts") && !filter.has("b/a.txt"));
        assert!(PathFilter(vec![String::new()]).has("x") && PathFilter::default().has("x"));
    }

    #[test]
    fn a_path_is_relative_to_the_directory() {
        let (root, directory) = (Path::new("/p"), Path::new("/p/src"));
        let found = |path| in_project(root, directory, path).ok();
        assert_eq!(found("a.ts").as_deref(), Some("src/a.ts"));
        assert_eq!(found("../b/./c/").as_deref(), Some("b/c"));
        assert_eq!((found("..").as_deref(), found("../..")), (Some(""), None));
    }
}
