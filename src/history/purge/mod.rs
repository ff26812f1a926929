//! Purge: blobs are replaced by tombstones in everything that refs and the ledger name, and the ledger says so.
//!
//! One function of ids, which whoever has the old history can repeat, and whoever has the new one can take back: the
//! same on the client that asks for it, on the server and in a clone that follows.

mod details;
mod verify;

pub use details::{PurgeDetails, PurgedObject, RewrittenRef};
pub use verify::verify;

use super::ledger::{self, LedgerEntry, LedgerSubject};
use super::record::{self, Author, Event, LedgerRecord};
use crate::error::Result;
use crate::object::{Id, Rewriter, Sink, Source, Tombstone};
use crate::store::{Active, Heads};

/// Blob to be purged, and where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeTarget {
    pub object: Id,
    pub bytes: u64,
    /// A path that it has.
    pub path: String,
    /// True if it is a JSON document of a state, and must stay one.
    pub is_json: bool,
}

/// History after a purge.
#[derive(Clone, Debug)]
pub struct PurgedHistory {
    pub heads: Heads,
    pub details: PurgeDetails,
}

impl PurgeTarget {
    /// The bytes of its tombstone.
    pub fn tombstone(&self, who: &Author, reason: &str) -> Vec<u8> {
        let tombstone = Tombstone {
            object: self.object,
            bytes: self.bytes,
            path: self.path.clone(),
            at: record::iso(who.at_ms),
            by: who.by.clone(),
            reason: reason.to_owned(),
        };
        if self.is_json { tombstone.json() } else { tombstone.text() }
    }
}

/// Stores the tombstones. Gives the replacement of each target.
pub fn bury(
    sink: &mut dyn Sink,
    targets: &[PurgeTarget],
    who: &Author,
    reason: &str,
) -> Result<Vec<PurgedObject>> {
    let bury = |target: &PurgeTarget| {
        let tombstone = sink.put_blob(target.tombstone(who, reason), None)?;
        Ok(PurgedObject { object: target.object, tombstone, bytes: target.bytes })
    };
    targets.iter().map(bury).collect()
}

/// Heads with every tree rewritten.
pub fn rewrite<S: Source + ?Sized>(
    rewriter: &mut Rewriter,
    source: &S,
    sink: &mut dyn Sink,
    heads: &Heads,
) -> Result<Heads> {
    let mut series = |ids: &[Id]| -> Result<Vec<Id>> {
        ids.iter().map(|id| rewriter.rewrite(source, sink, *id)).collect()
    };
    let (new_source, versions) = (series(&heads.source)?, series(&heads.versions)?);
    let active = match heads.active {
        Some(active) => {
            let ledger = rewriter.rewrite(source, sink, active.ledger)?;
            Some(Active { ledger, ..active })
        }
        None => None,
    };
    Ok(Heads { source: new_source, versions, active })
}

/// Rewrites the heads, and appends the record that says so.
pub fn purge<S: Source + ?Sized>(
    source: &S,
    sink: &mut dyn Sink,
    heads: &Heads,
    objects: Vec<PurgedObject>,
    (who, reason): (&Author, &str),
) -> Result<PurgedHistory> {
    let mut rewriter = Rewriter::new(objects.iter().map(PurgedObject::pair));
    let mut new = rewrite(&mut rewriter, source, sink, heads)?;
    let details = PurgeDetails {
        objects,
        source: RewrittenRef::between(&heads.source, &new.source),
        versions: RewrittenRef::between(&heads.versions, &new.versions),
        ledger: heads.active.map(|active| active.ledger),
    };
    let event = LedgerRecord {
        event: Event::Purge,
        by: who.by.clone(),
        at_ms: who.at_ms,
        reason: Some(reason.to_owned()),
    };
    let subject = LedgerSubject::Purge(details.store(sink)?);
    let ledger = ledger::append(sink, &event, subject, new.active.map(|active| active.ledger))?;
    new.active = Some(Active { version: new.active.and_then(|active| active.version), ledger });
    Ok(PurgedHistory { heads: new, details })
}

/// Details of a purge; `None` for another record.
pub fn details<S: Source + ?Sized>(source: &S, step: &LedgerEntry) -> Result<Option<PurgeDetails>> {
    match step.subject {
        LedgerSubject::Purge(id) => PurgeDetails::load(source, &id).map(Some),
        LedgerSubject::Version(_) => Ok(None),
    }
}
