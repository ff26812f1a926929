//! Objects: blobs and trees, named by the hash of their bytes. No I/O and no clock: `store`,
//! `remote_store` and memory implement [`Source`] and [`Sink`].

mod compare;
mod encoded_entries;
mod extent;
mod graft;
mod id;
mod memory;
mod overlay;
mod path;
mod rewriter;
mod tombstone;
mod tree;

pub use crate::object::overlay::Overlay;
pub use compare::{Leaf, TreeDifference, compare, leaves};
pub use encoded_entries::EncodedEntries;
pub use extent::{PathLimits, TreeExtent, TreeExtents};
pub use graft::graft;
pub use id::{Id, IdPrefix};
pub use memory::Memory;
pub use path::{PathFinder, entry_at, nest};
pub use rewriter::Rewriter;
pub use tombstone::Tombstone;
pub use tree::{Mode, Tree, TreeEntry, check_name, encode_entries};

use crate::error::{Error, Hint, Result};
use std::io::{self, Read, Write};

/// The two kinds of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    Blob,
    Tree,
}

impl ObjectKind {
    pub fn word(self) -> &'static str {
        match self {
            ObjectKind::Blob => "blob",
            ObjectKind::Tree => "tree",
        }
    }

    /// The id of an object of this kind with these bytes.
    pub fn id_of(self, bytes: &[u8]) -> Id {
        match self {
            ObjectKind::Blob => Id::of_blob(bytes),
            ObjectKind::Tree => Id::of_tree(bytes),
        }
    }
}

/// True if git would call these bytes binary: a NUL among the first 8000.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].contains(&0)
}

/// Source of objects: a store, a batch being written, memory.
pub trait Source {
    /// The object's kind and bytes, or `None` where there is no such object.
    fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>>;

    fn contains(&self, id: &Id) -> Result<bool> {
        Ok(self.find(id)?.is_some())
    }

    fn blob(&self, id: &Id) -> Result<Vec<u8>> {
        match self.find(id)? {
            Some((ObjectKind::Blob, bytes)) => Ok(bytes),
            Some((ObjectKind::Tree, _)) => {
                Err(Error::corrupt(format!("object {id} is a tree, not a blob")))
            }
            None => Err(missing(id)),
        }
    }

    /// Length of a blob. A store says it from its index where it can, and reads no blob for it.
    fn blob_len(&self, id: &Id) -> Result<u64> {
        self.blob(id).map(|bytes| bytes.len() as u64)
    }

    /// Writes a blob's bytes to `out`, for blobs too large to hold. `Ok` only where they have this id: nobody hashes them
    /// once more. A store overrides this to stream; it reports a failure of `out` itself as it comes.
    fn copy_blob(&self, id: &Id, out: &mut dyn Write) -> Result<u64> {
        let bytes = self.blob(id)?;
        if Id::of_blob(&bytes) != *id {
            return Err(Error::corrupt(format!("object {id} is damaged")).hint(Hint::FsckAffected));
        }
        out.write_all(&bytes).map_err(|error| write_failed(id, &error))?;
        Ok(bytes.len() as u64)
    }

    fn tree(&self, id: &Id) -> Result<Tree> {
        tree_of(id, self.find(id)?)
    }
}

/// The tree that was found under an id.
pub fn tree_of(id: &Id, found: Option<(ObjectKind, Vec<u8>)>) -> Result<Tree> {
    match found {
        Some((ObjectKind::Tree, bytes)) => Tree::decode(&bytes),
        Some((ObjectKind::Blob, _)) => {
            Err(Error::corrupt(format!("object {id} is a blob, not a tree")))
        }
        None => Err(missing(id)),
    }
}

/// Sink for new objects. Storing an existing object is cheap and changes nothing.
pub trait Sink {
    /// `base` is an older object with similar bytes, where the caller knows one: the previous
    /// version of the same path.
    fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>, base: Option<Id>) -> Result<Id>;

    fn put_blob(&mut self, bytes: Vec<u8>, base: Option<Id>) -> Result<Id> {
        self.put(ObjectKind::Blob, bytes, base)
    }

    fn put_tree(&mut self, tree: &Tree, base: Option<Id>) -> Result<Id> {
        self.put(ObjectKind::Tree, tree.encode(), base)
    }

    /// Puts a blob that is too large to hold. A store overrides this to stream.
    fn put_blob_from(&mut self, reader: &mut dyn Read, base: Option<Id>) -> Result<Id> {
        let mut bytes = Vec::new();
        reader
            .read_to_end(&mut bytes)
            .map_err(|error| Error::failed(format!("cannot read: {error}")))?;
        self.put_blob(bytes, base)
    }

    /// Puts `count` blobs, the ids in the order of the numbers. `read` is called once for each number
    /// and may leave one out. A store overrides this to read and compress on several threads.
    fn put_blobs(&mut self, count: usize, read: &ReadBlob<'_>) -> Result<Vec<Option<Id>>> {
        let put = |number| match read(number)? {
            Some(blob) => self.put_blob(blob.bytes, blob.base).map(Some),
            None => Ok(None),
        };
        (0..count).map(put).collect()
    }

    /// Puts `count` blobs that are too large to hold. `read` is called once for each number, and puts its blob. A store
    /// overrides this to do so on several threads.
    fn put_large(&mut self, count: usize, read: &ReadLarge<'_>) -> Result<()> {
        (0..count).try_for_each(|number| {
            read(number, &mut |reader, base| self.put_blob_from(reader, base))
        })
    }
}

/// Bytes on their way into a store, and the older object they resemble.
pub struct NewBlob {
    pub bytes: Vec<u8>,
    pub base: Option<Id>,
}

/// Gives the blob of a number, from any thread.
pub type ReadBlob<'a> = dyn Fn(usize) -> Result<Option<NewBlob>> + Sync + 'a;

/// Puts a blob that is read piece by piece.
pub type PutFrom<'a> = dyn FnMut(&mut dyn Read, Option<Id>) -> Result<Id> + 'a;

/// Reads the large blob of a number, from any thread, and puts it.
pub type ReadLarge<'a> = dyn Fn(usize, &mut PutFrom<'_>) -> Result<()> + Sync + 'a;

fn write_failed(id: &Id, error: &io::Error) -> Error {
    Error::failed(format!("cannot write the bytes of object {id}: {error}"))
}

fn missing(id: &Id) -> Error {
    Error::corrupt(format!("object {id} is missing")).hint(Hint::FsckAffected)
}
