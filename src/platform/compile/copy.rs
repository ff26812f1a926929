//! A copy of a project in a folder of its own, which is removed with its value.

use super::SentFiles;
use super::lua_cli::LuaCli;
use crate::error::{At, Error, Result};
use crate::fs;
use crate::fs::Folder;
use crate::reader::compiled::{CompileManifest, MANIFEST};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use tempfile::TempDir;

pub struct Copy {
    /// Removes everything at the end.
    _folder: TempDir,
    root: PathBuf,
    home: PathBuf,
}

impl Copy {
    fn empty() -> Result<Copy> {
        let folder = fs::scratch_folder("lua-store-compile-")?;
        // The compiler writes real paths into its manifest.
        let real = folder.path().canonicalize().at("open", folder.path())?;
        let (root, home) = (real.join("project"), real.join("home"));
        fs::create_dir_unsynced(&root)?;
        fs::create_dir_unsynced(&home)?;
        Ok(Copy { _folder: folder, root, home })
    }

    /// These files, with the installed packages beside them.
    pub fn of(files: &SentFiles, lua_cli: &LuaCli) -> Result<Copy> {
        let copy = Copy::empty()?;
        for (path, bytes) in files {
            write(&copy.root.join(path), bytes)?;
        }
        let modules = lua_cli.modules.canonicalize().at("open", &lua_cli.modules)?;
        let target = modules.to_str().ok_or_else(|| {
            Error::failed(format!("\"{}\" is no name that can be linked", modules.display()))
        })?;
        Folder::open(&copy.root)?.begin_link("node_modules".to_owned(), target)?.keep();
        // Otherwise it asks npm for a newer one. The time is in the year 2100: no answer is older.
        let known =
            format!("{{\"latestVersion\":\"{}\",\"checkedAt\":4102444800000}}", lua_cli.version);
        write(&copy.home.join(".lua-cli/version-check.json"), known.as_bytes())?;
        Ok(copy)
    }

    /// A line with the paths of the project in the place of those of the copy.
    pub fn in_project(&self, line: &str) -> String {
        line.replace(&format!("{}{MAIN_SEPARATOR}", self.root.display()), "")
    }

    /// An output that was made elsewhere: its manifest, and what this lists.
    pub fn given(folder: &Path) -> Result<Copy> {
        let inner = folder.join("dist-v2");
        let from = if inner.is_dir() { inner } else { folder.to_owned() };
        let Some(manifest) = fs::read_if_exists(&from.join("manifest.json"))? else {
            return Err(Error::not_found(format!(
                "there is no \"manifest.json\" in \"{}\"",
                folder.display()
            ))
            .hint("name the folder \"dist-v2\" that `lua compile` made"));
        };
        let copy = Copy::empty()?;
        for one in CompileManifest::parse(&manifest)?.primitives {
            if let Some(bytes) = fs::read_if_exists(&from.join(&one.path))? {
                write(&copy.root.join("dist-v2").join(&one.path), &bytes)?;
            }
        }
        write(&copy.root.join(MANIFEST), &manifest)?;
        Ok(copy)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// An empty home, so that no key is in it.
    pub fn home(&self) -> &Path {
        &self.home
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    create_folders(path)?;
    fs::replace_unsynced(path, bytes)
}

/// Creates the folders above a file. None is synced: the copy lives for one command.
fn create_folders(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.is_dir() => {
            create_folders(folder)?;
            fs::create_dir_unsynced(folder)
        }
        _ => Ok(()),
    }
}
