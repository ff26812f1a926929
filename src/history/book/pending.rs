//! Pending changes: the part of a book that changes with every request.

use crate::object::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Changes since the newest source version, and what they are on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingChanges {
    /// Agent on which they were written.
    pub seen: Seen,
    /// Numbers that no source version has yet, by the key of the primitive.
    pub pushed: BTreeMap<String, String>,
    /// Keys of primitives that were deleted since the newest source version.
    pub deleted: BTreeSet<String>,
    /// Personas that clients sent, oldest first.
    pub personas: Vec<PersonaEntry>,
    /// Number of the persona that was made current since, whatever the version below it says.
    pub persona: Option<u64>,
    /// Settings of the agent that were changed; null for one that was removed.
    pub settings: Map<String, Value>,
    /// MCP servers that were sent, as they were sent.
    pub servers: BTreeMap<String, Value>,
    /// The promoted version whose persona, settings and servers the changes are on; `None` for those of the newest source
    /// version.
    pub base: Option<u64>,
    /// Keys of voices that were created: the version of a voice is sent without its name.
    pub created: BTreeSet<String>,
    /// Numbers of workflows that were published. They are live without a version.
    pub workflows: BTreeMap<String, String>,
}

/// Agent on which pending changes were written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Number of source versions.
    pub source: u64,
    /// The newest ledger record.
    pub ledger: Option<Id>,
}

/// A persona that a client sent. Its text is a blob of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonaEntry {
    pub number: u64,
    pub by: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// True for a draft, which is never current by itself.
    pub draft: bool,
    /// True if the blob is JSON of an object, and not text.
    pub is_object: bool,
    /// Name of the request that sent it, so that the same request is answered with the same number.
    pub txn: String,
}

impl PendingChanges {
    /// True if persona, settings or servers differ from those of the newest source version.
    pub fn changes_document(&self) -> bool {
        self.base.is_some()
            || self.persona.is_some()
            || !self.settings.is_empty()
            || !self.servers.is_empty()
    }

    /// Forgets the changes: a source version has them now.
    pub fn clear(&mut self) {
        self.pushed.clear();
        self.deleted.clear();
        self.clear_document();
    }

    pub fn clear_document(&mut self) {
        self.persona = None;
        self.settings.clear();
        self.servers.clear();
        self.base = None;
    }
}
