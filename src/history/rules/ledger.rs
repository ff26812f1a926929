//! Rules for the ledger: it extends the old one, each record is about an existing version, times do
//! not go back, and the pointer names the last promotion.

use super::{Check, NewRecord, RefScope, record, refuse};
use crate::error::Result;
use crate::history::ledger::{self, LedgerEntry};
use crate::history::record::{Event, PREVIOUS, RECORD, VERSION};
use crate::object::{Id, Source};
use crate::store::{Active, Heads};

const LEDGER: &str = "the ledger";

impl Check<'_> {
    pub(super) fn ledger(&mut self, before: &Heads) -> Result<()> {
        if before.active == self.after.active {
            return Ok(());
        }
        let Some(new) = self.after.active else {
            self.breach(LEDGER, "it is gone");
            return Ok(());
        };
        if self.scope == RefScope::Present && !self.objects.contains(&new.ledger)? {
            return Ok(());
        }
        let checked = self.pointer(before.active, new);
        self.noted("", checked).map(drop)
    }

    fn pointer(&mut self, before: Option<Active>, new: Active) -> Result<()> {
        let old = before.map(|active| active.ledger);
        let steps = self.new_records(new.ledger, old)?;
        let mut active = before.and_then(|active| active.version);
        let mut deleted = ledger::fold(self.objects, old)?.deleted;
        let mut at_ms = old
            .and_then(|old| LedgerEntry::load(self.objects, &old).ok())
            .map(|step| step.record.at_ms);
        for step in steps.into_iter().rev() {
            let name = step.id.short();
            let Some(at) = self.after.versions.iter().position(|id| *id == step.version) else {
                return refuse(format!("ledger record {name} names a version that does not exist"));
            };
            let number = at as u64 + 1;
            match step.record.event {
                Event::Promote if deleted.contains(&step.version) => {
                    return refuse(format!(
                        "ledger record {name} promotes v{number}, which was deleted"
                    ));
                }
                Event::Promote => active = Some(number),
                Event::Delete if active == Some(number) => {
                    return refuse(format!(
                        "ledger record {name} deletes v{number}, which is active"
                    ));
                }
                Event::Delete => {
                    deleted.insert(step.version);
                }
            }
            self.record(&step, at_ms);
            at_ms = Some(step.record.at_ms);
            self.report.made.push(NewRecord::LedgerEntry(
                step.record.event,
                number,
                step.record.by,
            ));
        }
        if new.version == active {
            return Ok(());
        }
        let version_name = |number: Option<u64>| {
            number.map_or("nothing".to_owned(), |number| format!("v{number}"))
        };
        let (named, promoted) = (version_name(new.version), version_name(active));
        refuse(format!("the pointer names {named}, but the ledger promoted {promoted} last"))
    }

    /// Newest first, as a walk finds them.
    pub(super) fn records(&mut self, steps: &[LedgerEntry]) {
        for (at, step) in steps.iter().enumerate() {
            self.record(step, steps.get(at + 1).map(|before| before.record.at_ms));
        }
    }

    fn record(&mut self, step: &LedgerEntry, previous_ms: Option<i64>) {
        let what = format!("ledger record {}", step.id.short());
        record::check_step(&step.record).into_iter().for_each(|reason| self.breach(&what, reason));
        if record::clamp_time(step.record.at_ms, previous_ms) != step.record.at_ms {
            self.breach(&what, "its time is more than a day before that of the record before it");
        }
    }

    /// The records from the newest back to the old one, which is not among them.
    fn new_records(&self, newest: Id, old: Option<Id>) -> Result<Vec<LedgerEntry>> {
        let mut steps = Vec::new();
        let mut next = Some(newest);
        while next != old {
            let Some(id) = next else {
                return refuse("the ledger does not go on from the one that is there");
            };
            let is_first = self.objects.tree(&id)?.get(PREVIOUS).is_none();
            let links: &[&str] = if is_first { &[VERSION] } else { &[PREVIOUS, VERSION] };
            self.form(&id, "ledger record", RECORD, links)?;
            let step = LedgerEntry::load(self.objects, &id)?;
            next = step.previous;
            steps.push(step);
        }
        if steps.is_empty() {
            refuse("the pointer moves without a ledger record")
        } else {
            Ok(steps)
        }
    }
}
