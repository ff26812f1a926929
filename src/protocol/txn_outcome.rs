//! Outcome of a transaction.

use super::Head;
use crate::object::Id;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TxnOutcome<H = Head> {
    /// Applied, durably; the new head.
    Done(H),
    /// Nothing happened.
    Refused(Refusal<H>),
}

impl<H> TxnOutcome<H> {
    pub fn as_ref(&self) -> TxnOutcome<&H> {
        let refusal = match self {
            TxnOutcome::Done(head) => return TxnOutcome::Done(head),
            TxnOutcome::Refused(refusal) => refusal,
        };
        TxnOutcome::Refused(match refusal {
            Refusal::Moved(head) => Refusal::Moved(head),
            Refusal::Missing { ids, more } => Refusal::Missing { ids: ids.clone(), more: *more },
            Refusal::Invalid { reason } => Refusal::Invalid { reason: reason.clone() },
            Refusal::NoPack => Refusal::NoPack,
            Refusal::Busy => Refusal::Busy,
        })
    }

    /// The same with its head in another form.
    pub fn map<T>(self, form: impl FnOnce(H) -> T) -> TxnOutcome<T> {
        let Ok(outcome) = self.try_map(|head| Ok::<T, Infallible>(form(head)));
        outcome
    }

    /// The same with its head in another form, where that can be.
    pub fn try_map<T, E>(self, form: impl FnOnce(H) -> Result<T, E>) -> Result<TxnOutcome<T>, E> {
        let refusal = match self {
            TxnOutcome::Done(head) => return form(head).map(TxnOutcome::Done),
            TxnOutcome::Refused(refusal) => refusal,
        };
        Ok(TxnOutcome::Refused(match refusal {
            Refusal::Moved(head) => Refusal::Moved(form(head)?),
            Refusal::Missing { ids, more } => Refusal::Missing { ids, more },
            Refusal::Invalid { reason } => Refusal::Invalid { reason },
            Refusal::NoPack => Refusal::NoPack,
            Refusal::Busy => Refusal::Busy,
        }))
    }
}

impl<H> TxnOutcome<H> {
    /// Word for logs and counters.
    pub fn word(&self) -> &'static str {
        match self {
            TxnOutcome::Done(_) => "done",
            TxnOutcome::Refused(Refusal::Moved(_)) => "moved",
            TxnOutcome::Refused(Refusal::Missing { .. }) => "missing",
            TxnOutcome::Refused(Refusal::Invalid { .. }) => "invalid",
            TxnOutcome::Refused(Refusal::NoPack) => "no_pack",
            TxnOutcome::Refused(Refusal::Busy) => "busy",
        }
    }
}

/// Reason why nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal<H = Head> {
    /// A ref is not as the transaction expected it; the present head.
    Moved(H),
    /// Neither the pack nor the remote has these objects.
    Missing {
        ids: Vec<Id>,
        /// There are others.
        more: bool,
    },
    /// The pack is damaged, a tree malformed, a record none, a rule broken.
    Invalid { reason: String },
    /// The pack was never uploaded to its end, or is gone: send it again.
    NoPack,
    /// Too many others at once: send the same again later.
    Busy,
}
