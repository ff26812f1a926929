//! Fetch: everything that a remote has and this store lacks, as one pack; then the remote-tracking refs.

use super::Remote;
use crate::client::{fast_forward, follow};
use crate::error::{Error, Result};
use crate::fs::{self, Spool};
use crate::history::rules::{self, Breach, RefScope, RuleReport, Strictness};
use crate::object::{Id, Source};
use crate::pack::PackId;
use crate::progress::Progress;
use crate::protocol::{FetchRequest, Head, limits};
use crate::store::{Depth, Heads, Mapped, Odb, PackCheck, RemoteTracking, Store, VerifyLimits};

/// Newest ids of a series that are sent as `have`. Objects that only older ones have are sent again, which is rare.
const NEWEST: usize = 64;

/// Result of a fetch: the head of the remote, and the one that it had before.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub head: Head,
    pub before: Option<RemoteTracking>,
    /// Objects that came with it.
    pub objects: u64,
    pub bytes: u64,
    /// Broken rules that were accepted.
    pub breaches: Vec<Breach>,
}

impl Fetched {
    /// True if the remote has something that it had not before.
    pub fn is_new(&self) -> bool {
        self.before.as_ref().is_none_or(|before| before.heads != self.head.heads)
    }
}

/// Asks a remote for its head. No objects are fetched: see [`fetch`].
pub fn read_head(store: &Store, name: &str, remote: &dyn Remote) -> Result<Head> {
    // The last answer may be newer than the last fetch, and so nearer to what the remote has now.
    let last = match store.last_known(name) {
        Some(last_known) => Some(last_known.refs),
        None => store.remote(name)?,
    };
    let known = last.map(|RemoteTracking { heads, receipts, .. }| Head {
        agent: remote.agent().clone(),
        heads,
        receipts,
    });
    remote.head(known.as_ref())
}

/// Brings everything here, and remembers it.
pub fn fetch(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    progress: &Progress,
) -> Result<Fetched> {
    let head = follow::read_head(store, name, remote, progress)?;
    let fetched = fetch_from(store, name, remote, head, progress)?;
    remote.acknowledge()?;
    Ok(fetched)
}

/// [`fetch`] for one that has been asked already.
pub fn fetch_from(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: Head,
    progress: &Progress,
) -> Result<Fetched> {
    bring_with(store, name, remote, head, Strictness::Refuse, progress)
}

/// [`fetch_from`], and what becomes of what breaks a rule.
pub fn bring_with(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: Head,
    strictness: Strictness,
    progress: &Progress,
) -> Result<Fetched> {
    let before = store.remote(name)?;
    let mut want = absent(store, head.heads.roots())?;
    let mut have = before.as_ref().map(newest).unwrap_or_default();
    // The refs are known, and perhaps not all that they lead to is here and sound.
    let lost = |before: &RemoteTracking| before.heads.roots().iter().any(|id| want.contains(id));
    let broken = match (store.is_damaged(), want.is_empty() || before.as_ref().is_some_and(lost)) {
        (true, _) => store.broken_trees(&head.heads.roots(), Depth::Read)?,
        (false, true) => store.broken_trees(&head.heads.roots(), Depth::Listed)?,
        (false, false) => Vec::new(),
    };
    // A broken tree does not count as a `have`.
    if !broken.is_empty() {
        let known: Vec<Id> = broken.into_iter().filter(|id| !want.contains(id)).collect();
        want.extend(known);
        have.clear();
    }
    let now = tracking(&head);
    let arrival =
        Arrival { store, name, now: head.heads.clone(), scope: RefScope::Whole, strictness };
    let is_new = before.as_ref() != Some(&now);
    let (mut objects, mut bytes) = (0, 0);
    if !want.is_empty() {
        store.disprove_remote(name)?;
        (objects, bytes) = receive(remote, &arrival, &FetchRequest { want, have }, progress)?;
    } else if before.as_ref() != Some(&now) {
        arrival.check(store.objects())?;
    }
    let mut breaches = Vec::new();
    if before.as_ref() == Some(&now) {
        store.confirm_remote(name)?;
    } else {
        if strictness == Strictness::AsIs {
            breaches = arrival.report(store.objects())?.breaches;
        }
        store.set_remote(&store.lock()?, name, &now)?;
    }
    if is_new {
        follow::after_fetch(store, name, (before.as_ref(), &now), progress)?;
    }
    Ok(Fetched { head, before, objects, bytes, breaches })
}

/// Fetches the ledger of the remote, and its versions: all that a promotion needs.
pub fn bring_versions(store: &Store, name: &str, remote: &dyn Remote, head: &Head) -> Result<()> {
    let want = absent(store, versions_of(head))?;
    if !want.is_empty() {
        let have = store.remote(name)?.as_ref().map(newest).unwrap_or_default();
        let arrival = Arrival {
            store,
            name,
            now: head.heads.clone(),
            scope: RefScope::Present,
            strictness: Strictness::Refuse,
        };
        receive(remote, &arrival, &FetchRequest { want, have }, &Progress::default())?;
    }
    remember(store, name, head)
}

