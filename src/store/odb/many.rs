//! Bulk insert: many blobs read, hashed and compressed on several threads.

use super::Batch;
use crate::error::Result;
use crate::object::{Id, ObjectKind, ReadBlob};
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
}
