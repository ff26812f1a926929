//! Rules for the ledger: it extends the old one, each record is about an existing version, times do
//! not go back, and the pointer names the last promotion.

use super::{Check, NewRecord, RefScope, record, refuse};
use crate::error::Result;
use crate::history::ledger::{self, LedgerEntry, LedgerSubject};
use crate::history::purge;
use crate::history::record::{Event, PREVIOUS, PURGE, RECORD, VERSION};
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
            let number = match step.version() {
                Some(version) => Some(self.number_of(&version, &name)?),
                None => None,
            };
            match (step.record.event, number, step.version()) {
                (Event::Promote, Some(number), Some(version)) => {
                    if deleted.contains(&version) {
                        return refuse(format!(
                            "ledger record {name} promotes v{number}, which was deleted"
                        ));
                    }
                    active = Some(number);
                }
                (Event::Delete, Some(number), Some(version)) => {
                    if active == Some(number) {
                        return refuse(format!(
                            "ledger record {name} deletes v{number}, which is active"
                        ));
                    }
                    deleted.insert(version);
                }
                (Event::Undelete, Some(number), Some(version)) if !deleted.remove(&version) => {
                    return refuse(format!(
                        "ledger record {name} undeletes v{number}, which is not deleted"
                    ));
                }
                _ => {}
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

    /// Number of a version that a record names.
    fn number_of(&self, version: &Id, record: &str) -> Result<u64> {
        match self.after.versions.iter().position(|id| id == version) {
            Some(at) => Ok(at as u64 + 1),
            None => refuse(format!("ledger record {record} names a version that does not exist")),
        }
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

    /// Details of a purge are well formed, and it has a reason.
    fn purge(&self, step: &LedgerEntry) -> Result<()> {
        let LedgerSubject::Purge(details) = step.subject else { return Ok(()) };
        purge::PurgeDetails::load(self.objects, &details)?;
        match step.record.reason {
            Some(_) => Ok(()),
            None => {
                refuse(format!("ledger record {} is a purge without a reason", step.id.short()))
            }
        }
    }

    /// The records from the newest back to the old one, which is not among them.
    fn new_records(&self, newest: Id, old: Option<Id>) -> Result<Vec<LedgerEntry>> {
        let mut steps = Vec::new();
        let mut next = Some(newest);
        while next != old {
            let Some(id) = next else {
                return refuse("the ledger does not continue the current one");
            };
            let tree = self.objects.tree(&id)?;
            let links =
                [PREVIOUS, VERSION, PURGE].into_iter().filter(|name| tree.get(name).is_some());
            self.form(&id, "ledger record", RECORD, &links.collect::<Vec<_>>())?;
            let step = LedgerEntry::load(self.objects, &id)?;
            self.purge(&step)?;
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