fn versions_of(head: &Head) -> impl Iterator<Item = Id> + '_ {
    head.heads.versions.iter().copied().chain(head.heads.active.map(|active| active.ledger))
}

/// Saves the remote-tracking refs from an answer that the remote has just given. Only what is here whole: source versions
/// that others pushed and that nothing here needed are left to the next fetch, which asks anew.
pub fn remember(store: &Store, name: &str, head: &Head) -> Result<()> {
    let mut now = tracking(head);
    if !absent(store, versions_of(head))?.is_empty() {
        return Ok(());
    }
    if let Some(first) = absent(store, head.heads.source.iter().copied())?.first() {
        let here = head.heads.source.iter().position(|id| id == first).unwrap_or(0);
        let mut left_out = (now.heads.source.len() - here) as u64;
        // Receipts count from the newest on.
        for receipt in now.receipts.list.iter_mut().rev() {
            let fewer = receipt.source.min(left_out);
            receipt.source -= fewer;
            left_out -= fewer;
        }
        now.heads.source.truncate(here);
        now.etag.clear();
    }
    let before = store.remote(name)?;
    if before.as_ref() == Some(&now) {
        return store.confirm_remote(name);
    }
    // Versions may be of source versions that were left out.
    let arrival = Arrival {
        store,
        name,
        now: now.heads.clone(),
        scope: RefScope::Present,
        strictness: Strictness::Refuse,
    };
    arrival.check(store.objects())?;
    let lock = store.lock()?;
    store.set_remote(&lock, name, &now)
}

/// Fetches a ledger record, those before it and their versions. Saves no remote-tracking refs.
pub fn bring_ledger(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    now: &RemoteTracking,
) -> Result<()> {
    // The local ledger was compared when the remote answered.
    let Some(active) = now.heads.active else { return Ok(()) };
    if store.objects().contains(&active.ledger)? {
        return Ok(());
    }
    let have = store.remote(name)?.as_ref().map(newest).unwrap_or_default();
    let (source, versions) = (now.heads.source.clone(), now.heads.versions.clone());
    let now = Heads { source, versions, active: Some(active) };
    let arrival =
        Arrival { store, name, now, scope: RefScope::Present, strictness: Strictness::Refuse };
    receive(
        remote,
        &arrival,
        &FetchRequest { want: vec![active.ledger], have },
        &Progress::default(),
    )
    .map(drop)
}

/// Remote-tracking refs for the head of a remote.
pub fn tracking(head: &Head) -> RemoteTracking {
    RemoteTracking {
        etag: head.etag().as_str().to_owned(),
        heads: head.heads.clone(),
        receipts: head.receipts.clone(),
    }
}

/// The ids that the store has not. What the store has, it has whole.
pub(super) fn absent(store: &Store, ids: impl IntoIterator<Item = Id>) -> Result<Vec<Id>> {
    let mut absent = Vec::new();
    for id in ids {
        if !store.objects().contains(&id)? {
            absent.push(id);
        }
    }
    Ok(absent)
}

pub(super) fn newest(known: &RemoteTracking) -> Vec<Id> {
    let last = |series: &[Id]| series[series.len().saturating_sub(NEWEST)..].to_vec();
    let mut ids = last(&known.heads.source);
    ids.extend(last(&known.heads.versions));
    ids.extend(known.heads.active.map(|active| active.ledger));
    ids
}

/// Objects and head of a remote for reading only: nothing of it is stored.
pub struct Peeked {
    pub objects: Odb,
    spool: Option<Spool>,
}

impl Drop for Peeked {
    fn drop(&mut self) {
        // Only room is lost when it stays, until the next fetch goes on with it or throws it away.
        if let Some(spool) = self.spool.take() {
            drop(spool.discard());
        }
    }
}

/// Everything that the head names, for reading.
pub fn peek(store: &Store, name: &str, remote: &dyn Remote, head: &Head) -> Result<Peeked> {
    peek_at(store, name, remote, head, absent(store, head.heads.roots())?, RefScope::Whole)
}

/// Fetches for reading what [`bring_versions`] would store.
pub fn peek_versions(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: &Head,
) -> Result<Peeked> {
    peek_at(store, name, remote, head, absent(store, versions_of(head))?, RefScope::Present)
}

