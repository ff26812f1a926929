//! The reflog: the newest refs and the pointer after each step. It knows what is lost.
//!
//! One line per step in the file `reflog`, with a sum of its own, so that damage costs the line and no more. A line
//! is added after what it says is durable, and is itself never synced: a loss of power can make the log say less,
//! never too much. So it is no condition for anything. What is missing although the log knows it is lost; a log
//! that is missing is begun again.

use super::super::active::{self, Active};
use super::super::layout::{PACKED_REFS, REFLOG};
use super::name::number_of;
use super::{RefName, Refs, SOURCE, VERSIONS};
use crate::error::Result;
use crate::fs;
use crate::object::Id;
use std::collections::BTreeMap;
use std::path::Path;

/// The last lines are in so many bytes.
const END: u64 = 4096;

/// The lines of all refs that are files are in so many bytes, unless there were very many other steps.
const RECENT: u64 = 96 << 10;

#[cfg(test)]
const LONGEST_LINE: usize = 320;

/// Length of the checksum at the end of a line: hexadecimal digits of the BLAKE3 hash.
const SUM_LEN: usize = 16;

/// Newest refs and pointer after a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefTips {
    pub source: Option<(u64, Id)>,
    pub versions: Option<(u64, Id)>,
    pub active: Option<Active>,
}

impl RefTips {
    /// The newest ref of a series; none of one that is not logged.
    pub fn newest(&self, series: &str) -> Option<(u64, Id)> {
        match series {
            SOURCE => self.source,
            VERSIONS => self.versions,
            _ => None,
        }
    }

    /// The same with the next ref of a series; `None` for one that does not follow the newest.
    fn with(self, name: &RefName, id: Id) -> Option<RefTips> {
        let newest = self.newest(name.series()).map_or(0, |(number, _)| number);
        let next =
            Some((name.number(), id)).filter(|_| newest.checked_add(1) == Some(name.number()))?;
        match name.series() {
            SOURCE => Some(RefTips { source: Some(next), ..self }),
            VERSIONS => Some(RefTips { versions: Some(next), ..self }),
            _ => None,
        }
    }

    fn encode(&self) -> String {
        let named = |newest: Option<(u64, Id)>| {
            newest.map_or("- -".to_owned(), |(number, id)| format!("v{number} {id}"))
        };
        let active = self.active.map_or("- -".to_owned(), |active| {
            let version = active.version.map_or("none".to_owned(), |number| format!("v{number}"));
            format!("{version} {}", active.ledger)
        });
        let text = format!(
            "source {} versions {} active {active}",
            named(self.source),
            named(self.versions)
        );
        format!("{text} {}\n", sum(&text))
    }

    /// Reads exactly what [`RefTips::encode`] writes.
    fn decode(line: &[u8]) -> Option<RefTips> {
        let (text, last) = std::str::from_utf8(line).ok()?.rsplit_once(' ')?;
        if last != sum(text) {
            return None;
        }
        let words: Vec<&str> = text.split(' ').collect();
        let [
            "source",
            source,
            source_id,
            "versions",
            version,
            version_id,
            "active",
            active,
            ledger,
        ] = words[..]
        else {
            return None;
        };
        let versions = named(version, version_id)?;
        let active = match (active, ledger) {
            ("-", "-") => None,
            ("none", ledger) => Some(Active { version: None, ledger: ledger.parse().ok()? }),
            (version, ledger) => {
                Some(Active { version: Some(number_of(version)?), ledger: ledger.parse().ok()? })
            }
        };
        Some(RefTips { source: named(source, source_id)?, versions, active })
    }
}

fn named(number: &str, id: &str) -> Option<Option<(u64, Id)>> {
    match (number, id) {
        ("-", "-") => Some(None),
        _ => Some(Some((number_of(number)?, id.parse().ok()?))),
    }
}

fn sum(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..SUM_LEN].to_owned()
}

/// The last mark, from the end of the file; `None` where there is none that can be read.
pub fn newest(dir: &Path) -> Option<RefTips> {
    let end = fs::read_end(&dir.join(REFLOG), END).ok()??;
    marks(&end).next_back()
}

fn marks(bytes: &[u8]) -> impl DoubleEndedIterator<Item = RefTips> + '_ {
    bytes.split(|byte| *byte == b'\n').filter_map(RefTips::decode)
}

