//! Ledger step: one record that a form adds, by the same compare-and-swap as every promotion.

use super::AskedPage;
use crate::error::{Error, Kind, Result};
use crate::history::ledger::{self, LedgerEntry};
use crate::history::record::{Event, LedgerRecord};
use crate::history::rules;
use crate::object::Id;
use crate::protocol::{TokenScope, TxnId};
use crate::remote_store::{AgentEdit, EditGround, EditRequest, Edited, RemoteStore};
use crate::server::access::Admitted;
use crate::server::hints;
use crate::store::{Active, Batch};

pub struct LedgerStep {
    pub event: Event,
    pub number: u64,
    pub by: String,
    pub reason: Option<String>,
    /// Newest record that the step may follow.
    pub expected: Option<Id>,
}

/// Outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    Done,
    /// The same version is live already.
    Settled,
    /// The ledger has another newest record than was expected.
    Moved,
}

/// Author of a record: the one that the token is bound to, or else the token's own name.
pub fn author(admitted: &Admitted, scope: TokenScope) -> Result<String> {
    admitted.needs(scope)?;
    let name = admitted.bearer.as_ref().map(|bearer| bearer.token.name.clone());
    let name = admitted.owner.clone().or(name).filter(|name| !name.is_empty());
    name.ok_or_else(|| {
        Error::new(
            Kind::Forbidden,
            "a record needs the name of its author, and the token of this session has none",
        )
        .hint(hints::NAMED_TOKEN)
    })
}

/// A request with a name of its own.
pub fn request(asked: &AskedPage, what: &[u8]) -> Result<EditRequest> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
    let hash = Id::of_blob(what);
    Ok(EditRequest {
        txn: TxnId(bytes),
        request: std::array::from_fn(|at| hash.as_bytes()[at]),
        by: asked.admitted.bearer.clone(),
        now_ms: u64::try_from(asked.now_ms).unwrap_or(0),
    })
}

impl LedgerStep {
    pub fn apply(&self, store: &RemoteStore, asked: &AskedPage) -> Result<StepOutcome> {
        let what = format!("{} v{}\0{:?}", self.event.word(), self.number, self.reason);
        let request = request(asked, what.as_bytes())?;
        let edited = store.edit(&asked.agent, &request, &mut |ground, batch| {
            self.draft(ground, batch, asked.now_ms)
        })?;
        match edited {
            Edited::Now(outcome) => Ok(outcome),
            Edited::Before(_) => Ok(StepOutcome::Settled),
        }
    }

    fn draft(
        &self,
        EditGround { heads, .. }: EditGround<'_>,
        batch: &mut Batch,
        now_ms: i64,
    ) -> Result<(Option<AgentEdit>, StepOutcome)> {
        let (before, live) = (heads.active, heads.active.and_then(|active| active.version));
        let before = before.map(|active| active.ledger);
        if self.event == Event::Promote && live == Some(self.number) {
            return Ok((None, StepOutcome::Settled));
        }
        if before != self.expected {
            return Ok((None, StepOutcome::Moved));
        }
        let number = self.number;
        let at = usize::try_from(number - 1).ok().and_then(|at| heads.versions.get(at));
        let none = || Error::not_found(format!("there is no version v{number}"));
        let version = *at.ok_or_else(none)?;
        let last = before.map(|id| LedgerEntry::load(batch, &id)).transpose()?;
        let at_ms = rules::clamp_time(now_ms, last.map(|step| step.record.at_ms));
        let (by, reason) = (self.by.clone(), self.reason.clone());
        let record = LedgerRecord { event: self.event, by, at_ms, reason };
        let ledger = ledger::append(batch, &record, version, before)?;
        let version = if self.event == Event::Promote { Some(number) } else { live };
        let active = Some(Active { version, ledger });
        Ok((Some(AgentEdit { active, ..AgentEdit::default() }), StepOutcome::Done))
    }
}
