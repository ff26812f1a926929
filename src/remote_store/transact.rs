//! A transaction: all that it asks for happens in one swap of the head, or nothing does.
//!
//! The pack is proven first. Then the transaction waits for the next swap of its agent, with others (`merge`): the
//! transactions that landed before, the expectations, whether everything that the pack needs is there, the rules; the
//! pack is stored under a fresh key, durable; then the swap.

use super::bearer::{Bearer, TxnEffects};
use super::engine::{PackKey, random};
use super::group_commit::{PendingTxn, has_moved, recorded_outcome};
use super::head::PackRef;
use super::head_position::HeadAt;
use super::queue::JobTurn;
use super::upload_checks::UploadCheck;
use super::{RemoteStore, incoming};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::history::ledger;
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::{AgentId, CreateRefs, HeadView, Refusal, Transaction, TxnOutcome};
use crate::remote_store::open_agent::OpenAgent;
use crate::store::{Mapped, MissingObjects};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The longest pause between two attempts.
const LONGEST_PAUSE_MS: u64 = 64;

/// From this size on a pack is stored before its transaction waits: nobody else should wait for the disk.
const LARGE: u64 = 8 << 20;

/// A proven pack on its way into the head.
pub struct VerifiedPack {
    pub file: PathBuf,
    pub mapped: Mapped,
    /// External references: ids that its objects link to and it does not have.
    pub links: Vec<Id>,
    pub key: PackKey,
    /// Under this key, durably.
    pub is_stored: bool,
}

/// Answer to a transaction.
#[derive(Debug)]
pub struct TxnAnswer {
    pub outcome: TxnOutcome<HeadAt>,
    /// Effects, where it was applied just now.
    pub did: Option<TxnEffects>,
    /// Of one that was refused as something moved: whether all that it asks for is there nevertheless. It landed so
    /// long ago that it is forgotten, or somebody else brought the same.
    pub is_there: bool,
}

impl From<TxnOutcome<HeadAt>> for TxnAnswer {
    fn from(outcome: TxnOutcome<HeadAt>) -> TxnAnswer {
        TxnAnswer { outcome, did: None, is_there: false }
    }
}

/// Bearer and time of a request: milliseconds since 1970-01-01 UTC, 0 where nobody knows.
#[derive(Clone, Debug, Default)]
pub struct TxnRequest {
    pub by: Option<Bearer>,
    pub now_ms: u64,
}

impl RemoteStore {
    /// Does what the transaction asks for, durably, or says why nothing happened. Sent again, it gives
    /// the same answer and has no second effect.
    pub fn transact(&self, agent: &AgentId, tx: &Transaction) -> Result<TxnOutcome> {
        let answer = self.transact_for(agent, tx, TxnRequest::default())?;
        Ok(answer.outcome.map(|head| head.to_head()))
    }

    /// [`RemoteStore::transact`] for who showed a token: the swap that lands the transaction notes which.
    pub fn transact_for(
        &self,
        agent: &AgentId,
        tx: &Transaction,
        asked: TxnRequest,
    ) -> Result<TxnAnswer> {
        if let Some(request) = &tx.purge {
            return self.purge(agent, tx, request, &asked);
        }
        let prepared = self.prepare(agent, tx, asked)?;
        let answer = match prepared {
            Ok(waiting) => {
                let land = |all| self.run_round(agent, all);
                let fell = || {
                    Err(Error::failed("the thread that was at work for several requests failed"))
                };
                self.queue.run(agent, waiting, land).unwrap_or_else(fell)?
            }
            Err(outcome) => outcome.into(),
        };
        self.finish(agent, tx, answer)
    }

