//! Group commit: transactions that waited for each other are decided one after the other, and one swap applies all
//! that may happen.
//!
//! A later one sees what an earlier one of the same swap does. What any of them is answered holds once that swap
//! has landed; after a lost race all of them decide again.
//!
//! Of many that lost to one another a few are answered, those who began to ask first; the others wait on, as they would only
//! ask again at once, and lose again to these.

use super::engine::{Cas, PackKey};
use super::head::{LoadedHead, PackRef, StoredHead, TxnContext};
use super::head_position::{HeadAt, HeadPosition};
use super::rules::BrokenRule;
use super::transact::{TxnAnswer, VerifiedPack};
use super::{Bearer, RemoteStore, TxnEffects, book_numbers, rules};
use crate::error::{Error, Result};
use crate::object::{Id, Source};
use crate::protocol::{AgentId, Refusal, Transaction, TxnOutcome, limits};
use crate::remote_store::open_agent::{OpenAgent, OpenPack};
use std::io::ErrorKind;
use std::sync::Arc;

/// A transaction on its way, proven.
pub struct PendingTxn {
    pub tx: Transaction,
    pub by: Option<Bearer>,
    pub now_ms: u64,
    pub pack: Option<VerifiedPack>,
    /// Time at which its upload was complete, or else of the request, in milliseconds since
    /// 1970-01-01 UTC. A loser that retries has the same pack, and keeps its place.
    pub since_ms: u64,
    /// It lost, and waits for the next round to be answered.
    pub is_held: bool,
    /// It had lost when it came: nothing of it was proven.
    pub is_late: bool,
    /// A swap with it was not answered: it may have landed.
    pub is_unknown: bool,
    pub answer: Option<Result<TxnAnswer>>,
}

/// Decision on one transaction.
enum Decision {
    Over(TxnOutcome<HeadPosition>),
    Lands(Box<Accepted>),
}

struct Accepted {
    pack_ref: Option<PackRef>,
    packs: Arc<OpenAgent>,
    effects: TxnEffects,
}

/// Result of one attempt to swap.
enum SwapAttempt {
    /// Every transaction that was decided has its answer.
    Over(Arc<LoadedHead>),
    Lost,
    Unknown(Error),
    /// Nothing changed.
    Failed(Error),
}

/// So many of those that lost are answered after a swap: some of them are back before the next one.
const ANSWERED: usize = 4;

/// Answers to give once the swap has succeeded, by position.
type Answers = Vec<(usize, Result<(TxnOutcome<HeadPosition>, Option<TxnEffects>)>)>;

impl From<Refusal<HeadPosition>> for Decision {
    fn from(refusal: Refusal<HeadPosition>) -> Decision {
        Decision::Over(TxnOutcome::Refused(refusal))
    }
}

impl PendingTxn {
    fn is_outrun(&self, head: &StoredHead) -> bool {
        let is_new = || head.txns.iter().all(|landed| landed.txn != self.tx.txn);
        (self.is_late || has_moved(head, &self.tx)) && is_new()
    }

    fn is_open(&self) -> bool {
        self.answer.is_none() && !self.is_held
    }
}

impl RemoteStore {
    /// Decides on all of them; they have answers then, but for those that wait on because they lost to many. `patient`: some
    /// may.
    pub(super) fn apply_all(
        &self,
        agent: &AgentId,
        all: &mut [PendingTxn],
        patient: bool,
    ) -> Result<()> {
        let (mut race, mut most, mut unknown) = (0, usize::MAX, None);
        all.iter_mut().for_each(|one| one.is_held = false);
        while race < limits::RACES && all.iter().any(PendingTxn::is_open) {
            self.pause(race)?;
            let gate = self.lock_shard(agent);
            let attempt = self.try_swap(agent, all, most, patient)?;
            drop(gate);
            match attempt {
                SwapAttempt::Over(_) => {}
                SwapAttempt::Lost => race += 1,
                SwapAttempt::Unknown(error) => {
                    race += 1;
                    unknown = Some(error);
                }
                // Each gets its own error.
                SwapAttempt::Failed(_) => most = 1,
            }
        }
        self.refuse_busy(agent, all, unknown)
    }

