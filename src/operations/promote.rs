//! Promotion of a version: one ledger record, one swap of `ACTIVE`.
//!
//! A change is checked against a [`PointerState`]: the pointer of the remote, which decides for
//! everybody, or the one here for a project without a remote.

use super::wording;
use crate::error::{Error, Hint, Result};
use crate::history::catalog::Catalog;
use crate::history::ledger::{self, LedgerEntry};
use crate::history::record::{Author, Event, LedgerRecord};
use crate::history::recorded_change::RecordedChange;
use crate::history::revision::Revision;
use crate::history::version::Status;
use crate::history::{resolve, rules};
use crate::object::{Id, Memory, Sink};
use crate::store::{Active, HeadsLook, Odb, Store, StoreLock};
use serde::Serialize;
use std::rc::Rc;

#[derive(Clone, Debug, Default)]
pub struct PromoteRequest {
    pub reason: Option<String>,
    /// Promote only when this version is the active one.
    pub expect: Option<Revision>,
}

/// Pointer and versions against which a change of the pointer is checked.
pub struct PointerState<'a> {
    pub objects: &'a Odb,
    /// Live version, at the side that decides on it.
    pub live: Catalog<'a>,
    /// The same with the records that only we have, which go there before the step.
    pub after: Option<Catalog<'a>>,
    /// The pointer that the step goes on from.
    pub pointer: Option<Active>,
    /// Numbers that mean the same version here and at the remote. `None`: all do.
    pub shared: Option<usize>,
}

impl<'a> PointerState<'a> {
    /// State of this store.
    pub fn here(store: &'a Store) -> Result<PointerState<'a>> {
        PointerState::at(store, Rc::new(store.read_heads()?))
    }

    /// The same of a look at the store.
    pub(super) fn at(store: &'a Store, look: Rc<HeadsLook>) -> Result<PointerState<'a>> {
        let live = Catalog::at(store, look)?;
        let pointer = live.pointer().copied();
        Ok(PointerState { objects: store.objects(), live, after: None, pointer, shared: None })
    }

    /// The newest record of this event about a version, at the side that decides.
    pub(super) fn newest_record(&self, event: Event, version: (Id, u64)) -> Option<RecordedChange> {
        let head = self.pointer.or(self.live.pointer().copied()).map(|active| active.ledger);
        RecordedChange::newest(self.objects, head, event, version)
    }

    /// The record that made the active version active.
    pub(super) fn promotion_of_active(&self) -> Option<RecordedChange> {
        let number = self.live.active_number()?;
        self.newest_record(Event::Promote, (self.live.id(number)?, number))
    }

    pub(super) fn after(&self) -> &Catalog<'a> {
        self.after.as_ref().unwrap_or(&self.live)
    }

    /// The number of a version, which has to be one that both sides mean by it.
    pub fn number(&self, revision: &Revision) -> Result<u64> {
        let number = resolve::number(&self.live, revision)?;
        if let Some(after) = &self.after {
            // `previous` is another one before and after the records that wait here.
            let other = resolve::number(after, revision)?;
            if other != number {
                return Err(Error::conflict(format!(
                    "\"{revision}\" is v{number} at the remote and v{other} here, because of records that were not sent"
                ))
                .hint(Hint::PromoteByNumber(number)));
            }
        }
        if self.shared.is_some_and(|both| number > both as u64) {
            return Err(Error::conflict(format!(
                "v{number} here and v{number} at the remote are different versions"
            ))
            .hint(Hint::PullForNumber));
        }
        Ok(number)
    }
}

/// Effects of a promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    pub number: u64,
    /// Live version before; the version itself if nothing changes.
    pub previous: Option<u64>,
    /// True if it is live already, and stays so after the unsent records arrive.
    pub settled: bool,
    /// True if the version was live before.
    pub is_return: bool,
    /// Record that made the replaced version live.
    pub undoes: Option<LedgerEntry>,
    /// The version was live, and somebody went back from it to an older one: that record.
    pub taken_back: Option<LedgerEntry>,
}

