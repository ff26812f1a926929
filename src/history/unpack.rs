//! The files of a version, written into a folder that is no project.

use crate::error::{Error, Result};
use crate::fs::{self, AtomicFolder, Published};
use crate::object::{self, Id, Memory, Overlay, Sink, Source, Tree};
use crate::progress::Progress;
use crate::workspace;
use std::path::Path;

/// Unpacks a tree into a folder that is missing, empty, or holds part of the same files from an
/// interrupted run. A missing one appears when all of it is durable. Returns the number of files.
pub fn unpack(
    objects: &(dyn Source + Sync),
    files: Id,
    folder: &Path,
    progress: &Progress,
) -> Result<usize> {
    let mut memory = Memory::default();
    let nothing = memory.put_tree(&Tree::new(Vec::new())?, None)?;
    let objects = Overlay(&memory, objects);
    let plan = workspace::plan(&objects, nothing, files)?;
    if folder.exists()
        && let Some(path) = workspace::unplanned(folder, &plan)?
    {
        let folder = folder.display();
        return Err(Error::usage(format!(
            "cannot restore into \"{folder}\": it is not empty, \"{path}\" is in it"
        ))
        .hint(
            "name a folder that does not exist, or one in which a restore of the same version was interrupted",
        ));
    }
    if !folder.exists()
        && let Some(new) = AtomicFolder::begin(folder)?
    {
        return unpack_into_new(new, &plan, folder, &objects, progress);
    }
    let made = fs::create_dir_all(folder)
        .and_then(|()| workspace::apply(&plan, folder, &objects, progress))
        // A run that was interrupted may have made the folder, and not synced its name.
        .and_then(|_| folder.parent().map_or(Ok(()), fs::confirm_dir));
    made.map_err(|error| error.also("run the same command again to finish it"))?;
    Ok(object::leaves(&objects, files)?.len())
}

/// Unpacks into a folder that appears under its name when it is complete and durable.
fn unpack_into_new(
    new: AtomicFolder,
    plan: &workspace::RestorePlan,
    folder: &Path,
    objects: &(dyn Source + Sync),
    progress: &Progress,
) -> Result<usize> {
    let made = workspace::create_in_new(plan, &new.path(), objects, progress)
        .and_then(|files| Ok((files, new.publish()?)))
        .map_err(|error| {
            error.also("the folder was not created: run the same command again to create it")
        })?;
    match made {
        (files, Published::Done) => Ok(files),
        (_, Published::Exists) => Err(Error::conflict(format!(
            "cannot restore into \"{}\": something else has this name",
            folder.display()
        ))
        .hint("name a folder that does not exist")),
    }
}
