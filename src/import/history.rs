//! History of an import: source versions and agent versions, in the order in which the platform numbered them.

use super::contents::{self, numbers_at};
use super::files::{self, BackupFiles, NotStored};
use super::known::word;
use super::ledger;
use super::state::{self, ListedState};
use crate::error::Result;
use crate::history::imported::PLATFORM;
use crate::history::imported::{ImportRecord, ImportedVersion};
use crate::history::record::{SourceRecord, VersionMeta};
use crate::history::rules;
use crate::history::source::{self, SourceVersion};
use crate::history::state::State;
use crate::history::version::{self, Version};
use crate::object::{Id, Sink, Tree};
use crate::platform::details::VersionSnapshot;
use crate::platform::{ListedBackup, ListedVersion, Listing};
use crate::reader::Unreadable;
use crate::store::{Batch, Store};
use crate::workspace::Patterns;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The newest source version, with its state.
struct Tip {
    version: SourceVersion,
    state: State,
}

/// Files of a backup as an agent; `Err` is the reason why it cannot be read.
type ReadState = Result<State, Unreadable>;

/// Writes what is new behind what was imported.
pub struct HistoryWriter<'a> {
    listing: &'a Listing,
    /// Snapshots of new versions; `None` for those that are gone.
    snapshots: &'a BTreeMap<u64, Option<VersionSnapshot>>,
    pub record: ImportRecord,
    pub batch: Batch,
    /// Any folder that exists.
    root: PathBuf,
    /// Patterns of secrets that may be stored.
    allowed: Vec<String>,
    tip: Option<Tip>,
    /// The files that were read last.
    read: Option<(Id, ReadState)>,
}

/// A source version to write.
struct NewSource<'a> {
    at_ms: i64,
    triggered_by: String,
    message: Option<String>,
    files: Id,
    read: &'a ReadState,
    state: State,
}