/// Checks a promotion, and gives its effects.
pub fn plan_promotion(
    pointer_state: &PointerState,
    version: &Revision,
    expect: Option<&Revision>,
) -> Result<Promotion> {
    let live = &pointer_state.live;
    let number = pointer_state.number(version)?;
    let expect = expect.map(|expect| pointer_state.number(expect)).transpose()?;
    check_expected(pointer_state, number, expect)?;
    let id = live.get(number)?.id;
    if [live, pointer_state.after()].iter().any(|catalog| catalog.status(number) == Status::Deleted)
    {
        let changed = pointer_state.newest_record(Event::Delete, (id, number));
        return Err(Error::failed(format!("cannot promote v{number}: it was deleted"))
            .hint(Hint::Undelete(number))
            .also(other_than(live))
            .with_details(RefusedPointer {
                version: number,
                changed,
                ..RefusedPointer::default()
            }));
    }
    let is_live = |catalog: &Catalog| catalog.active_number() == Some(number);
    let settled = is_live(live) && is_live(pointer_state.after());
    // Only told: where the history cannot be read, a way back is still one.
    let history = if settled { None } else { history(pointer_state, &id).ok() };
    let (undoes, taken_back) = history.unwrap_or_default();
    let is_return = live.status(number) == Status::Superseded;
    Ok(Promotion { number, previous: live.active_number(), settled, is_return, undoes, taken_back })
}

/// Hint for a deleted version: another one that can be promoted.
fn other_than(live: &Catalog) -> Hint {
    let can_be = |number: &u64| matches!(live.status(*number), Status::Staged | Status::Superseded);
    match live.numbers().find(can_be) {
        Some(number) => Hint::PromoteOther(number),
        None => Hint::CreatePromotable,
    }
}

/// The record that made the live version live, and the one that took the version back that is `id`.
fn history(
    pointer_state: &PointerState,
    id: &Id,
) -> Result<(Option<LedgerEntry>, Option<LedgerEntry>)> {
    let was_active = pointer_state.live.was_active();
    let live = was_active.first();
    let back = was_active.iter().position(|other| other == id).filter(|at| *at > 0);
    // A return to the version before it, which was live earlier: no next version.
    let back = back.filter(|at| was_active[at + 1..].contains(&was_active[at - 1]));
    let (mut undoes, mut taken_back) = (None, None);
    let mut since_live = true;
    let head = pointer_state.live.pointer().map(|active| active.ledger);
    for step in ledger::steps(pointer_state.objects, head) {
        let step = step?;
        if step.record.event != Event::Promote {
            continue;
        }
        since_live &= step.version().as_ref() == live;
        if step.version() == Some(*id) || !(since_live || back.is_some()) {
            break;
        }
        if since_live {
            undoes = Some(step.clone());
        }
        taken_back = Some(step);
    }
    Ok((undoes, taken_back.filter(|_| back.is_some())))
}

/// Makes a version the active one here. The lock is held over the look, the record and the swap, so the
/// expected old value is compared where nobody can move it. What was checked before the lock counts if that look finds the
/// same pointer and versions; otherwise it is checked again.
pub fn promote<'a>(
    store: &'a Store,
    checked: (PointerState<'a>, Promotion),
    request: &PromoteRequest,
    who: &Author,
) -> Result<Promotion> {
    let lock = store.lock()?;
    let look = Rc::new(store.read_heads_under(&lock)?);
    let (pointer_state, promotion) = match checked {
        (pointer_state, promotion) if pointer_state.live.is_at(&look) => (pointer_state, promotion),
        (_, Promotion { number, .. }) => {
            let pointer_state = PointerState::at(store, look.clone())?;
            let (version, expect) = (Revision::Number(number), request.expect.as_ref());
            let promotion = plan_promotion(&pointer_state, &version, expect)?;
            (pointer_state, promotion)
        }
    };
    if promotion.settled {
        store.confirm_heads()?;
    } else {
        let change = promotion_of(promotion.number, request.reason.as_deref());
        record_here(store, (&lock, &look), &pointer_state, promotion.number, change, who)?;
    }
    Ok(promotion)
}

