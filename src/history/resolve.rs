//! Resolution of a revision to a version, a tree or an object of the store.

use super::catalog::Catalog;
use super::record::SOURCE;
use super::revision::Revision;
use super::source;
use super::suggest;
use super::version;
use crate::error::{Error, Hint, Result};
use crate::object::{Id, IdPrefix, Mode, ObjectKind, Source, TreeEntry, entry_at};
use crate::store::{Heads, Store};

/// The number of the version that a revision names.
pub fn number(catalog: &Catalog, revision: &Revision) -> Result<u64> {
    match revision {
        Revision::Number(number) => {
            let missing = || {
                Error::not_found(format!("Version v{number} not found")).hint(Hint::ListVersions)
            };
            catalog.has(*number).then_some(*number).ok_or_else(missing)
        }
        Revision::Active => catalog.active_number().ok_or_else(|| none_active(catalog)),
        Revision::Latest => catalog
            .latest()
            .ok_or_else(|| Error::not_found("there are no versions yet").hint(Hint::CreateVersion)),
        Revision::Previous => catalog.previous_number()?.ok_or_else(|| {
            Error::not_found("no version was active before the active one")
                .hint(Hint::LogPromotions)
        }),
        Revision::IdPrefix(digits) => by_id(catalog, digits),
        Revision::Source(_) | Revision::Inside(..) => {
            Err(Error::usage(format!("\"{revision}\" is not a version")).hint(Hint::ListVersions))
        }
    }
}

fn none_active(catalog: &Catalog) -> Error {
    if let Some(number) = catalog.active_elsewhere() {
        return Error::not_found(format!("the active version v{number} is not here"))
            .hint(Hint::Pull);
    }
    let error = Error::not_found("no version is active");
    match catalog.remaining().next() {
        Some(number) => error.hint(Hint::PromoteNewest(number)),
        None => error.hint(Hint::CreateFirstVersion),
    }
}

fn by_id(catalog: &Catalog, digits: &str) -> Result<u64> {
    let prefix = IdPrefix::parse(digits);
    let matching: Vec<u64> = catalog
        .numbers()
        .filter(|number| {
            catalog.id(*number).is_some_and(|id| prefix.is_some_and(|p| p.matches(&id)))
        })
        .collect();
    match matching.as_slice() {
        [number] => Ok(*number),
        [] => Err(Error::not_found(format!("no version has an id that begins with \"{digits}\""))
            .hint(Hint::ListVersions)),
        several => {
            let names: Vec<String> = several.iter().map(|number| format!("v{number}")).collect();
            Err(Error::usage(format!("\"{digits}\" is ambiguous: {}", names.join(", "))))
        }
    }
}

/// Object that a revision names, as an entry: the tree of a version or source version, an entry
/// inside one, or any object by a prefix of its id.
///
/// `theirs` are the heads of a remote, if it decides on the live version.
pub fn object(store: &Store, theirs: Option<&Heads>, revision: &Revision) -> Result<TreeEntry> {
    match revision {
        Revision::Inside(base, path) => {
            let root = object(store, theirs, base)?;
            let missing = || Error::not_found(format!("there is no \"{path}\" in {base}"));
            if !root.mode.is_directory() {
                return Err(missing());
            }
            let objects = store.objects();
            if let Some(entry) = entry_at(objects, &root.id, path)? {
                return Ok(entry);
            }
            // A path in a version most often means one of the project's files.
            match entry_at(objects, &root.id, &format!("{SOURCE}/{path}"))? {
                Some(entry) => Ok(entry),
                None => Err(missing().hint(path_hint(objects, &root.id, base, path)?)),
            }
        }
        Revision::Source(number) => {
            let version = source::get(store, *number)?;
            Ok(TreeEntry::directory(&revision.to_string(), version.id))
        }
        Revision::IdPrefix(digits) => by_prefix(store, digits),
        // Digits that are no version's number may begin an id.
        Revision::Number(digits) if *digits >= 1000 && !is_version(store, *digits)? => {
            by_prefix(store, &digits.to_string())
        }
        _ => {
            let catalog = Catalog::by_remote(store, theirs)?;
            let version = catalog.get(number(&catalog, revision)?)?;
            Ok(TreeEntry::directory(&revision.to_string(), version.id))
        }
    }
}

/// Hint for a mistyped path: the nearest name, or the command that lists the names.
fn path_hint<S: Source + ?Sized>(
    source: &S,
    root: &Id,
    base: &Revision,
    path: &str,
) -> Result<Hint> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    for folder_there in
        [folder.to_owned(), format!("{SOURCE}/{folder}").trim_end_matches('/').to_owned()]
    {
        let tree = match folder_there.is_empty() {
            true => Some(*root),
            false => entry_at(source, root, &folder_there)?
                .filter(|e| e.mode.is_directory())
                .map(|e| e.id),
        };
        let Some(tree) = tree.map(|id| source.tree(&id)).transpose()? else { continue };
        if let Some(near) = suggest::nearest(name, tree.entries().iter().map(|entry| &*entry.name))
        {
            let slash = if folder.is_empty() { "" } else { "/" };
            return Ok(format!("did you mean `{base}:{folder}{slash}{near}`?").into());
        }
    }
    Ok(Hint::ListTree { tree: base.to_string() })
}

fn is_version(store: &Store, number: u64) -> Result<bool> {
    Ok(store.refs().get(&format!("{}/v{number}", version::REFS))?.is_some())
}

fn by_prefix(store: &Store, digits: &str) -> Result<TreeEntry> {
    let objects = store.objects();
    let found = match IdPrefix::parse(digits) {
        Some(prefix) => objects.resolve_prefix(&prefix, 9)?,
        None => Vec::new(),
    };
    match found.as_slice() {
        [id] => Ok(TreeEntry::new(
            digits,
            mode_of(objects.kind_and_len(id)?.map(|(kind, _)| kind)),
            *id,
        )),
        [] => Err(Error::not_found(format!("no object has an id that begins with \"{digits}\""))),
        several => {
            let ids: Vec<String> = several.iter().take(8).map(Id::to_string).collect();
            Err(Error::usage(format!("\"{digits}\" is ambiguous"))
                .hint(format!("more digits tell them apart: {}", ids.join(", "))))
        }
    }
}

fn mode_of(kind: Option<ObjectKind>) -> Mode {
    match kind {
        Some(ObjectKind::Tree) => Mode::Directory,
        _ => Mode::File,
    }
}
