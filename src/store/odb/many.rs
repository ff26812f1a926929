//! Bulk insert: many blobs read, hashed and compressed on several threads.

use super::Batch;
use crate::error::Result;
use crate::object::{Id, ObjectKind, ReadBlob};
use crate::parallel;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below this many blobs threads cost more than they bring.
const MANY: usize = 64;

/// More threads than this only wait for each other at the one file.
const MOST_THREADS: usize = 8;

/// Numbers per task of a thread: neighbours stay neighbours in the pack.
const SHARE: usize = 16;

type NumberedIds = Vec<(usize, Option<Id>)>;

impl Batch {
    /// [`crate::object::Sink::put_blobs`] for threads that share the batch.
    pub fn add_many(&self, count: usize, read: &ReadBlob<'_>) -> Result<Vec<Option<Id>>> {
        let processors = parallel::processors();
        let threads = if count < MANY { 1 } else { processors.min(MOST_THREADS) };
        let next = AtomicUsize::new(0);
        let parts = parallel::share(threads, || self.work(count, &next, read));
        let mut ids = vec![None; count];
        for part in parts {
            part?.into_iter().for_each(|(number, id)| ids[number] = id);
        }
        Ok(ids)
    }

    fn work(&self, count: usize, next: &AtomicUsize, read: &ReadBlob<'_>) -> Result<NumberedIds> {
        let mut done = Vec::new();
        loop {
            let start = next.fetch_add(SHARE, Ordering::Relaxed);
            for number in start..count.min(start + SHARE) {
                let stored = read(number).and_then(|blob| match blob {
                    Some(blob) => self.add(ObjectKind::Blob, &blob.bytes, blob.base).map(Some),
                    None => Ok(None),
                });
                // The others need not begin anything new.
                done.push((number, stored.inspect_err(|_| next.store(count, Ordering::Relaxed))?));
            }
            if start >= count {
                return Ok(done);
            }
        }
    }
}