/// Stores the record of a promotion that was judged, for a remote that gets it first. What is left is the step of the
/// pointer.
pub fn record_promotion(
    store: &Store,
    pointer_state: &PointerState,
    number: u64,
    reason: Option<&str>,
    who: &Author,
) -> Result<PointerSwap> {
    store_record(store, pointer_state, number, promotion_of(number, reason), who)
}

fn promotion_of(number: u64, reason: Option<&str>) -> PointerMove {
    PointerMove { event: Event::Promote, reason: reason.map(str::to_owned), active: Some(number) }
}

fn check_expected(
    pointer_state: &PointerState<'_>,
    number: u64,
    expect: Option<u64>,
) -> Result<()> {
    let catalog = &pointer_state.live;
    let Some(expected) = expect.filter(|expected| catalog.active_number() != Some(*expected))
    else {
        return Ok(());
    };
    let found = match catalog.active_number() {
        Some(active) => format!("v{active} is active"),
        None => "no version is active".to_owned(),
    };
    Err(Error::conflict(format!("cannot promote v{number}: {found}, not v{expected} as expected"))
        .hint(Hint::LogAuthors)
        .with_details(RefusedPointer {
            version: number,
            expected: Some(expected),
            active: catalog.active_number(),
            changed: pointer_state.promotion_of_active(),
        }))
}

/// Version that is not promoted or deleted, and the record because of which.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RefusedPointer {
    pub version: u64,
    /// The version of `--expect`.
    pub expected: Option<u64>,
    pub active: Option<u64>,
    /// Null where the ledger does not say.
    pub changed: Option<RecordedChange>,
}

pub(super) struct PointerMove {
    pub event: Event,
    pub reason: Option<String>,
    /// Version that `ACTIVE` names afterwards.
    pub active: Option<u64>,
}

/// One step of the pointer; the record that it leads to is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointerSwap {
    /// The version that it is about.
    pub number: u64,
    pub expected: Option<Active>,
    pub new: Active,
}

/// Appends a record to the ledger and moves the pointer to it, in one durable step.
pub(super) fn record_here(
    store: &Store,
    under: (&StoreLock, &HeadsLook),
    pointer_state: &PointerState,
    number: u64,
    event: PointerMove,
    who: &Author,
) -> Result<()> {
    let mut record = Memory::default();
    let step = put_record(store, &mut record, pointer_state, number, event, who)?;
    store.append_record(under, step.expected.as_ref(), &step.new, &record)
}

/// Stores a record. Nothing names it yet.
pub(super) fn store_record(
    store: &Store,
    pointer_state: &PointerState,
    number: u64,
    event: PointerMove,
    who: &Author,
) -> Result<PointerSwap> {
    store.require_whole()?;
    let mut batch = store.batch();
    let step = put_record(store, &mut batch, pointer_state, number, event, who)?;
    batch.commit()?;
    Ok(step)
}

/// Puts a record that follows the newest one.
fn put_record(
    store: &Store,
    sink: &mut dyn Sink,
    pointer_state: &PointerState,
    number: u64,
    event: PointerMove,
    who: &Author,
) -> Result<PointerSwap> {
    wording::check(store, &[("reason", event.reason.as_deref()), ("author", Some(&who.by))])?;
    let version = match pointer_state.live.id(number) {
        Some(id) => id,
        None => pointer_state.live.get(number)?.id,
    };
    let expected = pointer_state.pointer;
    let before =
        expected.and_then(|active| LedgerEntry::load(pointer_state.objects, &active.ledger).ok());
    let at_ms = rules::clamp_time(who.at_ms, before.map(|step| step.record.at_ms));
    let record =
        LedgerRecord { event: event.event, by: who.by.clone(), at_ms, reason: event.reason };
    let ledger = ledger::append(sink, &record, version, expected.map(|active| active.ledger))?;
    Ok(PointerSwap { number, expected, new: Active { version: event.active, ledger } })
}

/// Moves the pointer, to a record that was made here or at a remote.
pub fn move_to(
    store: &Store,
    lock: &StoreLock,
    expected: Option<&Active>,
    new: &Active,
) -> Result<()> {
    store.swap_active(lock, expected, new)
}
