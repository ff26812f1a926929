//! Begun restore: a folder that is empty but for files of a restore that was cut off.

use super::clear::holds;
use super::plan::RestorePlan;
use super::walk::{FolderWalk, WalkEnd, above};
use crate::error::Result;
use crate::fs::{self, FileKind};
use crate::object::Leaf;
use crate::workspace::scan::join;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The first path in a folder that a restore of this plan into an empty one would not have made.
pub fn unplanned(root: &Path, plan: &RestorePlan) -> Result<Option<String>> {
    let files: HashMap<&str, Leaf> =
        plan.writes().map(|(step, leaf)| (&*step.path, leaf)).collect();
    let folders: HashSet<&str> = files.keys().flat_map(|path| above(path)).collect();
    let mut walk = FolderWalk::new(root)?;
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        if walk.go(&folder, false)? != WalkEnd::Folder {
            return Ok(Some(folder));
        }
        let here = walk.here();
        for name in here.names()? {
            let path = join(&folder, &name.to_string_lossy());
            let Some(name) = name.to_str() else { return Ok(Some(path)) };
            match here.file_kind(name)? {
                None => {}
                Some(FileKind::File { .. } | FileKind::Link) if fs::is_temporary(name) => {}
                Some(FileKind::Folder) if folders.contains(&*path) => open.push(path),
                Some(standing) => match files.get(&*path) {
                    Some(leaf) if holds(here, name, standing, *leaf)? => {}
                    _ => return Ok(Some(path)),
                },
            }
        }
    }
    Ok(None)
}
