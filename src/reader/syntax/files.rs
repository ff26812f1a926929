//! The files that the reader sees: those on the disk, some of them as if they held something else.
//!
//! Each read and each listing is recorded, so that an agent can be compared with the snapshot that it belongs to.

use crate::error::{At, Result};
use crate::fs;
use crate::object::Id;
use crate::reader::primitives::entry;
use oxc_resolver::{FileMetadata, FileSystem, FileSystemOs, ResolveError};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf, is_separator};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Debug, Default)]
pub struct Files {
    /// By absolute path; `None` is as if it were not there.
    overrides: Arc<BTreeMap<PathBuf, Option<Vec<u8>>>>,
    hidden: HiddenFiles,
    accesses: Arc<Mutex<Accesses>>,
}

/// Files of the disk that the reader does not see.
#[derive(Clone, Debug, Default)]
enum HiddenFiles {
    #[default]
    None,
    /// Everything below this folder but installed packages.
    Below(Arc<PathBuf>),
    All,
}

/// Accesses of the reader to files and folders, by absolute path. Keys are compared as bytes: comparing the parts of
/// paths costs much.
#[derive(Clone, Debug, Default)]
pub struct Accesses {
    /// Ids of the bytes that were read.
    pub files: BTreeMap<OsString, Id>,
    /// Paths at which nothing was found.
    pub absent: BTreeSet<OsString>,
    /// Paths at which something else than a file was found: a folder, or a link that was not followed.
    pub no_files: BTreeSet<OsString>,
    /// Names in the folders that were listed.
    pub folders: BTreeMap<PathBuf, Vec<String>>,
    /// True if the whole project was searched for sources.
    pub is_search: bool,
}

