//! Replacement of one file of the project. A person can save it at any time, so a check beforehand
//! is not enough: it is renamed to a hidden name first, checked there, and renamed back unless its
//! content is in the snapshot.

use super::clear::holds;
use super::leftover;
use super::plan::RestoreStep;
use super::walk::split;
use crate::error::{Error, Result};
use crate::fs::{FileKind, Folder};
use crate::object::Leaf;
use crate::workspace::scan::join;

/// Clears the leftovers in a folder, which has this path in the project.
type Sweep<'s> = &'s dyn Fn(&Folder, &str) -> Result<()>;

/// Renames a draft to a step's path, which may hold only the content of the snapshot, or nothing.
pub fn put(here: &Folder, draft: &str, step: &RestoreStep, sweep: Sweep<'_>) -> Result<()> {
    let (_, name) = split(&step.path);
    let (old, new) = (step.old, step.action.leaf());
    let mut standing = here.file_kind(name)?;
    if standing == Some(FileKind::Folder) {
        remove_hollow(here, name, &step.path, sweep)?;
        standing = None;
    }
    if standing.is_none() && here.claim(draft, name)? {
        return Ok(());
    }
    if is_one_of(here, name, [new, None])? || !is_one_of(here, name, [old, None])? {
        here.remove(draft)?;
        return if is_one_of(here, name, [new, None])? { Ok(()) } else { Err(changed(&step.path)) };
    }
    let aside = &here.ready(draft, name)?;
    if !here.exchange(aside, name)? {
        return Ok(());
    }
    if is_known(here, aside, [old, new]) {
        return here.remove(aside);
    }
    // Back again. What comes out must be the draft, or it was saved once more in between.
    here.exchange(aside, name)?;
    if !is_known(here, aside, [new, None]) {
        return rescue(here, aside, step);
    }
    here.remove(aside)?;
    Err(changed(&step.path))
}

/// Removes a file or link, which may be none but the one that the snapshot holds.
pub fn take(here: &Folder, step: &RestoreStep) -> Result<()> {
    let (_, name) = split(&step.path);
    if here.file_kind(name)?.is_none() {
        return Ok(());
    }
    if !is_one_of(here, name, [step.old, None])? {
        return Err(changed(&step.path));
    }
    let Some(aside) = here.set_aside(name)? else { return Ok(()) };
    if is_known(here, &aside, [step.old, None]) {
        return here.remove(&aside);
    }
    if !here.claim(&aside, name)? {
        return rescue(here, &aside, step);
    }
    Err(changed(&step.path))
}

fn is_one_of(here: &Folder, name: &str, leaves: [Option<Leaf>; 2]) -> Result<bool> {
    let Some(standing) = here.file_kind(name)? else { return Ok(false) };
    for leaf in leaves.into_iter().flatten() {
        if holds(here, name, standing, leaf)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same for a file that was set aside. An unreadable one is unknown: it is renamed back.
fn is_known(here: &Folder, aside: &str, leaves: [Option<Leaf>; 2]) -> bool {
    is_one_of(here, aside, leaves).unwrap_or(false)
}

/// Gives a file whose name was taken by a later one another name, which is seen.
fn rescue(here: &Folder, aside: &str, step: &RestoreStep) -> Result<()> {
    let (path, name) = (&step.path, split(&step.path).1);
    let (folder, kept) = (split(path).0, leftover::save(here, aside, name)?);
    let kept = join(folder, &kept);
    Err(Error::conflict(format!(
        "cannot restore: \"{path}\" was saved twice meanwhile; the content in between is in \"{kept}\""
    ))
    .hint("look at both, then run the command again to finish it"))
}

pub fn changed(path: &str) -> Error {
    Error::conflict(format!("cannot restore: \"{path}\" changed meanwhile"))
        .hint("run the command again to finish it")
}

/// Removes a folder that holds only folders, and temporary files of an interrupted restore.
fn remove_hollow(parent: &Folder, name: &str, path: &str, sweep: Sweep<'_>) -> Result<()> {
    let folder = parent.enter(name)?;
    sweep(&folder, path)?;
    for inner in folder.names()? {
        let inner = inner.to_string_lossy();
        if folder.file_kind(&inner)? == Some(FileKind::Folder) {
            remove_hollow(&folder, &inner, &join(path, &inner), sweep)?;
        }
    }
    // Windows removes no folder that is open.
    drop(folder);
    match parent.remove_empty(name)? {
        true => Ok(()),
        false => Err(changed(path)),
    }
}
