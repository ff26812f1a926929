//! Resolution of a revision to a version, a tree or an object of the store.

use super::any_version::{AnyVersion, VersionContent};
use super::catalog::Catalog;
use super::imported;
use super::record::SOURCE;
use super::remote_heads;
use super::revision::{InSeries, Revision};
use super::source::{self, SourceVersion};
use super::suggest;
use super::version::{self, Version};
use crate::error::{Error, Hint, Result};
use crate::object::{Id, IdPrefix, Mode, ObjectKind, Source, TreeEntry, entry_at};
use crate::store::{Heads, Store};

/// The number of the agent version that a revision names. A version of a remote has the number that it has here.
pub fn number(catalog: &Catalog, revision: &Revision) -> Result<u64> {
    match revision {
        Revision::Number(number) => {
            let missing = || {
                Error::not_found(format!("Version v{number} not found")).hint(Hint::ListVersions)
            };
            catalog.has(*number).then_some(*number).ok_or_else(missing)
        }
        Revision::Active => catalog.active_number().ok_or_else(|| none_active(catalog)),
        Revision::Latest => catalog.latest().ok_or_else(|| {
            Error::not_found("there is not a range of versions yet").hint(Hint::CreateVersion)
        }),
        Revision::Previous => catalog.previous_number()?.ok_or_else(|| {
            Error::not_found("no version was active before the active one")
                .hint(Hint::LogPromotions)
        }),
        Revision::IdPrefix(digits) => by_id(catalog, digits),
        Revision::Remote(remote, of) if !matches!(**of, Revision::Source(_)) => {
            let (_, id) = remote_heads::find(catalog.store(), remote, of)?;
            catalog.number_of(&id).ok_or_else(|| {
                Error::not_found(format!("{revision} has no local number"))
                    .hint(Hint::PullAndFollow)
            })
        }
        Revision::Platform(of) if !matches!(**of, Revision::Source(_)) => {
            let (_, id) = imported::find(catalog.store(), of)?;
            catalog.number_of(&id).ok_or_else(|| {
                Error::not_found(format!("{revision} has no local number"))
                    .hint(Hint::PullAndFollow)
            })
        }
        Revision::Source(_)
        | Revision::Snapshot(_)
        | Revision::Remote(..)
        | Revision::Platform(_)
        | Revision::Inside(..) => Err(not_an_agent_version(revision)),
    }
}

/// Refusal of a command that only an agent version makes sense for.
fn not_an_agent_version(revision: &Revision) -> Error {
    let what = match revision {
        Revision::Inside(..) => "a path inside a version",
        Revision::Snapshot(_) => "a safety snapshot",
        _ => "a source version",
    };
    Error::usage(format!("\"{revision}\" is {what}, not an agent version")).hint(Hint::ListVersions)
}

/// The version of any series that a revision names.
///
/// `theirs` are the heads of a remote, if it decides on the live version.
pub fn version(store: &Store, theirs: Option<&Heads>, revision: &Revision) -> Result<AnyVersion> {
    match elsewhere(store, revision)? {
        Some(found) => Ok(found),
        None => agent_version(&Catalog::by_remote(store, theirs)?, revision),
    }
}

/// The same for a command that has read the catalog.
pub fn version_in(catalog: &Catalog, revision: &Revision) -> Result<AnyVersion> {
    match elsewhere(catalog.store(), revision)? {
        Some(found) => Ok(found),
        None => agent_version(catalog, revision),
    }
}

/// The version that a revision names of another series than that of the agent versions, or of another place.
fn elsewhere(store: &Store, revision: &Revision) -> Result<Option<AnyVersion>> {
    let objects = store.objects();
    let named = |name: String, content| AnyVersion { name, content };
    Ok(Some(match revision {
        Revision::Source(member) => {
            let found = of_series(store, source::REFS, *member)?;
            named(format!("source/v{}", found.number), VersionContent::Source(found))
        }
        Revision::Snapshot(member) => {
            let found = of_series(store, source::SNAPSHOT_REFS, *member)?;
            named(format!("snapshot/v{}", found.number), VersionContent::Snapshot(found))
        }
        Revision::Remote(remote, of) => {
            let (number, id) = remote_heads::find(store, remote, of)?;
            match **of {
                Revision::Source(_) => named(
                    format!("{remote}/source/v{number}"),
                    VersionContent::Source(SourceVersion::load(objects, number, id)?),
                ),
                _ => named(
                    format!("{remote}/v{number}"),
                    VersionContent::Agent(Version::load(objects, number, id)?),
                ),
            }
        }
        Revision::Platform(of) => {
            let (number, id) = imported::find(store, of)?;
            let content = match **of {
                Revision::Source(_) => {
                    VersionContent::Source(SourceVersion::load(objects, number, id)?)
                }
                _ => VersionContent::Agent(Version::load(objects, number, id)?),
            };
            named(revision.to_string(), content)
        }
        _ => return Ok(None),
    }))
}