impl<'a> HistoryWriter<'a> {
    pub fn new(
        store: &Store,
        listing: &'a Listing,
        snapshots: &'a BTreeMap<u64, Option<VersionSnapshot>>,
        record: ImportRecord,
    ) -> Result<HistoryWriter<'a>> {
        let objects = store.objects();
        let tip = match record.heads.source.last() {
            Some(id) => {
                let version = SourceVersion::load(objects, record.heads.source.len() as u64, *id)?;
                let state = State::load(objects, &version.state)?;
                Some(Tip { version, state })
            }
            None => None,
        };
        let (batch, root) = (store.batch(), store.project().to_owned());
        let allowed = store.config()?.allow();
        Ok(HistoryWriter { listing, snapshots, record, batch, root, allowed, tip, read: None })
    }

    /// Stores what was written, and the record of it.
    pub fn save(&mut self, store: &Store, name: &str) -> Result<()> {
        std::mem::replace(&mut self.batch, store.batch()).commit()?;
        // Its objects are read from the store now.
        self.batch = store.batch();
        self.record.save(&store.lock()?, store, name)
    }

    /// One backup, and the source versions of the agent versions that name it.
    pub fn backup(
        &mut self,
        row: &ListedBackup,
        manifest: &BackupFiles,
        not_stored: &NotStored,
    ) -> Result<()> {
        self.fill_backups(row)?;
        let files = self.tree(manifest, not_stored)?;
        let read = self.read(files)?;
        let numbers = numbers_at(&self.record, self.listing, row.at_ms);
        if let Ok(read) = &read {
            let before = self.listing.backups.iter().rev().find(|one| one.number < row.number);
            contents::take(&mut self.record, read, &numbers, before.map(|one| one.at_ms));
        }
        let of_backup: Vec<&ListedVersion> =
            self.listing.versions.iter().filter(|one| one.backup == Some(row.number)).collect();
        // A snapshot is a better witness than the times of the pushes.
        let first = of_backup.iter().find_map(|one| self.named(one));
        let named = first.unwrap_or_else(|| ListedState::by_time(self.listing, numbers, row.at_ms));
        let state = self.compose(&named, &read)?;
        let (triggered_by, message) = (rules::shortened(row.triggered_by.clone()), None);
        let new = NewSource { at_ms: row.at_ms, triggered_by, message, files, read: &read, state };
        let number = self.source(new)?;
        self.record.backups.insert(row.number, number);
        for version in of_backup {
            self.source_of_version(version, files, &read, number)?;
        }
        self.read = Some((files, read));
        Ok(())
    }

    /// Parts that an agent version names, if it is new and has a snapshot.
    fn named(&self, row: &ListedVersion) -> Option<ListedState<'a>> {
        let snapshot = self.snapshots.get(&row.number)?.as_ref()?;
        let others = numbers_at(&self.record, self.listing, row.at_ms);
        Some(ListedState::by_version(snapshot, self.listing, others))
    }

    fn read(&mut self, files: Id) -> Result<ReadState> {
        let before = match &self.read {
            Some((known, read)) if *known == files => return Ok(read.clone()),
            Some((known, Ok(state))) => Some((*known, state.clone())),
            _ => None,
        };
        state::read(&mut self.batch, (&self.root, &self.allowed), files, before.as_ref())
    }

    fn tree(&mut self, manifest: &BackupFiles, not_stored: &NotStored) -> Result<Id> {
        let base = self.tip.as_ref().map(|tip| tip.version.source);
        let allowed = Patterns::new(&self.allowed);
        files::tree(&mut self.batch, &mut self.record, manifest, not_stored, base, &allowed)
    }

    /// The newest backup once more, with files that were left out and are allowed since. What was imported stays as it is.
    pub fn backup_again(&mut self, manifest: &BackupFiles, not_stored: &NotStored) -> Result<()> {
        let files = self.tree(manifest, not_stored)?;
        let (state, previous) = self.before();
        let Some(previous) = previous.filter(|previous| previous.source != files) else {
            return Ok(());
        };
        let (at_ms, message) = (previous.record.at_ms, None);
        let triggered_by = "the newest backup with files that are allowed since".to_owned();
        let read = self.read(files)?;
        self.source(NewSource { at_ms, triggered_by, message, files, read: &read, state })?;
        self.read = Some((files, read));
        Ok(())
    }

    fn compose(&mut self, named: &ListedState, read: &ReadState) -> Result<State> {
        let (old, previous) = self.before();
        let floor = source::floor(&old, previous.as_ref());
        state::compose(&mut self.batch, &mut self.record, named, read.as_ref().ok(), (&old, &floor))
    }

    fn before(&self) -> (State, Option<SourceVersion>) {
        match &self.tip {
            Some(tip) => (tip.state.clone(), Some(tip.version.clone())),
            None => (State::default(), None),
        }
    }

    /// Appends a source version. Gives its number.
    fn source(&mut self, new: NewSource<'_>) -> Result<u64> {
        let (old, previous) = self.before();
        let state = new.state.store(&mut self.batch, previous.as_ref().map(|one| one.state))?;
        let mut record = SourceRecord {
            by: PLATFORM.to_owned(),
            at_ms: new.at_ms,
            triggered_by: new.triggered_by,
            message: new.message,
            highest: source::highest(previous.as_ref(), &old, &new.state),
            unread: new.read.as_ref().err().map(|why| rules::shortened(why.as_str().to_owned())),
        };
        let number = self.record.heads.source.len() as u64 + 1;
        loop {
            let id = source::put(&mut self.batch, &record, state, new.files, previous.as_ref())?;
            // Two source versions are never one object.
            if !self.record.heads.source.contains(&id) {
                self.record.heads.source.push(id);
                let version = SourceVersion { number, id, record, state, source: new.files };
                self.tip = Some(Tip { version, state: new.state });
                return Ok(number);
            }
            record.at_ms += 1;
        }
    }

    /// Notes the source version of an agent version: that of its backup if it has the same state, else one more with the same
    /// files.
    fn source_of_version(
        &mut self,
        row: &ListedVersion,
        files: Id,
        read: &ReadState,
        of_backup: u64,
    ) -> Result<()> {
        if self.record.versions.contains_key(&row.number) {
            return Ok(());
        }
        let newest = self.record.heads.source.len() as u64;
        let source = match self.named(row) {
            None => of_backup,
            Some(named) => {
                let state = self.compose(&named, read)?;
                let fits = |tip: &Tip| tip.state == state && tip.version.source == files;
                match self.tip.as_ref().is_some_and(fits) {
                    true => newest,
                    false => {
                        let message = Some(format!("state of version {}", row.number));
                        let triggered_by = "version create".to_owned();
                        let at_ms = row.at_ms;
                        self.source(NewSource { at_ms, triggered_by, message, files, read, state })?
                    }
                }
            }
        };
        let gone = matches!(self.snapshots.get(&row.number), Some(None));
        if gone {
            self.record.losses.versions.insert(row.number);
        }
        let version = ImportedVersion { source, number: None, gone, status: String::new() };
        self.record.versions.insert(row.number, version);
        Ok(())
    }

    /// Backups that are gone: each keeps its number, with the files of the one before, and the latest time that it can have.
    fn fill_backups(&mut self, next: &ListedBackup) -> Result<()> {
        let newest = self.record.backups.keys().next_back().copied().unwrap_or(0);
        for gone in newest + 1..next.number {
            self.record.losses.backups.insert(gone);
            if self.record.heads.source.len() as u64 >= gone {
                continue;
            }
            let (old, previous) = self.before();
            let files = match &previous {
                Some(previous) => previous.source,
                None => self.batch.put_tree(&Tree::default(), None)?,
            };
            let at_ms = next.at_ms;
            let triggered_by = format!("backup {gone} is gone on the platform");
            let read = &Ok(old.clone());
            let new = NewSource { at_ms, triggered_by, message: None, files, read, state: old };
            self.source(new)?;
        }
        Ok(())
    }

    /// The agent versions, by number, and the ledger.
    pub fn versions(&mut self) -> Result<()> {
        self.late_sources()?;
        let listing = self.listing;
        for row in &listing.versions {
            let known = self.record.versions.get(&row.number);
            let Some(source) =
                known.filter(|known| known.number.is_none()).map(|known| known.source)
            else {
                continue;
            };
            self.fill_versions(row)?;
            let by = row.by.clone().filter(|by| !by.is_empty());
            let meta = VersionMeta {
                by: rules::shortened(by.unwrap_or_else(|| PLATFORM.to_owned())),
                at_ms: row.at_ms,
                message: row.message.clone().map(rules::shortened),
                commit: row.commit.clone().map(rules::shortened),
                source_version: source,
                unread: None,
            };
            let number = self.version(meta)?;
            if let Some(known) = self.record.versions.get_mut(&row.number) {
                known.number = Some(number);
            }
        }
        ledger::extend(&mut self.batch, &mut self.record, listing)?;
        for row in &listing.versions {
            if let Some(known) = self.record.versions.get_mut(&row.number) {
                word(row.status).clone_into(&mut known.status);
            }
        }
        Ok(())
    }

    /// Source versions of new agent versions whose backup was imported before, or is not known.
    fn late_sources(&mut self) -> Result<()> {
        let listing = self.listing;
        let tip = self.tip.as_ref().map(|tip| (tip.version.source, tip.state.clone()));
        for row in &listing.versions {
            if self.record.versions.contains_key(&row.number) {
                continue;
            }
            let backup = row.backup.or_else(|| self.backup_at(row.at_ms));
            let known = backup.and_then(|backup| self.record.backups.get(&backup)).copied();
            let known = known.or_else(|| (!self.record.heads.source.is_empty()).then_some(1));
            let (of_backup, files) = match known {
                Some(number) => {
                    let id = self.record.heads.source[number as usize - 1];
                    (number, SourceVersion::load(&self.batch, number, id)?.source)
                }
                // An agent with versions and no backup: nobody knows a file of it.
                None => {
                    let files = self.batch.put_tree(&Tree::default(), None)?;
                    (1, files)
                }
            };
            let read = self.read(files)?;
            if self.record.heads.source.is_empty() {
                let state = State::default();
                let triggered_by = "no backup is known".to_owned();
                let (at_ms, message) = (row.at_ms, None);
                self.source(NewSource { at_ms, triggered_by, message, files, read: &read, state })?;
            }
            self.source_of_version(row, files, &read, of_backup)?;
            self.read = Some((files, read));
        }
        self.end_with(tip)
    }

    /// The newest backup ends the source versions: its files are those that people work on.
    fn end_with(&mut self, newest: Option<(Id, State)>) -> Result<()> {
        let Some((files, state)) = newest else { return Ok(()) };
        if self.tip.as_ref().is_some_and(|tip| tip.version.source == files) {
            return Ok(());
        }
        let read = self.read(files)?;
        let at_ms = self.tip.as_ref().map_or(0, |tip| tip.version.record.at_ms);
        let triggered_by = "the newest backup again".to_owned();
        let (message, read) = (None, &read);
        self.source(NewSource { at_ms, triggered_by, message, files, read, state }).map(drop)
    }

    /// The newest backup at a moment.
    fn backup_at(&self, at_ms: i64) -> Option<u64> {
        let earlier = self.listing.backups.iter().rev().find(|row| row.at_ms <= at_ms);
        earlier.or(self.listing.backups.first()).map(|row| row.number)
    }

    /// Versions that are gone: each keeps its number, and is listed as deleted.
    fn fill_versions(&mut self, next: &ListedVersion) -> Result<()> {
        let newest =
            self.record.versions.range(..next.number).next_back().map(|(number, _)| *number);
        for gone in newest.unwrap_or(0) + 1..next.number {
            self.record.losses.versions.insert(gone);
            if self.record.heads.versions.len() as u64 >= gone {
                continue;
            }
            let message = Some(format!("version {gone} is gone on the platform"));
            let by = PLATFORM.to_owned();
            let (commit, unread) = (None, None);
            let at_ms = next.at_ms;
            let meta = VersionMeta { by, at_ms, message, commit, source_version: 1, unread };
            let number = self.version(meta)?;
            let status = String::new();
            let one = ImportedVersion { source: 1, number: Some(number), gone: true, status };
            self.record.versions.insert(gone, one);
        }
        Ok(())
    }

    /// Appends an agent version. Gives its number.
    fn version(&mut self, mut meta: VersionMeta) -> Result<u64> {
        let id = self.record.heads.source[meta.source_version as usize - 1];
        let from = SourceVersion::load(&self.batch, meta.source_version, id)?;
        meta.unread.clone_from(&from.record.unread);
        let number = self.record.heads.versions.len() as u64 + 1;
        let base = match self.record.heads.versions.last() {
            Some(id) => Some(Version::load(&self.batch, number - 1, *id)?),
            None => None,
        };
        loop {
            let id = version::put(&mut self.batch, &meta, from.state, from.source, base.as_ref())?;
            // The ledger names versions by id.
            if !self.record.heads.versions.contains(&id) {
                self.record.heads.versions.push(id);
                return Ok(number);
            }
            meta.at_ms += 1;
        }
    }
}
