//! Way forward where `undo` refuses because a remote has the operation: the command that takes it back for everybody.

use crate::error::{Hint, Result};
use crate::history::catalog::Catalog;
use crate::history::ledger::LedgerEntry;
use crate::history::record::Event;
use crate::history::version::Status;
use crate::store::{HeadsChange, Store};

/// The hint for a push, else for a step of the pointer, else for a version that was created.
pub fn forward_hint(
    store: &Store,
    heads: &HeadsChange,
    (is_push, is_step): (bool, bool),
) -> Result<Hint> {
    match (is_push, is_step) {
        (true, _) => {
            let newest = heads.source.kept + heads.source.after.len();
            Ok(Hint::UndoPush((newest - 1) as u64))
        }
        (_, true) => of_step(store, heads),
        (_, false) => of_version(store, heads),
    }
}

/// A deletion or a promotion. The version that was active before may be deleted since.
fn of_step(store: &Store, heads: &HeadsChange) -> Result<Hint> {
    let catalog = Catalog::load(store)?;
    let entry = heads.active_after.map(|after| LedgerEntry::load(store.objects(), &after.ledger));
    if let Some(entry) = entry.transpose()? {
        let number = entry.version().and_then(|id| catalog.number_of(&id));
        match (entry.record.event, number) {
            (Event::Delete, Some(number)) => return Ok(Hint::Undelete(number)),
            (Event::Undelete, Some(number)) => return Ok(Hint::UndoVersion(number)),
            _ => {}
        }
    }
    let before = heads.active_before.and_then(|active| active.version);
    let before = before.filter(|number| catalog.status(*number) != Status::Deleted);
    Ok(before.map_or(Hint::ReplaceActive, Hint::UndoPromotion))
}

/// A version that is not active. The only one cannot be deleted, and nobody is served by it.
fn of_version(store: &Store, heads: &HeadsChange) -> Result<Hint> {
    let number = (heads.versions.kept + heads.versions.after.len()) as u64;
    let is_only = Catalog::load(store)?.remaining().count() == 1;
    Ok(if is_only { Hint::OnlyVersion } else { Hint::UndoVersion(number) })
}
