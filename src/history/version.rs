//! Agent versions: whole states with a number. A ref `refs/versions/vN` names a tree of `meta`,
//! `state/` and `source/`. What a version's status is, the ledger says.

use super::record::{self, META, SOURCE, STATE, VersionMeta};
use crate::error::Result;
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
        Version::read(source, number, id)
            .map_err(|error| record::unreadable(&format!("version v{number}"), error))
    }

    fn read<S: Source + ?Sized>(source: &S, number: u64, id: Id) -> Result<Version> {
        let tree = source.tree(&id)?;
        let bytes = source.blob(&tree.require(META)?)?;
        Ok(Version {
            number,
            id,
            meta: record::decode(&bytes, "record of a version")?,
            state: tree.require(STATE)?,
            source: tree.require(SOURCE)?,
        })
    }
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
