//! The git repository around a project, as far as the git guard needs to know it.

use super::super::layout::DIR;
use super::ignore_in;
use crate::error::{At, Result};
use crate::fs;
use std::path::{Path, PathBuf};

/// A work tree that the project lies in.
pub struct EnclosingRepository {
    /// The repository of this work tree: the index.
    git_dir: PathBuf,
    /// The repository that all its work trees share: `info/exclude`.
    common_dir: PathBuf,
    /// The store's folder as git names it: relative to the work tree, with `/`, no slash at the end.
    path: String,
}

impl EnclosingRepository {
    /// The nearest repository at or above the project's folder.
    pub fn find(project: &Path) -> Result<Option<EnclosingRepository>> {
        if !project.exists() {
            return Ok(None);
        }
        let project = project.canonicalize().at("find", project)?;
        for root in project.ancestors() {
            let Some(git_dir) = git_dir_of(root)? else { continue };
            let common_dir = common_dir_of(&git_dir)?;
            let below = project.strip_prefix(root).unwrap_or(Path::new(""));
            let mut path: String =
                below.iter().map(|name| format!("{}/", name.to_string_lossy())).collect();
            path.push_str(DIR);
            return Ok(Some(EnclosingRepository { git_dir, common_dir, path }));
        }
        Ok(None)
    }

    /// Names the store's folder in `info/exclude`.
    pub fn exclude(&self) -> Result<bool> {
        let info = self.common_dir.join("info");
        fs::create_dir_all(&info)?;
        ignore_in(&info.join("exclude"), &format!("/{}/", escape(&self.path)))
    }

    /// True if the index has a file in the store's folder. Index format 4 shares prefixes between names and is not
    /// understood; then the answer is no.
    pub fn tracks_files(&self) -> Result<bool> {
        let index = fs::read_if_exists(&self.git_dir.join("index"))?.unwrap_or_default();
        let prefix = format!("{}/", self.path).into_bytes();
        Ok((2..index.len().saturating_sub(prefix.len())).any(|at| {
            index[at..].starts_with(&prefix) && {
                // Twelve bits of flags before a name are its length, which ends with a NUL.
                let len = usize::from(u16::from_be_bytes([index[at - 2], index[at - 1]]) & 0x0fff);
                index.get(at + len) == Some(&0) && !index[at..at + len].contains(&0)
            }
        }))
    }
}

/// The repository that a folder is the work tree of: the folder `.git`, or what the file `.git` of
/// a linked work tree or a submodule says.
fn git_dir_of(root: &Path) -> Result<Option<PathBuf>> {
    let dot_git = root.join(".git");
    if dot_git.is_file() {
        let text = fs::read(&dot_git)?;
        let target = text.strip_prefix(b"gitdir: ").map(|rest| root.join(path_line(rest)));
        return Ok(target.filter(|dir| dir.join("HEAD").exists()));
    }
    Ok(Some(dot_git).filter(|dir| dir.join("HEAD").exists()))
}

/// The main work tree of the repository that a folder is the top of a linked work tree of, as `git worktree add` makes
/// one. `None` for any other folder, and where the repository is bare.
pub fn main_work_tree(top: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    if !dot_git.is_file() {
        return None;
    }
    let git_dir = git_dir_of(top).ok().flatten()?;
    let common = git_dir.join(path_line(&fs::read(&git_dir.join("commondir")).ok()?));
    let common = common.canonicalize().ok()?;
    let main = common.parent().filter(|_| common.ends_with(".git"))?;
    (main != top).then(|| main.to_owned())
}

fn common_dir_of(git_dir: &Path) -> Result<PathBuf> {
    let named = fs::read_if_exists(&git_dir.join("commondir"))?;
    Ok(named.map_or(git_dir.to_owned(), |text| git_dir.join(path_line(&text))))
}

fn path_line(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).trim_end_matches(['\n', '\r']).to_owned())
}

/// Escapes characters with a meaning in an ignore pattern by a backslash.
fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
