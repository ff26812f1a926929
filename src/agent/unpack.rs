//! The files of a version, written into a folder that is no project.

use crate::error::{At, Error, Result};
use crate::fs;
use crate::object::{self, Id, Joined, Memory, Sink, Source, Tree};
use crate::progress::Progress;
use crate::workspace;
use std::path::Path;

/// Makes the folder hold exactly the files of the tree. It is not there yet, or empty. Gives the number of files.
pub fn unpack(objects: &dyn Source, files: Id, folder: &Path, progress: &Progress) -> Result<usize> {
    if folder.exists() && folder.read_dir().at("read", folder)?.next().is_some() {
        return Err(Error::usage(format!("cannot restore into \"{}\": it is not empty", folder.display()))
            .hint("name a folder that is not there yet"));
    }
    let mut memory = Memory::default();
    let nothing = memory.put_tree(&Tree::new(Vec::new())?, None)?;
    let objects = Joined(&memory, objects);
    let plan = workspace::plan(&objects, nothing, files)?;
    fs::create_dir_all(folder)?;
    workspace::apply(&plan, folder, &objects, progress)?;
    Ok(object::leaves(&objects, files)?.len())
}
