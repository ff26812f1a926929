//! The book: everything that clients of the stock command sent to an agent and that has no place in a source version.
//!
//! It is a tree beside the refs: `pending.json`, the numbers that were pushed, the personas, the manifests as they were
//! sent. `docs/remote-store.md` has its layout.

mod folders;
mod pending;

pub use pending::{PendingChanges, PersonaEntry, Seen};

use crate::error::{Error, Result};
use crate::model::json;
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use folders::Folders;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const PENDING: &str = "pending.json";
const PUSHED: &str = "pushed";
const PERSONAS: &str = "personas";
const MANIFESTS: &str = "manifests";
const COMMITS: &str = "commits";
const EXTERNALS: &str = "externals";

/// A number of a primitive, as a client sent it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushedBody {
    pub by: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    pub body: Map<String, Value>,
}

/// The list of files of a source version, as a client sent it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentManifest {
    pub project_hash: String,
    /// Entries that are no files of the project.
    pub externals: Vec<Value>,
}

/// A book that is read, and changed by putting new objects into a sink.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    pub pending: PendingChanges,
    /// The tree that it was read from.
    root: Option<Id>,
    folders: Folders,
}

impl Book {
    /// The book of a head; an empty one where there is none.
    pub fn load<S: Source + ?Sized>(source: &S, root: Option<Id>) -> Result<Book> {
        let Some(id) = root else { return Ok(Book::default()) };
        let tree = source.tree(&id)?;
        let unknown = tree.entries().iter().find(|entry| {
            !matches!(&*entry.name, PENDING | PUSHED | PERSONAS | MANIFESTS | COMMITS | EXTERNALS)
        });
        if let Some(entry) = unknown {
            let what = format!("the book {id} has an unknown entry \"{}\"", entry.name);
            return Err(Error::corrupt(what));
        }
        let pending = decode(source, &tree.require(PENDING)?, PENDING)?;
        Ok(Book { pending, root, folders: Folders::of(&tree) })
    }

    /// Stores the book. Gives its root.
    pub fn store<S: Source + Sink + ?Sized>(&self, sink: &mut S) -> Result<Id> {
        let old = match self.root {
            Some(root) => sink.tree(&root)?,
            None => Tree::default(),
        };
        let base = old.get(PENDING).map(|entry| entry.id);
        let pending = sink.put_blob(json::encode(&self.pending)?, base)?;
        let mut entries = vec![TreeEntry::file(PENDING, pending)];
        entries.extend(self.folders.entries());
        sink.put_tree(&Tree::new(entries)?, self.root)
    }

