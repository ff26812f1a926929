//! Operation log: what each command did to the refs and the files, one line for each. For `undo` and `op log`.
//!
//! A line has what a command added and took away, so that its length does not grow with the history. It is added after
//! the command and not synced: a line that a loss of power took away makes `undo` refuse, and nothing else. The line of
//! an `undo` is synced before the refs change, since only it names what was taken back.

use super::{Active, Heads, Store, common, layout};
use crate::error::Result;
use crate::fs;
use crate::object::{Id, Source};
use serde::{Deserialize, Serialize};

/// Hexadecimal digits of the BLAKE3 of a line, at its start.
const SUM: usize = 16;

/// Change of one series: how many refs stayed, and the ids behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SeriesChange {
    pub kept: usize,
    pub before: Vec<Id>,
    pub after: Vec<Id>,
}

/// Tree of the project's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilesChange {
    pub before: Id,
    pub after: Id,
}

/// One command that changed the store or the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    pub number: u64,
    pub command: String,
    pub by: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    pub source: SeriesChange,
    pub versions: SeriesChange,
    pub active_before: Option<Active>,
    pub active_after: Option<Active>,
    pub files: Option<FilesChange>,
    /// Number of the operation that this one took back.
    pub undoes: Option<u64>,
}

impl SeriesChange {
    fn between(before: &[Id], after: &[Id]) -> SeriesChange {
        let kept = common(before, after);
        SeriesChange { kept, before: before[kept..].to_vec(), after: after[kept..].to_vec() }
    }

    fn is_end(&self, ids: &[Id], tail: &[Id]) -> bool {
        ids.len() == self.kept + tail.len() && ids.ends_with(tail)
    }

    fn undone(&self, now: &[Id]) -> Vec<Id> {
        now[..self.kept.min(now.len())].iter().chain(&self.before).copied().collect()
    }
}

impl Operation {
    /// Operation of a command that changed anything.
    pub fn between(
        command: String,
        (before, after): (&Heads, &Heads),
        files: Option<FilesChange>,
    ) -> Option<Operation> {
        let files = files.filter(|files| files.before != files.after);
        if before == after && files.is_none() {
            return None;
        }
        Some(Operation {
            number: 0,
            command,
            by: None,
            at_ms: 0,
            source: SeriesChange::between(&before.source, &after.source),
            versions: SeriesChange::between(&before.versions, &after.versions),
            active_before: before.active,
            active_after: after.active,
            files,
            undoes: None,
        })
    }

    /// True if the refs are as the operation left them.
    pub fn led_to(&self, heads: &Heads) -> bool {
        self.source.is_end(&heads.source, &self.source.after)
            && self.versions.is_end(&heads.versions, &self.versions.after)
            && self.active_after == heads.active
    }

    /// True if the refs are as the operation found them.
    pub fn began_at(&self, heads: &Heads) -> bool {
        self.source.is_end(&heads.source, &self.source.before)
            && self.versions.is_end(&heads.versions, &self.versions.before)
            && self.active_before == heads.active
    }

    /// The refs before it, where it led to these.
    pub fn heads_before(&self, now: &Heads) -> Heads {
        Heads {
            source: self.source.undone(&now.source),
            versions: self.versions.undone(&now.versions),
            active: self.active_before,
        }
    }

    fn ids(&self) -> Vec<Id> {
        let series = [&self.source, &self.versions];
        let refs = series.into_iter().flat_map(|one| one.before.iter().chain(&one.after)).copied();
        let ledgers = [self.active_before, self.active_after];
        let files = self.files.iter().flat_map(|files| [files.before, files.after]);
        let ledgers = ledgers.into_iter().flatten().map(|active| active.ledger);
        refs.chain(ledgers).chain(files).collect()
    }

    fn encode(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{} {text}\n", &blake3::hash(text.as_bytes()).to_hex()[..SUM])
    }

    fn decode(line: &str) -> Option<Operation> {
        let (sum, text) = line.split_once(' ')?;
        let is_whole = blake3::hash(text.as_bytes()).to_hex()[..SUM] == *sum;
        is_whole.then(|| serde_json::from_str(text).ok()).flatten()
    }
}

impl Store {
    /// The operations, oldest first. Lines that are not whole are passed over.
    pub fn operations(&self) -> Result<Vec<Operation>> {
        let bytes = fs::read_if_exists(&self.path(layout::OPERATIONS))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).lines().filter_map(Operation::decode).collect())
    }

    /// Adds an operation, under the next number. Durable where that is asked for.
    pub fn add_operation(&self, operation: &Operation, is_durable: bool) -> Result<u64> {
        let number = self.operations()?.last().map_or(0, |last| last.number) + 1;
        let line = Operation { number, ..operation.clone() }.encode();
        let path = self.path(layout::OPERATIONS);
        // A torn line before it must not take it along.
        let line = format!("\n{line}");
        match is_durable || !path.exists() {
            true => fs::append(&path, line.as_bytes())?,
            false => fs::append_unsynced(&path, line.as_bytes())?,
        }
        Ok(number)
    }

    /// Removes the log: what it names is no longer stored.
    pub fn clear_operations(&self) -> Result<()> {
        fs::remove(&self.path(layout::OPERATIONS))
    }

    /// Everything that the log names and that is stored.
    pub(super) fn roots_of_operations(&self) -> Result<Vec<Id>> {
        let mut roots = Vec::new();
        for id in self.operations()?.iter().flat_map(Operation::ids) {
            if self.objects.contains(&id)? {
                roots.push(id);
            }
        }
        Ok(roots)
    }
}
