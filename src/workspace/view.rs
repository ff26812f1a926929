//! View of the project as a source of objects, with nothing stored: for comparisons.

use super::snapshot::{Snapshot, SnapshotOptions, take};
use super::store::FileHasher;
use crate::error::{At, Error, Result};
use crate::fs;
use crate::object::{self, Id, Mode, ObjectKind, ReadBlob, ReadLarge, Sink, Source};
use crate::parallel::{self, Spread};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The objects of a store, and those that the project would add to it. Its files are read, and
/// checked against their ids, when they are asked for.
pub struct ProjectView<'s> {
    store: &'s dyn Source,
    root: PathBuf,
    tree: Option<Id>,
    /// Objects that were put one by one: trees, and objects derived from the files.
    kept: HashMap<Id, (ObjectKind, Vec<u8>)>,
    files: OnceCell<HashMap<Id, (String, Mode)>>,
}

/// Takes a snapshot that is not stored.
pub fn preview<'s>(
    root: &Path,
    store: &'s dyn Source,
    options: &SnapshotOptions<'_>,
) -> Result<(Snapshot, ProjectView<'s>)> {
    let mut view = ProjectView {
        store,
        root: root.to_owned(),
        tree: None,
        kept: HashMap::new(),
        files: OnceCell::new(),
    };
    let snapshot = take(root, &mut FileHasher::looking(&mut view), options)?;
    view.tree = Some(snapshot.tree);
    Ok((snapshot, view))
}

impl ProjectView<'_> {
    fn file(&self, id: &Id) -> Result<Option<Vec<u8>>> {
        if self.files.get().is_none() {
            let leaves =
                self.tree.map_or_else(|| Ok(Vec::new()), |tree| object::leaves(self, tree))?;
            let files = leaves.into_iter().map(|(path, mode, id)| (id, (path, mode))).collect();
            let _ = self.files.set(files);
        }
        let Some((path, mode)) = self.files.get().and_then(|files| files.get(id)) else {
            return Ok(None);
        };
        let full = self.root.join(path);
        let bytes = match mode {
            Mode::Symlink => {
                std::fs::read_link(&full).at("read", &full)?.into_os_string().into_encoded_bytes()
            }
            _ => read_whole(&full)?,
        };
        if Id::of_blob(&bytes) != *id {
            return Err(Error::conflict(format!("\"{}\" changed meanwhile", full.display()))
                .hint("run the command again"));
        }
        Ok(Some(bytes))
    }
}

fn hash(reader: &mut dyn Read) -> Result<Id> {
    let mut hasher = Id::blob_hasher();
    let copied = io::copy(reader, &mut hasher);
    copied.map_err(|error| Error::failed(format!("cannot read: {error}")))?;
    Ok(hasher.finalize().into())
}

fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::open_file(path).and_then(|mut file| file.read_to_end(&mut bytes)).at("read", path)?;
    Ok(bytes)
}

impl Source for ProjectView<'_> {
    fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
        if let Some(kept) = self.kept.get(id) {
            return Ok(Some(kept.clone()));
        }
        match self.store.find(id)? {
            Some(found) => Ok(Some(found)),
            None => Ok(self.file(id)?.map(|bytes| (ObjectKind::Blob, bytes))),
        }
    }

    fn contains(&self, id: &Id) -> Result<bool> {
        Ok(self.kept.contains_key(id) || self.store.contains(id)?)
    }
}

/// Files are only hashed; they can be read again. What is put by itself is kept in memory.
impl Sink for ProjectView<'_> {
    fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>, _base: Option<Id>) -> Result<Id> {
        let id = kind.id_of(&bytes);
        self.kept.insert(id, (kind, bytes));
        Ok(id)
    }

    fn put_blob_from(&mut self, reader: &mut dyn Read, _base: Option<Id>) -> Result<Id> {
        hash(reader)
    }

    fn put_large(&mut self, count: usize, read: &ReadLarge<'_>) -> Result<()> {
        let read = |number| read(number, &mut |reader, _| hash(reader));
        parallel::try_map(Spread::over(count, 1, 2), read).map(drop)
    }

    fn put_blobs(&mut self, count: usize, read: &ReadBlob<'_>) -> Result<Vec<Option<Id>>> {
        let hash = |number| Ok(read(number)?.map(|blob| Id::of_blob(&blob.bytes)));
        parallel::try_map(Spread::over(count, 16, 100), hash)
    }
}