/// Everything that the log knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedRefs {
    pub refs: BTreeMap<RefName, Id>,
    pub active: Option<Active>,
}

/// Reads the whole log: for what is lost, and never on the way of an ordinary command.
pub fn read_all(dir: &Path) -> LoggedRefs {
    let bytes = fs::read_if_exists(&dir.join(REFLOG)).ok().flatten().unwrap_or_default();
    logged_in(&bytes)
}

/// Refs at the end of the log, read from the last line back as far as somebody asks: all that are files, unless there
/// were very many other steps since.
#[derive(Debug, Default)]
pub struct RecentRefs {
    /// Bytes from the end of the file, `most` of them.
    end: Vec<u8>,
    most: u64,
    /// Length of the lines that were not read yet.
    unread: usize,
    refs: BTreeMap<RefName, Id>,
}

impl RecentRefs {
    /// The object of a ref according to the last line that names it.
    pub fn get(&mut self, dir: &Path, name: &RefName) -> Option<Id> {
        loop {
            if let Some(id) = self.refs.get(name) {
                return Some(*id);
            }
            if self.unread == 0 && !self.read_more(dir) {
                return None;
            }
            self.read_line();
        }
    }

    /// Reads the last lines first, as the newest refs are in them. False if there is no more.
    fn read_more(&mut self, dir: &Path) -> bool {
        let is_whole = (self.end.len() as u64) < self.most;
        self.most = match self.most {
            0 => END,
            END if !is_whole => RECENT,
            _ => return false,
        };
        self.end = fs::read_end(&dir.join(REFLOG), self.most).ok().flatten().unwrap_or_default();
        self.unread = self.end.len();
        self.unread > 0
    }

    fn read_line(&mut self) {
        let lines = &self.end[..self.unread];
        let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mark = RefTips::decode(&lines[start..]).unwrap_or_default();
        self.unread = start.saturating_sub(1);
        for series in [SOURCE, VERSIONS] {
            let named = mark.newest(series);
            let named =
                named.and_then(|(number, id)| Some((RefName::new(series, number).ok()?, id)));
            named.map(|(name, id)| *self.refs.entry(name).or_insert(id));
        }
    }
}

fn logged_in(bytes: &[u8]) -> LoggedRefs {
    let mut logged = LoggedRefs::default();
    for mark in marks(bytes) {
        for series in [SOURCE, VERSIONS] {
            let newest = mark.newest(series);
            let name =
                newest.and_then(|(number, id)| Some((RefName::new(series, number).ok()?, id)));
            logged.refs.extend(name);
        }
        logged.active = mark.active.or(logged.active);
    }
    logged
}

/// Adds refs that became durable in one step, and gives the newest refs. Nothing depends on its success.
pub fn add_refs(refs: &Refs, new: &[(RefName, Id)]) -> Option<RefTips> {
    if !new.iter().all(|(name, _)| [SOURCE, VERSIONS].contains(&name.series())) {
        return None;
    }
    let after = newest(&refs.dir)
        .and_then(|mark| new.iter().try_fold(mark, |mark, (name, id)| mark.with(name, *id)));
    match after {
        Some(mark) => append(&refs.dir, mark).ok(),
        None => begin(refs).ok(),
    }
}

/// Adds a pointer that is durable to a log whose last mark was read under the same lock, and gives the newest refs.
/// Nothing depends on its success.
pub fn add_pointer(refs: &Refs, before: Option<RefTips>, active: Active) -> Option<RefTips> {
    let done = match before {
        Some(mark) => append(&refs.dir, RefTips { active: Some(active), ..mark }),
        None => begin(refs),
    };
    done.ok()
}

/// Half a line that somebody left ends where the next one begins.
fn append(dir: &Path, mark: RefTips) -> Result<RefTips> {
    let path = dir.join(REFLOG);
    let torn = fs::read_end(&path, 1)?.is_some_and(|last| last != b"\n");
    fs::append_unsynced(
        &path,
        format!("{}{}", if torn { "\n" } else { "" }, mark.encode()).as_bytes(),
    )?;
    Ok(mark)
}