    /// The same for several, in one swap where that is possible.
    pub fn transact_all(
        &self,
        agent: &AgentId,
        all: &[(Transaction, TxnRequest)],
    ) -> Vec<Result<TxnAnswer>> {
        let mut answers: Vec<Option<Result<TxnAnswer>>> = Vec::new();
        let mut waiting = Vec::new();
        for (tx, asked) in all {
            answers.push(match self.prepare(agent, tx, asked.clone()) {
                Ok(Ok(one)) => {
                    waiting.push(one);
                    None
                }
                Ok(Err(outcome)) => Some(Ok(outcome.into())),
                Err(error) => Some(Err(error)),
            });
        }
        let mut landed = self.apply_now(agent, waiting).into_iter();
        let finished = all.iter().zip(answers).map(|((tx, _), answer)| {
            let lost = || Err(Error::failed("a transaction has no answer"));
            let answer = answer.or_else(|| landed.next()).unwrap_or_else(lost)?;
            self.finish(agent, tx, answer)
        });
        finished.collect()
    }

    /// Decides what needs no other transaction; otherwise verifies the upload.
    fn prepare(
        &self,
        agent: &AgentId,
        tx: &Transaction,
        asked: TxnRequest,
    ) -> Result<Result<PendingTxn, TxnOutcome<HeadAt>>> {
        let (seen, packs) = self.open_agent(agent)?;
        if let Some(outcome) = recorded_outcome(&seen.head, tx)? {
            return Ok(Err(outcome.map(|then| HeadAt::new(seen, then))));
        }
        self.check_open(agent)?;
        // It waits too: it may be one of many, who would all ask again at once.
        let is_late = has_moved(&seen.head, tx);
        let verified = match is_late {
            true => None,
            false => match self.verify_upload(agent, &packs, tx)? {
                Ok(verified) => verified,
                Err(refusal) => return Ok(Err(TxnOutcome::Refused(refusal))),
            },
        };
        let TxnRequest { by, now_ms } = asked;
        let since_ms = tx.pack.and_then(|pack| self.uploaded_ms(agent, &pack)).unwrap_or(now_ms);
        let (tx, is_held, is_unknown, answer) = (tx.clone(), false, false, None);
        Ok(Ok(PendingTxn {
            tx,
            by,
            now_ms,
            pack: verified,
            since_ms,
            is_held,
            is_late,
            is_unknown,
            answer,
        }))
    }

    /// Time at which an upload was complete, in milliseconds since 1970-01-01 UTC.
    fn uploaded_ms(&self, agent: &AgentId, pack: &PackId) -> Option<u64> {
        let modified = self.layout.whole(agent, pack).metadata().ok()?.modified().ok()?;
        let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok()
    }

    /// One round of those who wait. What fails for all of them fails for each.
    pub(super) fn run_round(
        &self,
        agent: &AgentId,
        all: Vec<PendingTxn>,
    ) -> Vec<JobTurn<PendingTxn, Result<TxnAnswer>>> {
        let mut places: Vec<(usize, PendingTxn)> = all.into_iter().enumerate().collect();
        places.sort_by_key(|(_, one)| one.since_ms);
        let (places, mut all): (Vec<usize>, Vec<PendingTxn>) = places.into_iter().unzip();
        let failed = self.apply_all(agent, &mut all, true).err();
        let mut turns: Vec<_> = places.into_iter().zip(finished(all, failed)).collect();
        turns.sort_unstable_by_key(|(place, _)| *place);
        turns.into_iter().map(|(_, turn)| turn).collect()
    }

    /// One answer for each, now.
    fn apply_now(&self, agent: &AgentId, mut all: Vec<PendingTxn>) -> Vec<Result<TxnAnswer>> {
        let failed = self.apply_all(agent, &mut all, false).err();
        let lost = || Err(Error::failed("a transaction has no answer"));
        let answer = |turn| if let JobTurn::Done(answer) = turn { answer } else { lost() };
        finished(all, failed).into_iter().map(answer).collect()
    }

