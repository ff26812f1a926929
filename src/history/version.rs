//! Agent versions: whole states with a number. A ref `refs/versions/vN` names a tree of `meta`,
//! `state/` and `source/`. What a version's status is, the ledger says.

use super::record::{self, META, SOURCE, STATE, VersionMeta};
use crate::error::{Error, Result};
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use crate::store::refs;

pub const REFS: &str = refs::VERSIONS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Named by `ACTIVE`.
    Active,
    /// Made and never live. Not an environment: nobody is served by it.
    Staged,
    /// Was live once.
    Superseded,
    /// Deleted softly: listed and inspectable, never promoted again.
    Deleted,
    /// Its ref cannot be read, so nothing is known of it but the number.
    Damaged,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Staged => "staged",
            Status::Superseded => "superseded",
            Status::Deleted => "deleted",
            Status::Damaged => "damaged",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub number: u64,
    pub id: Id,
    pub meta: VersionMeta,
    pub state: Id,
    pub source: Id,
}

impl Version {
    pub fn load<S: Source + ?Sized>(source: &S, number: u64, id: Id) -> Result<Version> {
        let read = || -> Result<Version> {
            let tree = source.tree(&id)?;
            let bytes = source.blob(&tree.require(META)?)?;
            Version::decode(number, id, &tree, &bytes)
        };
        read().map_err(|error| unreadable(number, error))
    }

    /// The same from its tree and the bytes of its record.
    pub fn of(number: u64, id: Id, tree: &Tree, meta: &[u8]) -> Result<Version> {
        Version::decode(number, id, tree, meta).map_err(|error| unreadable(number, error))
    }

    fn decode(number: u64, id: Id, tree: &Tree, bytes: &[u8]) -> Result<Version> {
        Ok(Version {
            number,
            id,
            meta: record::decode(bytes, "record of a version")?,
            state: tree.require(STATE)?,
            source: tree.require(SOURCE)?,
        })
    }
}

fn unreadable(number: u64, error: Error) -> Error {
    record::unreadable(&format!("version v{number}"), error)
}

/// Stores the tree of a version. `base` is the one before it.
pub fn put<S: Source + Sink>(
    sink: &mut S,
    meta: &VersionMeta,
    state: Id,
    source: Id,
    base: Option<&Version>,
) -> Result<Id> {
    let old_meta = match base {
        Some(base) => sink.tree(&base.id)?.get(META).map(|entry| entry.id),
        None => None,
    };
    let blob = sink.put_blob(record::encode(meta), old_meta)?;
    let tree = Tree::new(vec![
        TreeEntry::file(META, blob),
        TreeEntry::directory(STATE, state),
        TreeEntry::directory(SOURCE, source),
    ])?;
    sink.put_tree(&tree, base.map(|base| base.id))
}
