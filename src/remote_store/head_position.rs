//! A head at one moment: the beginnings of its series. They only grow, so that what a transaction is answered need not
//! copy them, however many there are.

use super::head::{LoadedHead, StoredHead};
use crate::protocol::{self, HeadView, TxnId};
use crate::store::Active;
use std::sync::Arc;

/// Lengths of the series of a head.
#[derive(Clone, Copy, Debug)]
pub struct HeadPosition {
    source: usize,
    versions: usize,
    receipts: usize,
    active: Option<Active>,
}

/// Head as clients see it, now or when a transaction was applied.
#[derive(Clone, Debug)]
pub struct HeadAt {
    seen: Arc<LoadedHead>,
    position: HeadPosition,
}

impl StoredHead {
    pub fn now(&self) -> HeadPosition {
        HeadPosition {
            source: self.heads.source.len(),
            versions: self.heads.versions.len(),
            receipts: self.receipts.list.len(),
            active: self.heads.active,
        }
    }

    /// Position of a transaction that was applied, unless it is forgotten.
    pub fn recorded(&self, txn: TxnId) -> Option<HeadPosition> {
        let at = self.txns.iter().position(|landed| landed.txn == txn)?;
        let (landed, later) = (&self.txns[at], self.txns.len() - at - 1);
        Some(HeadPosition {
            source: self.heads.source.len().min(landed.source as usize),
            versions: self.heads.versions.len().min(landed.versions as usize),
            receipts: self.receipts.list.len().saturating_sub(later),
            active: landed.active,
        })
    }
}

impl HeadAt {
    /// `seen` is the head of that moment, or a later one.
    pub(super) fn new(seen: Arc<LoadedHead>, position: HeadPosition) -> HeadAt {
        HeadAt { seen, position }
    }

    pub fn view(&self) -> HeadView<'_> {
        let (head, HeadPosition { source, versions, receipts, active }) =
            (&self.seen.head, self.position);
        let list = &head.receipts.list[..receipts];
        HeadView {
            agent: &head.agent,
            source: &head.heads.source[..source],
            versions: &head.heads.versions[..versions],
            active,
            tokens: head.receipts.tokens_of(list),
            receipts: list,
        }
    }

    pub fn to_head(&self) -> protocol::Head {
        self.view().to_head()
    }
}
