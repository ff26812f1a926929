//! Purge on a remote: the same rewriting as in a project, done by the remote itself from the ids of the objects.
//!
//! One swap to a head that names new trees, one new pack and no old file: all old packs and pages are retired as if ages
//! ago, so that they go at once, or with the next upkeep where the process dies before.

use super::bearer::TxnEffects;
use super::collect::Upkeep;
use super::engine::{Cas, PackKey};
use super::group_commit::recorded_outcome;
use super::head::{AppliedTransaction, BookRef, LoadedHead, PackRef, RetiredPack, StoredHead};
use super::head_position::HeadAt;
use super::open_agent::{OpenAgent, OpenPack};
use super::rules::BrokenRule;
use super::transact::{TxnAnswer, TxnRequest};
use super::{RemoteStore, agents};
use crate::error::{Error, Result};
use crate::fs;
use crate::history::book::Book;
use crate::history::ledger::LedgerEntry;
use crate::history::purge::{self, PurgeTarget, PurgedObject};
use crate::history::record::{Author, Event};
use crate::history::rules::{self, RefScope};
use crate::object::{Id, Overlay, Rewriter, Sink, Source};
use crate::protocol::{AgentId, PurgeRequest, Refusal, Transaction, TxnOutcome, limits};
use crate::store::{Heads, Mapped, MissingObjects, Odb, Receipt};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Most objects that one purge replaces.
const MOST_OBJECTS: usize = 10_000;

/// A history that is ready to be swapped in.
struct RewrittenAgent {
    heads: Heads,
    book: Option<Id>,
    pack: PackRef,
}

