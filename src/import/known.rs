//! Comparison of an import with a listing.

use crate::error::{Error, Result};
use crate::history::imported::ImportRecord;
use crate::platform::{Listing, VersionStatus};

/// True if everything that a listing names is imported.
pub fn has_all(record: &ImportRecord, listing: &Listing) -> bool {
    listing.backups.iter().all(|row| record.backups.contains_key(&row.number))
        && listing.versions.iter().all(|row| {
            record.versions.get(&row.number).is_some_and(|version| {
                version.number.is_some() && version.status == word(row.status)
            })
        })
}

/// Refuses an answer that lacks the newest of what was imported: no number of the platform is given twice.
pub fn check(record: &ImportRecord, listing: &Listing) -> Result<()> {
    let newest = |imported: Option<&u64>, listed: Option<u64>, route: &str, what: &str| {
        match imported.filter(|imported| listed.is_none_or(|listed| listed < **imported)) {
            None => Ok(()),
            Some(imported) => Err(Error::failed(format!(
                "{route}: the field \"version\" goes back: {what} {imported} was imported, and the newest is {}",
                listed.map_or("none".to_owned(), |listed| listed.to_string())
            ))
            .hint("was the agent made anew? clone it into another folder")),
        }
    };
    let backup = listing.backups.last().map(|row| row.number);
    newest(record.backups.keys().next_back(), backup, "#22", "backup")?;
    let version = listing.versions.last().map(|row| row.number);
    newest(record.versions.keys().next_back(), version, "#24", "version")
}

/// Word of a status, as the platform writes it.
pub fn word(status: VersionStatus) -> &'static str {
    match status {
        VersionStatus::Staged => "staged",
        VersionStatus::Active => "active",
        VersionStatus::Superseded => "superseded",
        VersionStatus::Deleted => "deleted",
    }
}
