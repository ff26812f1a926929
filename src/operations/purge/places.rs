//! Places of objects: the names of the versions that have them, and their paths there.

use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::history::purge::PurgeTarget;
use crate::history::record::SOURCE;
use crate::history::state;
use crate::object::{Id, Memory, Rewriter, Source, Tombstone};
use crate::store::{Store, refs};
use std::collections::{BTreeMap, BTreeSet};

/// Place of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub object: Id,
    /// From the root of a version on: `source/.env`, `state/skills/a/definition.json`.
    pub path: String,
    /// `source/v3`, `versions/v1`, `snapshots/v2`
    pub versions: Vec<String>,
}

/// Every version with a name: ours, and those of remotes that are not ours, as `origin/source/v3`.
pub fn named(store: &Store) -> Result<Vec<(String, Id)>> {
    let mut all: Vec<(String, Id)> = Vec::new();
    for series in [refs::SOURCE, refs::VERSIONS, refs::SNAPSHOTS] {
        let short = crate::store::short(series);
        let list = store.refs().list(series)?.into_iter();
        all.extend(list.map(|(number, id)| (format!("{short}/v{number}"), id)));
    }
    let ours: BTreeSet<Id> = all.iter().map(|(_, id)| *id).collect();
    for remote in store.tracked()? {
        let heads = store.remote(&remote)?.unwrap_or_default().heads;
        for (short, ids) in [("source", heads.source), ("versions", heads.versions)] {
            let theirs = (1..).zip(ids).filter(|(_, id)| !ours.contains(id));
            all.extend(
                theirs.map(|(number, id): (u64, Id)| (format!("{remote}/{short}/v{number}"), id)),
            );
        }
    }
    Ok(all)
}

/// Finds all places of some blobs in everything that has a name.
pub fn of(store: &Store, objects: &BTreeSet<Id>) -> Result<Vec<Place>> {
    let none = Id::from_bytes([0; 32]);
    let mut finder = Rewriter::new(objects.iter().map(|id| (*id, none)));
    let mut found: BTreeMap<(Id, String), Vec<String>> = BTreeMap::new();
    for (name, root) in named(store)? {
        if finder.rewrite(store.objects(), &mut Memory::default(), root)? == root {
            continue;
        }
        let mut open = vec![(String::new(), root)];
        while let Some((folder, tree)) = open.pop() {
            for entry in store.objects().tree(&tree)?.entries() {
                let path = format!("{folder}{}", entry.name);
                if entry.mode.is_directory() {
                    if finder.became(&entry.id) != entry.id {
                        open.push((format!("{path}/"), entry.id));
                    }
                } else if objects.contains(&entry.id) {
                    found.entry((entry.id, path)).or_default().push(name.clone());
                }
            }
        }
    }
    let place = |((object, path), versions)| Place { object, path, versions };
    Ok(found.into_iter().map(place).collect())
}

/// The blobs as targets of a purge, or why one cannot be.
pub fn targets(store: &Store, objects: &BTreeSet<Id>) -> Result<(Vec<PurgeTarget>, Vec<Place>)> {
    let places = of(store, objects)?;
    let mut targets = Vec::new();
    for object in objects {
        let paths: Vec<&str> = places
            .iter()
            .filter(|place| place.object == *object)
            .map(|place| place.path.as_str())
            .collect();
        let bytes = store.objects().blob_len(object)?;
        if bytes < LONGEST_TOMBSTONE && Tombstone::parse(&store.objects().blob(object)?).is_some() {
            continue;
        }
        if let Some(reason) = kept(bytes, &paths) {
            return Err(Error::usage(format!("cannot purge object {}: {reason}", object.short())));
        }
        let file = paths.iter().find_map(|path| path.strip_prefix(SOURCE)?.strip_prefix('/'));
        let path = file.or(paths.first().copied()).unwrap_or("(in no version)").to_owned();
        let is_json = paths.iter().any(|path| is_document(path));
        targets.push(PurgeTarget { object: *object, bytes, path, is_json });
    }
    Ok((targets, places))
}

/// No tombstone has so many bytes.
const LONGEST_TOMBSTONE: u64 = 64 << 10;

/// Reason why a blob is not purged.
fn kept(bytes: u64, paths: &[&str]) -> Option<String> {
    if bytes == 0 {
        return Some("it is empty".to_owned());
    }
    let name_of =
        |path: &str| path.rsplit_once('/').map_or(path.to_owned(), |(_, name)| name.to_owned());
    paths.iter().find_map(|path| {
        let in_state = path.starts_with("state/");
        let is_record = !path.contains('/');
        let is_needed = in_state
            && !path.contains(&format!("/{}/", state::MODULES))
            && [state::NUMBERS, state::SETTINGS, state::REACH].contains(&&*name_of(path));
        (is_record || is_needed).then(|| {
            format!("\"{path}\" of a version is required, and is not a file of the project")
        })
    })
}

/// True for a document of a state, which stays one.
fn is_document(path: &str) -> bool {
    let is_in_state =
        path.starts_with("state/") && !path.contains(&format!("/{}/", state::MODULES));
    is_in_state && path.ends_with(".json")
}

/// Files of the project with purged bytes, at the paths that they had.
pub fn in_workspace(
    project: &Project,
    targets: &[PurgeTarget],
    places: &[Place],
) -> Result<Vec<String>> {
    let purged: BTreeSet<Id> = targets.iter().map(|target| target.object).collect();
    let paths =
        places.iter().filter_map(|place| place.path.strip_prefix(SOURCE)?.strip_prefix('/'));
    let paths: BTreeSet<&str> = paths.collect();
    let mut found = Vec::new();
    for path in paths {
        let file = project.root().join(path);
        if file.is_file()
            && let Ok(bytes) = crate::fs::read(&file)
            && purged.contains(&Id::of_blob(&bytes))
        {
            found.push(path.to_owned());
        }
    }
    Ok(found)
}
