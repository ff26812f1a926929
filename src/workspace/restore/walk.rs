//! Going from folder to folder of a project, keeping open only the nearest of those on the way: a process may
//! hold about a thousand files open, and folders may be deeper.

use crate::error::Result;
use crate::fs::{self, FileKind, Folder};
use crate::workspace::scan::join;
use std::path::Path;

pub struct FolderWalk {
    root: Folder,
    /// The folders on the way; those far above the last one are closed.
    below: Vec<(String, Option<Folder>)>,
    /// The folder that was found missing last. What is below it is not asked for: paths come sorted.
    missing: Option<String>,
    max_open: usize,
}

/// Limit on open folders of one walk, and an eighth of what the process may have open: two threads walk, and files are
/// open to be synced. Projects of people are not deeper, so that none of their folders is opened twice.
const MAX_OPEN: usize = 128;

/// End of a walk.
#[derive(Debug, PartialEq, Eq)]
pub enum WalkEnd {
    Folder,
    /// A folder on the way does not exist.
    Nothing,
    /// This path on the way is no folder.
    Blocked(String),
}

impl From<Folder> for FolderWalk {
    fn from(root: Folder) -> FolderWalk {
        let max_open = (fs::max_open_files() / 8).clamp(1, MAX_OPEN);
        FolderWalk { root, below: Vec::new(), missing: None, max_open }
    }
}

impl FolderWalk {
    pub fn new(root: &Path) -> Result<FolderWalk> {
        Folder::open(root).map(FolderWalk::from)
    }

    /// The folder that was reached last.
    pub fn here(&self) -> &Folder {
        self.below.last().and_then(|(_, folder)| folder.as_ref()).unwrap_or(&self.root)
    }

    pub fn root(&self) -> &Folder {
        &self.root
    }

    /// Forgets the way, because folders on it were removed or replaced.
    pub fn reset(&mut self) {
        self.below.clear();
        self.missing = None;
    }

    /// Goes to a folder of the project; with `make` it creates missing ones.
    pub fn go(&mut self, path: &str, make: bool) -> Result<WalkEnd> {
        match &self.missing {
            Some(_) if make => self.missing = None,
            Some(missing) if is_within(path, missing) => return Ok(WalkEnd::Nothing),
            _ => {}
        }
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let shared =
            self.below.iter().zip(&names).take_while(|((have, _), want)| have == *want).count();
        self.below.truncate(shared);
        // One that was closed is gone to anew, from the root: by names, no link on the way is followed.
        if self.below.last().is_some_and(|(_, folder)| folder.is_none()) {
            self.below.clear();
        }
        for name in &names[self.below.len()..] {
            let here = self.here();
            let folder = match here.enter(name) {
                Ok(folder) => folder,
                Err(error) => match here.file_kind(name)? {
                    Some(FileKind::Folder) => return Err(error),
                    Some(_) => return Ok(WalkEnd::Blocked(self.path(name))),
                    None if make => here.make(name)?,
                    None => {
                        self.missing = Some(self.path(name));
                        return Ok(WalkEnd::Nothing);
                    }
                },
            };
            self.below.push(((*name).to_owned(), Some(folder)));
            if let Some(far) = self.below.len().checked_sub(self.max_open + 1) {
                self.below[far].1 = None;
            }
        }
        Ok(WalkEnd::Folder)
    }

    /// The path in the project of a name in the folder reached.
    fn path(&self, name: &str) -> String {
        let folder = self.below.iter().fold(String::new(), |path, (name, _)| join(&path, name));
        join(&folder, name)
    }
}

/// True of a folder, and of what is below it.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The folder of a path, and the name in it.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folders above a path, the nearest first.
pub fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(folder, _)| folder))
        .skip(1)
}
