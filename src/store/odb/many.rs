//! Bulk insert: many blobs read, hashed and compressed on several threads.

use super::Batch;
use crate::error::Result;
use crate::object::{Id, ObjectKind, ReadBlob, ReadLarge};
use crate::parallel::{self, Spread};

/// Below this many blobs threads cost more than they bring.
const MANY: usize = 64;

/// Numbers per task of a thread: neighbours stay neighbours in the pack.
const SHARE: usize = 16;

impl Batch {
    /// [`crate::object::Sink::put_blobs`] for threads that share the batch.
    pub fn add_many(&self, count: usize, read: &ReadBlob<'_>) -> Result<Vec<Option<Id>>> {
        parallel::try_map(Spread::over(count, SHARE, MANY), |number| match read(number)? {
            Some(blob) => self.add(ObjectKind::Blob, &blob.bytes, blob.base).map(Some),
            None => Ok(None),
        })
    }

    /// [`crate::object::Sink::put_large`] for threads that share the batch: each compresses a blob of its own.
    pub fn add_large(&self, count: usize, read: &ReadLarge<'_>) -> Result<()> {
        let add = |number| read(number, &mut |reader, base| self.add_from(reader, base));
        parallel::try_map(Spread::over(count, 1, 2), add).map(drop)
    }
}
