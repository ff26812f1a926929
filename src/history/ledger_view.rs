//! Ledger of a store, asked about single versions: the cached index, and the few records after it.

use super::ledger::{self, LastPromotion, LedgerIndex, NewerRecords};
use super::ledger_index::{self, Damaged, Fate, IndexFile};
use crate::error::Result;
use crate::object::Id;
use crate::store::{Odb, Store};
use std::cell::OnceCell;

/// So many records of the ledger are read in the time that a cache takes to be written.
const READ_MOST: usize = 32;

/// The ledger up to one record.
pub struct LedgerView<'a> {
    objects: &'a Odb,
    head: Option<Id>,
    /// The cached index and the records after it; `None` where all is in `whole` from the beginning.
    cached: Option<(IndexFile, NewerRecords)>,
    whole: OnceCell<LedgerIndex>,
    /// Store whose cache is written again if it turns out to be damaged.
    store: Option<&'a Store>,
}

impl<'a> LedgerView<'a> {
    /// Reads no more than the records that are newer than the cached index. If they are many, that is written again.
    pub fn read(store: &'a Store, head: Option<Id>) -> Result<LedgerView<'a>> {
        let (mut ledger, read) = LedgerView::from_cache(store, store.objects(), head)?;
        ledger.store = Some(store);
        if let Some(head) = head.filter(|_| read > READ_MOST) {
            // A cache that cannot be written costs the next command time, and nothing else.
            drop(ledger_index::keep(store, &head, ledger.whole()));
        }
        Ok(ledger)
    }

    /// The same of a chain that is not the store's own, whose index is not kept.
    pub fn read_other(store: &Store, objects: &'a Odb, head: Option<Id>) -> Result<LedgerView<'a>> {
        LedgerView::from_cache(store, objects, head).map(|(ledger, _)| ledger)
    }

    /// The ledger, and the number of records that were read.
    fn from_cache(
        store: &Store,
        objects: &'a Odb,
        head: Option<Id>,
    ) -> Result<(LedgerView<'a>, usize)> {
        let Some(head) = head else { return Ok((LedgerView::read_whole(objects, None)?, 0)) };
        let mut known = None;
        if let Some(file) = IndexFile::open(store) {
            if let Some(newer) = NewerRecords::since(objects, head, file.head(), READ_MOST)? {
                let (head, cached) = (Some(head), Some((file, newer)));
                return Ok((
                    LedgerView { objects, head, cached, whole: OnceCell::new(), store: None },
                    0,
                ));
            }
            known = file.load().ok().map(|index| (file.head(), index));
        }
        let (index, read) = ledger::fold_onto(objects, Some(head), known)?;
        let (head, whole) = (Some(head), OnceCell::from(index));
        Ok((LedgerView { objects, head, cached: None, whole, store: None }, read))
    }

    /// The same from every record, without the cache.
    pub fn read_whole(objects: &'a Odb, head: Option<Id>) -> Result<LedgerView<'a>> {
        let whole = OnceCell::from(ledger::fold(objects, head)?);
        Ok(LedgerView { objects, head, cached: None, whole, store: None })
    }

    /// Fate of a version.
    pub fn fate(&self, id: &Id) -> Fate {
        if let (Some((file, newer)), None) = (&self.cached, self.whole.get())
            && let Ok(earlier) = file.fate(id)
        {
            let earlier = earlier.unwrap_or_default();
            let promoted = newer.promotion(id, file.records()).or(earlier.promoted);
            return Fate { promoted, is_deleted: newer.deletion(id).unwrap_or(earlier.is_deleted) };
        }
        let whole = self.whole();
        Fate { promoted: whole.promoted.get(id).copied(), is_deleted: whole.deleted.contains(id) }
    }

    /// The number of records.
    pub fn records(&self) -> u64 {
        match &self.cached {
            Some((file, newer)) => file.records() + newer.count(),
            None => self.whole().records,
        }
    }

    /// The version that was promoted last.
    pub fn newest_active(&self) -> Option<Id> {
        match &self.cached {
            Some((file, newer)) => {
                newer.was_active.iter().chain(file.newest_active()).next().copied()
            }
            None => self.whole().was_active.first().copied(),
        }
    }

    /// The version that was active last and is not this one.
    pub fn active_before(&self, active: Option<Id>) -> Option<Id> {
        let is_other = |id: &&Id| Some(**id) != active;
        match &self.cached {
            Some((file, newer)) => {
                newer.was_active.iter().chain(file.newest_active()).find(is_other).copied()
            }
            None => self.whole().was_active.iter().find(is_other).copied(),
        }
    }

    /// All versions in the order in which they became active, newest first, each change once.
    pub fn was_active(&self) -> &[Id] {
        &self.whole().was_active
    }

    /// All versions that were ever active.
    pub fn promoted(&self) -> impl Iterator<Item = (&Id, &LastPromotion)> {
        self.whole().promoted.iter()
    }

    /// The index of every version. A cached one that turns out to be damaged is not believed: the records are read.
    pub fn whole(&self) -> &LedgerIndex {
        self.whole.get_or_init(|| {
            let cached = self.cached.as_ref();
            let loaded =
                cached.ok_or(Damaged).and_then(|(file, newer)| Ok(newer.onto(file.load()?)));
            loaded.unwrap_or_else(|Damaged| self.read_again())
        })
    }

    /// The index from every record, which replaces the damaged cache.
    fn read_again(&self) -> LedgerIndex {
        let Ok(index) = ledger::fold(self.objects, self.head) else {
            return LedgerIndex::default();
        };
        if let Some((store, head)) = self.store.zip(self.head) {
            drop(ledger_index::keep(store, &head, &index));
        }
        index
    }
}
