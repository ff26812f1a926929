//! A transaction: all that it asks for happens in one swap of the head, or nothing does.
//!
//! The pack is proven and stored under a fresh key, durable, before anything else. Then, again after
//! every lost race: the transactions that landed before, the expectations, whether the stored pack is
//! still there, whether everything that the pack needs is there, the rules; then the swap.

use super::bearer::{Bearer, Deeds};
use super::engine::{Cas, Expect, PackKey, random};
use super::head::{Head, Held, Seen};
use super::opened::{Piece, Pieces};
use super::proofs::Proven;
use super::{Depot, incoming, rules};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::object::{Id, Source};
use crate::pack::PackId;
use crate::protocol::{AgentId, Outcome, Refusal, Transaction, limits};
use crate::store::Mapped;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The longest pause between two attempts.
const LONGEST_PAUSE_MS: u64 = 64;

/// A proven pack on its way into the head.
struct Brought {
    file: PathBuf,
    mapped: Mapped,
    /// What its objects link to and it does not have.
    needs: Vec<Id>,
    key: PackKey,
}

/// What became of a transaction.
#[derive(Debug)]
pub struct Answer {
    pub outcome: Outcome,
    /// What it did, where it did something just now.
    pub did: Option<Deeds>,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Answer {
        Answer { outcome, did: None }
    }
}

/// One attempt.
enum Attempt {
    Over(Box<Answer>),
    /// The bearer may not do this.
    Forbidden(Error),
    /// Somebody else was faster.
    Lost,
    Unknown(Error),
}

impl From<Refusal> for Attempt {
    fn from(refusal: Refusal) -> Attempt {
        Attempt::Over(Box::new(Outcome::Refused(refusal).into()))
    }
}

impl Depot {
    /// Does what the transaction asks for, durably, or says why nothing happened. Sent again, it gives
    /// the same answer and has no second effect.
    pub fn transact(&self, agent: &AgentId, tx: &Transaction) -> Result<Outcome> {
        self.transact_for(agent, tx, None).map(|answer| answer.outcome)
    }

    /// [`Depot::transact`] for who showed a token: the swap that lands the transaction notes which.
    pub fn transact_for(&self, agent: &AgentId, tx: &Transaction, by: Option<&Bearer>) -> Result<Answer> {
        let answer = self.decide(agent, tx, by)?;
        let again = matches!(
            answer.outcome,
            Outcome::Refused(Refusal::Missing { .. } | Refusal::NoPack | Refusal::Busy)
        );
        if let Some(pack) = tx.pack.filter(|_| !again) {
            // Taken in, or made for what is not there any more. A failure only takes room.
            let _ = fs::remove(&self.layout.whole(agent, &pack));
        }
        Ok(answer)
    }

