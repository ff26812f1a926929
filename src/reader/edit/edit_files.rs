//! Edit files: those that an edit is about, on the disk or in memory.

use crate::error::{At, Error, Result};
use crate::fs;
use crate::reader::edit::site::EditSite;
use crate::reader::syntax::files::Files;
use std::collections::BTreeMap;
use std::path::Path;

pub enum EditFiles<'a> {
    /// The project in this folder.
    Folder(&'a Path),
    /// These files alone, as if they were all that a folder contains. The folder is any that exists.
    Files(&'a Path, &'a BTreeMap<String, Vec<u8>>),
}

impl EditFiles<'_> {
    pub fn root(&self) -> &Path {
        match self {
            EditFiles::Folder(root) | EditFiles::Files(root, _) => root,
        }
    }

    /// Files below the canonical root, some of them as if they had other bytes.
    pub fn files(&self, root: &Path, overrides: &BTreeMap<String, Option<Vec<u8>>>) -> Files {
        let overrides =
            overrides.iter().map(|(path, bytes)| (root.join(path), bytes.clone())).collect();
        match self {
            EditFiles::Folder(_) => Files::with(overrides),
            EditFiles::Files(_, held) => {
                let held = held.iter().map(|(path, bytes)| (root.join(path), Some(bytes.clone())));
                Files::only(root, held.chain(overrides).collect())
            }
        }
    }

    /// Bytes of the file of a place.
    pub fn read(&self, place: &EditSite) -> Result<Vec<u8>> {
        match self {
            EditFiles::Folder(_) => fs::read(&place.file),
            EditFiles::Files(_, files) => {
                let outside = || outside(&place.path);
                files.get(&place.path).cloned().ok_or_else(outside)
            }
        }
    }

    /// A value that a package of the workspace around the project gives is not ours to change.
    pub fn require_inside(&self, place: &EditSite) -> Result<()> {
        let root = self.root().canonicalize().at("read", self.root())?;
        let file = match self {
            EditFiles::Folder(_) => place.file.canonicalize().at("read", &place.file)?,
            EditFiles::Files(..) => place.file.clone(),
        };
        file.strip_prefix(&root).map(drop).map_err(|_| outside(&place.path))
    }
}

fn outside(path: &str) -> Error {
    Error::failed(format!("cannot edit \"{path}\": it is outside the project"))
        .hint("change the file by hand, or write the value into the agent's own file")
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use crate::reader::edit::tests::{FORMS, lay_out};
    use crate::reader::edit::{AgentField, preview, preview_files};
    use tempfile::TempDir;

    /// Files that are in no folder are edited like those of one.
    #[test]
    fn the_same_files_in_memory_get_the_same_edit() {
        let nowhere = TempDir::new().unwrap();
        for (name, files, _) in FORMS {
            let root = TempDir::new().unwrap();
            lay_out(root.path(), files);
            let below = |path: &str| format!("src/{path}");
            let held = files.iter().map(|(path, _)| {
                (below(path), std::fs::read(root.path().join(below(path))).unwrap())
            });
            let text = "a new text\nof `two` lines";
            let on_disk = preview(root.path(), &AgentField::Persona, text).unwrap();
            let held = held.collect();
            let in_memory =
                preview_files(nowhere.path(), &held, &AgentField::Persona, text).unwrap();
            assert_eq!(in_memory, on_disk, "{name}");
        }
    }
}
