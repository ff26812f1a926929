//! Edit files: those that an edit is about, on the disk or in memory.

use crate::error::{At, Error, Result};
use crate::fs;
use crate::reader::edit::site::EditSite;
use crate::reader::syntax::files::Files;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub enum EditFiles<'a> {
    /// The project in this folder.
    Folder(&'a Path),
    /// These files, as if they were all that the folder of a project contains, and the packages installed there.
    Inside(&'a Path, &'a BTreeMap<String, Vec<u8>>),
    /// These files, and nothing of the disk.
    Alone(&'a BTreeMap<String, Vec<u8>>),
}

impl EditFiles<'_> {
    /// The canonical folder of the files; one that need not exist for those that are alone.
    pub fn root(&self) -> Result<PathBuf> {
        match self {
            EditFiles::Folder(root) | EditFiles::Inside(root, _) => {
                root.canonicalize().at("read", root)
            }
            EditFiles::Alone(_) => Ok(fs::nowhere()),
        }
    }

    /// Files below the canonical root, some of them as if they had other bytes.
    pub fn files(&self, root: &Path, overrides: &BTreeMap<String, Option<Vec<u8>>>) -> Files {
        let overrides: BTreeMap<_, _> =
            overrides.iter().map(|(path, bytes)| (root.join(path), bytes.clone())).collect();
        let all = |held: &BTreeMap<String, Vec<u8>>| {
            let held = held.iter().map(|(path, bytes)| (root.join(path), Some(bytes.clone())));
            held.chain(overrides.clone()).collect()
        };
        match self {
            EditFiles::Folder(_) => Files::with(overrides),
            EditFiles::Inside(_, held) => Files::only(root, all(held)),
            EditFiles::Alone(held) => Files::alone(all(held)),
        }
    }

    /// Bytes of the file of a place.
    pub fn read(&self, place: &EditSite) -> Result<Vec<u8>> {
        match self {
            EditFiles::Folder(_) => fs::read(&place.file),
            EditFiles::Inside(_, files) | EditFiles::Alone(files) => {
                let outside = || outside(&place.path);
                files.get(&place.path).cloned().ok_or_else(outside)
            }
        }
    }

    /// A value that a package of the workspace around the project gives is not ours to change.
    pub fn require_inside(&self, place: &EditSite) -> Result<()> {
        let root = self.root()?;
        let file = match self {
            EditFiles::Folder(_) => place.file.canonicalize().at("read", &place.file)?,
            EditFiles::Inside(..) | EditFiles::Alone(_) => place.file.clone(),
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
    use crate::reader;
    use crate::reader::edit::tests::{FORMS, lay_out};
    use crate::reader::edit::{AgentField, preview, preview_files};
    use std::collections::BTreeMap;
    use tempfile::TempDir;

    /// The author of files on a server is somebody else, who must not read what that machine has.
    #[test]
    fn files_that_are_alone_import_nothing_of_the_disk() {
        let root = TempDir::new().unwrap();
        std::fs::create_dir_all(root.path().join("node_modules/words")).unwrap();
        for (path, text) in [
            ("secret.json", r#"{"key": "of the machine"}"#),
            ("secret.ts", "export const key = 'of the machine';"),
            ("node_modules/words/package.json", r#"{"name": "words", "main": "index.js"}"#),
            ("node_modules/words/index.js", "exports.key = 'of the machine';"),
        ] {
            std::fs::write(root.path().join(path), text).unwrap();
        }
        let place = root.path().canonicalize().unwrap();
        let place = place.to_str().unwrap().replace('\\', "/");
        let up = "../".repeat(20);
        for import in [
            format!("import secret from '{place}/secret.json'; const key = secret.key;"),
            format!("import secret from '{up}{place}/secret.json'; const key = secret.key;"),
            format!("import {{ key }} from '{place}/secret';"),
            format!("import {{ key }} from '{up}{place}/secret.ts';"),
            format!("import {{ key }} from '{up}{place}/node_modules/words';"),
            format!(
                "import fs from 'fs'; const key = fs.readFileSync('{place}/secret.json', 'utf8');"
            ),
        ] {
            let text = format!(
                "import {{ LuaAgent }} from 'lua-cli';\n{import}\nexport default new LuaAgent({{ name: 'a', persona: key }});\n"
            );
            let held = BTreeMap::from([("src/index.ts".to_owned(), text.clone().into_bytes())]);
            let read = reader::files(None, &held).map(|agent| format!("{agent:?}"));
            let found = read.unwrap_or_else(|error| error.message().to_owned());
            assert!(!found.contains("of the machine"), "{import}: {found}");
            // The same code reads them where its author has them, but for packages and for files outside a project.
            if !import.contains("node_modules") && !import.contains("readFileSync") {
                let project = root.path().join("project");
                std::fs::create_dir_all(project.join("src")).unwrap();
                std::fs::write(project.join("src/index.ts"), &text).unwrap();
                let agent = reader::project(&project).unwrap();
                assert!(format!("{agent:?}").contains("of the machine"), "{import}");
            }
        }
    }

    /// Files that are in no folder are edited like those of one.
    #[test]
    fn the_same_files_in_memory_get_the_same_edit() {
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
            let in_memory = preview_files(&held, &AgentField::Persona, text).unwrap();
            assert_eq!(in_memory, on_disk, "{name}");
        }
    }
}
