//! Freshness of compiled output: the first file of the project that is not as it was compiled.

use super::manifest::{ProjectFile, hash};
use crate::error::Result;
use crate::fs;
use crate::reader::STOCK_MANIFEST;
use std::path::{Path, PathBuf};

/// Files that are larger are not compared: no compiler reads such a text.
const FILE_MAX: u64 = 512 << 20;

/// Gives a file of the project by its path; `None` where there is none.
pub type ReadFile<'a> = dyn FnMut(&str) -> Result<Option<Vec<u8>>> + 'a;

/// First file that differs from the one that was compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleFile {
    pub path: String,
    pub what: &'static str,
}

/// Looks at files of a manifest, in their order. `lua compile` itself writes numbers into
/// `lua.skill.yaml` after it has hashed it, and no bundle comes from there: it does not count.
pub fn first_difference(
    root: &Path,
    files: &[ProjectFile],
    read: &mut ReadFile<'_>,
) -> Result<Option<StaleFile>> {
    let mut workspace = None;
    for file in files {
        if file.relative_path == STOCK_MANIFEST && !file.external {
            continue;
        }
        let bytes = if file.external {
            let around = workspace.get_or_insert_with(|| workspace_of(root));
            on_disk(&around.join(&file.relative_path))
        } else {
            read(&file.relative_path)?
        };
        if let Some(what) = difference(file, bytes.as_deref()) {
            return Ok(Some(StaleFile { path: file.relative_path.clone(), what }));
        }
    }
    Ok(None)
}

fn difference(file: &ProjectFile, bytes: Option<&[u8]>) -> Option<&'static str> {
    match bytes {
        None => Some("is gone"),
        Some(bytes) if hash(bytes) != file.hash => Some("differs from the file that was compiled"),
        Some(_) => None,
    }
}

/// A file's bytes. What cannot be read as a file is none.
pub fn on_disk(path: &Path) -> Option<Vec<u8>> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= FILE_MAX => {
            fs::read_if_exists(path).ok().flatten()
        }
        _ => None,
    }
}

/// The folder of the workspace around a project, found as the stock compiler finds it.
fn workspace_of(root: &Path) -> PathBuf {
    let marked = |folder: &&Path| {
        ["pnpm-workspace.yaml", "lerna.json", ".git"].iter().any(|name| folder.join(name).exists())
            || has_workspaces(&folder.join("package.json"))
    };
    root.ancestors().find(marked).unwrap_or(root).to_owned()
}

fn has_workspaces(path: &Path) -> bool {
    let package = on_disk(path).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    package.is_some_and(|package: serde_json::Value| package.get("workspaces").is_some())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use super::*;

    fn listed(files: &[(&str, &str, bool)]) -> Vec<ProjectFile> {
        let file = |(path, text, external): &(&str, &str, bool)| ProjectFile {
            relative_path: (*path).to_owned(),
            hash: hash(text.as_bytes()),
            external: *external,
        };
        files.iter().map(file).collect()
    }

    #[test]
    fn the_first_file_that_differs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("pnpm-workspace.yaml", "");
        write("shared/x.ts", "x");
        write("agent/a.ts", "a");
        write("agent/b.ts", "b");
        let root = folder.path().join("agent");
        let difference = |files: &[(&str, &str, bool)]| {
            let mut read = |path: &str| Ok(on_disk(&root.join(path)));
            let found = first_difference(&root, &listed(files), &mut read).unwrap();
            found.map(|one| format!("{} {}", one.path, one.what))
        };
        let same =
            [("a.ts", "a", false), (STOCK_MANIFEST, "old", false), ("shared/x.ts", "x", true)];
        assert_eq!(difference(&same), None);
        let told = difference(&[("a.ts", "a", false), ("b.ts", "B", false), ("c.ts", "c", false)]);
        assert_eq!(told.as_deref(), Some("b.ts differs from the file that was compiled"));
        assert_eq!(difference(&[("c.ts", "c", false)]).as_deref(), Some("c.ts is gone"));
        let told = difference(&[("shared/x.ts", "y", true)]);
        assert_eq!(told.as_deref(), Some("shared/x.ts differs from the file that was compiled"));
    }
}
