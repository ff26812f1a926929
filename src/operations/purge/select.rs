//! Selection of the blobs that a purge is about: a path in all versions, a path in one version, or an object.

use super::places;
use crate::error::{Error, Hint, Result};
use crate::history::record::SOURCE;
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::object::{Id, IdPrefix, ObjectKind, entry_at, leaves};
use crate::store::Store;
use std::collections::BTreeSet;

/// The blobs that some names mean.
pub fn select(store: &Store, names: &[String]) -> Result<BTreeSet<Id>> {
    let mut found = BTreeSet::new();
    for name in names {
        let blobs = match name.contains(':') {
            true => in_version(store, name)?,
            false => match everywhere(store, name)? {
                blobs if blobs.is_empty() => by_id(store, name)?,
                blobs => blobs,
            },
        };
        found.extend(blobs);
    }
    Ok(found)
}

/// A file, or all files of a folder, in one version.
fn in_version(store: &Store, name: &str) -> Result<BTreeSet<Id>> {
    let entry = resolve::object(store, None, &name.parse::<Revision>()?)?;
    below(store, &entry.id, entry.mode.is_directory())
}

/// A file, or all files of a folder, with all that it ever held.
fn everywhere(store: &Store, name: &str) -> Result<BTreeSet<Id>> {
    let path = name.trim_start_matches("./").trim_end_matches('/');
    let mut found = BTreeSet::new();
    if path.is_empty() {
        return Ok(found);
    }
    for (_, root) in places::named(store)? {
        if let Some(entry) = entry_at(store.objects(), &root, &format!("{SOURCE}/{path}"))? {
            found.extend(below(store, &entry.id, entry.mode.is_directory())?);
        }
    }
    Ok(found)
}

fn by_id(store: &Store, name: &str) -> Result<BTreeSet<Id>> {
    let missing = || {
        Error::not_found(format!(
            "\"{name}\" is neither a file of a version nor the id of an object"
        ))
        .hint(Hint::ListTree { tree: "latest".to_owned() })
    };
    if IdPrefix::parse(name).is_none() {
        return Err(missing());
    }
    let revision = Revision::IdPrefix(name.to_ascii_lowercase());
    let id = resolve::object(store, None, &revision)?.id;
    match store.objects().kind_and_len(&id)? {
        Some((ObjectKind::Blob, _)) => Ok(BTreeSet::from([id])),
        _ => Err(Error::usage(format!("object \"{name}\" is a tree: name a file"))),
    }
}

fn below(store: &Store, id: &Id, is_tree: bool) -> Result<BTreeSet<Id>> {
    match is_tree {
        true => Ok(leaves(store.objects(), *id)?.into_iter().map(|(_, _, id)| id).collect()),
        false => Ok(BTreeSet::from([*id])),
    }
}