/// Begins the log with all that there is: of an older program, or after one that could not be read.
pub fn begin(refs: &Refs) -> Result<RefTips> {
    let mut mark = RefTips::default();
    let mut text = String::new();
    for series in [SOURCE, VERSIONS] {
        // A line says what is durable. The maker of the newest ref may have died before it was.
        refs.confirm(series)?;
        for (number, id) in refs.scan(series)?.found {
            let Ok(id) = id else { continue };
            match series {
                SOURCE => mark.source = Some((number, id)),
                _ => mark.versions = Some((number, id)),
            }
            text.push_str(&mark.encode());
        }
    }
    mark.active = active::read(&refs.dir)?;
    // As above: the maker of the pointer, or of packed refs, may have died before its name was durable.
    if mark.active.is_some() || refs.dir.join(PACKED_REFS).exists() {
        fs::sync_dir(&refs.dir)?;
    }
    if mark.active.is_some() || text.is_empty() {
        text.push_str(&mark.encode());
    }
    fs::replace_unsynced(&refs.dir.join(REFLOG), text.as_bytes())?;
    Ok(mark)
}

/// Forgets everything, durably: before all refs become others, as the old ones would then count as lost.
pub fn forget(dir: &Path) -> Result<()> {
    fs::remove(&dir.join(REFLOG))?;
    fs::sync_dir(dir)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write logs as they like")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark() -> impl Strategy<Value = RefTips> {
        let id = || any::<[u8; 32]>().prop_map(Id::from_bytes);
        let newest = || proptest::option::of((1..u64::MAX, id()));
        let active = proptest::option::of((proptest::option::of(1..u64::MAX), id()))
            .prop_map(|active| active.map(|(version, ledger)| Active { version, ledger }));
        (newest(), newest(), active).prop_map(|(source, versions, active)| RefTips {
            source,
            versions,
            active,
        })
    }

    fn ids(count: u64) -> Vec<Id> {
        (0..count).map(|number| Id::of_blob(&number.to_le_bytes())).collect()
    }

    #[test]
    fn recent_refs_are_those_of_the_whole_log_and_the_newest_need_only_its_end() {
        let dir = tempfile::tempdir().unwrap();
        // Of a rewritten ref the last line counts, and a damaged line is none.
        let mut text = "torn".to_owned();
        for (number, id) in (1..).zip(ids(100)).chain([(60, Id::of_blob(b"rewritten"))]) {
            let mark = RefTips { source: Some((number, id)), ..RefTips::default() };
            let line = mark.encode();
            text.push_str(if number == 98 { &line[1..] } else { &line });
        }
        std::fs::write(dir.path().join(REFLOG), &text).unwrap();
        let expected = read_all(dir.path()).refs;
        let name = |number| RefName::new(SOURCE, number).unwrap();
        // The first line continues the torn one.
        assert_eq!(
            (expected.len(), expected.get(&name(1)), expected.get(&name(98))),
            (98, None, None)
        );
        let mut recent = RecentRefs::default();
        for number in (90..=100).rev().filter(|number| *number != 98) {
            assert_eq!(recent.get(dir.path(), &name(number)), expected.get(&name(number)).copied());
        }
        assert_eq!(recent.most, END);
        for number in 0..=101 {
            let Ok(name) = RefName::new(SOURCE, number) else { continue };
            assert_eq!(recent.get(dir.path(), &name), expected.get(&name).copied(), "{number}");
        }
        assert_eq!(recent.get(dir.path(), &name(60)), Some(Id::of_blob(b"rewritten")));
        std::fs::remove_file(dir.path().join(REFLOG)).unwrap();
        assert_eq!(RecentRefs::default().get(dir.path(), &name(60)), None);
    }

    proptest! {
        #[test]
        fn lines_come_back_and_a_damaged_one_is_none(lines in proptest::collection::vec(mark(), 1..5), at: prop::sample::Index, to: u8) {
            let text: String = lines.iter().map(RefTips::encode).collect();
            prop_assert_eq!(marks(text.as_bytes()).collect::<Vec<_>>(), lines.clone());
            prop_assert!(lines.iter().all(|mark| mark.encode().len() <= LONGEST_LINE));
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            let left: Vec<_> = marks(&bytes).collect();
            prop_assert!(left.len() + 2 >= lines.len() && left.len() < lines.len());
            prop_assert!(left.iter().all(|mark| lines.contains(mark)));
        }
    }
}
