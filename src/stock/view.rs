//! View of an agent: the records of its refs, and every number that was ever given, with who gave it.
//!
//! Refs only grow, so that a view is made from the one before it by reading what is new. A purge rewrites them: then
//! all is read again.

use crate::error::Result;
use crate::history::ledger::{self, LedgerIndex};
use crate::history::record::{SourceRecord, VersionMeta};
use crate::history::source::SourceVersion;
use crate::history::state::{PersonaId, State};
use crate::history::version::{self, Status};
use crate::model::numbers::PERSONA;
use crate::object::{Id, Source};
use crate::store::Heads;
use semver::Version;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A source version.
#[derive(Clone, Debug)]
pub struct SourceRow {
    pub id: Id,
    pub record: SourceRecord,
    pub state: Id,
    pub files: Id,
    /// Hash of the project as the command computes it, once somebody asked for it.
    pub project_hash: OnceLock<String>,
}

/// An agent version.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub id: Id,
    pub meta: VersionMeta,
    pub state: Id,
}

/// Numbers of a primitive that source versions have.
#[derive(Clone, Debug, Default)]
struct NumberRows {
    rows: BTreeMap<Arc<str>, Arc<NumberRow>>,
    /// Lowest first.
    order: Vec<Arc<str>>,
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
    numbers: BTreeMap<Arc<str>, NumberRows>,
    pub personas: BTreeMap<u64, Arc<PersonaRow>>,
    ledger: LedgerIndex,
    pub sent: SentNumbers,
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
            let version::Version { id, meta, state, .. } =
                version::Version::load(objects, number, *id)?;
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
            numbers.add(number, row);
        }
        let project_hash = OnceLock::new();
        let row = SourceRow { id, record, state: state_id, files: source, project_hash };
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

    /// Ledger of the agent.
    pub fn ledger(&self) -> &LedgerIndex {
        &self.ledger
    }

    /// The version that was live before the live one.
    pub fn previous(&self) -> Option<u64> {
        let active = self.active().and_then(|number| self.version(number)).map(|row| row.id);
        let earlier = self.ledger.was_active.iter().find(|id| Some(**id) != active)?;
        self.number_of(earlier)
    }

    /// The number of a version.
    pub fn number_of(&self, id: &Id) -> Option<u64> {
        self.versions().find(|(_, row)| row.id == *id).map(|(number, _)| number)
    }

    /// Numbers of a primitive that source versions have, lowest first, with who gave them.
    pub fn numbers(&self, key: &str) -> impl DoubleEndedIterator<Item = (&str, &NumberRow)> {
        let numbers = self.numbers.get(key);
        let order = numbers.into_iter().flat_map(|numbers| &numbers.order);
        order.filter_map(move |number| Some((&**number, &**numbers?.rows.get(number)?)))
    }

    /// A number of a primitive, if a source version has it.
    pub fn number(&self, key: &str, number: &str) -> Option<&NumberRow> {
        self.numbers.get(key)?.rows.get(number).map(|row| &**row)
    }

    /// Keys of all primitives that any source version has.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.numbers.keys().map(|key| &**key)
    }
}

/// Numbers, and the tree of the book that they were read from.
type NumbersOfTree = (Id, Arc<[String]>);

/// Numbers that only the book has, by the key of the primitive, each with the tree of the book that they were read from.
/// There are few of them, and that tree has all that were ever sent.
#[derive(Default)]
pub struct SentNumbers(Mutex<HashMap<String, NumbersOfTree>>);

impl SentNumbers {
    /// The numbers of a primitive. They are read once for each tree.
    pub fn of(
        &self,
        key: &str,
        tree: Id,
        read: impl FnOnce() -> Result<Vec<String>>,
    ) -> Result<Arc<[String]>> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, numbers)) = lock().get(key)
            && *known == tree
        {
            return Ok(numbers.clone());
        }
        let numbers: Arc<[String]> = read()?.into();
        lock().insert(key.to_owned(), (tree, numbers.clone()));
        Ok(numbers)
    }
}

/// Of other heads other numbers are only in the book.
impl Clone for SentNumbers {
    fn clone(&self) -> SentNumbers {
        SentNumbers::default()
    }
}

impl fmt::Debug for SentNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentNumbers")
    }
}

impl NumberRows {
    fn add(&mut self, number: &str, row: NumberRow) {
        if self.rows.contains_key(number) {
            return;
        }
        let number: Arc<str> = number.into();
        let version = Version::parse(&number).ok();
        // Most are above all others.
        let lower = self.order.iter().rev().position(|other| Version::parse(other).ok() <= version);
        let at = lower.map_or(0, |above| self.order.len() - above);
        self.order.insert(at, number.clone());
        self.rows.insert(number, Arc::new(row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_order_of_versions_in_whichever_order_they_came() {
        let mut numbers = NumberRows::default();
        for number in ["1.0.9", "1.0.10", "1.0.2", "2.0.0", "1.0.10-rc.1", "1.0.9", "odd"] {
            numbers.add(number, NumberRow { by: "ana".into(), at_ms: 1 });
        }
        let order: Vec<&str> = numbers.order.iter().map(|number| &**number).collect();
        assert_eq!(order, ["odd", "1.0.2", "1.0.9", "1.0.10-rc.1", "1.0.10", "2.0.0"]);
        assert_eq!(numbers.rows.len(), 6);
    }

    #[test]
    fn numbers_of_the_book_are_read_once_for_each_tree_and_again_for_other_heads() {
        let reads = std::cell::Cell::new(0);
        let read = || {
            reads.set(reads.get() + 1);
            Ok(vec![format!("1.0.{}", reads.get())])
        };
        let sent = SentNumbers::default();
        let [one, two] = [b"1", b"2"].map(|bytes| Id::of_blob(bytes));
        for (key, tree, expected) in [
            ("a", one, "1.0.1"),
            ("a", one, "1.0.1"),
            ("b", one, "1.0.2"),
            ("a", two, "1.0.3"),
            ("a", one, "1.0.4"),
        ] {
            assert_eq!(*sent.of(key, tree, read).unwrap(), [expected.to_owned()]);
        }
        assert_eq!(*sent.clone().of("a", one, read).unwrap(), ["1.0.5".to_owned()]);
    }
}
