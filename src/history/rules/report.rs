//! Report of a check of the rules: what is new, what breaks a rule, and what was read.

use crate::error::{Error, Hint, Result};
use crate::history::record::Event;
use crate::history::version;
use crate::object::Id;
use std::collections::{HashMap, HashSet};

/// Something that came, and who it says made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewRecord {
    Source(u64, String),
    Version(u64, String),
    LedgerEntry(Event, Option<u64>, String),
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// `refs/source/v3`, `the ledger`
    pub what: String,
    pub reason: String,
    /// The object could not be read: the check of objects reports it as well.
    pub unreadable: bool,
}

impl Breach {
    pub fn sentence(&self) -> String {
        if self.what.is_empty() {
            self.reason.clone()
        } else {
            format!("{}: {}", self.what, self.reason)
        }
    }
}

/// New records, and the rules that they break.
#[derive(Clone, Debug, Default)]
pub struct RuleReport {
    pub made: Vec<NewRecord>,
    pub breaches: Vec<Breach>,
    pub read: ReadParts,
}

/// Records and states that were read without an error, so that another check need not read them again.
#[derive(Clone, Debug, Default)]
pub struct ReadParts {
    /// Source versions, each with its state.
    pub(super) sources: HashMap<Id, Id>,
    /// Versions, each with its state.
    pub(super) versions: HashMap<Id, Id>,
    pub(super) states: HashSet<Id>,
    /// Versions with exactly the content of the source version that they name.
    pub(super) origins: HashSet<Id>,
}

impl ReadParts {
    /// True if the object was read as a record of this series, and its state was read.
    pub fn has_read(&self, series: &str, id: &Id) -> bool {
        let records = if series == version::REFS { &self.versions } else { &self.sources };
        records.get(id).is_some_and(|state| self.states.contains(state))
    }

    /// True if a version has exactly the content of the source version that it names.
    pub fn has_origin(&self, version: &Id) -> bool {
        self.origins.contains(version)
    }

    pub fn extend(&mut self, other: &ReadParts) {
        self.sources.extend(&other.sources);
        self.versions.extend(&other.versions);
        self.states.extend(&other.states);
        self.origins.extend(&other.origins);
    }
}

impl RuleReport {
    /// Refuses all of it if one rule is broken: half a history is worth nothing.
    pub fn refuse(&self, what: &str) -> Result<()> {
        let Some(first) = self.breaches.first() else { return Ok(()) };
        let others = match self.breaches.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Err(Error::corrupt(format!("{what}: {}{others}", first.sentence())).hint(Hint::AsIs))
    }
}
