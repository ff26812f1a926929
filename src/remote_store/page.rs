//! Pages: the older rows of a head, in files that never change, so that a swap writes only the newer ones.
//!
//! A page is kept as a pack is, under a fresh key. Rows that came since are in the head itself, until they are many: then
//! they become a page, with the newest pages if these are not much larger. So there are few pages, and a row is written
//! again only when there are a few times as many.

use super::codec;
use super::engine::{PackKey, PackStore};
use super::head::{AppliedTransaction, RetiredPack, StoredHead};
use crate::error::{Error, Result};
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::AgentId;
use crate::store::Receipt;
use std::sync::Arc;

/// A head keeps rows of so many bytes. It is about what a disk writes anyway for one of them.
const MOST_LOOSE: u64 = 4 << 10;

/// So many pages of about one size become one with what comes after them.
const FEW: usize = 3;

/// Number of source versions, versions, transactions and receipts.
pub type RowCounts = [u64; 4];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadPage {
    pub key: PackKey,
    pub bytes: u64,
    pub rows: RowCounts,
}

/// Rows of the series that only grow, and of the transactions, of which the oldest are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub source: Vec<Id>,
    pub versions: Vec<Id>,
    pub txns: Vec<Arc<AppliedTransaction>>,
    pub receipts: Vec<Receipt>,
}

/// Some rows of a head.
#[derive(Clone, Copy)]
pub struct PageRows<'a> {
    pub source: &'a [Id],
    pub versions: &'a [Id],
    pub txns: &'a [Arc<AppliedTransaction>],
    pub receipts: &'a [Receipt],
}

impl PageRows<'_> {
    pub fn counts(&self) -> RowCounts {
        [self.source.len(), self.versions.len(), self.txns.len(), self.receipts.len()]
            .map(|len| len as u64)
    }

    /// About how many bytes they are written as.
    fn size(&self) -> u64 {
        let [source, versions, txns, receipts] = self.counts();
        32 * (source + versions) + 96 * txns + 16 * receipts
    }
}

impl Rows {
    pub fn part(&self) -> PageRows<'_> {
        let Rows { source, versions, txns, receipts } = self;
        PageRows { source, versions, txns, receipts }
    }

    fn extend(&mut self, part: PageRows<'_>) {
        self.source.extend_from_slice(part.source);
        self.versions.extend_from_slice(part.versions);
        self.txns.extend_from_slice(part.txns);
        self.receipts.extend_from_slice(part.receipts);
    }
}

impl HeadPage {
    /// Reads it from where it is kept. A page that is gone is an error of the kind *not found*.
    pub fn load(&self, packs: &dyn PackStore) -> Result<Rows> {
        let name = self.key.file_name();
        let bytes = packs.get(&self.key, None)?;
        let bytes = bytes.ok_or_else(|| Error::not_found(format!("page \"{name}\" is gone")))?;
        let damaged =
            || Error::corrupt(format!("page \"{name}\" is damaged: its bytes have another hash"));
        let rows = (PackId::of(&bytes) == self.key.pack)
            .then(|| codec::decode_page(&self.key.agent, &bytes))
            .flatten();
        rows.filter(|rows| rows.part().counts() == self.rows).ok_or_else(damaged)
    }
}

impl StoredHead {
    /// Reads a head and its pages. What `known` has of these, a head of the same agent, is not read again.
    pub fn read(
        agent: &AgentId,
        bytes: &[u8],
        known: Option<&StoredHead>,
        load: &mut dyn FnMut(&HeadPage) -> Result<Rows>,
    ) -> Result<StoredHead> {
        let head = StoredHead::decode(agent, bytes)?;
        if head.pages.is_empty() {
            return Ok(head);
        }
        // A newer one may have forgotten transactions that this one still has: another thread may have swapped between the
        // look at these bytes and the look at what is known.
        let known = known.filter(|known| known.seq <= head.seq);
        let mut rows = Rows::default();
        for (at, page) in head.pages.iter().enumerate() {
            match known.filter(|known| known.pages.get(..=at) == head.pages.get(..=at)) {
                Some(known) => rows.extend(known.between(known.start(at), known.start(at + 1))),
                None => rows.extend(load(page)?.part()),
            }
        }
        let damaged = || Error::corrupt(format!("the head of agent \"{agent}\" is damaged"));
        head.join(rows).ok_or_else(damaged)
    }

