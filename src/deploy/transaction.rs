//! Transactions: what any other remote takes as objects and refs, and what of it is sent to the platform.

use super::deployment::Deployment;
use super::journal::note_created;
use super::remote::PlatformRemote;
use super::unversioned;
use crate::error::{Error, Result};
use crate::history::ledger;
use crate::history::record::Event;
use crate::history::source::SourceVersion;
use crate::protocol::{SwapActive, Transaction};
use crate::store::Store;

impl PlatformRemote {
    /// Deploys a transaction.
    pub fn deploy(&self, deployment: &mut Deployment<'_>, transaction: &Transaction) -> Result<()> {
        if let Some(swap) = &transaction.active {
            return self.swap(deployment, transaction, swap);
        }
        if let Some(open) = &deployment.journal.promotion {
            return Err(deployment.open_promotion(open.number, None));
        }
        if let Some(created) = &transaction.source {
            let number = created.after + created.ids.len() as u64;
            let id = created.ids[created.ids.len() - 1];
            let version = SourceVersion::load(deployment.store.objects(), number, id)?;
            if let Some(newest) = unversioned::newest(deployment.store)? {
                deployment.check_unversioned(&newest)?;
            }
            deployment.push_source(&version)?;
        }
        note_created(&mut deployment.record, transaction);
        deployment.save()
    }

    /// New records of the ledger. A deletion is one of ours alone: the version stays there.
    fn swap(
        &self,
        deployment: &mut Deployment<'_>,
        transaction: &Transaction,
        swap: &SwapActive,
    ) -> Result<()> {
        let store = deployment.store;
        let number = swap.new.version.ok_or_else(|| self.not_sent("a ledger without a version"))?;
        if let Some(open) = deployment.journal.promotion.as_ref().filter(|o| o.number != number) {
            return Err(deployment.open_promotion(open.number, Some(number)));
        }
        if !self.has_promotion(store, swap)? {
            deployment.record.heads.active = Some(swap.new);
            note_created(&mut deployment.record, transaction);
            return deployment.save();
        }
        let id = *deployment
            .versions
            .get(number as usize - 1)
            .ok_or_else(|| Error::corrupt(format!("there is no version v{number}")))?;
        let (expected, new) = match &deployment.journal.promotion {
            Some(open) => (open.expected, open.new),
            None => (swap.expected, swap.new),
        };
        let mut target = deployment.target((number, id), (expected, new))?;
        target.ledger = swap.new.ledger;
        deployment.promote(target)?;
        // Our record of this command, if it is not that of the one that was interrupted.
        deployment.record.heads.active = Some(swap.new);
        note_created(&mut deployment.record, transaction);
        deployment.save()
    }

    /// True if a version was promoted since the ledger that is known there.
    fn has_promotion(&self, store: &Store, swap: &SwapActive) -> Result<bool> {
        let known = swap.expected.map(|active| active.ledger);
        for step in ledger::steps(store.objects(), Some(swap.new.ledger)) {
            let step = step?;
            match step.record.event {
                Event::Promote => return Ok(true),
                Event::Delete | Event::Undelete => {}
                Event::Purge => return Err(self.not_sent("a purge")),
            }
            if step.previous == known {
                break;
            }
        }
        Ok(false)
    }

    pub fn not_sent(&self, what: &str) -> Error {
        Error::usage(format!(
            "{what} cannot be sent to \"{}\", which is on the platform",
            self.name
        ))
        .hint("use the dashboard or the `lua` command there, and fetch")
    }
}
