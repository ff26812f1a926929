//! Edit: a change of an agent that is computed here, for clients that send neither packs nor expectations.
//!
//! It is the same swap as that of a transaction, and held against the same rules. An edit that lost a race is computed
//! again on the new head; after a few of them the others wait for it.

use super::collect::Upkeep;
use super::engine::{Cas, PackKey};
use super::group_commit::missing_refusal;
use super::head::{
    AppliedTransaction, BookRef, GATHERED_MS, LoadedHead, PackRef, StoredHead, TxnContext,
};
use super::open_agent::{OpenAgent, OpenPack};
use super::{Bearer, RemoteStore, TxnEffects, rules};
use crate::error::{Error, Result};
use crate::fs::AtomicFile;
use crate::object::Id;
use crate::protocol::{AgentId, CreateRefs, RequestHash, SwapActive, Transaction, TxnId, limits};
use crate::store::{Active, Batch, Heads, Mapped, Odb, TokenName};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Attempts that hold nobody off while they are computed.
const OPTIMISTIC: u32 = 3;

/// Name, bearer and time of an edit.
#[derive(Clone, Debug)]
pub struct EditRequest {
    pub txn: TxnId,
    /// Hash of the request: one that comes again has the same.
    pub request: RequestHash,
    pub by: Option<Bearer>,
    /// Milliseconds since 1970-01-01 UTC.
    pub now_ms: u64,
}

/// Agent on which an edit is computed.
#[derive(Clone, Copy)]
pub struct EditGround<'a> {
    pub heads: &'a Heads,
    pub book: Option<Id>,
    pub objects: &'a Odb,
}

/// New values of an agent.
#[derive(Clone, Debug, Default)]
pub struct AgentEdit {
    pub source: Vec<Id>,
    pub versions: Vec<Id>,
    pub active: Option<Active>,
    /// Root of the new book; `None` leaves it as it is.
    pub book: Option<Id>,
}

/// Result of an edit.
#[derive(Debug)]
pub enum Edited<T> {
    /// The edit was applied just now, or there was nothing to change.
    Now(T),
    /// A request of this name was applied before.
    Before(Arc<AppliedTransaction>),
}

/// New objects of an edit, and the name that they will have.
struct EditPack {
    file: AtomicFile,
    open: OpenPack,
}

/// Result of one attempt.
enum Attempt<T> {
    Over(T),
    Lost,
    Unknown(Error),
}

