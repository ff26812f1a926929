//! Version: a whole state of an agent with a number.

use crate::error::{Error, Result};
use crate::history::version::{self, Status};
use crate::object::{self, Id, Source};
use crate::store::Store;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One version of an agent. What it holds never changes; its status is that of the moment when it was asked for.
#[derive(Clone)]
pub struct Version {
    /// Its number: 2 for v2.
    pub number: u64,
    /// Its id, in hexadecimal digits: the hash of everything that it holds.
    pub id: String,
    /// Live, superseded, staged or deleted.
    pub status: Status,
    /// Message of its author.
    pub message: Option<String>,
    /// Name of its author.
    pub author: String,
    /// Time of its creation.
    pub created: SystemTime,
    /// The source version that it was made from.
    pub source_version: u64,
    /// The git commit of its files, where that was known.
    pub commit: Option<String>,
    files: Id,
    store: Store,
}

impl Version {
    pub(super) fn new(store: &Store, version: version::Version, status: Status) -> Version {
        let meta = version.meta;
        let since = Duration::from_millis(u64::try_from(meta.at_ms).unwrap_or(0));
        Version {
            number: version.number,
            id: version.id.to_string(),
            status,
            message: meta.message,
            author: meta.by,
            created: UNIX_EPOCH + since,
            source_version: meta.source_version,
            commit: meta.commit,
            files: version.source,
            store: store.clone(),
        }
    }

    /// The paths of its files, sorted.
    pub fn files(&self) -> Result<Vec<String>> {
        let leaves = object::leaves(self.store.objects(), self.files)?;
        Ok(leaves.into_iter().map(|(path, ..)| path).collect())
    }

    /// The bytes of one of its files.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let objects = self.store.objects();
        let entry = object::entry_at(objects, &self.files, path)?
            .filter(|entry| !entry.mode.is_directory())
            .ok_or_else(|| {
                Error::not_found(format!("there is no file \"{path}\" in v{}", self.number))
            })?;
        objects.blob(&entry.id)
    }
}

impl std::fmt::Debug for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "v{} ({}, {})", self.number, self.status.word(), self.id)
    }
}