    /// Removes the upload where nobody will ask for it again. A client that was only too slow decides anew, and need
    /// not send it again.
    fn finish(
        &self,
        agent: &AgentId,
        tx: &Transaction,
        mut answer: TxnAnswer,
    ) -> Result<TxnAnswer> {
        let kept = match &answer.outcome {
            TxnOutcome::Done(_) | TxnOutcome::Refused(Refusal::Invalid { .. }) => false,
            TxnOutcome::Refused(_) => true,
        };
        if let TxnOutcome::Refused(Refusal::Moved(now)) = &answer.outcome {
            answer.is_there = self.has_all_of(agent, tx, &now.view())?;
        }
        if let Some(pack) = tx.pack.filter(|_| !kept || answer.is_there) {
            // Taken in, or worth nothing. A failure only takes room.
            let _ = fs::remove(&self.layout.whole(agent, &pack));
        } else if let Some(pack) = tx.pack {
            // The answer is known; where this fails the pack is asked for again.
            let _ = self.share_again(agent, &pack);
        }
        Ok(answer)
    }

    /// True if everything that a transaction asks for is there already.
    fn has_all_of(&self, agent: &AgentId, tx: &Transaction, now: &HeadView<'_>) -> Result<bool> {
        let has = |series: &[Id], create: &Option<CreateRefs>| {
            create.as_ref().is_none_or(|create| {
                series
                    .get(create.after as usize..)
                    .is_some_and(|rest| rest.starts_with(&create.ids))
            })
        };
        if !has(now.source, &tx.source) || !has(now.versions, &tx.versions) {
            return Ok(false);
        }
        let Some(swap) = &tx.active else { return Ok(true) };
        let (_, packs) = self.open_agent(agent)?;
        let mut next = now.active.map(|active| active.ledger);
        while let Some(id) = next.filter(|id| *id != swap.new.ledger) {
            next = ledger::LedgerEntry::load(&packs.objects, &id)?.previous;
        }
        Ok(next.is_some())
    }

    /// Event of the newest ledger record of a transaction, as in `delete v2`, where its pack is sound.
    pub fn newest_record(&self, agent: &AgentId, tx: &Transaction) -> Option<String> {
        let swap = tx.active.as_ref()?;
        let (seen, packs) = self.open_agent(agent).ok()?;
        let mut objects = packs.objects.clone();
        if let Some(pack) = tx.pack.filter(|pack| packs.by_id(pack).is_none()) {
            if self.upload_checks.refused(agent, pack).is_some() {
                return None;
            }
            let mapped = Mapped::open(&self.layout.whole(agent, &pack), pack).ok()?;
            // The transaction asks for the same proof, which is remembered.
            let Ok(UploadCheck::Sound(_)) =
                self.upload_checks.verify_pack(agent, &packs, pack, &mapped)
            else {
                return None;
            };
            objects = objects.with(&mapped).ok()?;
        }
        let step = ledger::LedgerEntry::load(&objects, &swap.new.ledger).ok()?;
        let created = tx.versions.iter().flat_map(|create| &create.ids);
        let Some(version) = step.version() else {
            return Some(step.record.event.word().to_owned());
        };
        let at = seen.head.heads.versions.iter().chain(created).position(|id| *id == version)?;
        Some(format!("{} v{}", step.record.event.word(), at + 1))
    }

