//! The head of an agent as it is stored: everything that can change, in one value.
//!
//! A transaction, a compaction, a removal of packs: each is one swap of this value. `docs/remote-store.md` has
//! its bytes.

use super::engine::{CasToken, PackKey};
use super::page::HeadPage;
use crate::object::Id;
use crate::protocol::{AgentId, CreateRefs, Head, RequestHash, Transaction, TxnId, limits};
use crate::store::{Active, Heads, Receipt, Receipts, TokenName};
use std::sync::Arc;

/// Stored head of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHead {
    pub agent: AgentId,
    /// Number of swaps, this one included.
    pub seq: u64,
    /// BLAKE3 of the head before this one; zeros in the first.
    pub previous: Id,
    /// The newest transactions, the last one last. They are much larger than what else each push adds, and copies of a
    /// head share them.
    pub txns: Vec<Arc<AppliedTransaction>>,
    pub heads: Heads,
    /// Packs of the agent: every object that the refs and the ledger reach is in one of these.
    pub packs: Vec<PackRef>,
    /// Packs that nothing needs, on their way out.
    pub retired: Vec<RetiredPack>,
    /// Receipts. Once there is one, each transaction adds one.
    pub receipts: Receipts,
    /// Pages with the oldest rows of the series that only grow: a head is written without these rows.
    pub pages: Vec<HeadPage>,
    /// Number of transactions in pages that are forgotten.
    pub forgotten: u64,
    /// The book of an agent that the stock command works on.
    pub book: Option<BookRef>,
}

/// The tree with everything that stock clients sent and that has no place in a source version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookRef {
    pub root: Id,
    /// Number of packs that edits added since these were last put together.
    pub loose: u64,
}

/// A transaction that happened, and what there was after it. Series only grow, so that their lengths
/// say what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedTransaction {
    pub txn: TxnId,
    /// Hash of the request; `None` where an older program wrote it.
    pub request: Option<RequestHash>,
    /// Milliseconds since 1970-01-01 UTC by the clock of who landed it; 0 where nobody knows.
    pub at_ms: u64,
    pub source: u64,
    pub versions: u64,
    pub active: Option<Active>,
}

/// Context of a transaction: its token, its time, and the number of records it adds to the ledger.
pub struct TxnContext<'a> {
    pub by: Option<&'a TokenName>,
    pub now_ms: u64,
    pub ledger: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackRef {
    pub key: PackKey,
    pub bytes: u64,
    pub objects: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredPack {
    pub key: PackKey,
    pub since_seq: u64,
    /// Milliseconds since 1970-01-01 UTC, for people and for patience: nothing is safe because of it.
    pub since_ms: u64,
}

/// A head as it was loaded: the value, and what a swap expects.
#[derive(Clone, Debug)]
pub struct LoadedHead {
    pub head: StoredHead,
    /// `None` while there is none.
    pub token: Option<CasToken>,
    pub hash: Id,
}

/// Time at which packs of edits are retired when they are put together: it was over long ago, so that the next upkeep
/// forgets them.
pub const GATHERED_MS: u64 = 1;

const NONE: Id = Id::from_bytes([0; 32]);

impl LoadedHead {
    /// An agent that has no head yet.
    pub fn empty(agent: &AgentId) -> LoadedHead {
        let head = StoredHead {
            agent: agent.clone(),
            seq: 0,
            previous: NONE,
            txns: Vec::new(),
            heads: Heads::default(),
            packs: Vec::new(),
            retired: Vec::new(),
            receipts: Receipts::default(),
            pages: Vec::new(),
            forgotten: 0,
            book: None,
        };
        LoadedHead { head, token: None, hash: NONE }
    }

    /// A copy to be changed and swapped in.
    pub fn next(&self) -> StoredHead {
        StoredHead { seq: self.head.seq + 1, previous: self.hash, ..self.head.clone() }
    }
}

impl StoredHead {
    /// Does what the transaction asks for; whether it may was found out before.
    pub fn apply(&mut self, tx: &Transaction, pack: Option<PackRef>, order: &TxnContext<'_>) {
        let count =
            |create: &Option<CreateRefs>| create.iter().map(|create| create.ids.len() as u64).sum();
        let (source, versions) = (count(&tx.source), count(&tx.versions));
        let TxnContext { by, now_ms, ledger } = *order;
        let at_ms = if by.is_some() { now_ms } else { 0 };
        self.receipts.add(by, Receipt { token: 0, at_ms, source, versions, ledger });
        self.heads.source.extend(tx.source.iter().flat_map(|create| &create.ids));
        self.heads.versions.extend(tx.versions.iter().flat_map(|create| &create.ids));
        self.heads.active = tx.active.as_ref().map_or(self.heads.active, |swap| Some(swap.new));
        self.packs.extend(pack);
        self.txns.push(Arc::new(AppliedTransaction {
            txn: tx.txn,
            request: Some(tx.request()),
            at_ms: now_ms,
            source: self.heads.source.len() as u64,
            versions: self.heads.versions.len() as u64,
            active: self.heads.active,
        }));
        self.forget(now_ms);
    }

    /// Forgets transactions that nobody asks for again: the newest are always kept, and those of the last day up to a
    /// bound.
    fn forget(&mut self, now_ms: u64) {
        let is_old = |landed: &Arc<AppliedTransaction>| {
            landed.at_ms == 0 || landed.at_ms + limits::REMEMBERED_MS <= now_ms
        };
        let old = self.txns.iter().take_while(|landed| is_old(landed)).count();
        let spare = self.txns.len().saturating_sub(limits::REMEMBERED);
        let over = self.txns.len().saturating_sub(limits::MOST_REMEMBERED);
        self.forget_oldest(old.min(spare).max(over));
    }

    /// True if clients were told exactly this.
    pub fn says(&self, told: &Head) -> bool {
        let list = &self.receipts.list;
        self.agent == told.agent
            && self.heads == told.heads
            && *list == told.receipts.list
            && self.receipts.tokens_of(list) == told.receipts.tokens
    }

    /// True if there is no agent: nobody pushed it, or it was deleted.
    pub fn is_void(&self) -> bool {
        self.heads.is_empty() && self.book.is_none()
    }

    /// Everything that must stay reachable: refs, ledger, book.
    pub fn roots(&self) -> Vec<Id> {
        let mut roots = self.heads.roots();
        roots.extend(self.book.map(|book| book.root));
        roots
    }

    /// True if a purge retired files that are to go at once.
    pub fn is_purged(&self) -> bool {
        self.retired.iter().any(|retired| retired.since_ms == 0)
    }

    pub fn is_retired(&self, key: &PackKey) -> bool {
        self.retired.iter().any(|retired| retired.key == *key)
    }
}
