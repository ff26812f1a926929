//! Ledger of an import: the platform says which version is live and which are deleted now, and not when and by whom.

use super::known::word;
use crate::error::Result;
use crate::history::imported::ImportRecord;
use crate::history::imported::PLATFORM;
use crate::history::ledger::{self, LedgerEntry};
use crate::history::record::{Event, LedgerRecord};
use crate::platform::{ListedVersion, Listing, VersionStatus};
use crate::store::{Active, Batch};

/// Reason of every record.
const REASON: &str = "as the platform has it; it does not say when and by whom";

/// Adds the records that lead from the statuses of the last import to those of a listing.
pub fn extend(batch: &mut Batch, record: &mut ImportRecord, listing: &Listing) -> Result<()> {
    let status = |row: &ListedVersion| word(row.status);
    let was = |record: &ImportRecord, row: &ListedVersion| {
        record.versions.get(&row.number).map(|known| known.status.clone()).unwrap_or_default()
    };
    let has_active = listing.active().is_some();
    for row in &listing.versions {
        let before = was(record, row);
        let undeleted = before == word(VersionStatus::Deleted) && before != status(row);
        if undeleted {
            append(batch, record, row, Event::Undelete)?;
        }
        // It was live once. Without a live version the pointer would stay on it.
        let was_live = row.status == VersionStatus::Superseded && has_active;
        if was_live && before != "active" && before != status(row) {
            append(batch, record, row, Event::Promote)?;
        }
    }
    // Our own promotion may have been overtaken by one that is imported only now.
    let pointer = record.heads.active.and_then(|active| active.version);
    if let Some(row) = listing.active()
        && (was(record, row) != word(VersionStatus::Active)
            || pointer != record.versions.get(&row.number).and_then(|known| known.number))
    {
        append(batch, record, row, Event::Promote)?;
    }
    for row in &listing.versions {
        let is_deleted = row.status == VersionStatus::Deleted;
        if is_deleted && was(record, row) != word(VersionStatus::Deleted) {
            append(batch, record, row, Event::Delete)?;
        }
    }
    delete_gone(batch, record)
}

/// A version that the platform has not got any more is listed as deleted.
fn delete_gone(batch: &mut Batch, record: &mut ImportRecord) -> Result<()> {
    let gone: Vec<u64> = record
        .versions
        .iter()
        .filter(|(_, version)| version.gone && version.status.is_empty())
        .map(|(number, _)| *number)
        .collect();
    for number in gone {
        let Some(ours) = record.versions.get(&number).and_then(|version| version.number) else {
            continue;
        };
        let is_active = record.heads.active.and_then(|active| active.version) == Some(ours);
        let deleted = ledger::fold(batch, record.heads.active.map(|active| active.ledger))?.deleted;
        let id = record.heads.versions[ours as usize - 1];
        if !is_active && !deleted.contains(&id) {
            add(batch, record, (ours, 0), Event::Delete)?;
        }
        if let Some(version) = record.versions.get_mut(&number) {
            word(VersionStatus::Deleted).clone_into(&mut version.status);
        }
    }
    Ok(())
}

fn append(
    batch: &mut Batch,
    record: &mut ImportRecord,
    row: &ListedVersion,
    event: Event,
) -> Result<()> {
    let ours = record.versions.get(&row.number).and_then(|known| known.number);
    match ours {
        Some(ours) => add(batch, record, (ours, row.at_ms), event),
        None => Ok(()),
    }
}

fn add(
    batch: &mut Batch,
    record: &mut ImportRecord,
    (number, at_ms): (u64, i64),
    event: Event,
) -> Result<()> {
    let previous = record.heads.active.map(|active| active.ledger);
    let before = match previous {
        Some(previous) => LedgerEntry::load(batch, &previous)?.record.at_ms,
        None => 0,
    };
    // The time of the version is the earliest that it can be; times of a ledger do not go back.
    let one = LedgerRecord {
        event,
        by: PLATFORM.to_owned(),
        at_ms: at_ms.max(before),
        reason: Some(REASON.to_owned()),
    };
    let id = record.heads.versions[number as usize - 1];
    let ledger = ledger::append(batch, &one, id, previous)?;
    let version = match event {
        Event::Promote => Some(number),
        _ => record.heads.active.and_then(|active| active.version),
    };
    record.heads.active = Some(Active { version, ledger });
    Ok(())
}
