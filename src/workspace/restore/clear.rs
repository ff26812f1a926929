//! Check before a restore: it would touch nothing that is not tracked. Nothing is changed
//! before this has looked at everything.

use super::alike::{AlikePaths, one_name};
use super::plan::{RestorePlan, RestoreStep};
use super::walk::{FolderWalk, WalkEnd, split};
use crate::error::{At, Error, Result};
use crate::fs::{self, FileKind, Folder, NameFolding};
use crate::object::{Id, Leaf, Mode};
use crate::workspace::scan::join;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

/// Checks every path of a plan. Returns the steps that remain: paths that already have their
/// target, after an interrupted restore or by chance, are left out.
pub fn check<'p>(root: &Path, plan: &'p RestorePlan) -> Result<Vec<&'p RestoreStep>> {
    let mut look = ClearCheck {
        walk: FolderWalk::new(root)?,
        removed: plan.removes().map(|step| step.path.as_str()).collect(),
        alike: AlikePaths::new(NameFolding::of(root), &plan.steps)?,
        writable: HashMap::new(),
    };
    let mut steps = Vec::new();
    let mut obstacles = Vec::new();
    for step in &plan.steps {
        match look.step(step)? {
            PathState::Done => {}
            PathState::Clear => steps.push(step),
            PathState::InTheWay(path) => obstacles.push(path),
        }
    }
    match obstacles.as_slice() {
        [] => Ok(steps),
        [first, rest @ ..] => Err(in_the_way(first, rest.len())),
    }
}

fn in_the_way(first: &str, more: usize) -> Error {
    let more = match more {
        0 => String::new(),
        more => format!(" ({more} more like it)"),
    };
    Error::conflict(format!("cannot restore: \"{first}\" is in the way and is not tracked{more}"))
        .hint("move it away, then run the command again; nothing was changed")
}

enum PathState {
    /// The path is as it shall be.
    Done,
    Clear,
    InTheWay(String),
}

struct ClearCheck<'p> {
    walk: FolderWalk,
    removed: HashSet<&'p str>,
    alike: AlikePaths<'p>,
    writable: HashMap<String, bool>,
}

impl ClearCheck<'_> {
    fn step(&mut self, step: &RestoreStep) -> Result<PathState> {
        if let Some((found, wanted)) = self.alike.other_spelling(&mut self.walk, step)? {
            return self.other_spelling(step, &found, wanted);
        }
        let (folder, name) = split(&step.path);
        let new = step.action.leaf();
        match (self.walk.go(folder, false)?, new) {
            (WalkEnd::Folder, _) => {}
            (WalkEnd::Nothing, Some(_)) => return Ok(PathState::Clear),
            (WalkEnd::Nothing, None) => return Ok(PathState::Done),
            (WalkEnd::Blocked(path), Some(_)) if self.removed.contains(path.as_str()) => {
                return Ok(PathState::Clear);
            }
            (WalkEnd::Blocked(path), Some(_)) if step.old.is_none() => {
                return Ok(PathState::InTheWay(path));
            }
            (WalkEnd::Blocked(path), _) => return Err(changed(&path)),
        }
        let here = self.walk.here();
        let Some(standing) = here.file_kind(name)? else {
            let done = if new.is_some() { PathState::Clear } else { PathState::Done };
            return self.writable(folder, done);
        };
        if new.is_some_and(|new| holds(here, name, standing, new).unwrap_or(false)) {
            return Ok(PathState::Done);
        }
        if standing == FileKind::Folder && new.is_some() {
            let found = self
                .first_unplanned(here, name, &step.path)?
                .map_or(PathState::Clear, PathState::InTheWay);
            return self.writable(folder, found);
        }
        match step.old {
            None => Ok(PathState::InTheWay(step.path.clone())),
            Some(old) if holds(here, name, standing, old)? => {
                self.writable(folder, PathState::Clear)
            }
            Some(_) => Err(changed(&step.path)),
        }
    }

    /// The same where the file system would take what exists for the path.
    fn other_spelling(
        &mut self,
        step: &RestoreStep,
        found: &str,
        wanted: &str,
    ) -> Result<PathState> {
        if step.action.leaf().is_none() {
            return Ok(PathState::Done);
        }
        let (folder, name) = split(found);
        self.walk.go(folder, false)?;
        let here = self.walk.here();
        let is_removed = match here.file_kind(name)? {
            Some(FileKind::Folder) => self.first_unplanned(here, name, found)?.is_none(),
            _ => self.removed.contains(found),
        };
        if is_removed {
            return self.writable(folder, PathState::Clear);
        }
        let hint = format!("rename \"{found}\", then run the command again; nothing was changed");
        Err(one_name(found, wanted).hint(hint))
    }

    /// The first thing in a folder that the plan does not remove.
    fn first_unplanned(&self, parent: &Folder, name: &str, path: &str) -> Result<Option<String>> {
        let folder = parent.enter(name)?;
        for name in folder.names()? {
            let inner = join(path, &name.to_string_lossy());
            let Some(name) = name.to_str() else { return Ok(Some(inner)) };
            // Temporary files of an interrupted restore are removed with the folder.
            if fs::is_temporary(name) {
                continue;
            }
            let found = match folder.file_kind(name)? {
                Some(FileKind::Folder) => self.first_unplanned(&folder, name, &inner)?,
                Some(_) if !self.removed.contains(inner.as_str()) => Some(inner),
                _ => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Passes `found` on if names in the folder reached may be changed.
    fn writable(&mut self, folder: &str, found: PathState) -> Result<PathState> {
        if !matches!(found, PathState::Clear) || self.writable.contains_key(folder) {
            return Ok(found);
        }
        let here = self.walk.here();
        if !here.is_writable() {
            let path = here.path().display();
            return Err(Error::failed(format!(
                "cannot restore: the folder \"{path}\" is read-only"
            ))
            .hint(format!("run `chmod u+w '{path}'` to allow it; nothing was changed")));
        }
        self.writable.insert(folder.to_owned(), true);
        Ok(found)
    }
}

fn changed(path: &str) -> Error {
    Error::conflict(format!("cannot restore: \"{path}\" changed meanwhile"))
        .hint("run the command again; nothing was changed")
}

/// True if the name holds exactly this file or link.
pub fn holds(folder: &Folder, name: &str, standing: FileKind, (mode, id): Leaf) -> Result<bool> {
    let as_said = match (standing, mode) {
        (FileKind::Link, Mode::Symlink) => return Ok(Id::of_blob(&folder.read_link(name)?) == id),
        (FileKind::File { executable }, Mode::File) => !executable,
        // A system without the bit cannot tell.
        (FileKind::File { executable }, Mode::Executable) => executable || !cfg!(unix),
        _ => false,
    };
    if !as_said {
        return Ok(false);
    }
    let mut hasher = Id::blob_hasher();
    io::copy(&mut folder.read(name)?, &mut hasher).at("read", &folder.path().join(name))?;
    Ok(Id::from(hasher.finalize()) == id)
}