fn agent_version(catalog: &Catalog, revision: &Revision) -> Result<AnyVersion> {
    if let Revision::IdPrefix(digits) = revision
        && let Some(found) = in_series(catalog.store(), digits)?
        && by_id(catalog, digits).is_err()
    {
        return Ok(found);
    }
    catalog.get(number(catalog, revision)?).map(AnyVersion::from)
}

/// The version before one in its series; of a safety snapshot the last push that was made before it.
pub fn before(store: &Store, found: &AnyVersion) -> Result<Option<AnyVersion>> {
    if let VersionContent::Snapshot(kept) = &found.content {
        // It has the state of that push, which tells apart two pushes of one moment.
        for (number, _) in store.refs().list(source::REFS)?.into_iter().rev() {
            let push = version(store, None, &Revision::Source(InSeries::Number(number)))?;
            if push.at_ms() <= found.at_ms() && push.state() == Some(kept.state) {
                return Ok(Some(push));
            }
        }
        return Ok(None);
    }
    let Some(number) = found.number().checked_sub(1).filter(|number| *number > 0) else {
        return Ok(None);
    };
    let series = found.name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    version(store, None, &format!("{series}{number}").parse()?).map(Some)
}

/// Member of a series of this store.
fn of_series(store: &Store, series: &str, member: InSeries) -> Result<SourceVersion> {
    let is_source = series == source::REFS;
    match member {
        InSeries::Number(number) if is_source => source::get(store, number),
        InSeries::Number(number) => source::get_snapshot(store, number),
        InSeries::Latest => match store.refs().latest(series)? {
            Some((number, id)) => SourceVersion::load(store.objects(), number, id),
            None if is_source => {
                Err(Error::not_found("nothing was pushed yet").hint(Hint::PushFirst))
            }
            None => Err(Error::not_found("there are no safety snapshots")),
        },
    }
}

/// The one source version or snapshot with an id that begins like this.
fn in_series(store: &Store, digits: &str) -> Result<Option<AnyVersion>> {
    let Some(prefix) = IdPrefix::parse(digits) else { return Ok(None) };
    for (series, name) in [(source::REFS, "source"), (source::SNAPSHOT_REFS, "snapshot")] {
        let found: Vec<(u64, Id)> = store
            .refs()
            .list_all(series)?
            .into_iter()
            .filter_map(|(number, id)| Some((number, id.ok()?)))
            .filter(|(_, id)| prefix.matches(id))
            .collect();
        let [(number, id)] = found[..] else { continue };
        let version = SourceVersion::load(store.objects(), number, id)?;
        let is_source = series == source::REFS;
        let content = if is_source { VersionContent::Source } else { VersionContent::Snapshot };
        return Ok(Some(AnyVersion {
            name: format!("{name}/v{number}"),
            content: content(version),
        }));
    }
    Ok(None)
}

fn none_active(catalog: &Catalog) -> Error {
    if let Some(number) = catalog.active_elsewhere() {
        return Error::not_found(format!("the active version v{number} is not in this store yet"))
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
        Revision::Source(_)
        | Revision::Snapshot(_)
        | Revision::Remote(..)
        | Revision::Platform(_) => {
            let found = version(store, theirs, revision)?;
            Ok(TreeEntry::directory(&revision.to_string(), found.id()))
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
                .hint(format!("use more digits: {}", ids.join(", "))))
        }
    }
}

fn mode_of(kind: Option<ObjectKind>) -> Mode {
    match kind {
        Some(ObjectKind::Tree) => Mode::Directory,
        _ => Mode::File,
    }
}