impl RemoteStore {
    /// Purges, durably, or says why nothing happened. Sent again, it has no second effect.
    pub(super) fn purge(
        &self,
        agent: &AgentId,
        tx: &Transaction,
        request: &PurgeRequest,
        asked: &TxnRequest,
    ) -> Result<TxnAnswer> {
        let refuse = |rule: BrokenRule| Ok(TxnOutcome::Refused(rule.into()).into());
        if tx.source.is_some() || tx.versions.is_some() || tx.active.is_some() || tx.pack.is_some()
        {
            return refuse(rule("a purge does nothing else"));
        }
        for race in 0..limits::RACES {
            self.pause(race)?;
            let gate = self.lock_shard(agent);
            let (seen, packs) = self.open_agent(agent)?;
            if let Some(outcome) = recorded_outcome(&seen.head, tx)? {
                drop(gate);
                self.clear_purged(agent)?;
                return Ok(outcome.map(|then| HeadAt::new(seen, then)).into());
            }
            self.check_open(agent)?;
            if seen.head.is_void() {
                return Err(Error::not_found(format!("there is no agent \"{agent}\"")));
            }
            let mut effects = TxnEffects::default();
            effects.step(Event::Purge, None, &request.by);
            asked.by.as_ref().map_or(Ok(()), |bearer| bearer.check(&effects))?;
            let rewritten = match self.rewritten(&seen.head, &packs, request)? {
                Ok(rewritten) => rewritten,
                Err(rule) => return refuse(rule),
            };
            let key = rewritten.pack.key.clone();
            let swapped = self.swap(&seen, purged_head(&seen, tx, rewritten, asked));
            drop(gate);
            match swapped {
                Ok(Cas::Won(seen)) => {
                    self.clear_purged(agent)?;
                    let now = seen.head.now();
                    let outcome = TxnOutcome::Done(HeadAt::new(seen, now));
                    return Ok(TxnAnswer { did: Some(effects), ..outcome.into() });
                }
                Ok(Cas::Lost) => drop(self.packs.delete(&key)),
                // It may have landed: the next look at the head says so.
                Ok(Cas::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(TxnOutcome::Refused(Refusal::Busy).into())
    }

    /// Everything that the new heads reach, in one pack that is stored. The inner error is a rule that it would break.
    fn rewritten(
        &self,
        head: &StoredHead,
        packs: &OpenAgent,
        request: &PurgeRequest,
    ) -> Result<Result<RewrittenAgent, BrokenRule>> {
        let agent = &head.agent;
        if let Some((_, reason)) = packs.damaged.first() {
            return Err(Error::corrupt(format!("cannot purge agent \"{agent}\": {reason}")));
        }
        if let Some(rule) = unfit(request, head, &packs.objects) {
            return Ok(Err(rule));
        }
        let who = Author { by: request.by.clone(), at_ms: request.at_ms };
        let scratch = fs::scratch_folder_in(&self.scratch()?, "purge-")?;
        let fresh = Odb::open(scratch.path());
        let batch = fresh.batch();
        let source = Overlay(&batch, &packs.objects);
        let targets: Vec<PurgeTarget> = request
            .objects
            .iter()
            .map(|one| PurgeTarget {
                object: one.object,
                bytes: one.bytes,
                path: one.path.clone(),
                is_json: one.json,
            })
            .collect();
        let objects = purge::bury(&mut &batch, &targets, &who, &request.reason)?;
        let about = (&who, request.reason.as_str());
        let book = head.book.map(|book| purged_book(&source, &mut &batch, &objects, book.root));
        let book = book.transpose()?;
        let new = purge::purge(&source, &mut &batch, &head.heads, objects, about)?;
        let id = batch.commit()?.ok_or_else(|| Error::failed("a purge made no record"))?;
        let mapped = Mapped::open(&scratch.path().join(id.file_name()), id)?;
        let all = packs.with(OpenPack::new(PackKey::fresh(agent, id)?, mapped));
        let broken = |objects: &Odb, heads: &Heads| -> Result<usize> {
            Ok(rules::check(objects, &Heads::default(), heads, RefScope::Whole)?.breaches.len())
        };
        if broken(&all.objects, &new.heads)? > broken(&packs.objects, &head.heads)? {
            return Ok(Err(rule("a version needs an object that would be purged")));
        }
        let roots: Vec<Id> = new.heads.roots().into_iter().chain(book).collect();
        let missing = MissingObjects::new(&all.objects, &roots, &[])?;
        let whole = self.thin_pack(agent, &all, &missing, &self.scratch()?)?;
        Ok(Ok(RewrittenAgent { heads: new.heads, book, pack: self.keep(agent, &whole)? }))
    }

    /// Removes what a purge retired, with all uploads and answers that are kept: they may have the bytes.
    fn clear_purged(&self, agent: &AgentId) -> Result<()> {
        let now = UNIX_EPOCH + agents::AGES;
        self.open_agents.remove(agent);
        self.thin_packs.forget(agent);
        self.delete_retired(agent, &Upkeep { spare: Duration::ZERO, ..Upkeep::at(now) })?;
        self.clear_uploads(agent, now, Duration::ZERO).map(drop)
    }
}

/// The book without the purged objects, and without bodies that repeat what was purged. Only there: a file of a project
/// may have the bytes of a body.
fn purged_book<S: Source + ?Sized>(
    source: &S,
    sink: &mut dyn Sink,
    purged: &[PurgedObject],
    root: Id,
) -> Result<Id> {
    let book = Book::load(source, Some(root))?;
    let mut pairs: Vec<(Id, Id)> = purged.iter().map(PurgedObject::pair).collect();
    if let Some(seen) = book.pending.seen.ledger {
        let ledger = Rewriter::new(pairs.iter().copied()).rewrite(source, sink, seen)?;
        pairs.push(Book::with_ledger(source, sink, (root, ledger))?);
    }
    pairs.extend(book.emptied_bodies(source, sink)?);
    Rewriter::new(pairs).rewrite(source, sink, root)
}

/// Reason why a purge cannot be done as it is asked for.
fn unfit(request: &PurgeRequest, head: &StoredHead, objects: &Odb) -> Option<BrokenRule> {
    if request.objects.is_empty() || request.objects.len() > MOST_OBJECTS {
        return Some(rule(&format!("a purge replaces 1 to {MOST_OBJECTS} objects")));
    }
    if request.reason.is_empty() {
        return Some(rule("a purge has a reason"));
    }
    let texts = [("reason", &request.reason), ("author", &request.by)];
    let paths = request.objects.iter().map(|one| ("path", &one.path));
    for (field, text) in texts.into_iter().chain(paths) {
        if let Err(error) = rules::check_text(field, text) {
            return Some(rule(error.message()));
        }
    }
    let last = head.heads.active.and_then(|active| LedgerEntry::load(objects, &active.ledger).ok());
    let before = last.map(|step| step.record.at_ms);
    (rules::clamp_time(request.at_ms, before) != request.at_ms)
        .then(|| rule("its time is more than a day before that of the record before it"))
}

fn rule(sentence: &str) -> BrokenRule {
    BrokenRule::OfAgent(sentence.to_owned())
}

/// Head after a purge. Transactions before it are forgotten: their answers would name ids that are gone.
fn purged_head(
    seen: &LoadedHead,
    tx: &Transaction,
    rewritten: RewrittenAgent,
    asked: &TxnRequest,
) -> StoredHead {
    let mut next = seen.next();
    let old = seen.head.files().map(|(key, _)| key.clone());
    let since_seq = next.seq;
    next.retired.extend(old.map(|key| RetiredPack { key, since_seq, since_ms: 0 }));
    (next.heads, next.packs) = (rewritten.heads, vec![rewritten.pack]);
    next.book = rewritten.book.map(|root| BookRef { root, loose: 0 });
    (next.pages, next.forgotten, next.txns) = (Vec::new(), 0, Vec::new());
    let token = asked.by.as_ref().map(|bearer| &bearer.token);
    let at_ms = if token.is_some() { asked.now_ms } else { 0 };
    next.receipts.add(token, Receipt { token: 0, at_ms, source: 0, versions: 0, ledger: 1 });
    next.txns.push(Arc::new(AppliedTransaction {
        txn: tx.txn,
        request: Some(tx.request()),
        at_ms: asked.now_ms,
        source: next.heads.source.len() as u64,
        versions: next.heads.versions.len() as u64,
        active: next.heads.active,
    }));
    next
}