    /// Proves the pack of a transaction. `None`: it has none, or the agent has it.
    fn verify_upload(
        &self,
        agent: &AgentId,
        packs: &OpenAgent,
        tx: &Transaction,
    ) -> Result<Result<Option<VerifiedPack>, Refusal<HeadAt>>> {
        let Some(pack) = tx.pack.filter(|pack| packs.by_id(pack).is_none()) else {
            return Ok(Ok(None));
        };
        if let Some(reason) = self.upload_checks.refused(agent, pack) {
            return Ok(Err(Refusal::Invalid { reason }));
        }
        let file = self.layout.whole(agent, &pack);
        let mapped = match self.open_upload(agent, pack) {
            Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => {
                // A sender of the same pack that was refused since the look above has removed it.
                let refused = self.upload_checks.refused(agent, pack);
                return Ok(Err(
                    refused.map_or(Refusal::NoPack, |reason| Refusal::Invalid { reason })
                ));
            }
            Err(error) if error.kind() == Kind::Corrupt => {
                return self.discard_damaged(&file, pack, &error).map(Err);
            }
            mapped => mapped?,
        };
        let proven = self.upload_checks.verify_pack(agent, packs, pack, &mapped);
        if proven.as_ref().is_err_and(|error| error.kind() == Kind::Corrupt) {
            // Not the sender's fault: what is damaged was here before.
            let leans_on = MissingObjects::of_all(mapped.bases());
            self.note(agent, packs, &packs.objects.damaged_copies(&leans_on)?);
        }
        let needs = match proven? {
            UploadCheck::Bad(reason) => {
                return self.discard_damaged(&file, pack, &Error::corrupt(reason)).map(Err);
            }
            // It may be in a pack of ours that cannot be opened.
            UploadCheck::Missing { ids, more } => {
                return packs
                    .unreadable_pack(&ids)
                    .map_or(Ok(Err(Refusal::Missing { ids, more })), Err);
            }
            UploadCheck::Sound(needs) => needs,
        };
        let is_large = mapped.bytes().len() as u64 >= LARGE;
        let (key, is_stored) = self.key_of_upload(agent, pack)?;
        let mut verified = VerifiedPack { file, mapped, links: needs, key, is_stored };
        match is_large.then(|| self.store_pack(&mut verified)) {
            Some(Err(error)) if error.io_kind() == Some(ErrorKind::NotFound) => {
                Ok(Err(Refusal::NoPack))
            }
            Some(Err(error)) => Err(error),
            _ => Ok(Ok(Some(verified))),
        }
    }

    /// A pack that is not what it must be goes. It was whole once, but nothing made it durable: after a
    /// loss of power it may be anything, and is sent again.
    fn discard_damaged(&self, file: &Path, pack: PackId, error: &Error) -> Result<Refusal<HeadAt>> {
        let reason = error.message().to_owned();
        // A sender of the same pack that was refused for it has removed it.
        let gone = |error: &Error| error.io_kind() == Some(ErrorKind::NotFound);
        let whole = match incoming::hash(file) {
            Err(error) if gone(&error) => return Ok(Refusal::Invalid { reason }),
            found => found? == pack,
        };
        fs::remove(file).or_else(|error| if gone(&error) { Ok(()) } else { Err(error) })?;
        Ok(if whole { Refusal::Invalid { reason } } else { Refusal::NoPack })
    }

    /// Makes the pack durable under its key, unless it is.
    pub(super) fn store_pack(&self, verified: &mut VerifiedPack) -> Result<()> {
        if !verified.is_stored {
            self.packs.put_file(&verified.key, &verified.file)?;
            verified.is_stored = true;
        }
        Ok(())
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

/// The turn of each transaction after a round.
fn finished(
    all: Vec<PendingTxn>,
    mut failed: Option<Error>,
) -> Vec<JobTurn<PendingTxn, Result<TxnAnswer>>> {
    let lost = || Error::failed("a transaction has no answer");
    let turn = |mut one: PendingTxn| match one.answer.take() {
        Some(answer) => JobTurn::Done(answer),
        None if one.is_held && failed.is_none() => JobTurn::Again(one),
        None => {
            let again = failed.as_ref().map(Error::repeat);
            // The first one keeps what the system said.
            JobTurn::Done(Err(std::mem::replace(&mut failed, again).unwrap_or_else(lost)))
        }
    };
    all.into_iter().map(turn).collect()
}

impl VerifiedPack {
    pub fn pack_ref(&self) -> PackRef {
        let bytes = self.mapped.bytes().len() as u64;
        PackRef { key: self.key.clone(), bytes, objects: u64::from(self.mapped.count()) }
    }
}
