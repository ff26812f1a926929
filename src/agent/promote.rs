//! `version promote` and `version delete`: one ledger record, one swap of `ACTIVE`.

use super::ledger;
use super::record::{Event, LedgerRecord, Who};
use super::resolve;
use super::revision::Revision;
use super::version::{Catalog, Status};
use crate::error::{Error, Result};
use crate::object::Id;
use crate::store::{Active, Lock, Store};

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub reason: Option<String>,
    /// Promote only when this version is the active one.
    pub expect: Option<Revision>,
    /// Check everything, change nothing.
    pub dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promoted {
    pub number: u64,
    /// What was active before; the version itself where nothing changed.
    pub previous: Option<u64>,
}

impl Promoted {
    /// Whether the version was not active already.
    pub fn changed(&self) -> bool {
        self.previous != Some(self.number)
    }
}

/// Makes a version the active one. The lock is held over the look, the record and the swap, so the
/// expected old value is compared where nobody can move it.
pub fn promote(store: &Store, version: &Revision, request: &Request, who: &Who) -> Result<Promoted> {
    let lock = store.lock()?;
    let (promoted, step) = prepare_promotion(store, version, request, who)?;
    step.map_or(Ok(()), |step| swap(store, &lock, &step))?;
    Ok(promoted)
}

/// [`promote`] up to its record, which is stored: what is left is one step of the pointer, `None` where
/// there is nothing to do. Holds no lock, so that a remote can be asked before the step is taken.
pub fn prepare_promotion(
    store: &Store,
    version: &Revision,
    request: &Request,
    who: &Who,
) -> Result<(Promoted, Option<Step>)> {
    let catalog = Catalog::load(store)?;
    let number = resolve::number(&catalog, version)?;
    let version = catalog.get(number)?;
    let expect = request.expect.as_ref().map(|expect| resolve::number(&catalog, expect)).transpose()?;
    check_expected(&catalog, number, expect)?;
    let promoted = Promoted { number, previous: catalog.active_number() };
    match catalog.status(number) {
        Status::Active => return Ok((promoted, None)),
        Status::Deleted => {
            return Err(Error::failed(format!("cannot promote v{number}: it was deleted"))
                .hint("`lua-store version list --status staged` shows what can be promoted"));
        }
        // `get` refused a damaged one.
        Status::Staged | Status::Superseded | Status::Damaged => {}
    }
    if request.dry_run {
        return Ok((promoted, None));
    }
    let event = Move { event: Event::Promote, reason: request.reason.clone(), active: Some(number) };
    let step = append(store, &catalog, number, version.id, event, who)?;
    Ok((promoted, Some(step)))
}

fn check_expected(catalog: &Catalog, number: u64, expect: Option<u64>) -> Result<()> {
    let Some(expected) = expect.filter(|expected| catalog.active_number() != Some(*expected)) else {
        return Ok(());
    };
    let found = match catalog.active_number() {
        Some(active) => format!("v{active} is active"),
        None => "no version is active".to_owned(),
    };
    Err(Error::conflict(format!("cannot promote v{number}: {found}, not v{expected} as expected"))
        .hint("`lua-store log --ledger` shows who promoted what, when"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    Done,
    AlreadyDeleted,
}

/// Deletes a version softly: it stays listed and inspectable and can never be promoted again.
pub fn delete(store: &Store, number: u64, who: &Who) -> Result<Deleted> {
    let lock = store.lock()?;
    let (deleted, step) = prepare_deletion(store, number, who)?;
    step.map_or(Ok(()), |step| swap(store, &lock, &step))?;
    Ok(deleted)
}

/// [`delete`] up to its record, as [`prepare_promotion`] is.
pub fn prepare_deletion(store: &Store, number: u64, who: &Who) -> Result<(Deleted, Option<Step>)> {
    let catalog = Catalog::load(store)?;
    let version = catalog.get(number)?;
    let deleted = check_deletable(&catalog, number)?;
    if deleted == Deleted::AlreadyDeleted {
        return Ok((deleted, None));
    }
    let event = Move { event: Event::Delete, reason: None, active: catalog.active_number() };
    let step = append(store, &catalog, number, version.id, event, who)?;
    Ok((deleted, Some(step)))
}

/// Whether a version may be deleted; the command line asks before it asks the person.
pub fn check_deletable(catalog: &Catalog, number: u64) -> Result<Deleted> {
    catalog.get(number)?;
    let refuse = |why: &str| Err(Error::failed(format!("Cannot delete v{number}: {why}.")));
    match catalog.status(number) {
        Status::Deleted => Ok(Deleted::AlreadyDeleted),
        Status::Active => refuse("it is the active version. Promote a different version first"),
        // A damaged one may be deleted already, so it does not count.
        Status::Staged | Status::Superseded if catalog.remaining().count() == 1 => {
            refuse("it is the only remaining version")
        }
        Status::Staged | Status::Superseded | Status::Damaged => Ok(Deleted::Done),
    }
}

struct Move {
    event: Event,
    reason: Option<String>,
    /// What `ACTIVE` names afterwards.
    active: Option<u64>,
}

/// One step of the pointer; the record that it leads to is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The version that it is about.
    pub number: u64,
    pub expected: Option<Active>,
    pub new: Active,
}

/// Appends a record to the ledger. Nothing names it yet.
fn append(
    store: &Store,
    catalog: &Catalog,
    number: u64,
    version: Id,
    event: Move,
    who: &Who,
) -> Result<Step> {
    let record =
        LedgerRecord { event: event.event, by: who.by.clone(), at_ms: who.at_ms, reason: event.reason };
    let expected = catalog.pointer().copied();
    let mut batch = store.batch();
    let ledger = ledger::append(&mut batch, &record, version, expected.map(|active| active.ledger))?;
    batch.commit()?;
    Ok(Step { number, expected, new: Active { version: event.active, ledger } })
}

/// Takes the step here.
pub fn take(store: &Store, step: &Step) -> Result<()> {
    swap(store, &store.lock()?, step)
}

fn swap(store: &Store, lock: &Lock, step: &Step) -> Result<()> {
    store.swap_active(lock, step.expected.as_ref(), &step.new)
}
