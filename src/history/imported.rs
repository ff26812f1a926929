//! Imported versions: those of the Lua platform, whose stock command does not see every file of a project.

mod import_record;
mod proof;

pub use import_record::{
    ContentOrigin, FileEdit, ImportLosses, ImportRecord, ImportedVersion, NumberCode,
    NumberContent, SeenAgent, SeenNumbers, SeenPersona, SeenServer,
};
pub use proof::{CodeTally, LiveTallies, LiveTally, PromotionProof, PromotionProofs};

use super::any_version::{AnyVersion, VersionContent};
use super::record::LedgerRecord;
use super::revision::{InSeries, Revision};
use super::source::{self, SourceVersion};
use super::state::State;
use super::version::Version;
use crate::error::{Error, Hint, Result};
use crate::model::numbers::{self, Numbers};
use crate::object::{Id, Source};
use crate::store::Store;
use serde::Serialize;
use std::collections::HashMap;

/// Author of records that were imported, and whose author nobody knows.
pub const PLATFORM: &str = "platform";

/// Text before the id of a source version in the reason of a backup.
const MARK: &str = " of source ";

/// Reason of a backup that is the push of a source version of ours. It is found again by it where the answer was lost, and
/// other clones of the same history know it by it.
pub fn push_mark(number: u64, id: &Id) -> String {
    format!("lua-store push v{number}{MARK}{id}")
}

/// The source version that the reason of a backup names.
pub fn marked_source(triggered_by: &str) -> Option<Id> {
    let (push, id) = triggered_by.split_once(MARK)?;
    push.starts_with("lua-store push v").then(|| id.parse().ok())?
}

/// True for a record of the ledger whose time and author are not those of the event: the platform says neither.
pub fn is_undated(record: &LedgerRecord) -> bool {
    record.by == PLATFORM
}

/// True if the files are those of a backup: that a file is not among them says nothing about one that the stock command
/// does not see.
pub fn is_partial(store: &Store, version: &AnyVersion) -> Result<bool> {
    match &version.content {
        VersionContent::Source(version) => Ok(source_is_partial(version)),
        VersionContent::Snapshot(_) => Ok(false),
        VersionContent::Agent(version) => version_is_partial(store, version),
    }
}

pub fn source_is_partial(version: &SourceVersion) -> bool {
    version.record.by == PLATFORM
}

/// The same for an agent version, by the source version that it names: of this store, or of a remote.
pub fn version_is_partial(store: &Store, version: &Version) -> Result<bool> {
    let at = version.meta.source_version;
    let name = format!("{}/v{at}", source::REFS);
    let mut ids: Vec<_> = store.refs().get(&name)?.into_iter().collect();
    let remotes = store.known_remotes()?;
    let of_remote = |heads: &[Id]| heads.get(at.saturating_sub(1) as usize).copied();
    ids.extend(remotes.iter().filter_map(|(_, known)| of_remote(&known.heads.source)));
    for id in ids {
        if !store.objects().contains(&id)? {
            continue;
        }
        let source = SourceVersion::load(store.objects(), at, id)?;
        if source.source == version.source && source.state == version.state {
            return Ok(source_is_partial(&source));
        }
    }
    Ok(false)
}

/// The version that the platform has under a number: its number in the imported history, and its id.
pub fn find(store: &Store, of: &Revision) -> Result<(u64, Id)> {
    let records = records(store)?;
    let mut found = records.iter().filter_map(|(_, record)| match of {
        Revision::Number(number) => {
            let ours = record.versions.get(number)?.number?;
            Some((ours, *record.heads.versions.get(ours as usize - 1)?))
        }
        Revision::Source(InSeries::Number(number)) => {
            let ours = *record.backups.get(number)?;
            Some((ours, *record.heads.source.get(ours as usize - 1)?))
        }
        Revision::Source(InSeries::Latest) => {
            let ours = *record.backups.values().next_back()?;
            Some((ours, *record.heads.source.get(ours as usize - 1)?))
        }
        _ => None,
    });
    found.next().ok_or_else(|| match records.is_empty() {
        true => {
            Error::not_found("no remote of this project is on the platform").hint(Hint::AddPlatform)
        }
        false => {
            Error::not_found(format!("\"platform:{of}\" is not imported")).hint(Hint::FetchPlatform)
        }
    })
}

