//! Recorded change: who made a push, a version or a step of the ledger, and when. Refusals carry it for programs.

use super::ledger::{self, LedgerEntry};
use super::record::{Event, iso};
use super::source::SourceVersion;
use super::version::Version;
use crate::object::{Id, Source};
use serde::Serialize;

/// A push, a version, or a record of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecordedChange {
    /// `push`, `create`, or the event of a ledger record: `promote`, `delete` …
    event: &'static str,
    /// Number of the source version of a push, of the version of any other; null where it has none here.
    version: Option<u64>,
    by: String,
    at: String,
    /// The message of a push or a version, the reason of a record.
    message: Option<String>,
}

impl RecordedChange {
    pub fn push(pushed: &SourceVersion) -> RecordedChange {
        let record = &pushed.record;
        RecordedChange {
            event: "push",
            version: Some(pushed.number),
            by: record.by.clone(),
            at: iso(record.at_ms),
            message: record.message.clone(),
        }
    }

    pub fn create(version: &Version) -> RecordedChange {
        let meta = &version.meta;
        RecordedChange {
            event: "create",
            version: Some(version.number),
            by: meta.by.clone(),
            at: iso(meta.at_ms),
            message: meta.message.clone(),
        }
    }

    pub fn step(step: &LedgerEntry, number: Option<u64>) -> RecordedChange {
        let record = &step.record;
        RecordedChange {
            event: record.event.word(),
            version: number,
            by: record.by.clone(),
            at: iso(record.at_ms),
            message: record.reason.clone(),
        }
    }

    /// The newest record of this event about a version, from a head of the ledger. `None` also where the ledger cannot be
    /// read: the refusal is the same without it.
    pub fn newest<S: Source + ?Sized>(
        objects: &S,
        head: Option<Id>,
        event: Event,
        (version, number): (Id, u64),
    ) -> Option<RecordedChange> {
        let is_it =
            |step: &LedgerEntry| step.record.event == event && step.version() == Some(version);
        let mut steps = ledger::steps(objects, head).map_while(Result::ok);
        steps.find(is_it).map(|step| RecordedChange::step(&step, Some(number)))
    }
}