    /// The numbers of a primitive that clients pushed, by its key in a state.
    pub fn numbers<S: Source + ?Sized>(&self, source: &S, key: &str) -> Result<Vec<String>> {
        let names = self.folders.names(source, &format!("{PUSHED}/{key}"))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".json")).map(str::to_owned).collect())
    }

    /// The tree with the numbers of a primitive: another one if these are others.
    pub fn numbers_tree<S: Source + ?Sized>(&self, source: &S, key: &str) -> Result<Option<Id>> {
        self.folders.find(source, &format!("{PUSHED}/{key}"))
    }

    /// The keys of all primitives that clients pushed.
    pub fn keys<S: Source + ?Sized>(&self, source: &S) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        for folder in self.folders.names(source, PUSHED)? {
            for name in self.folders.names(source, &format!("{PUSHED}/{folder}"))? {
                keys.push(format!("{folder}/{name}"));
            }
        }
        Ok(keys)
    }

    /// Body that was pushed under a number.
    pub fn body<S: Source + ?Sized>(
        &self,
        source: &S,
        key: &str,
        number: &str,
    ) -> Result<Option<PushedBody>> {
        let path = format!("{PUSHED}/{key}/{number}.json");
        let found = self.folders.find(source, &path)?;
        found.map(|id| decode(source, &id, "a pushed body")).transpose()
    }

    /// Adds what was pushed under a new number.
    pub fn add_body<S: Source + Sink + ?Sized>(
        &mut self,
        sink: &mut S,
        (key, number): (&str, &str),
        pushed: &PushedBody,
    ) -> Result<()> {
        let newest =
            self.pending.pushed.get(key).map(|number| format!("{PUSHED}/{key}/{number}.json"));
        let base = match newest {
            Some(newest) => self.folders.find(sink, &newest)?,
            None => None,
        };
        let blob = sink.put_blob(json::encode(pushed)?, base)?;
        self.folders.put(sink, &format!("{PUSHED}/{key}/{number}.json"), blob)?;
        self.pending.pushed.insert(key.to_owned(), number.to_owned());
        self.pending.deleted.remove(key);
        Ok(())
    }

    /// The pending changes of a stored book, and the same with another record as the last promotion that they know: a purge
    /// rewrites the ledger, and that is no promotion of somebody else.
    pub fn with_ledger<S: Source + ?Sized>(
        source: &S,
        sink: &mut dyn Sink,
        (root, ledger): (Id, Id),
    ) -> Result<(Id, Id)> {
        let id = source.tree(&root)?.require(PENDING)?;
        let mut pending: PendingChanges = decode(source, &id, PENDING)?;
        pending.seen.ledger = Some(ledger);
        Ok((id, sink.put_blob(json::encode(&pending)?, None)?))
    }

    /// Bodies of numbers that a source version has, each with what takes its place when it is emptied. They repeat
    /// definitions, and a purge must not leave there what it takes out of these. The numbers stay.
    pub fn emptied_bodies<S: Source + ?Sized>(
        &self,
        source: &S,
        sink: &mut dyn Sink,
    ) -> Result<Vec<(Id, Id)>> {
        let mut pairs = Vec::new();
        for key in self.keys(source)? {
            for number in self.numbers(source, &key)? {
                if self.pending.pushed.get(&key) == Some(&number) {
                    continue;
                }
                let path = format!("{PUSHED}/{key}/{number}.json");
                let Some(id) = self.folders.find(source, &path)? else { continue };
                let sent: PushedBody = decode(source, &id, "a pushed body")?;
                let emptied = PushedBody { body: Map::new(), ..sent };
                pairs.push((id, sink.put_blob(json::encode(&emptied)?, None)?));
            }
        }
        Ok(pairs)
    }

    /// The blob of a persona that a client sent, as in a state.
    pub fn persona<S: Source + ?Sized>(&self, source: &S, number: u64) -> Result<Option<Id>> {
        self.folders.find(source, &format!("{PERSONAS}/{number}"))
    }

    /// Adds the blob of a persona.
    pub fn add_persona<S: Source + Sink + ?Sized>(
        &mut self,
        sink: &mut S,
        entry: PersonaEntry,
        blob: Id,
    ) -> Result<()> {
        self.folders.put(sink, &format!("{PERSONAS}/{}", entry.number), blob)?;
        self.pending.personas.push(entry);
        Ok(())
    }

    /// The manifest of a source version that a client made.
    pub fn manifest<S: Source + ?Sized>(
        &self,
        source: &S,
        version: u64,
    ) -> Result<Option<SentManifest>> {
        let found = self.folders.find(source, &in_hundreds(MANIFESTS, version))?;
        found.map(|id| decode(source, &id, "a manifest")).transpose()
    }

    /// The git commit that a client noted for a version after it was made.
    pub fn commit<S: Source + ?Sized>(&self, source: &S, version: u64) -> Result<Option<String>> {
        let Some(id) = self.folders.find(source, &in_hundreds(COMMITS, version))? else {
            return Ok(None);
        };
        Ok(Some(String::from_utf8_lossy(&source.blob(&id)?).into_owned()))
    }

    pub fn set_commit<S: Source + Sink + ?Sized>(
        &mut self,
        sink: &mut S,
        version: u64,
        commit: &str,
    ) -> Result<()> {
        let blob = sink.put_blob(commit.as_bytes().to_vec(), None)?;
        self.folders.put(sink, &in_hundreds(COMMITS, version), blob)
    }

    /// The content of a file that is none of the project, by its key.
    pub fn external<S: Source + ?Sized>(&self, source: &S, key: &str) -> Result<Option<Id>> {
        self.folders.find(source, &format!("{EXTERNALS}/{key}"))
    }

    pub fn add_external<S: Source + Sink + ?Sized>(
        &mut self,
        sink: &mut S,
        key: &str,
        blob: Id,
    ) -> Result<()> {
        self.folders.put(sink, &format!("{EXTERNALS}/{key}"), blob)
    }

    pub fn add_manifest<S: Source + Sink + ?Sized>(
        &mut self,
        sink: &mut S,
        version: u64,
        manifest: &SentManifest,
    ) -> Result<()> {
        let blob = sink.put_blob(json::encode(manifest)?, None)?;
        self.folders.put(sink, &in_hundreds(MANIFESTS, version), blob)
    }
}

/// Hundreds have folders of their own, so that a new one rewrites no long tree.
fn in_hundreds(folder: &str, version: u64) -> String {
    format!("{folder}/{}/{version}", version / 100)
}

fn decode<T: DeserializeOwned, S: Source + ?Sized>(source: &S, id: &Id, what: &str) -> Result<T> {
    json::decode(&source.blob(id)?, what)
}

#[cfg(test)]
mod tests;
