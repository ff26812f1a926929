//! `fetch`: everything that a remote has and this store lacks, as one pack; then what the remote has is
//! remembered.

use super::Remote;
use crate::error::{Error, Result};
use crate::fs::{self, Spool};
use crate::object::{Id, Source};
use crate::pack::PackId;
use crate::progress::Progress;
use crate::protocol::{Etag, Fetch, Head, limits};
use crate::store::{Limits, Mapped, Odb, Store, Tracking, Verdict};

/// How many ids of a series say what is here. What older ones alone have is sent once more: that is
/// rare, and costs nothing but room on the wire.
const NEWEST: usize = 64;

/// What a remote has, and what it had when it was asked before.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub head: Head,
    pub before: Option<Tracking>,
    /// Objects that came with it.
    pub objects: u64,
    pub bytes: u64,
}

impl Fetched {
    /// Whether anything is there that was not before.
    pub fn is_new(&self) -> bool {
        let Head { source, versions, active, .. } = &self.head;
        let same = |before: &Tracking| {
            before.source == *source && before.versions == *versions && before.active == *active
        };
        !self.before.as_ref().is_some_and(same)
    }
}

/// Asks a remote what it has. Nothing is brought here: see [`fetch`].
pub fn look(store: &Store, name: &str, remote: &dyn Remote) -> Result<Head> {
    let known = store.remote(name)?;
    let agent = remote.agent().clone();
    let etag = known.as_ref().map(|known| Etag::new(&known.etag)).filter(|etag| !etag.as_str().is_empty());
    match (remote.head(etag.as_ref())?, known) {
        (Some(head), _) => Ok(head),
        (None, Some(known)) => {
            let Tracking { source, versions, active, receipts, .. } = known;
            Ok(Head { agent, source, versions, active, receipts })
        }
        (None, None) => Err(Error::failed("the remote says that nothing changed, and nothing was known")),
    }
}

/// Brings everything here, and remembers it.
pub fn fetch(store: &Store, name: &str, remote: &dyn Remote, progress: &Progress) -> Result<Fetched> {
    let head = look(store, name, remote)?;
    bring(store, name, remote, head, progress)
}

/// [`fetch`] for one that has been asked already.
pub fn bring(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: Head,
    progress: &Progress,
) -> Result<Fetched> {
    let before = store.remote(name)?;
    let want = lacking(store, &head)?;
    let (mut objects, mut bytes) = (0, 0);
    if !want.is_empty() {
        let have = before.as_ref().map(newest).unwrap_or_default();
        (objects, bytes) = receive(store, remote, &Fetch { want, have }, progress)?;
    }
    let now = tracking(&head);
    if before.as_ref() != Some(&now) {
        let lock = store.lock()?;
        store.set_remote(&lock, name, &now)?;
    }
    Ok(Fetched { head, before, objects, bytes })
}

/// What the head of a remote is remembered as.
pub fn tracking(head: &Head) -> Tracking {
    Tracking {
        etag: head.etag().as_str().to_owned(),
        source: head.source.clone(),
        versions: head.versions.clone(),
        active: head.active,
        receipts: head.receipts.clone(),
    }
}

/// The ids that the head names and the store has not. What the store has, it has whole.
pub(super) fn lacking(store: &Store, head: &Head) -> Result<Vec<Id>> {
    let mut lacking = Vec::new();
    for id in head.roots() {
        if !store.objects().contains(&id)? {
            lacking.push(id);
        }
    }
    Ok(lacking)
}

fn newest(known: &Tracking) -> Vec<Id> {
    let last = |series: &[Id]| series[series.len().saturating_sub(NEWEST)..].to_vec();
    let mut ids = last(&known.source);
    ids.extend(last(&known.versions));
    ids.extend(known.active.map(|active| active.ledger));
    ids
}

/// What a remote has, to be looked at: nothing of it is taken in, and nothing is remembered.
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
    let want = lacking(store, head)?;
    if want.is_empty() {
        return Ok(Peeked { objects: store.objects().clone(), spool: None });
    }
    let have = store.remote(name)?.as_ref().map(newest).unwrap_or_default();
    let what = Fetch { want, have };
    let (spool, id) = get(store, remote, &what, &Progress::default())?;
    let pack = Mapped::open(spool.path(), id)?;
    let verdict = store.objects().prove(&pack, &LIMITS, &Progress::default())?;
    let objects = store.objects().with(&pack)?;
    let peeked = Peeked { objects, spool: Some(spool) };
    sound(verdict)?;
    Ok(peeked)
}

/// What a foreign pack may cost.
const LIMITS: Limits = Limits { decoded: limits::MAX_DECODED };

/// Gets one pack, proves it, and takes it in.
fn receive(store: &Store, remote: &dyn Remote, what: &Fetch, progress: &Progress) -> Result<(u64, u64)> {
    let (spool, id) = get(store, remote, what, progress)?;
    let bytes = spool.len();
    let verdict = store.receive(spool.path(), id, &LIMITS, progress)?;
    sound(verdict).map(|objects| (objects, bytes))
}

/// Gets one pack. One that went on where an earlier, cut one ended and has another hash than its name is got
/// anew: power may have failed in between.
fn get(store: &Store, remote: &dyn Remote, what: &Fetch, progress: &Progress) -> Result<(Spool, PackId)> {
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
            return Err(Error::corrupt("the remote sent a pack with another hash than its name says"));
        }
    }
}

/// How many objects a proven pack has; an error says why another one is not taken in.
fn sound(verdict: Verdict) -> Result<u64> {
    let refuse = |reason: String| {
        Err(Error::corrupt(format!("the remote sent a pack that is not taken in: {reason}"))
            .hint("nothing was changed; the remote itself may be damaged"))
    };
    match verdict {
        Verdict::Sound { objects, .. } => Ok(objects),
        Verdict::Bad(reason) => refuse(reason),
        Verdict::Missing { ids, more } => {
            let others = if more || ids.len() > 1 { " and others" } else { "" };
            let first = ids.first().map(Id::to_string).unwrap_or_default();
            refuse(format!("object {first}{others} is missing"))
        }
    }
}
