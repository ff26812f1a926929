//! The files of a version, written into a folder that is no project.

use crate::error::{Error, Result};
use crate::fs;
use crate::object::{self, Id, Memory, Overlay, Sink, Source, Tree};
use crate::progress::Progress;
use crate::workspace;
use std::path::Path;

/// Unpacks a tree into a folder that is missing, empty, or holds part of the same files from an
/// interrupted run. Returns the number of files.
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
    let made = fs::create_dir_all(folder)
        .and_then(|()| workspace::apply(&plan, folder, &objects, progress).map(drop));
    made.map_err(|error| error.also("run the same command again to finish it"))?;
    Ok(object::leaves(&objects, files)?.len())
}