fn peek_at(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: &Head,
    want: Vec<Id>,
    scope: RefScope,
) -> Result<Peeked> {
    let arrival =
        Arrival { store, name, now: head.heads.clone(), scope, strictness: Strictness::Refuse };
    if want.is_empty() {
        arrival.check(store.objects())?;
        return Ok(Peeked::here(store));
    }
    let have = store.remote(name)?.as_ref().map(newest).unwrap_or_default();
    let what = FetchRequest { want, have };
    let (spool, id) = get(store, remote, &what, &Progress::default())?;
    let pack = Mapped::open(spool.path(), id)?;
    let checked = store.objects().verify_pack(&pack, &LIMITS, &Progress::default())?;
    let objects = store.objects().with(&pack)?;
    let peeked = Peeked { objects, spool: Some(spool) };
    sound(checked)?;
    arrival.check(&peeked.objects)?;
    Ok(peeked)
}

impl Peeked {
    /// A view of the store itself.
    pub fn here(store: &Store) -> Peeked {
        Peeked { objects: store.objects().clone(), spool: None }
    }
}

/// Limits for verifying a fetched pack.
pub(super) const LIMITS: VerifyLimits = VerifyLimits { decoded: limits::MAX_DECODED };

/// Fetched refs on their way into the store.
struct Arrival<'a> {
    store: &'a Store,
    name: &'a str,
    now: Heads,
    scope: RefScope,
    strictness: Strictness,
}

impl Arrival<'_> {
    /// Refuses what is not what was seen before and something more, or breaks a rule. What is here already, or was
    /// brought from there earlier, is not looked at again.
    fn check(&self, objects: &Odb) -> Result<()> {
        let before = self.store.remote(self.name)?.unwrap_or_default();
        fast_forward::check_fast_forward(self.name, &before, &self.now)?;
        if self.now.active.is_none_or(|active| objects.contains(&active.ledger).unwrap_or(false)) {
            fast_forward::check_ledger(self.name, objects, before.heads.active, self.now.active)?;
        }
        let refused = format!("cannot accept the data of the remote \"{}\"", self.name);
        if self.strictness == Strictness::AsIs {
            let bounded = rules::check_bounds(objects, &self.known(objects)?, &self.now);
            return bounded.map_err(|error| error.context(refused));
        }
        self.report(objects)?.refuse(&refused)
    }

    /// Rules that the fetched history breaks.
    fn report(&self, objects: &Odb) -> Result<RuleReport> {
        rules::check(objects, &self.known(objects)?, &self.now, self.scope)
    }

    /// Refs of it that are here already, or were fetched from there earlier.
    fn known(&self, objects: &Odb) -> Result<Heads> {
        let before = self.store.remote(self.name)?.unwrap_or_default();
        let before = Heads {
            source: before.heads.source,
            versions: before.heads.versions,
            active: before.heads.active,
        };
        rules::known(objects, &[&before, &self.store.heads().unwrap_or_default()], &self.now)
    }
}

/// Gets one pack, proves it, and takes it in.
fn receive(
    remote: &dyn Remote,
    arrival: &Arrival<'_>,
    what: &FetchRequest,
    progress: &Progress,
) -> Result<(u64, u64)> {
    let store = arrival.store;
    let (spool, id) = get(store, remote, what, progress)?;
    let bytes = spool.len();
    let checked =
        store.receive_if(spool.path(), id, &LIMITS, progress, |objects| arrival.check(objects))?;
    sound(checked).map(|objects| (objects, bytes))
}

/// Gets one pack. One that went on where an earlier, cut one ended and has another hash than its name is got
/// anew: power may have failed in between.
pub(super) fn get(
    store: &Store,
    remote: &dyn Remote,
    what: &FetchRequest,
    progress: &Progress,
) -> Result<(Spool, PackId)> {
    loop {
        let mut spool = Spool::open(&store.incoming()?)?;
        let resumed = !spool.is_empty();
        remote.fetch(what, &mut spool, progress)?;
        let id = PackId::of(&fs::map(spool.path())?);
        let named = spool.name().is_none_or(|name| name == id.to_string());
        if named {
            return Ok((spool, id));
        }
        spool.discard()?;
        if !resumed {
            return Err(Error::corrupt("the remote sent a pack whose hash differs from its name"));
        }
    }
}

/// Number of objects of a verified pack; an error says why another one is refused.
pub(super) fn sound(checked: PackCheck) -> Result<u64> {
    let refuse = |reason: String| {
        Err(Error::corrupt(format!("the remote sent an invalid pack: {reason}"))
            .hint("nothing was changed; the remote itself may be damaged"))
    };
    match checked {
        PackCheck::Sound { objects, .. } => Ok(objects),
        PackCheck::Bad(reason) => refuse(reason),
        PackCheck::Missing { ids, more } => {
            let others = if more || ids.len() > 1 { " and others" } else { "" };
            let first = ids.first().map(Id::to_string).unwrap_or_default();
            refuse(format!("object {first}{others} is missing"))
        }
    }
}
