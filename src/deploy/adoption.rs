//! Adoption: versions of the platform that this store has already are those, and are not imported again. They came by another
//! remote, or were pushed by a command whose answer was lost. Of a promotion this store knows time and person, and the platform
//! does not say them.

use super::promotion::DeployTarget;
use super::switch::check_snapshot;
use super::{parts::WantedParts, promotion::pins_there};
use crate::client::fetch;
use crate::error::Result;
use crate::history::imported::{
    ContentOrigin, ImportRecord, ImportedVersion, NumberContent, PLATFORM, is_undated,
    marked_source,
};
use crate::history::ledger::{self, LedgerSubject};
use crate::history::rules::shortened;
use crate::history::source::SourceVersion;
use crate::history::state::{DEFINITION, State, unknown_content};
use crate::history::version::Version;
use crate::import::{key_of, word};
use crate::model::json;
use crate::object::{Id, Source};
use crate::platform::details::{self, VersionSnapshot};
use crate::platform::{ListedBackup, ListedVersion, Listing, PlatformClient, VersionStatus, many};
use crate::protocol::Head;
use crate::store::{Active, Heads, Odb, Store};
use std::collections::HashSet;

/// A version here that may be one of the platform.
struct Candidate<'l> {
    row: &'l ListedVersion,
    version: Version,
    /// False for one that somebody imported.
    is_pushed: bool,
}

/// Takes versions that are here from the beginning of the platform's lists: the series of ours is all that was imported and
/// more. True if the record changed.
pub fn adopt(
    client: &PlatformClient,
    store: &Store,
    record: &mut ImportRecord,
    listing: &Listing,
) -> Result<bool> {
    let (before, here, objects) = (record.clone(), store.heads()?, store.objects());
    adopt_backups(objects, record, listing, &here.source)?;
    adopt_versions(client, objects, record, listing, &here)?;
    adopt_ledger(objects, record, listing, &here)?;
    Ok(*record != before)
}

fn adopt_backups(
    objects: &Odb,
    record: &mut ImportRecord,
    listing: &Listing,
    here: &[Id],
) -> Result<()> {
    for row in listing.backups.iter() {
        if record.backups.contains_key(&row.number) {
            continue;
        }
        if !here.starts_with(&record.heads.source) {
            break;
        }
        let from = record.heads.source.len();
        let at = match marked_source(&row.triggered_by) {
            Some(id) => here.iter().position(|known| *known == id),
            None => imported_at(objects, (here, from), row)?,
        };
        let Some(at) = at else { break };
        if from <= at {
            record.heads.source = here[..=at].to_vec();
            let version = SourceVersion::load(objects, at as u64 + 1, here[at])?;
            note_contents(objects, record, listing, &version)?;
        }
        record.backups.insert(row.number, at as u64 + 1);
    }
    Ok(())
}

/// Position of the source version as which somebody imported a backup.
fn imported_at(
    objects: &Odb,
    (here, from): (&[Id], usize),
    row: &ListedBackup,
) -> Result<Option<usize>> {
    let reason = shortened(row.triggered_by.clone());
    for (at, id) in here.iter().enumerate().skip(from) {
        let record = SourceVersion::load(objects, at as u64 + 1, *id)?.record;
        if record.by == PLATFORM && record.at_ms == row.at_ms && record.triggered_by == reason {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Notes the contents of the numbers that a source version names.
fn note_contents(
    objects: &Odb,
    record: &mut ImportRecord,
    listing: &Listing,
    version: &SourceVersion,
) -> Result<()> {
    let state = State::load(objects, &version.state)?;
    for row in &listing.primitives {
        let key = key_of(row);
        let (Some(tree), Some(number)) = (state.primitives.get(&key), state.numbers.get(&key))
        else {
            continue;
        };
        let known = record.contents.entry(key).or_default();
        if !row.numbers.contains(number) || known.contains_key(number) {
            continue;
        }
        let definition = objects.tree(tree)?.require(DEFINITION)?;
        let is_unknown =
            unknown_content(&json::decode(&objects.blob(&definition)?, DEFINITION)?).is_some();
        let from = match version.record.by == PLATFORM {
            _ if is_unknown => ContentOrigin::Unknown,
            true => ContentOrigin::Inferred,
            false => ContentOrigin::Exact,
        };
        known.insert(number.clone(), NumberContent { tree: *tree, from });
    }
    Ok(())
}

fn adopt_versions(
    client: &PlatformClient,
    objects: &Odb,
    record: &mut ImportRecord,
    listing: &Listing,
    here: &Heads,
) -> Result<()> {
    if !here.versions.starts_with(&record.heads.versions) {
        return Ok(());
    }
    let candidates = candidates(objects, record, listing, &here.versions)?;
    let pushed: Vec<u64> =
        candidates.iter().filter(|one| one.is_pushed).map(|one| one.row.number).collect();
    let mut snapshots = many(pushed.len(), |at| details::snapshot(client, pushed[at]))?.into_iter();
    for Candidate { row, version, is_pushed } in candidates {
        let snapshot = if is_pushed { snapshots.next().flatten() } else { None };
        if is_pushed && !has_state_of(objects, record, listing, (&version, row), snapshot)? {
            break;
        }
        let (number, source) = (version.number, version.meta.source_version);
        super::journal::extend(&mut record.heads.source, &here.source, source);
        record.heads.versions = here.versions[..number as usize].to_vec();
        let status = String::new();
        let one = ImportedVersion { source, number: Some(number), gone: false, status };
        record.versions.insert(row.number, one);
    }
    Ok(())
}

/// Versions of ours for the first rows that are not known, by everything but their contents.
fn candidates<'l>(
    objects: &Odb,
    record: &ImportRecord,
    listing: &'l Listing,
    here: &[Id],
) -> Result<Vec<Candidate<'l>>> {
    let (mut all, mut from) = (Vec::new(), record.heads.versions.len());
    for row in listing.versions.iter().filter(|row| !record.versions.contains_key(&row.number)) {
        let Some(one) = candidate(objects, record, row, (here, from))? else { break };
        from = one.version.number as usize;
        all.push(one);
    }
    Ok(all)
}

fn candidate<'l>(
    objects: &Odb,
    record: &ImportRecord,
    row: &'l ListedVersion,
    (here, from): (&[Id], usize),
) -> Result<Option<Candidate<'l>>> {
    let source = row.backup.and_then(|backup| record.backups.get(&backup)).copied();
    let by = row.by.clone().filter(|by| !by.is_empty());
    let by = shortened(by.unwrap_or_else(|| PLATFORM.to_owned()));
    let (message, commit) = (row.message.clone().map(shortened), row.commit.clone().map(shortened));
    for (at, id) in here.iter().enumerate().skip(from) {
        let version = Version::load(objects, at as u64 + 1, *id)?;
        let meta = &version.meta;
        if meta.message != message || meta.commit != commit {
            continue;
        }
        let is_imported = meta.at_ms == row.at_ms && meta.by == by;
        if is_imported || Some(meta.source_version) == source {
            return Ok(Some(Candidate { row, version, is_pushed: !is_imported }));
        }
    }
    Ok(None)
}