impl Files {
    pub fn with(overrides: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Files {
        Files { overrides: Arc::new(overrides), ..Files::default() }
    }

    /// These files below a folder, and no others.
    pub fn only(root: &Path, files: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Files {
        let hidden = HiddenFiles::Below(Arc::new(root.to_owned()));
        Files { overrides: Arc::new(files), hidden, ..Files::default() }
    }

    /// These files, and nothing of the disk: their author is somebody else, whose imports must not read what is on a server.
    pub fn alone(files: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Files {
        Files { overrides: Arc::new(files), hidden: HiddenFiles::All, ..Files::default() }
    }

    fn is_alone(&self) -> bool {
        matches!(self.hidden, HiddenFiles::All)
    }

    /// All accesses so far.
    pub fn accesses(&self) -> Accesses {
        self.record(|accesses| accesses.clone())
    }

    fn record<T>(&self, record: impl FnOnce(&mut Accesses) -> T) -> T {
        record(&mut self.accesses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records that a file has these bytes.
    fn note(&self, path: &Path, bytes: &[u8]) {
        if is_counted(path) {
            let id = Id::of_blob(bytes);
            self.record(|accesses| accesses.files.insert(path.into(), id));
        }
    }

    /// Records that no file was found at a path, or what else.
    fn note_no_file(&self, path: &Path, is_absent: bool) {
        if is_counted(path) {
            self.record(|accesses| match is_absent {
                true => drop(accesses.absent.insert(path.into())),
                false => drop(accesses.no_files.insert(path.into())),
            });
        }
    }

    fn noted<T: AsRef<[u8]>>(&self, path: &Path, read: io::Result<T>) -> io::Result<T> {
        match &read {
            Ok(bytes) => self.note(path, bytes.as_ref()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.note_no_file(path, true),
            Err(_) => {}
        }
        read
    }

    fn noted_kind(&self, path: &Path, found: io::Result<FileMetadata>) -> io::Result<FileMetadata> {
        if !found.as_ref().is_ok_and(|found| found.is_file()) {
            self.note_no_file(path, found.is_err());
        }
        found
    }

    fn overrides(&self, path: &Path) -> Option<Option<&Vec<u8>>> {
        match self.overrides.get(path) {
            Some(bytes) => Some(bytes.as_ref()),
            None => self.hides(path).then_some(None),
        }
    }

    fn hides(&self, path: &Path) -> bool {
        match &self.hidden {
            HiddenFiles::None => false,
            HiddenFiles::Below(root) => path
                .strip_prefix(&**root)
                .is_ok_and(|path| path.iter().next().is_some_and(|first| first != "node_modules")),
            HiddenFiles::All => true,
        }
    }

    /// The paths below a folder that were put there.
    fn below<'f>(&'f self, folder: &'f Path) -> impl Iterator<Item = &'f Path> {
        let from = self.overrides.range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
        let below = from.take_while(move |(path, _)| path.starts_with(folder));
        below.filter(|(_, bytes)| bytes.is_some()).map(|(path, _)| path.as_path())
    }

    pub fn is_file(&self, path: &Path) -> bool {
        let Some(bytes) = self.overrides(path) else {
            let found = path.metadata();
            let is_file = found.as_ref().is_ok_and(Metadata::is_file);
            if !is_file {
                self.note_no_file(path, found.is_err());
            }
            return is_file;
        };
        bytes.is_some()
    }

    pub fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        match self.overrides(path) {
            Some(Some(bytes)) => Ok(bytes.clone()),
            Some(None) => Err(io::Error::from(io::ErrorKind::NotFound)).at("read", path),
            None => fs::read(path).inspect(|bytes| self.note(path, bytes)),
        }
    }

    /// The bytes of a file, or `None` where there is no file.
    pub fn read_if_file(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match self.overrides(path) {
            Some(bytes) => Ok(bytes.cloned()),
            None if self.is_file(path) => {
                let bytes = fs::read_if_exists(path)?;
                match &bytes {
                    Some(bytes) => self.note(path, bytes),
                    None => self.note_no_file(path, true),
                }
                Ok(bytes)
            }
            None => Ok(None),
        }
    }

    /// The names in a folder, sorted; none where it does not exist.
    pub fn names(&self, folder: &Path) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        match std::fs::read_dir(folder) {
            _ if self.is_alone() => {}
            Ok(entries) => {
                for entry in entries {
                    let name = entry.at("read", folder)?.file_name();
                    if self.overrides(&folder.join(&name)) != Some(None) {
                        names.insert(name.to_string_lossy().into_owned());
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).at("read", folder),
        }
        let put = self.below(folder).filter(|path| path.parent() == Some(folder));
        names.extend(put.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())));
        let names: Vec<String> = names.into_iter().collect();
        self.record(|accesses| accesses.folders.insert(folder.to_owned(), names.clone()));
        Ok(names)
    }

    /// The files below a folder in which an agent could be made, in the order in which one is looked for.
    pub fn sources(&self, root: &Path) -> Vec<PathBuf> {
        self.record(|accesses| accesses.is_search = true);
        let mut found = if self.is_alone() { Vec::new() } else { entry::sources(root) };
        found.retain(|path| self.overrides(path) != Some(None));
        let put =
            self.below(root).filter(|path| entry::is_searched(root, path)).map(Path::to_owned);
        found.extend(put.filter(|path| self.is_alone() || !path.is_file()).collect::<Vec<_>>());
        found.sort_by_cached_key(|path| entry::order(path));
        found
    }

    fn metadata_of(&self, path: &Path) -> Option<io::Result<FileMetadata>> {
        match self.overrides(path) {
            Some(Some(_)) => Some(Ok(FileMetadata::new(true, false, false))),
            Some(None) if self.below(path).next().is_none() => {
                Some(Err(io::ErrorKind::NotFound.into()))
            }
            _ if self.below(path).next().is_some() => {
                Some(Ok(FileMetadata::new(false, true, false)))
            }
            _ => None,
        }
    }
}

/// False for parts of packages: what one consists of is known by its version.
fn is_counted(path: &Path) -> bool {
    const PACKAGES: &[u8] = b"node_modules";
    let mut parts =
        path.as_os_str().as_encoded_bytes().split(|byte| is_separator(char::from(*byte)));
    !parts.any(|part| part == PACKAGES)
}

/// File system of the resolver.
impl FileSystem for Files {
    fn new() -> Files {
        Files::default()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.overrides(path) {
            Some(bytes) => bytes.cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
            None => self.noted(path, FileSystemOs::new().read(path)),
        }
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        match self.overrides(path) {
            Some(_) => FileSystemOs::validate_string(FileSystem::read(self, path)?),
            None => self.noted(path, FileSystemOs::read_to_string(path)),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata_of(path)
            .unwrap_or_else(|| self.noted_kind(path, FileSystemOs::metadata(path)))
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata_of(path)
            .unwrap_or_else(|| self.noted_kind(path, FileSystemOs::symlink_metadata(path)))
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        match self.metadata_of(path) {
            Some(_) => Err(io::Error::from(io::ErrorKind::InvalidInput).into()),
            None => FileSystemOs::read_link(path),
        }
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        match self.metadata_of(path) {
            Some(found) => found.map(|_| path.to_owned()),
            None => FileSystemOs::canonicalize(path),
        }
    }
}
