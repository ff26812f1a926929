//! Working document: persona, settings and MCP servers as the next version takes them.
//!
//! It is the newest source version's, or the promoted version's if that was promoted later, with what clients changed
//! since on top. Other clients push and promote without a look at the book, so each look brings the desk up to date.

use super::view::AgentView;
use crate::error::Result;
use crate::history::book::{Desk, Seen};
use crate::history::ledger::LedgerEntry;
use crate::object::Source;

/// What a desk is written on: the agent as it is now.
pub fn seen(view: &AgentView) -> Seen {
    Seen { source: view.heads.source.len() as u64, ledger: view.promotion() }
}

/// The desk on the agent as it is now.
pub fn bring_up_to_date<S: Source + ?Sized>(
    objects: &S,
    view: &AgentView,
    desk: &mut Desk,
) -> Result<()> {
    let now = seen(view);
    if desk.seen == now {
        return Ok(());
    }
    let newest = view.newest_source().map(|(_, row)| row.record.at_ms);
    let is_new_source = now.source != desk.seen.source;
    let promoted = now.ledger.filter(|_| now.ledger != desk.seen.ledger);
    if let Some(record) = promoted {
        let at_ms = LedgerEntry::load(objects, &record)?.record.at_ms;
        desk.settle_document();
        // Of the two that others did, the later one counts.
        let is_older = is_new_source && newest.is_some_and(|newest| newest > at_ms);
        desk.base = view.active().filter(|_| !is_older);
    } else if is_new_source {
        desk.base = None;
    }
    desk.seen = now;
    Ok(())
}
