//! Live version of an agent: according to which remote, as of when, promoted by whom; and the
//! records here that were not sent to that remote.
//!
//! A remote decides for everybody, so `ACTIVE` here counts only without one. `status`, `version
//! list` and `log` show it.

use super::catalog::Catalog;
use super::ledger::{self, LedgerEntry};
use super::record::{Event, LedgerRecord};
use super::via::Via;
use crate::error::{Kind, Result};
use crate::object::{Id, Source};
use crate::store::{Active, Heads, ReceiptSeries, Receipts, Store, common};
use std::collections::{HashMap, HashSet};

/// Heads of a remote, and the time at which it reported them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRemote {
    pub remote: String,
    /// Milliseconds since 1970-01-01 UTC; `None` where the time was not kept.
    pub at_ms: Option<i64>,
    /// True for an answer of this moment; otherwise the last one is shown.
    pub fresh: bool,
    pub heads: Heads,
    /// Tokens with which versions and records were sent there.
    pub receipts: Receipts,
}

/// Promotion that made a version live: the record names author and reason, the remote the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionRecord {
    pub record: LedgerRecord,
    pub via: Option<Via>,
}

/// The live version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub number: u64,
    /// Promotion that made it live. `None`: it was not fetched yet.
    pub promoted: Option<PromotionRecord>,
}

/// Versions and records that a remote does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    pub source: Vec<u64>,
    pub versions: Vec<u64>,
    pub ledger: Vec<LedgerEntry>,
}

impl Unsent {
    pub fn count(&self, event: Event) -> usize {
        self.ledger.iter().filter(|step| step.record.event == event).count()
    }
}

/// Relation of the pointer here to the one of the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    Same,
    /// It was moved here, and the remote does not know.
    HereOnly,
    /// It was moved there, and is not known here.
    Behind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// `None`: there is no remote, or it never answered, and the pointer here counts.
    pub known_remote: Option<KnownRemote>,
    pub served: Option<Served>,
    /// Version that `ACTIVE` names here.
    pub here: Option<u64>,
    /// `None` while no remote was asked, or if refs here are damaged.
    pub unsent: Option<Unsent>,
}

impl Live {
    pub fn of(store: &Store, known_remote: Option<KnownRemote>) -> Result<Live> {
        Live::with(store, store.active()?, known_remote)
    }

    /// The same with the content of `ACTIVE`, for a command that has read it.
    pub fn with(
        store: &Store,
        here: Option<Active>,
        known_remote: Option<KnownRemote>,
    ) -> Result<Live> {
        let active = match &known_remote {
            Some(known_remote) => known_remote.heads.active,
            None => here,
        };
        let served = active.and_then(|active| Some((active.version?, active.ledger)));
        let served = match served {
            Some((number, ledger)) => {
                Some(Served { number, promoted: promotion(store, ledger, known_remote.as_ref())? })
            }
            None => None,
        };
        let unsent = known_remote
            .as_ref()
            .map(|known_remote| unsent(store, &known_remote.heads))
            .transpose()?
            .flatten();
        Ok(Live { known_remote, served, here: here.and_then(|active| active.version), unsent })
    }

    pub fn pointer(&self) -> Pointer {
        let serves = self.served.as_ref().map(|served| served.number);
        let moved = self.unsent.as_ref().is_some_and(|unsent| unsent.count(Event::Promote) > 0);
        match self.known_remote {
            Some(_) if serves == self.here => Pointer::Same,
            Some(_) if moved => Pointer::HereOnly,
            Some(_) => Pointer::Behind,
            None => Pointer::Same,
        }
    }
}

/// Promotion that made the active version live: the first one of it since another version was live.
fn promotion(
    store: &Store,
    ledger: Id,
    known_remote: Option<&KnownRemote>,
) -> Result<Option<PromotionRecord>> {
    let mut first: Option<(LedgerEntry, u64)> = None;
    if !store.objects().contains(&ledger)? {
        return Ok(None);
    }
    for (newer, step) in (0..).zip(ledger::steps(store.objects(), Some(ledger))) {
        let step = step?;
        match &first {
            _ if step.record.event != Event::Promote => {}
            Some((known, _)) if known.version() != step.version() => break,
            _ => first = Some((step, newer)),
        }
    }
    Ok(first.map(|(step, newer)| PromotionRecord {
        record: step.record,
        via: via_of(known_remote, newer),
    }))
}

/// The token that brought a record of a ledger after which there are so many newer ones. Only a remote knows it.
fn via_of(known_remote: Option<&KnownRemote>, newer: u64) -> Option<Via> {
    let known_remote = known_remote?;
    let newer = usize::try_from(newer).ok()?;
    let brought = known_remote.receipts.newest(ReceiptSeries::Ledger).nth(newer)??;
    Some(Via {
        remote: known_remote.remote.clone(),
        token: brought.token.clone(),
        at_ms: brought.at_ms,
    })
}

/// Latest promotion of each of these versions, by number; a version that was never live has none.
/// The catalog must come from the heads of the same remote, or of none.
pub fn promotions(
    store: &Store,
    catalog: &Catalog,
    live: &Live,
    numbers: &[u64],
) -> Result<HashMap<u64, PromotionRecord>> {
    let mut found = HashMap::new();
    for number in numbers {
        let promotion = catalog.id(*number).and_then(|id| catalog.promotion(&id));
        let Some((promotion, newer)) = promotion else { continue };
        let record = LedgerEntry::load(store.objects(), &promotion.record)?.record;
        let via = via_of(live.known_remote.as_ref(), newer);
        found.insert(*number, PromotionRecord { record, via });
    }
    Ok(found)
}

/// Versions and records here that are not in `theirs`. Unknown while a ref here is damaged.
fn unsent(store: &Store, theirs: &Heads) -> Result<Option<Unsent>> {
    let ours = match store.heads() {
        Err(error) if error.kind() == Kind::Corrupt => return Ok(None),
        other => other?,
    };
    let beyond = |ours: &[Id], theirs: &[Id]| -> Vec<u64> {
        (common(ours, theirs) as u64 + 1..=ours.len() as u64).collect()
    };
    Ok(Some(Unsent {
        source: beyond(&ours.source, &theirs.source),
        versions: beyond(&ours.versions, &theirs.versions),
        ledger: records(store, ours.active, theirs.active)?,
    }))
}

/// The records of our chain that theirs has not, newest first. Where theirs is not here it has all that any
/// remote is known to have had.
fn records(
    store: &Store,
    ours: Option<Active>,
    theirs: Option<Active>,
) -> Result<Vec<LedgerEntry>> {
    if ours == theirs {
        return Ok(Vec::new());
    }
    let mut known: HashSet<Id> = HashSet::new();
    let mut ends: Vec<Id> = theirs.iter().map(|active| active.ledger).collect();
    if theirs.is_some_and(|active| !store.objects().contains(&active.ledger).unwrap_or(false)) {
        for name in store.tracked()? {
            ends.extend(
                store.remote(&name)?.and_then(|tracking| Some(tracking.heads.active?.ledger)),
            );
        }
    }
    for end in ends {
        for step in ledger::steps(store.objects(), Some(end)) {
            // The chain of a remote may not be here, or only its end.
            let Ok(step) = step else { break };
            if !known.insert(step.id) {
                break;
            }
        }
    }
    let ours = ledger::steps(store.objects(), ours.map(|active| active.ledger));
    ours.take_while(|step| step.as_ref().map_or(true, |step| !known.contains(&step.id))).collect()
}
