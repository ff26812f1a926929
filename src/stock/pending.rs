//! Working document: persona, settings and MCP servers as the next version takes them.
//!
//! It is the newest source version's, or the promoted version's if that was promoted later, with what clients changed
//! since on top. Other clients push and promote without a look at the book, so each look brings the pending changes up to date.

use super::view::StockHistory;
use crate::error::Result;
use crate::history::book::{PendingChanges, Seen};
use crate::history::ledger::LedgerEntry;
use crate::object::Source;

/// Newest personas whose requests are remembered.
const KEPT_PERSONAS: usize = 20;

/// Agent as it is now, on which pending changes are written.
pub fn seen(view: &StockHistory) -> Seen {
    Seen { source: view.heads.source.len() as u64, ledger: view.promotion() }
}

/// Brings pending changes up to date with the agent as it is now.
pub fn bring_up_to_date<S: Source + ?Sized>(
    objects: &S,
    view: &StockHistory,
    pending: &mut PendingChanges,
) -> Result<()> {
    let now = seen(view);
    if pending.seen == now {
        return Ok(());
    }
    let newest = view.newest_source().map(|(_, row)| row.record.at_ms);
    let is_new_source = now.source != pending.seen.source;
    let promoted = now.ledger.filter(|_| now.ledger != pending.seen.ledger);
    if let Some(record) = promoted {
        let at_ms = LedgerEntry::load(objects, &record)?.record.at_ms;
        pending.clear_document();
        // Of the two that others did, the later one counts.
        let is_older = is_new_source && newest.is_some_and(|newest| newest > at_ms);
        pending.base = view.active().filter(|_| !is_older);
    } else if is_new_source {
        pending.base = None;
    }
    pending.seen = now;
    forget_personas(view, pending);
    Ok(())
}

/// Forgets where personas came from that a source version has, so that the pending changes do not grow with their number.
/// The newest stay: a request whose answer was lost is answered from them.
fn forget_personas(view: &StockHistory, pending: &mut PendingChanges) {
    let spare = pending.personas.len().saturating_sub(KEPT_PERSONAS);
    let mut at = 0;
    pending.personas.retain(|entry| {
        at += 1;
        at > spare || !view.personas.contains_key(&entry.number)
    });
}
