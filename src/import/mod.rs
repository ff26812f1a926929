//! Import: the history of an agent on the Lua platform, as versions of ours.
//!
//! The platform is only read. Backups become source versions and agent versions agent versions, oldest first; what it does not
//! show is a loss that is named, never a guess. `docs/platform.md` has the mapping.

mod contents;
mod files;
mod history;
mod known;
mod ledger;
mod live;
mod state;

pub use contents::{key, key_of};
pub use known::has_all;
pub use known::word;
pub use live::{SERVERS, SETTING_FIELDS, check as check_live};

use crate::error::Result;
use crate::fs;
use crate::history::imported::ImportRecord;
use crate::platform::details::{self, VersionSnapshot};
use crate::platform::{ListedBackup, ListedVersion, Listing, PlatformClient, many};
use crate::progress::{Progress, Unit};
use crate::store::Store;
use crate::workspace::Patterns;
use history::HistoryWriter;
use std::collections::BTreeMap;
use std::path::Path;

/// Backups between two moments at which the import is saved.
const WINDOW: usize = 50;

/// Brings what is new into a store, and saves how far it came, and what runs. The objects are stored, and no ref names them yet.
pub fn import(
    client: &PlatformClient,
    store: &Store,
    name: &str,
    listing: &Listing,
    progress: &Progress,
) -> Result<ImportRecord> {
    let record = import_history(client, store, name, listing, progress)?;
    if let Some(check) = live::check(store.objects(), &record, listing)? {
        check.summary().remember(store, name);
    }
    Ok(record)
}

fn import_history(
    client: &PlatformClient,
    store: &Store,
    name: &str,
    listing: &Listing,
    progress: &Progress,
) -> Result<ImportRecord> {
    let mut record = ImportRecord::load(store, name, &client.address().to_string())?;
    known::check(&record, listing)?;
    let allowed = Patterns::new(&store.config()?.allow());
    let is_allowed_since = files::take_allowed(&mut record, &allowed);
    if known::has_all(&record, listing) && !is_allowed_since {
        return Ok(record);
    }
    contents::ask_times(client, listing, &mut record)?;
    let snapshots = snapshots(client, listing, &record)?;
    let new: Vec<&ListedBackup> =
        listing.backups.iter().filter(|row| !record.backups.contains_key(&row.number)).collect();
    progress.begin("Importing", Unit::Item);
    progress.expect(new.len() as u64);
    let mut writer = HistoryWriter::new(store, listing, &snapshots, record)?;
    for window in new.chunks(WINDOW) {
        let manifests = many(window.len(), |at| files::manifest(client, window[at].number))?;
        let (manifests, outside): (Vec<_>, Vec<_>) = manifests.into_iter().unzip();
        writer.record.losses.externals.extend(outside.into_iter().flatten());
        let not_stored =
            files::download(client, &writer.batch, &mut writer.record, &manifests, &allowed)?;
        for (row, manifest) in window.iter().zip(&manifests) {
            writer.backup(row, manifest, &not_stored)?;
            progress.advance(1);
        }
        writer.save(store, name)?;
    }
    // A new backup has these files already.
    if let (true, true, Some(row)) = (is_allowed_since, new.is_empty(), listing.backups.last()) {
        let manifests = [files::manifest(client, row.number)?.0];
        let (batch, record) = (&writer.batch, &mut writer.record);
        let not_stored = files::download(client, batch, record, &manifests, &allowed)?;
        writer.backup_again(&manifests[0], &not_stored)?;
    }
    writer.versions()?;
    writer.save(store, name)?;
    Ok(writer.record)
}

/// Snapshots of the versions that are new (#25). A version without one is gone there.
fn snapshots(
    client: &PlatformClient,
    listing: &Listing,
    record: &ImportRecord,
) -> Result<BTreeMap<u64, Option<VersionSnapshot>>> {
    let is_new = |row: &&ListedVersion| {
        record.versions.get(&row.number).is_none_or(|one| one.number.is_none())
    };
    let new: Vec<&ListedVersion> = listing.versions.iter().filter(is_new).collect();
    let answers = many(new.len(), |at| details::snapshot(client, new[at].number))?;
    Ok(new.into_iter().map(|row| row.number).zip(answers).collect())
}

/// Makes the store of a clone with secrets that may be imported, if the platform has a history. The clone that follows
/// continues in it, as one that was interrupted.
pub fn prepare_clone(client: &PlatformClient, dir: &Path, allowed: &[String]) -> Result<()> {
    if Listing::read(client)?.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    let store = Store::init(dir)?;
    let lock = store.lock()?;
    let mut config = store.config()?;
    for pattern in allowed {
        config.add_allowed(pattern);
    }
    config.save(&lock)
}
