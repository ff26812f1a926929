//! Timeline: pushes and agent versions in one list, newest first, with the files of each and of the one before in its
//! series. `log PATH`, `log -S` and `blame` walk it; only subtrees that differ are opened.

use super::any_version::AnyVersion;
use super::catalog::Catalog;
use super::source::{self, SourceVersion};
use super::version::Version;
use crate::error::{Error, Kind, Result};
use crate::history::any_version::VersionContent;
use crate::object::Id;
use crate::store::Store;

/// One push or agent version, with the tree of files before it.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    pub version: AnyVersion,
    /// `None` for the first of its series.
    pub before: Option<Id>,
    /// The state of the agent before it.
    pub state_before: Option<Id>,
}

/// Series that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineSeries {
    pub versions: bool,
    pub pushes: bool,
}

/// All entries, newest first: an agent version comes before the push that it was made from. What is damaged is left out,
/// and counted.
pub fn read(
    store: &Store,
    catalog: &Catalog,
    series: TimelineSeries,
) -> Result<(Vec<TimelineEntry>, usize)> {
    let (mut entries, mut damaged) = (Vec::new(), 0);
    if series.pushes {
        let (pushes, bad) = pushes(store)?;
        damaged += bad;
        let (mut before, mut state_before) = (None, None);
        for push in pushes {
            let (files, state) = (push.source, push.state);
            let name = format!("source/v{}", push.number);
            let version = AnyVersion { name, content: VersionContent::Source(push) };
            entries.push(TimelineEntry { version, before, state_before });
            (before, state_before) = (Some(files), Some(state));
        }
    }
    if series.versions {
        let mut numbers: Vec<u64> = catalog.numbers().collect();
        numbers.reverse();
        let (mut before, mut state_before) = (None, None);
        for number in numbers {
            match sound(catalog.get(number))? {
                Some(version) => {
                    let (files, state) = (version.source, version.state);
                    let version = AnyVersion::from(version);
                    entries.push(TimelineEntry { version, before, state_before });
                    (before, state_before) = (Some(files), Some(state));
                }
                None => damaged += 1,
            }
        }
    }
    entries.sort_by_key(|entry| order(&entry.version));
    entries.reverse();
    Ok((entries, damaged))
}

/// All pushes from the first to the last, and the number of those that are damaged.
pub fn pushes(store: &Store) -> Result<(Vec<SourceVersion>, usize)> {
    let (mut found, mut damaged) = (Vec::new(), 0);
    for (number, id) in store.refs().list_all(source::REFS)? {
        let push = id.and_then(|id| SourceVersion::load(store.objects(), number, id));
        match sound(push)? {
            Some(push) => found.push(push),
            None => damaged += 1,
        }
    }
    Ok((found, damaged))
}

/// All agent versions that are not damaged, from the first to the last.
pub fn versions(catalog: &Catalog) -> Result<Vec<Version>> {
    let mut found = Vec::new();
    for number in catalog.numbers() {
        found.extend(sound(catalog.get(number))?);
    }
    found.reverse();
    Ok(found)
}

fn sound<T>(read: Result<T, Error>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::Corrupt => Ok(None),
        Err(error) => Err(error),
    }
}

/// By the push; the versions made from it follow it, by number.
fn order(version: &AnyVersion) -> (u64, bool, u64) {
    let is_version = version.agent_version().is_some();
    (version.source_number().unwrap_or_default(), is_version, version.number())
}