/// Computes an edit: the new values, or none where nothing changes, and the answer.
pub type DraftEdit<'a, T> =
    dyn FnMut(EditGround<'_>, &mut Batch) -> Result<(Option<AgentEdit>, T)> + 'a;

impl RemoteStore {
    /// Applies an edit, durably. Sent again under the same name it has no second effect.
    pub fn edit<T>(
        &self,
        agent: &AgentId,
        asked: &EditRequest,
        draft: &mut DraftEdit<'_, T>,
    ) -> Result<Edited<T>> {
        let (mut unknown, mut loose) = (None, 0);
        for race in 0..limits::RACES {
            self.pause(race)?;
            match self.try_edit(agent, asked, draft, (race >= OPTIMISTIC, &mut loose))? {
                Attempt::Over(edited) => {
                    if loose > 1 {
                        // The next upkeep does it if this fails.
                        let _ = self.gather(agent, loose);
                    }
                    return Ok(edited);
                }
                Attempt::Lost => {}
                // The next look at the head says whether it landed.
                Attempt::Unknown(error) => unknown = Some(error),
            }
        }
        let busy = || Error::unavailable(format!("agent \"{agent}\" is busy: nothing was changed"));
        Err(unknown.unwrap_or_else(busy))
    }

    /// An agent as an edit would see it.
    pub fn with_ground<T>(
        &self,
        agent: &AgentId,
        look: impl FnOnce(EditGround<'_>) -> Result<T>,
    ) -> Result<T> {
        let (seen, packs) = self.open_agent(agent)?;
        look(edit_ground(&seen.head, &packs))
    }

    fn try_edit<T>(
        &self,
        agent: &AgentId,
        asked: &EditRequest,
        draft: &mut DraftEdit<'_, T>,
        (alone, loose): (bool, &mut usize),
    ) -> Result<Attempt<Edited<T>>> {
        let gate = alone.then(|| self.lock_shard(agent));
        let (seen, packs) = self.open_agent(agent)?;
        if let Some(before) = recorded(&seen.head, asked)? {
            return Ok(Attempt::Over(Edited::Before(before)));
        }
        self.check_open(agent)?;
        let mut batch = packs.objects.batch_in(&self.scratch()?);
        let (edit, answer) = draft(edit_ground(&seen.head, &packs), &mut batch)?;
        let Some(edit) = edit else { return Ok(Attempt::Over(Edited::Now(answer))) };
        let pack = seal(agent, batch)?;
        let _gate = gate.unwrap_or_else(|| self.lock_shard(agent));
        if self.load_head(agent)?.token != seen.token {
            return Ok(Attempt::Lost);
        }
        let packs = pack.as_ref().map_or_else(|| packs.clone(), |pack| with(&packs, pack));
        let tx = transaction(&seen.head, &edit, asked);
        let effects = self.allow(&seen.head, &packs, pack.as_ref(), &tx, &edit)?;
        asked.by.as_ref().map_or(Ok(()), |bearer| bearer.check(&effects))?;
        Ok(match self.land(&seen, packs, (pack, &tx, &edit, &effects), asked)? {
            Attempt::Over(count) => {
                *loose = count;
                Attempt::Over(Edited::Now(answer))
            }
            Attempt::Lost => Attempt::Lost,
            Attempt::Unknown(error) => Attempt::Unknown(error),
        })
    }

    /// Holds an edit against the rules of a transaction.
    fn allow(
        &self,
        head: &StoredHead,
        packs: &OpenAgent,
        pack: Option<&EditPack>,
        tx: &Transaction,
        edit: &AgentEdit,
    ) -> Result<TxnEffects> {
        if let Some(pack) = pack
            && let Some(object) = self.purged_in(head, &packs.objects, &pack.open.mapped)?
        {
            let message = format!("object {object} was purged, and must not be sent again");
            return Err(Error::conflict(message));
        }
        let named = edit.source.iter().chain(&edit.versions).chain(&edit.book).copied();
        let named = named.chain(edit.active.map(|active| active.ledger));
        if missing_refusal(packs, named)?.is_some() {
            return Err(Error::failed("an edit names an object that does not exist"));
        }
        if tx.is_empty() {
            return Ok(TxnEffects::default());
        }
        let refuse = |rule: rules::BrokenRule| Err(Error::conflict(rule.to_string()));
        rules::check(head, tx, &packs.objects)?.or_else(refuse)
    }

    /// Stores the pack and swaps the head. Gives the number of the newest packs that are to be put together.
    fn land(
        &self,
        seen: &LoadedHead,
        packs: Arc<OpenAgent>,
        (pack, tx, edit, effects): (Option<EditPack>, &Transaction, &AgentEdit, &TxnEffects),
        asked: &EditRequest,
    ) -> Result<Attempt<usize>> {
        let agent = &seen.head.agent;
        let mut stored = None;
        if let Some(EditPack { file, open }) = &pack {
            let bytes = open.mapped.bytes().len() as u64;
            self.packs.put_file(&open.key, file.path())?;
            let objects = u64::from(open.mapped.count());
            stored = Some(PackRef { key: open.key.clone(), bytes, objects });
        }
        let mut next = seen.next();
        let by: Option<&TokenName> = asked.by.as_ref().map(|bearer| &bearer.token);
        let context = TxnContext { by, now_ms: asked.now_ms, ledger: effects.records() };
        next.apply(tx, stored.clone(), &context);
        if let Some(applied) = next.txns.last_mut() {
            Arc::make_mut(applied).request = Some(asked.request);
        }
        let loose = next.book.map_or(0, |book| book.loose) + u64::from(stored.is_some());
        let gathers = !edit.source.is_empty() && loose > 1;
        let root = edit.book.or(next.book.map(|book| book.root));
        next.book = root.map(|root| BookRef { root, loose: if gathers { 0 } else { loose } });
        match self.swap(seen, next) {
            Ok(Cas::Won(_)) => {
                self.open_agents.put(agent.clone(), packs);
                Ok(Attempt::Over(if gathers { loose as usize } else { 0 }))
            }
            Ok(Cas::Unknown(error)) => Ok(Attempt::Unknown(error)),
            lost => {
                // Upkeep finds it later where this fails.
                let _ = stored.map(|stored| self.packs.delete(&stored.key));
                lost.map(|_| Attempt::Lost)
            }
        }
    }

    /// Puts the packs of the last edits together: each request of a push brought one.
    /// The old files go at once, and the next upkeep forgets their names.
    fn gather(&self, agent: &AgentId, count: usize) -> Result<()> {
        let (seen, packs) = self.open_agent(agent)?;
        let newest = seen.head.packs.iter().rev().take(count);
        let mut old: Vec<PackKey> = newest.map(|pack_ref| pack_ref.key.clone()).collect();
        old.reverse();
        let now = UNIX_EPOCH + Duration::from_millis(GATHERED_MS);
        if !self.compact_these(&seen, &packs, old.clone(), &Upkeep::at(now))? {
            return Ok(());
        }
        old.iter().try_for_each(|key| self.packs.discard(key))
    }
}

fn edit_ground<'a>(head: &'a StoredHead, packs: &'a OpenAgent) -> EditGround<'a> {
    EditGround {
        heads: &head.heads,
        book: head.book.map(|book| book.root),
        objects: &packs.objects,
    }
}

fn recorded(head: &StoredHead, asked: &EditRequest) -> Result<Option<Arc<AppliedTransaction>>> {
    let Some(applied) = head.txns.iter().find(|applied| applied.txn == asked.txn) else {
        return Ok(None);
    };
    if applied.request.is_some_and(|request| request != asked.request) {
        let what = format!("the name {} was used for another request before", asked.txn);
        return Err(
            Error::usage(what).hint("each request needs a new name; only a retry has the same")
        );
    }
    Ok(Some(applied.clone()))
}

fn seal(agent: &AgentId, batch: Batch) -> Result<Option<EditPack>> {
    let Some((file, id)) = batch.into_file()? else { return Ok(None) };
    let mapped = Mapped::open(file.path(), id)?;
    let open = OpenPack::new(PackKey::fresh(agent, id)?, mapped);
    Ok(Some(EditPack { file, open }))
}

fn with(packs: &OpenAgent, pack: &EditPack) -> Arc<OpenAgent> {
    Arc::new(packs.with(pack.open.clone()))
}

/// The edit as a transaction on this head.
fn transaction(head: &StoredHead, edit: &AgentEdit, asked: &EditRequest) -> Transaction {
    let create = |after: usize, ids: &[Id]| {
        (!ids.is_empty()).then(|| CreateRefs { after: after as u64, ids: ids.to_vec() })
    };
    Transaction {
        txn: asked.txn,
        pack: None,
        source: create(head.heads.source.len(), &edit.source),
        versions: create(head.heads.versions.len(), &edit.versions),
        active: edit.active.map(|new| SwapActive { expected: head.heads.active, new }),
        purge: None,
    }
}

#[cfg(test)]
mod tests;
