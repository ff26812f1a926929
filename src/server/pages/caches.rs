//! Caches of what pages compute of objects. Objects never change, so an entry stays right.

use crate::compare;
use crate::error::Result;
use crate::object::{Id, Source};
use crate::operations::stock::{self, ReadLosses};
use crate::remote_store::LruCache;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Most numbers of changes that are remembered: two megabytes.
const COUNTS: usize = 20_000;
/// Most trees of files whose losses are remembered.
const LOSSES: usize = 256;

pub struct PageCaches {
    counts: Mutex<HashMap<(Option<Id>, Id), usize>>,
    losses: LruCache<Id, Arc<ReadLosses>>,
}

impl Default for PageCaches {
    fn default() -> PageCaches {
        PageCaches { counts: Mutex::default(), losses: LruCache::new(LOSSES) }
    }
}

impl PageCaches {
    /// Number of differences between two states.
    pub fn count<S: Source + ?Sized>(
        &self,
        objects: &S,
        from: Option<Id>,
        to: Id,
    ) -> Result<usize> {
        let open = || self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open().get(&(from, to)) {
            return Ok(*count);
        }
        let count = compare::count(objects, from.as_ref(), Some(&to))?;
        let mut counts = open();
        if counts.len() >= COUNTS {
            counts.clear();
        }
        counts.insert((from, to), count);
        Ok(count)
    }

    /// Parts of files that `lua compile` leaves out.
    pub fn losses(
        &self,
        project: Option<&Path>,
        objects: &dyn Source,
        files: Id,
    ) -> Result<ReadLosses> {
        if let Some(known) = self.losses.get(&files) {
            return Ok(ReadLosses::clone(&known));
        }
        let read = stock::agent_of(project, objects, files)?.map(|agent| agent.dropped);
        self.losses.put(files, Arc::new(read.clone()));
        Ok(read)
    }
}