    /// After the last race.
    fn refuse_busy(
        &self,
        agent: &AgentId,
        all: &mut [PendingTxn],
        unknown: Option<Error>,
    ) -> Result<()> {
        if !all.iter().any(PendingTxn::is_open) {
            return Ok(());
        }
        let seen = self.load_head(agent)?;
        for one in all.iter_mut().filter(|one| one.is_open()) {
            one.answer = Some(match (seen.head.recorded(one.tx.txn), &unknown) {
                (Some(then), _) => Ok(TxnOutcome::Done(HeadAt::new(seen.clone(), then)).into()),
                (None, Some(error)) if one.is_unknown => Err(error.repeat()),
                (None, _) => Ok(TxnOutcome::Refused(Refusal::Busy).into()),
            });
        }
        Ok(())
    }

    /// One look at the head and one swap, of at most so many transactions. `patient`: some may wait on.
    fn try_swap(
        &self,
        agent: &AgentId,
        all: &mut [PendingTxn],
        most: usize,
        patient: bool,
    ) -> Result<SwapAttempt> {
        let (seen, mut packs) = self.open_agent(agent)?;
        let mut next = seen.next();
        let (mut answers, mut landing, mut lost) = (Answers::new(), Vec::new(), 0);
        for (at, one) in all.iter_mut().enumerate().filter(|(_, one)| one.is_open()) {
            if landing.len() == most {
                break;
            }
            if patient && one.is_outrun(&next) {
                lost += 1;
                one.is_held = lost > ANSWERED;
                // An answer has all refs: none is made for a transaction that waits on.
                if one.is_held {
                    continue;
                }
            }
            let answer = match self.decide(&next, &packs, one) {
                Err(error) => Err(error),
                Ok(Decision::Over(outcome)) => Ok((outcome, None)),
                Ok(Decision::Lands(lands)) => {
                    let Accepted { pack_ref, packs: more, effects } = *lands;
                    let by = one.by.as_ref().map(|bearer| &bearer.token);
                    let context = TxnContext { by, now_ms: one.now_ms, ledger: effects.records() };
                    next.apply(&one.tx, pack_ref, &context);
                    packs = more;
                    landing.push(at);
                    Ok((TxnOutcome::Done(next.now()), Some(effects)))
                }
            };
            answers.push((at, answer));
        }
        let end = match landing.is_empty() {
            true => SwapAttempt::Over(seen.clone()),
            false => self.commit(&seen, next, packs),
        };
        if !matches!(end, SwapAttempt::Over(_)) {
            all.iter_mut().for_each(|one| one.is_held = false);
        }
        Ok(match (end, &landing[..]) {
            (SwapAttempt::Over(seen), _) => {
                self.answer(all, answers, &seen);
                SwapAttempt::Over(seen)
            }
            (SwapAttempt::Unknown(error), _) => {
                landing.iter().for_each(|at| all[*at].is_unknown = true);
                SwapAttempt::Unknown(error)
            }
            (SwapAttempt::Failed(error), [alone]) => {
                all[*alone].answer = Some(Err(error));
                SwapAttempt::Over(seen)
            }
            (end, _) => end,
        })
    }

    fn commit(&self, seen: &LoadedHead, next: StoredHead, packs: Arc<OpenAgent>) -> SwapAttempt {
        let agent = next.agent.clone();
        match self.swap(seen, next) {
            Ok(Cas::Won(seen)) => {
                self.open_agents.put(agent, packs);
                SwapAttempt::Over(seen)
            }
            Ok(Cas::Lost) => SwapAttempt::Lost,
            Ok(Cas::Unknown(error)) => SwapAttempt::Unknown(error),
            Err(error) => SwapAttempt::Failed(error),
        }
    }

    /// Gives the answers; packs that were stored for those that are refused go.
    fn answer(&self, all: &mut [PendingTxn], answers: Answers, seen: &Arc<LoadedHead>) {
        for (at, answer) in answers {
            let one = &mut all[at];
            let refused = !matches!(&answer, Ok((TxnOutcome::Done(_), _)));
            // Nobody else knows the key; but a swap that was not answered may have used it.
            if let Some(verified) = one.pack.as_ref().filter(|_| refused && !one.is_unknown)
                && verified.is_stored
            {
                let _ = self.packs.delete(&verified.key);
            }
            one.answer = Some(answer.map(|(outcome, did)| {
                let outcome = outcome.map(|position| HeadAt::new(seen.clone(), position));
                TxnAnswer { did, ..outcome.into() }
            }));
        }
    }