    /// With the rows of all its pages before its own.
    fn join(mut self, mut rows: Rows) -> Option<StoredHead> {
        let in_pages: u64 = self.pages.iter().map(|page| page.rows[2]).sum();
        let remembered = in_pages.checked_sub(self.forgotten)? + self.txns.len() as u64;
        rows.extend(self.between([0; 4], self.lens()));
        let forgotten = rows.txns.len().checked_sub(remembered as usize)?;
        rows.txns.drain(..forgotten);
        let Rows { source, versions, txns, receipts } = rows;
        (self.heads.source, self.heads.versions, self.txns, self.receipts.list) =
            (source, versions, txns, receipts);
        self.receipts.is_sound().then_some(self)
    }

    /// The rows that are in no page.
    pub fn loose(&self) -> PageRows<'_> {
        self.between(self.start(self.pages.len()), self.lens())
    }

    pub fn lens(&self) -> [usize; 4] {
        [
            self.heads.source.len(),
            self.heads.versions.len(),
            self.txns.len(),
            self.receipts.list.len(),
        ]
    }

    /// First rows of a page, or of what follows all pages.
    fn start(&self, page: usize) -> [usize; 4] {
        let mut start = [0; 4];
        for page in &self.pages[..page] {
            start.iter_mut().zip(page.rows).for_each(|(sum, count)| *sum += count as usize);
        }
        start[2] = start[2].saturating_sub(self.forgotten as usize);
        start
    }

    pub fn between(&self, from: [usize; 4], to: [usize; 4]) -> PageRows<'_> {
        fn some<T>(all: &[T], from: usize, to: usize) -> &[T] {
            all.get(from..to).unwrap_or_default()
        }
        PageRows {
            source: some(&self.heads.source, from[0], to[0]),
            versions: some(&self.heads.versions, from[1], to[1]),
            txns: some(&self.txns, from[2], to[2]),
            receipts: some(&self.receipts.list, from[3], to[3]),
        }
    }

    /// Forgets the oldest transactions.
    pub(super) fn forget_oldest(&mut self, count: usize) {
        let in_pages = self.start(self.pages.len())[2];
        self.forgotten += count.min(in_pages) as u64;
        self.txns.drain(..count);
    }

    /// Makes a page of the rows that are in none, if they are many. Gives its bytes, to be stored under the key of the
    /// last page before this head is swapped in.
    pub(super) fn turn_page(&mut self) -> Result<Option<Vec<u8>>> {
        let mut size = self.loose().size();
        if size <= MOST_LOOSE {
            return Ok(None);
        }
        let mut first = self.pages.len();
        while let Some(start) = first.checked_sub(FEW)
            && self.pages[start..first].iter().all(|page| page.bytes <= 2 * size)
        {
            size += self.pages[start..first].iter().map(|page| page.bytes).sum::<u64>();
            first = start;
        }
        let rows = self.between(self.start(first), self.lens());
        let (bytes, counts) = (codec::encode_page(&self.agent, rows), rows.counts());
        let key = PackKey::fresh(&self.agent, PackId::of(&bytes))?;
        let (since_seq, since_ms) = (self.seq, self.txns.last().map_or(0, |landed| landed.at_ms));
        let old = self.pages.drain(first..).map(|page| RetiredPack {
            key: page.key,
            since_seq,
            since_ms,
        });
        self.retired.extend(old);
        let before: u64 = self.pages.iter().map(|page| page.rows[2]).sum();
        self.forgotten = self.forgotten.min(before);
        self.pages.push(HeadPage { key, bytes: bytes.len() as u64, rows: counts });
        Ok(Some(bytes))
    }

    /// Everything that the head names in the engine and needs: its packs and its pages, with their bytes.
    pub fn files(&self) -> impl Iterator<Item = (&PackKey, u64)> {
        let packs = self.packs.iter().map(|held| (&held.key, held.bytes));
        packs.chain(self.pages.iter().map(|page| (&page.key, page.bytes)))
    }
}
