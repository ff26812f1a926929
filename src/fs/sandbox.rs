//! Folders of the project, held open. What is done goes from handle to handle by single names, and
//! no link is ever followed, so nothing can be led outside the project, not even by somebody who
//! swaps a folder for a link meanwhile.

use super::fault::{self, Step};
use super::temporary;
use super::unsynced::{FileSystem, Unsynced};
use crate::error::{At, Result};
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, Metadata, OpenOptions};
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Kind of an entry of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File { executable: bool },
    Link,
    Folder,
    Other,
}

impl FileKind {
    fn of(metadata: &Metadata) -> FileKind {
        let kind = metadata.file_type();
        if kind.is_symlink() {
            FileKind::Link
        } else if kind.is_dir() {
            FileKind::Folder
        } else if kind.is_file() {
            FileKind::File { executable: is_executable(metadata) }
        } else {
            FileKind::Other
        }
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    cap_std::fs::MetadataExt::mode(metadata) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// An open folder. Its path is for messages only.
pub struct Folder {
    pub(super) dir: Dir,
    pub(super) path: PathBuf,
}

impl Folder {
    /// Opens the folder that everything else is below. Links on the way to it are the caller's.
    pub fn open(path: &Path) -> Result<Folder> {
        let dir = Dir::open_ambient_dir(path, cap_std::ambient_authority()).at("open", path)?;
        Ok(Folder { dir, path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same folder once more, for another thread.
    pub fn reopen(&self) -> Result<Folder> {
        let dir = self.dir.try_clone().at("open", &self.path)?;
        Ok(Folder { dir, path: self.path.clone() })
    }

    /// Kind of the entry under a name, links not followed; `None` if there is none.
    pub fn file_kind(&self, name: &str) -> Result<Option<FileKind>> {
        fault::note_question(|| self.path.join(name));
        match self.dir.symlink_metadata(name) {
            Ok(metadata) => Ok(Some(FileKind::of(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("read", &self.path.join(name)),
        }
    }

    /// The folder under a name. A link to one is an error.
    pub fn enter(&self, name: &str) -> Result<Folder> {
        let path = self.path.join(name);
        let dir = self.dir.open_dir_nofollow(name).at("open", &path)?;
        Ok(Folder { dir, path })
    }

    /// Makes a folder, and goes into it. One that somebody else made meanwhile will do.
    pub fn make(&self, name: &str) -> Result<Folder> {
        let path = self.path.join(name);
        match fault::step(Step::Mkdir, &path, || self.dir.create_dir(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.at("create", &path)?,
        }
        self.enter(name)
    }

    /// The names in it, sorted.
    pub fn names(&self) -> Result<Vec<OsString>> {
        let entries = self.dir.entries().at("read", &self.path)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names = names.collect::<io::Result<Vec<_>>>().at("read", &self.path)?;
        names.sort_unstable();
        Ok(names)
    }

    /// Opens a file for reading.
    pub fn read(&self, name: &str) -> Result<impl Read> {
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        self.dir.open_with(name, &options).at("read", &self.path.join(name))
    }

    /// The target of a link, byte for byte.
    pub fn read_link(&self, name: &str) -> Result<Vec<u8>> {
        let target = self.dir.read_link_contents(name).at("read", &self.path.join(name))?;
        Ok(target.into_os_string().into_encoded_bytes())
    }

    /// True if names in it may be made and removed.
    pub fn is_writable(&self) -> bool {
        self.dir.try_clone().is_ok_and(|dir| super::platform::is_writable(&dir.into_std_file()))
    }

    /// Gives a finished draft the temporary name that what it replaces has afterwards: another one than drafts have,
    /// which never hold anything of the user's.
    pub fn ready(&self, draft: &str, name: &str) -> Result<String> {
        let aside = temporary::aside(name);
        let path = self.path.join(&aside);
        let rename = || self.dir.rename(draft, &self.dir, &aside);
        fault::step(Step::Aside, &path, rename).at("write", &path).map(|()| aside)
    }

    /// Gives a draft that is ready its final name, and what has it the name of the draft. Where the file system cannot
    /// do that in one step, the draft only takes the place of the other, which is gone then. Says whether a file is
    /// under the draft's name.
    pub fn exchange(&self, draft: &str, name: &str) -> Result<bool> {
        let path = self.path.join(name);
        let exchange = || super::platform::exchange(&self.dir, draft, name);
        match fault::step(Step::Rename, &path, exchange) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                self.dir.rename(draft, &self.dir, name).at("write", &path).map(|()| false)
            }
            exchanged => exchanged.at("write", &path).map(|()| true),
        }
    }

    /// Gives a file a name that nothing has; `false` where something has it.
    pub fn claim(&self, from: &str, name: &str) -> Result<bool> {
        let path = self.path.join(name);
        let rename = || super::platform::rename_new(&self.dir, from, name);
        match fault::step(Step::Rename, &path, rename) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => match self
                .file_kind(name)?
            {
                Some(_) => Ok(false),
                None => self.dir.rename(from, &self.dir, name).at("write", &path).map(|()| true),
            },
            renamed => renamed.at("write", &path).map(|()| true),
        }
    }

    /// Takes the name from a file or link and gives the temporary one that it has then; `None` where it is gone.
    pub fn set_aside(&self, name: &str) -> Result<Option<String>> {
        let path = self.path.join(name);
        let aside = temporary::aside(name);
        match fault::step(Step::Aside, &path, || self.dir.rename(name, &self.dir, &aside)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            renamed => renamed.at("remove", &path).map(|()| Some(aside)),
        }
    }

    /// Removes a file or link; one that is gone already is fine.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match fault::step(Step::Remove, &path, || self.dir.remove_file_or_symlink(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.at("remove", &path),
        }
    }

    /// Removes a folder unless something is in it; says whether it is gone.
    pub fn remove_empty(&self, name: &str) -> Result<bool> {
        let path = self.path.join(name);
        match fault::step(Step::Remove, &path, || self.dir.remove_dir(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(error) => Err(error).at("remove", &path),
        }
    }

    /// The names in it that are temporary, of a restore that was cut off or of one that goes on.
    pub fn leftovers(&self) -> Result<Vec<String>> {
        let names = self.names()?.into_iter().filter_map(|name| name.into_string().ok());
        Ok(names.filter(|name| temporary::is_temporary(name)).collect())
    }

    /// Its names, to be made durable.
    pub fn unsynced(&self) -> Result<Unsynced> {
        let dir = self.dir.try_clone().at("sync", &self.path)?;
        Ok(Unsynced::folder(dir.into_std_file(), self.path.clone()))
    }

    /// A file in it that somebody wrote, to be made durable.
    pub fn unsynced_file(&self, name: &str) -> Result<Unsynced> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        // Windows syncs only what is open for writing.
        options.read(true).write(cfg!(windows)).follow(FollowSymlinks::No);
        let file = self.dir.open_with(name, &options).at("open", &path)?;
        Ok(Unsynced::file(file.into_std(), path))
    }

    /// Its file system, to be synced as a whole. Only if [`super::CAN_SYNC_ALL`].
    pub fn file_system(&self) -> Result<FileSystem> {
        let dir = self.dir.try_clone().at("open", &self.path)?.into_std_file();
        FileSystem::of(&dir, self.path.clone())
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use super::super::draft::make_link;
    use super::*;
    use std::io::Write;

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_entered_and_not_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("outside")).unwrap();
        std::fs::write(dir.path().join("outside/file"), "secret").unwrap();
        std::fs::create_dir(dir.path().join("root")).unwrap();
        let folder = Folder::open(&dir.path().join("root")).unwrap();
        make_link(&folder.dir, "../outside", "link").unwrap();
        make_link(&folder.dir, "../outside/file", "file").unwrap();
        assert!(folder.enter("link").is_err());
        assert!(folder.make("link").is_err());
        assert!(folder.read("file").is_err());
        assert!(folder.enter("..").is_err());
        assert!(folder.file_kind("../outside/file").is_err());
        assert!(folder.remove("../outside/file").is_err());
        assert!(dir.path().join("outside/file").exists());
        folder.remove("file").unwrap();
        assert!(dir.path().join("outside/file").exists(), "the link went, not what it names");
    }

    #[test]
    fn a_draft_replaces_in_one_step_or_disappears() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        std::fs::write(dir.path().join("a"), "old").unwrap();
        let mut draft = folder.draft(false).unwrap();
        draft.write_all(b"half").unwrap();
        drop(draft);
        assert_eq!(folder.names().unwrap(), ["a"]);
        let mut draft = folder.draft(false).unwrap();
        draft.write_all(b"new").unwrap();
        let name = draft.keep().0;
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"old");
        assert!(!folder.claim(&name, "a").unwrap());
        if folder.exchange(&name, "a").unwrap() {
            assert_eq!(std::fs::read(dir.path().join(&name)).unwrap(), b"old");
            folder.remove(&name).unwrap();
        }
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"new");
        assert_eq!(folder.names().unwrap(), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        std::fs::write(dir.path().join("target"), "safe").unwrap();
        make_link(&folder.dir, "target", "a").unwrap();
        let mut draft = folder.draft(false).unwrap();
        draft.write_all(b"new").unwrap();
        let name = draft.keep().0;
        folder.exchange(&name, "a").unwrap();
        folder.remove(&name).unwrap();
        assert_eq!(std::fs::read(dir.path().join("target")).unwrap(), b"safe");
        assert_eq!(folder.file_kind("a").unwrap(), Some(FileKind::File { executable: false }));
    }
}