    fn decide(&self, agent: &AgentId, tx: &Transaction, by: Option<&Bearer>) -> Result<Answer> {
        let (seen, pieces) = self.opened(agent)?;
        if let Some(outcome) = settled(&seen.head, tx) {
            return Ok(outcome.into());
        }
        let mut brought = match self.bring(agent, &pieces, tx)? {
            Ok(brought) => brought,
            Err(refusal) => return Ok(Outcome::Refused(refusal).into()),
        };
        let mut unknown = None;
        for race in 0..limits::RACES {
            self.pause(race)?;
            let gate = self.gate(agent);
            let attempt = self.attempt(agent, tx, by, brought.as_mut())?;
            drop(gate);
            let refused = match &attempt {
                Attempt::Over(answer) => matches!(answer.outcome, Outcome::Refused(_)),
                _ => matches!(attempt, Attempt::Forbidden(_)),
            };
            // Nobody else knows the key; but a swap that was not answered may have used it.
            if let Some(brought) = brought.as_ref().filter(|_| refused && unknown.is_none()) {
                let _ = self.packs.delete(&brought.key);
            }
            match attempt {
                Attempt::Over(answer) => return Ok(*answer),
                Attempt::Forbidden(error) => return Err(error),
                Attempt::Lost => {}
                Attempt::Unknown(error) => unknown = Some(error),
            }
        }
        let seen = self.look(agent)?;
        match (seen.head.recorded(tx.txn), unknown) {
            (Some(head), _) => Ok(Outcome::Done(head).into()),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Outcome::Refused(Refusal::Busy).into()),
        }
    }

    /// Proves the pack of a transaction and stores it. `None`: it has none, or the agent has it.
    fn bring(
        &self,
        agent: &AgentId,
        pieces: &Pieces,
        tx: &Transaction,
    ) -> Result<Result<Option<Brought>, Refusal>> {
        let Some(pack) = tx.pack.filter(|pack| pieces.by_id(pack).is_none()) else { return Ok(Ok(None)) };
        if let Some(reason) = self.proofs.refused(agent, pack) {
            return Ok(Err(Refusal::Invalid { reason }));
        }
        let file = self.layout.whole(agent, &pack);
        let mapped = match Mapped::open(&file, pack) {
            Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => return Ok(Err(Refusal::NoPack)),
            Err(error) if error.kind() == Kind::Corrupt => return self.damaged(&file, pack, &error).map(Err),
            mapped => mapped?,
        };
        match self.proofs.prove(agent, pieces, pack, &mapped)? {
            Proven::Bad(reason) => self.damaged(&file, pack, &Error::corrupt(reason)).map(Err),
            Proven::Missing { ids, more } => Ok(Err(Refusal::Missing { ids, more })),
            Proven::Sound(needs) => {
                let key = self.store(agent, pack, &file)?;
                Ok(Ok(Some(Brought { file, mapped, needs, key })))
            }
        }
    }

    /// A pack that is not what it must be goes. It was whole once, but nothing made it durable: after a
    /// loss of power it may be anything, and is sent again.
    fn damaged(&self, file: &Path, pack: PackId, error: &Error) -> Result<Refusal> {
        let reason = error.message().to_owned();
        // Whoever brought the same pack and was refused for it has removed it.
        let gone = |error: &Error| error.io_kind() == Some(ErrorKind::NotFound);
        let whole = match incoming::hash(file) {
            Err(error) if gone(&error) => return Ok(Refusal::Invalid { reason }),
            found => found? == pack,
        };
        fs::remove(file).or_else(|error| if gone(&error) { Ok(()) } else { Err(error) })?;
        Ok(if whole { Refusal::Invalid { reason } } else { Refusal::NoPack })
    }

    fn store(&self, agent: &AgentId, pack: PackId, file: &Path) -> Result<PackKey> {
        let key = PackKey::fresh(agent, pack)?;
        self.packs.put_file(&key, file)?;
        Ok(key)
    }

    fn attempt(
        &self,
        agent: &AgentId,
        tx: &Transaction,
        by: Option<&Bearer>,
        brought: Option<&mut Brought>,
    ) -> Result<Attempt> {
        let (seen, mut pieces) = self.opened(agent)?;
        if let Some(outcome) = settled(&seen.head, tx) {
            return Ok(Attempt::Over(Box::new(outcome.into())));
        }
        let mut held = None;
        if let Some(brought) = brought {
            // Looked at after the head: whatever forgets that the pack was condemned removed it first.
            if seen.head.is_condemned(&brought.key) || self.packs.stat(&brought.key)?.is_none() {
                brought.key = self.store(agent, brought.key.pack, &brought.file)?;
            }
            if let Some(refusal) = missing(&pieces, brought.needs.iter().copied())? {
                return Ok(refusal.into());
            }
            held = Some(brought.held());
            pieces = Arc::new(pieces.with(Piece::new(brought.key.clone(), brought.mapped.clone())));
        }
        if let Some(refusal) = missing(&pieces, named(tx))? {
            return Ok(refusal.into());
        }
        let deeds = match rules::check(&seen.head, tx, &pieces.objects)? {
            Ok(deeds) => deeds,
            Err(reason) => return Ok(Refusal::Invalid { reason }.into()),
        };
        if let Some(Err(error)) = by.map(|bearer| bearer.check(&deeds)) {
            return Ok(Attempt::Forbidden(error));
        }
        let mut next = seen.next();
        next.apply(tx, held, by.map(|bearer| (&bearer.token, bearer.now_ms)), deeds.records());
        self.swap(&seen, next, pieces, deeds)
    }

    fn swap(&self, seen: &Seen, next: Head, pieces: Arc<Pieces>, deeds: Deeds) -> Result<Attempt> {
        let agent = next.agent.clone();
        let bytes = next.encode();
        let expect = seen.token.as_ref().map_or(Expect::Absent, Expect::Match);
        match self.heads.swap(&agent, expect, &bytes)? {
            Cas::Won(token) => {
                let shown = next.shown();
                let seen = Seen { head: next, token: Some(token), hash: Id::of_blob(&bytes) };
                self.seen.put(agent.clone(), Arc::new(seen));
                self.pieces.put(agent, pieces);
                let answer = Answer { outcome: Outcome::Done(shown), did: Some(deeds) };
                Ok(Attempt::Over(Box::new(answer)))
            }
            Cas::Lost => Ok(Attempt::Lost),
            Cas::Unknown(error) => Ok(Attempt::Unknown(error)),
        }
    }

    /// Longer and longer, and never the same for two: at most as long as the races that were lost.
    pub(super) fn pause(&self, race: u32) -> Result<()> {
        if race == 0 {
            return Ok(());
        }
        let most = 1000 * (1 << race.min(16)).min(LONGEST_PAUSE_MS);
        let [a, b, c, d, ..] = random()?;
        let micros = u64::from(u32::from_le_bytes([a, b, c, d])) % most;
        std::thread::sleep(Duration::from_micros(micros));
        Ok(())
    }
}

impl Brought {
    fn held(&self) -> Held {
        let bytes = self.mapped.bytes().len() as u64;
        Held { key: self.key.clone(), bytes, objects: u64::from(self.mapped.count()) }
    }
}

/// What is certain from the head alone: the transaction landed before, or expects something else.
fn settled(head: &Head, tx: &Transaction) -> Option<Outcome> {
    if let Some(head) = head.recorded(tx.txn) {
        return Some(Outcome::Done(head));
    }
    let source = tx.source.as_ref().is_none_or(|create| create.after == head.source.len() as u64);
    let versions = tx.versions.as_ref().is_none_or(|create| create.after == head.versions.len() as u64);
    let active = tx.active.as_ref().is_none_or(|swap| swap.expected == head.active);
    let holds = source && versions && active;
    (!holds).then(|| Outcome::Refused(Refusal::Moved(head.shown())))
}

/// The ids that a transaction makes refs or the pointer of.
fn named(tx: &Transaction) -> impl Iterator<Item = Id> {
    let created = tx.source.iter().chain(&tx.versions).flat_map(|create| create.ids.iter().copied());
    created.chain(tx.active.iter().map(|swap| swap.new.ledger))
}

fn missing(pieces: &Pieces, ids: impl Iterator<Item = Id>) -> Result<Option<Refusal>> {
    let mut missing = Vec::new();
    for id in ids {
        if !pieces.objects.contains(&id)? {
            missing.push(id);
        }
        if missing.len() > limits::MAX_NAMED {
            break;
        }
    }
    let more = missing.len() > limits::MAX_NAMED;
    missing.truncate(limits::MAX_NAMED);
    Ok((!missing.is_empty()).then_some(Refusal::Missing { ids: missing, more }))
}
