//! View of an agent: the records of its refs, and every number that was ever given, with who gave it.
//!
//! Refs only grow, so that a view is made from the one before it by reading what is new. A purge rewrites them: then
//! all is read again.

use crate::error::Result;
use crate::history::ledger::{self, LedgerIndex};
use crate::history::record::{SourceRecord, VersionMeta};
use crate::history::source::SourceVersion;
use crate::history::state::{PersonaId, State};
use crate::history::version::{Status, Version};
use crate::model::numbers::PERSONA;
use crate::object::{Id, Source};
use crate::store::Heads;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A source version.
#[derive(Clone, Debug)]
pub struct SourceRow {
    pub id: Id,
    pub record: SourceRecord,
    pub state: Id,
    pub files: Id,
}

/// An agent version.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub id: Id,
    pub meta: VersionMeta,
    pub state: Id,
}

/// The first source version that has a number.
#[derive(Clone, Debug)]
pub struct NumberRow {
    pub by: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
}

/// A persona of a source version.
#[derive(Clone, Debug)]
pub struct PersonaRow {
    pub id: PersonaId,
    pub by: String,
    pub at_ms: i64,
}

/// An agent at one moment.
#[derive(Clone, Debug, Default)]
pub struct StockHistory {
    pub heads: Heads,
    sources: Vec<Arc<SourceRow>>,
    versions: Vec<Arc<VersionRow>>,
    /// Numbers by the key of the primitive.
    numbers: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<NumberRow>>>,
    pub personas: BTreeMap<u64, Arc<PersonaRow>>,
    ledger: LedgerIndex,
}

impl StockHistory {
    /// The view of these heads. `known` is one of earlier heads.
    pub fn of<S: Source + ?Sized>(
        objects: &S,
        heads: &Heads,
        known: Option<&StockHistory>,
    ) -> Result<StockHistory> {
        let continues = |known: &&StockHistory| {
            heads.source.starts_with(&known.heads.source)
                && heads.versions.starts_with(&known.heads.versions)
        };
        let mut view = known.filter(continues).cloned().unwrap_or_default();
        let earlier = view.heads.active.map(|active| (active.ledger, view.ledger.clone()));
        let newest = heads.active.map(|active| active.ledger);
        view.ledger = ledger::fold_onto(objects, newest, earlier)?.0;
        for (number, id) in (1..).zip(&heads.source).skip(view.sources.len()) {
            view.add_source(objects, SourceVersion::load(objects, number, *id)?)?;
        }
        for (number, id) in (1..).zip(&heads.versions).skip(view.versions.len()) {
            let Version { id, meta, state, .. } = Version::load(objects, number, *id)?;
            view.versions.push(Arc::new(VersionRow { id, meta, state }));
        }
        view.heads = heads.clone();
        Ok(view)
    }

    fn add_source<S: Source + ?Sized>(
        &mut self,
        objects: &S,
        version: SourceVersion,
    ) -> Result<()> {
        let SourceVersion { id, record, state: state_id, source, .. } = version;
        let state = State::load(objects, &state_id)?;
        let (by, at_ms) = (record.by.clone(), record.at_ms);
        for (key, number) in &state.numbers {
            if key == PERSONA {
                if let Some((number, id)) = number.parse().ok().zip(state.persona) {
                    let row = || Arc::new(PersonaRow { id, by: by.clone(), at_ms });
                    self.personas.entry(number).or_insert_with(row);
                }
                continue;
            }
            let row = NumberRow { by: by.clone(), at_ms };
            let numbers = match self.numbers.get_mut(&**key) {
                Some(numbers) => numbers,
                None => self.numbers.entry(Arc::from(&**key)).or_default(),
            };
            if !numbers.contains_key(&**number) {
                numbers.insert(Arc::from(&**number), Arc::new(row));
            }
        }
        let row = SourceRow { id, record, state: state_id, files: source };
        self.sources.push(Arc::new(row));
        Ok(())
    }

    pub fn source(&self, number: u64) -> Option<&SourceRow> {
        Some(self.sources.get(usize::try_from(number).ok()?.checked_sub(1)?)?)
    }

    /// Source versions with their numbers, newest first.
    pub fn sources(&self) -> impl Iterator<Item = (u64, &SourceRow)> {
        (1..=self.sources.len() as u64).rev().zip(self.sources.iter().rev().map(|row| &**row))
    }

    pub fn newest_source(&self) -> Option<(u64, &SourceRow)> {
        self.sources().next()
    }

    pub fn version(&self, number: u64) -> Option<&VersionRow> {
        Some(self.versions.get(usize::try_from(number).ok()?.checked_sub(1)?)?)
    }

    /// Agent versions with their numbers, newest first.
    pub fn versions(&self) -> impl Iterator<Item = (u64, &VersionRow)> {
        (1..=self.versions.len() as u64).rev().zip(self.versions.iter().rev().map(|row| &**row))
    }

    /// The newest version that is not deleted.
    pub fn newest_version(&self) -> Option<(u64, &VersionRow)> {
        self.versions().find(|(number, _)| self.status(*number) != Status::Deleted)
    }

    /// The number of the active version.
    pub fn active(&self) -> Option<u64> {
        self.heads.active.and_then(|active| active.version)
    }

    pub fn status(&self, number: u64) -> Status {
        let Some(row) = self.version(number) else { return Status::Damaged };
        if self.active() == Some(number) {
            Status::Active
        } else if self.ledger.deleted.contains(&row.id) {
            Status::Deleted
        } else if self.ledger.promoted.contains_key(&row.id) {
            Status::Superseded
        } else {
            Status::Staged
        }
    }

    /// The record that made the active version active.
    pub fn promotion(&self) -> Option<Id> {
        let row = self.version(self.active()?)?;
        self.ledger.promoted.get(&row.id).map(|last| last.record)
    }

    /// Numbers of a primitive that source versions have, with who gave them.
    pub fn numbers(&self, key: &str) -> impl Iterator<Item = (&str, &NumberRow)> {
        let numbers = self.numbers.get(key).into_iter().flatten();
        numbers.map(|(number, row)| (&**number, &**row))
    }

    /// Keys of all primitives that any source version has.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.numbers.keys().map(|key| &**key)
    }
}
