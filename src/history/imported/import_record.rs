//! Import record: what is imported of an agent on the platform, kept as JSON beside the remote-tracking refs.

use super::proof::PromotionProof;
use crate::error::{Error, Result};
use crate::model::numbers::{self, Numbers};
use crate::object::{Id, Source};
use crate::store::{Heads, Store, StoreLock};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FORMAT: u64 = 1;

/// Everything that was imported, and under which numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// Numbers of ours that are others there, by the key of the primitive: a lost answer had used them up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_numbers: BTreeMap<String, BTreeMap<String, String>>,
    /// Fields of the agent that a version of ours set there (#10).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub set_fields: BTreeSet<String>,
    /// The live parts that no history has, at the last fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenAgent>,
    /// Hashes of the code that was pushed, by the key of the primitive and the number there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, BTreeMap<String, NumberCode>>,
    /// Proofs of promotions, by their records in the ledger.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proofs: BTreeMap<Id, PromotionProof>,
    /// The edit of `lua.skill.yaml` by the last push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaml_edit: Option<FileEdit>,
    /// Primitives of kinds that no version contains, by their keys: at the last fetch, or as a push of ours left them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unversioned: BTreeMap<String, SeenNumbers>,
}

/// Content of a file of the project before and after it was edited by a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEdit {
    pub before: Id,
    pub after: Id,
}

/// Numbers of a primitive that no version contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenNumbers {
    pub newest: Option<String>,
    /// The live one, where the platform shows it.
    pub live: Option<String>,
}

/// Everything of an agent there that can be changed without a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenAgent {
    /// Number of the active version.
    pub active: Option<u64>,
    pub persona: SeenPersona,
    pub model: Option<String>,
    /// The active MCP servers, by name.
    pub servers: BTreeMap<String, SeenServer>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenPersona {
    /// The text or object with which the agent speaks; null where the platform does not show it.
    pub served: Value,
    /// The version that is marked as current.
    pub current: Option<u64>,
    pub highest: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenServer {
    pub transport: Option<String>,
    pub url: Option<String>,
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

/// Code of one number of a primitive that was pushed from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberCode {
    pub hash: String,
    /// True once the platform showed this hash.
    #[serde(default, rename = "seen", skip_serializing_if = "std::ops::Not::not")]
    pub is_seen: bool,
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
    /// The number there of a number of ours.
    pub fn number_there<'r>(&'r self, key: &str, here: &'r str) -> &'r str {
        let other = self.other_numbers.get(key).and_then(|numbers| numbers.get(here));
        other.map_or(here, String::as_str)
    }

    /// The first backup of a source version of ours.
    pub fn backup_of(&self, source: u64) -> Option<u64> {
        self.backups.iter().find(|(_, known)| **known == source).map(|(backup, _)| *backup)
    }

    /// The version there that a version of ours is, if it is one that can be promoted.
    pub fn version_there(&self, here: u64) -> Option<u64> {
        let is_it = |version: &ImportedVersion| {
            version.number == Some(here) && !version.gone && version.status != "deleted"
        };
        self.versions.iter().rev().find(|(_, version)| is_it(version)).map(|(there, _)| *there)
    }

    /// The highest numbers that are known there.
    pub fn highest_numbers(&self) -> Numbers {
        let mut highest = Numbers::new();
        for (key, known) in &self.pushed {
            for number in known.keys() {
                match highest.get_mut(key) {
                    Some(past) if !numbers::is_past(number, past) => {}
                    Some(past) => past.clone_from(number),
                    None => drop(highest.insert(key.clone(), number.clone())),
                }
            }
        }
        highest
    }

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