    /// Decides on one transaction against a head, which may be one that is not swapped in yet.
    fn decide(
        &self,
        head: &StoredHead,
        packs: &Arc<OpenAgent>,
        one: &mut PendingTxn,
    ) -> Result<Decision> {
        let tx = &one.tx;
        if let Some(outcome) = recorded_outcome(head, tx)? {
            return Ok(Decision::Over(outcome));
        }
        if one.is_outrun(head) {
            return Ok(Refusal::Moved(head.now()).into());
        }
        let mut packs = packs.clone();
        if let Some(verified) = &mut one.pack {
            if let Some(object) = self.purged_in(head, &packs.objects, &verified.mapped)? {
                return Ok(Refusal::from(BrokenRule::Purged(object)).into());
            }
            // Looked at after the head: whatever forgets that the pack was retired removed it first.
            if verified.is_stored
                && (head.is_retired(&verified.key) || self.packs.stat(&verified.key)?.is_none())
            {
                (verified.key, verified.is_stored) =
                    (PackKey::fresh(&head.agent, verified.key.pack)?, false);
            }
            if let Some(refusal) = missing_refusal(&packs, verified.links.iter().copied())? {
                return Ok(refusal.into());
            }
            packs =
                Arc::new(packs.with(OpenPack::new(verified.key.clone(), verified.mapped.clone())));
        }
        if let Some(refusal) = missing_refusal(&packs, named_ids(tx))? {
            return Ok(refusal.into());
        }
        let effects = match rules::check(head, tx, &packs.objects)? {
            Ok(effects) => effects,
            Err(rule) => return Ok(Refusal::from(rule).into()),
        };
        if let Some(rule) = book_numbers::check(head, tx, &packs.objects)? {
            return Ok(Refusal::from(rule).into());
        }
        one.by.as_ref().map_or(Ok(()), |bearer| bearer.check(&effects))?;
        if let Some(verified) = &mut one.pack {
            match self.store_pack(verified) {
                // Cleared away since it was proven.
                Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => {
                    return Ok(Refusal::NoPack.into());
                }
                stored => stored?,
            }
        }
        let pack_ref = one.pack.as_ref().map(VerifiedPack::pack_ref);
        Ok(Decision::Lands(Box::new(Accepted { pack_ref, packs, effects })))
    }
}

/// Outcome recorded for a transaction that was applied before. An error where another one was applied under its id.
pub fn recorded_outcome(
    head: &StoredHead,
    tx: &Transaction,
) -> Result<Option<TxnOutcome<HeadPosition>>> {
    let Some(landed) = head.txns.iter().find(|landed| landed.txn == tx.txn) else {
        return Ok(None);
    };
    if landed.request.is_some_and(|request| request != tx.request()) {
        let what = format!("transaction {} was used for another request before", tx.txn);
        return Err(
            Error::usage(what).hint("each transaction needs a new id; only a retry has the same")
        );
    }
    Ok(head.recorded(tx.txn).map(TxnOutcome::Done))
}

/// True if a transaction that was not applied expects something else than the head has.
pub fn has_moved(head: &StoredHead, tx: &Transaction) -> bool {
    let source =
        tx.source.as_ref().is_none_or(|create| create.after == head.heads.source.len() as u64);
    let versions =
        tx.versions.as_ref().is_none_or(|create| create.after == head.heads.versions.len() as u64);
    let active = tx.active.as_ref().is_none_or(|swap| swap.expected == head.heads.active);
    !(source && versions && active)
}

/// The ids that a transaction makes refs or the pointer of.
fn named_ids(tx: &Transaction) -> impl Iterator<Item = Id> {
    let created =
        tx.source.iter().chain(&tx.versions).flat_map(|create| create.ids.iter().copied());
    created.chain(tx.active.iter().map(|swap| swap.new.ledger))
}

pub(super) fn missing_refusal(
    packs: &OpenAgent,
    ids: impl Iterator<Item = Id>,
) -> Result<Option<Refusal<HeadPosition>>> {
    let mut missing = Vec::new();
    for id in ids {
        if !packs.objects.contains(&id)? {
            missing.push(id);
        }
        if missing.len() > limits::MAX_NAMED {
            break;
        }
    }
    // It may be in a pack of ours that cannot be opened.
    if let Some(lost) = packs.unreadable_pack(&missing) {
        return Err(lost);
    }
    let more = missing.len() > limits::MAX_NAMED;
    missing.truncate(limits::MAX_NAMED);
    Ok((!missing.is_empty()).then_some(Refusal::Missing { ids: missing, more }))
}

#[cfg(test)]
mod tests;
