//! Leftovers: files under temporary names of a restore that was cut off. Its drafts are removed. What it had put aside goes only
//! where the store holds it: a file that was saved in that moment is in no snapshot, so it gets a name that is seen.

use super::walk::{FolderWalk, WalkEnd, split};
use crate::error::{At, Result};
use crate::fs::{self, FileKind, Folder};
use crate::object::{Id, Source};
use crate::progress::Progress;
use crate::workspace::scan::join;
use std::io;
use std::path::Path;

/// Clears the leftovers that a snapshot found, so that none stays where nothing is to be restored.
pub fn sweep(
    root: &Path,
    leftovers: &[String],
    source: &dyn Source,
    progress: &Progress,
) -> Result<()> {
    let mut walk = FolderWalk::new(root)?;
    for path in leftovers {
        let (folder, name) = split(path);
        if walk.go(folder, false)? == WalkEnd::Folder {
            clear(walk.here(), folder, name, source, progress)?;
        }
    }
    Ok(())
}

/// Clears the leftovers in one folder.
pub fn sweep_in(
    here: &Folder,
    folder: &str,
    source: &dyn Source,
    progress: &Progress,
) -> Result<()> {
    let leftovers = here.leftovers()?;
    leftovers.iter().try_for_each(|name| clear(here, folder, name, source, progress))
}

fn clear(
    here: &Folder,
    folder: &str,
    name: &str,
    source: &dyn Source,
    progress: &Progress,
) -> Result<()> {
    let standing = match here.file_kind(name)? {
        Some(standing @ (FileKind::File { .. } | FileKind::Link)) => standing,
        // Of a restore into a new folder, which is this one when it is complete.
        Some(FileKind::Folder) if fs::is_folder(name) => return here.remove_new_folder(name),
        // No restore made these.
        Some(FileKind::Folder | FileKind::Other) | None => return Ok(()),
    };
    if fs::is_draft(name) || is_stored(here, name, standing, source) {
        return here.remove(name);
    }
    let former = fs::former(name);
    let kept = save(here, name, former)?;
    let (former, kept) = (join(folder, former), join(folder, &kept));
    progress.remark(format!(
        "\"{former}\" was saved while an interrupted restore replaced it; the saved file is \"{kept}\""
    ));
    Ok(())
}

/// True if the store can give the bytes back. A file that cannot be read cannot be compared, and is
/// kept.
fn is_stored(here: &Folder, name: &str, standing: FileKind, source: &dyn Source) -> bool {
    let mut hasher = Id::blob_hasher();
    let id = match standing {
        FileKind::Link => here.read_link(name).map(|target| Id::of_blob(&target)),
        _ => here.read(name).and_then(|mut file| {
            io::copy(&mut file, &mut hasher).at("read", &here.path().join(name))?;
            Ok(Id::from(hasher.finalize()))
        }),
    };
    let Ok(id) = id else { return false };
    let mut stored = Id::blob_hasher();
    source.copy_blob(&id, &mut stored).is_ok() && Id::from(stored.finalize()) == id
}

/// Gives a file under a temporary name one that the user sees, beside the place that it had.
pub fn save(here: &Folder, temporary: &str, former: &str) -> Result<String> {
    let mut number = 1;
    loop {
        let name = fs::saved(former, number);
        if here.claim(temporary, &name)? {
            return Ok(name);
        }
        number += 1;
    }
}
