//! Import record: what is imported of an agent on the platform, kept as JSON beside the remote-tracking refs.

use crate::error::{Error, Result};
use crate::object::{Id, Source};
use crate::store::{Heads, Store, StoreLock};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const FORMAT: u64 = 1;

/// Everything that was imported, and under which numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportRecord {
    format: u64,
    /// Address of the agent.
    pub address: String,
    /// The imported history, as versions of ours.
    pub heads: Heads,
    /// Source versions by the number of the backup.
    pub backups: BTreeMap<u64, u64>,
    /// Agent versions by their number there.
    pub versions: BTreeMap<u64, ImportedVersion>,
    /// Files by the key that the platform has for them.
    pub keys: BTreeMap<String, Id>,
    /// Contents of numbers, by the key of the primitive.
    pub contents: BTreeMap<String, BTreeMap<String, NumberContent>>,
    /// Times of the pushes of numbers, by the key of the primitive.
    pub pushed: BTreeMap<String, BTreeMap<String, i64>>,
    pub losses: ImportLosses,
}

/// An agent version of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedVersion {
    /// Number of its source version.
    pub source: u64,
    /// Its number here; `None` until it is made.
    pub number: Option<u64>,
    /// True if the platform has not got it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Status at the last import.
    pub status: String,
}

/// Content of one number of a primitive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberContent {
    pub tree: Id,
    pub from: ContentOrigin,
}

/// Source of the content of a number. The platform shows no code of what was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentOrigin {
    /// A push of this program.
    Exact,
    /// The first backup after the push.
    Inferred,
    /// No backup has it.
    Unknown,
}

/// Losses of an import, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportLosses {
    /// Files that look like secrets, with the reason.
    pub secrets: BTreeSet<String>,
    /// Binary files whose bytes do not have the hash that the platform knows them by.
    pub binaries: BTreeSet<String>,
    /// Files outside of the project that its code imports.
    pub externals: BTreeSet<String>,
    /// Backups that the platform has not got any more.
    pub backups: BTreeSet<u64>,
    /// Versions that the platform has not got any more.
    pub versions: BTreeSet<u64>,
}

impl ImportRecord {
    /// The record of a remote. It begins anew where the store has lost the objects that it names: an import was cut off,
    /// and its objects were garbage.
    pub fn load(store: &Store, name: &str, address: &str) -> Result<ImportRecord> {
        let new =
            ImportRecord { format: FORMAT, address: address.to_owned(), ..ImportRecord::default() };
        let Some(record) = ImportRecord::find(store, name)? else { return Ok(new) };
        if record.address != address {
            return Ok(new);
        }
        for id in record.heads.roots().iter().rev() {
            if !store.objects().contains(id)? {
                return Ok(new);
            }
        }
        Ok(record)
    }

    /// The record of a remote as it is; `None` for another kind of remote, and before the first import.
    pub fn find(store: &Store, name: &str) -> Result<Option<ImportRecord>> {
        let Some(json) = store.platform_record(name)? else { return Ok(None) };
        let wrong = |why: String| {
            Error::corrupt(format!("the record of the platform for \"{name}\" is damaged: {why}"))
        };
        let record: ImportRecord =
            serde_json::from_str(&json).map_err(|error| wrong(error.to_string()))?;
        match record.format {
            FORMAT => Ok(Some(record)),
            other => Err(Error::failed(format!(
                "the record of the platform for \"{name}\" has format {other}, this program knows {FORMAT}"
            ))
            .hint("a newer lua-store wrote it; update lua-store to read it")),
        }
    }

    pub fn save(&self, lock: &StoreLock, store: &Store, name: &str) -> Result<()> {
        let json = serde_json::to_string(self)
            .map_err(|error| Error::failed(format!("cannot write the import: {error}")))?;
        store.set_platform_record(lock, name, &json)
    }
}