/// The records of all remotes on the platform, by name.
pub fn records(store: &Store) -> Result<Vec<(String, ImportRecord)>> {
    let mut records = Vec::new();
    for name in store.platform_records()? {
        records.extend(ImportRecord::find(store, &name)?.map(|record| (name, record)));
    }
    Ok(records)
}

/// The highest numbers of primitives on any platform that this project is on. A push continues after them.
pub fn highest_numbers(store: &Store) -> Result<Numbers> {
    let mut highest = Numbers::new();
    for (_, record) in records(store)? {
        numbers::raise(&mut highest, &numbers::below_maximum(&record.highest_numbers()));
    }
    Ok(highest)
}

/// True if a push made this edit of `lua.skill.yaml`.
pub fn is_yaml_edit(store: &Store, edit: FileEdit) -> Result<bool> {
    Ok(records(store)?.iter().any(|(_, record)| record.yaml_edit == Some(edit)))
}

/// Numbers of the platform by the ids of our versions, where the numbers differ.
#[derive(Clone, Debug, Default)]
pub struct PlatformNumbers(HashMap<Id, u64>);

impl PlatformNumbers {
    pub fn load(store: &Store) -> Result<PlatformNumbers> {
        let mut numbers = HashMap::new();
        for (_, record) in records(store)? {
            let backups = record.backups.iter().map(|(there, ours)| (*there, *ours));
            let sources = backups.map(|pair| (pair, &record.heads.source));
            let versions = record
                .versions
                .iter()
                .filter_map(|(there, version)| Some((*there, version.number?)));
            let versions = versions.map(|pair| (pair, &record.heads.versions));
            for ((there, ours), series) in sources.chain(versions) {
                if let Some(id) = series.get(ours as usize - 1) {
                    // A later backup of the same files is a copy.
                    numbers.entry(*id).or_insert(there);
                }
            }
        }
        Ok(PlatformNumbers(numbers))
    }

    /// ` (platform:6)`, to be put after the number here where the platform has another one.
    pub fn after(&self, id: &Id, here: u64) -> String {
        self.of(id, here).map_or(String::new(), |there| format!(" (platform:{there})"))
    }

    /// Number there of a version that has another number here.
    pub fn of(&self, id: &Id, here: u64) -> Option<u64> {
        self.0.get(id).copied().filter(|there| *there != here)
    }
}

/// Number of primitives of a state by the origin of their content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ContentOrigins {
    /// Pushed by this program.
    pub exact: usize,
    /// Read from the first backup after the push.
    pub inferred: usize,
    /// Name and number only.
    pub unknown: usize,
}

/// Origins of the contents of a state; `None` where no number of it is one of the platform.
pub fn origins(store: &Store, state: &State) -> Result<Option<ContentOrigins>> {
    let (mut origins, mut is_any) = (ContentOrigins { exact: 0, inferred: 0, unknown: 0 }, false);
    let records = records(store)?;
    for (key, tree) in &state.primitives {
        let Some(number) = state.numbers.get(key) else { continue };
        let content = records.iter().find_map(|(_, record)| record.contents.get(key)?.get(number));
        let Some(content) = content.filter(|content| content.tree == *tree) else { continue };
        is_any = true;
        match content.from {
            ContentOrigin::Exact => origins.exact += 1,
            ContentOrigin::Inferred => origins.inferred += 1,
            ContentOrigin::Unknown => origins.unknown += 1,
        }
    }
    Ok(is_any.then_some(origins))
}