/// True if the platform's version contains the numbers, persona, model and MCP servers of ours.
fn has_state_of(
    objects: &Odb,
    record: &ImportRecord,
    listing: &Listing,
    (version, row): (&Version, &ListedVersion),
    snapshot: Option<VersionSnapshot>,
) -> Result<bool> {
    let Some(snapshot) = snapshot else { return Ok(false) };
    let state = State::load(objects, &version.state)?;
    let parts = WantedParts::of(objects, &state)?;
    let pins = pins_there(record, &state);
    // No pointer moves.
    let new = Active { version: Some(version.number), ledger: version.id };
    let (expected, ledger) = (None, new.ledger);
    let target =
        DeployTarget { version: version.clone(), state, parts, pins, expected, new, ledger };
    Ok(check_snapshot(&target, listing, (row.number, &snapshot), None).is_ok())
}

/// Takes our ledger where both pointers are on the same version, and the platform's has only records that an import wrote.
fn adopt_ledger(
    objects: &Odb,
    record: &mut ImportRecord,
    listing: &Listing,
    here: &Heads,
) -> Result<()> {
    let active = listing.active().and_then(|row| record.versions.get(&row.number)?.number);
    let Some(ours) = here.active.filter(|ours| {
        record.heads.active != Some(*ours) && ours.version.is_some() && ours.version == active
    }) else {
        return Ok(());
    };
    if !here.versions.starts_with(&record.heads.versions) {
        return Ok(());
    }
    let there: HashSet<&Id> = record.heads.versions.iter().collect();
    let mut chain = HashSet::new();
    for step in ledger::steps(objects, Some(ours.ledger)) {
        let step = step?;
        let is_there = match step.subject {
            LedgerSubject::Version(id) => there.contains(&id),
            LedgerSubject::Purge(_) => true,
        };
        if !is_there {
            return Ok(());
        }
        chain.insert(step.id);
    }
    for step in ledger::steps(objects, record.heads.active.map(|active| active.ledger)) {
        let step = step?;
        if chain.contains(&step.id) {
            break;
        }
        if !is_undated(&step.record) {
            return Ok(());
        }
    }
    record.heads.active = Some(ours);
    note_statuses(objects, record, listing, ours)
}

/// Notes the statuses that the ledger has. The import adds records for the others.
fn note_statuses(
    objects: &Odb,
    record: &mut ImportRecord,
    listing: &Listing,
    ours: Active,
) -> Result<()> {
    let folded = ledger::fold(objects, Some(ours.ledger))?;
    for row in &listing.versions {
        let Some(known) = record.versions.get_mut(&row.number) else { continue };
        let Some(number) = known.number else { continue };
        let id = &record.heads.versions[number as usize - 1];
        let is_recorded = match row.status {
            VersionStatus::Staged => true,
            VersionStatus::Deleted => folded.deleted.contains(id),
            VersionStatus::Active | VersionStatus::Superseded => folded.promoted.contains_key(id),
        };
        if is_recorded {
            word(row.status).clone_into(&mut known.status);
        }
    }
    Ok(())
}

/// Replaces the remote-tracking refs, if there are any: records of an import gave way to those that this store has of the same
/// steps, and the platform lost none. Before the record is saved, so that an interrupted command does it again.
pub fn track(store: &Store, name: &str, head: &Head) -> Result<()> {
    match store.remote(name)? {
        Some(_) => store.set_remote(&store.lock()?, name, &fetch::tracking(head)),
        None => Ok(()),
    }
}
