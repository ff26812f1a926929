//! Git guard: keeps git away from the store, as `git clean -fdx` must not remove it and `git add -A` must not take
//! it.
//!
//! Inside, a minimal repository skeleton `.lua/.git`: `git clean` passes over a nested repository.
//! But `git add -A` fails at a nested repository without a commit, so the folder is ignored outside:
//! by a line in the repository's `info/exclude`, which is shared with nobody, or where no repository
//! is yet (or it cannot be written to), by a line in the project's `.gitignore`.

mod enclosing;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make projects")]
mod tests;

use super::layout::{DIR, project_of};
use crate::error::{Error, Result};
use crate::fs;
use enclosing::EnclosingRepository;
pub use enclosing::main_work_tree;
use std::path::Path;

/// Files that make git take a folder for a repository.
const SKELETON: [(&str, &str); 3] = [
    (".git/HEAD", "ref: refs/heads/lua-store\n"),
    (".git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"),
    (".gitignore", "*\n"),
];

/// The folders without which git sees no repository either.
const FOLDERS: [&str; 2] = [".git/objects", ".git/refs"];

/// The missing or broken part of the inner repository: without it `git clean -fdx` removes the store.
pub fn missing_part(dir: &Path) -> Option<&'static str> {
    let folder = FOLDERS.into_iter().find(|name| !dir.join(name).is_dir());
    folder.or_else(|| {
        SKELETON.into_iter().map(|(name, _)| name).find(|name| !is_installed(dir, name))
    })
}

/// A head that git believes names a branch or a commit. Of the others git asks no more than that they are there.
fn is_installed(dir: &Path, name: &str) -> bool {
    let Ok(Some(text)) = fs::read_if_exists(&dir.join(name)) else { return false };
    let is_commit = || text.len() >= 40 && text[..40].iter().all(u8::is_ascii_hexdigit);
    match name.ends_with("HEAD") {
        true => text.starts_with(b"ref: refs/") || is_commit(),
        false => !text.is_empty(),
    }
}

/// Puts in place what is missing, inside and outside. Says whether it wrote to a file of the project.
pub fn install(dir: &Path) -> Result<bool> {
    for folder in FOLDERS {
        fs::create_dir_all(&dir.join(folder))?;
    }
    for (name, content) in SKELETON {
        if !is_installed(dir, name) {
            fs::replace(&dir.join(name), content.as_bytes())?;
        }
    }
    // A store of another name is beside no project: a remote's, on a shared disk.
    if !dir.ends_with(DIR) {
        return Ok(false);
    }
    let project = project_of(dir);
    let excluded = EnclosingRepository::find(project)?.map(|enclosing| enclosing.exclude());
    match excluded {
        Some(Ok(_)) => Ok(false),
        // No repository, or one that may not be written to.
        Some(Err(_)) | None => ignore_in(&project.join(".gitignore"), &format!("/{DIR}/")),
    }
}

/// Refuses a folder with files that git tracks: there `git clean` looks inside, skeleton or not.
pub fn check_untracked(dir: &Path) -> Result<()> {
    if is_tracked(dir)? {
        return Err(Error::failed(format!(
            "cannot create a store in \"{}\": git tracks files there, and `git clean -fdx` would remove the rest",
            dir.display()
        ))
        .hint(format!("run `git rm -r -q --cached {DIR}` to remove them from git and keep them on the disk")));
    }
    Ok(())
}

/// True if git tracks files in the folder.
pub fn is_tracked(dir: &Path) -> Result<bool> {
    match EnclosingRepository::find(project_of(dir))? {
        Some(enclosing) => enclosing.tracks_files(),
        None => Ok(false),
    }
}

/// Adds a line to a file of ignore patterns, keeping every byte that is there. Says whether it had to.
fn ignore_in(file: &Path, pattern: &str) -> Result<bool> {
    let text = fs::read_if_exists(file)?.unwrap_or_default();
    let bare = pattern.trim_matches('/');
    let says = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_suffix(b"/").unwrap_or(line);
        line.strip_prefix(b"/").unwrap_or(line) == bare.as_bytes()
    };
    if text.split(|byte| *byte == b'\n').any(says) {
        return Ok(false);
    }
    let ending = if text.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let start = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
    fs::append(file, format!("{start}{pattern}{ending}").as_bytes()).map_err(|error| {
        error.hint(format!("add the line `{pattern}` to \"{}\"", file.display()))
    })?;
    Ok(true)
}
