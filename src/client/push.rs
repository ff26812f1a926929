//! Push: sends everything that the remote lacks, as one pack and one transaction.
//!
//! The transaction names the expected refs, so another push in between is noticed and nothing is
//! overwritten. An answer that was lost is found by asking again with the same id.

use super::fetch::{self, remember};
use super::{Remote, follow, txn};
use crate::client::divergence::Divergence;
use crate::error::{Error, Hint, Kind, Result};
use crate::object::Id;
use crate::pack::PackId;
use crate::progress::Progress;
use crate::protocol::{CreateRefs, Head, Refusal, SwapActive, Transaction, TxnOutcome, limits};
use crate::store::{Heads, MissingObjects, Store};

/// Summary of a push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemotePush {
    /// Numbers of the source versions and of the agent versions that are there now and were not.
    pub source: Vec<u64>,
    pub versions: Vec<u64>,
    /// The pointer moved, or the ledger grew.
    pub active: bool,
    pub objects: u64,
    pub bytes: u64,
}

impl RemotePush {
    fn add(&mut self, more: RemotePush) {
        self.source.extend(more.source);
        self.versions.extend(more.versions);
        self.active |= more.active;
        self.objects += more.objects;
        self.bytes += more.bytes;
    }
}

/// Outcome of a push.
#[derive(Debug)]
pub enum PushOutcome {
    Done(RemotePush),
    /// The remote has versions that are not here. They were fetched, and nothing was changed there.
    Behind(Head),
}

/// Pushes everything, given the remote's head of a moment ago.
pub fn push(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    head: Head,
    progress: &Progress,
) -> Result<PushOutcome> {
    let mut local = store.heads()?;
    if remote.is_deployed_to() {
        local.active = head.heads.active;
    }
    send(store, name, remote, head, &local, progress)
}

/// Makes the refs of the remote those of `local`, if that only adds to them.
pub fn send(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    mut head: Head,
    local: &Heads,
    progress: &Progress,
) -> Result<PushOutcome> {
    // A refusal means that somebody else's push came between: the new head is read once more. The
    // number of attempts is bounded, because a broken remote could always answer with another head.
    let (mut there, mut all, mut races) = (None, RemotePush::default(), 0);
    while races < limits::RACES {
        if !Divergence::of(local, &head, store.objects())?.can_push() {
            fetch::fetch_from(store, name, remote, head.clone(), progress)?;
            if !Divergence::of(local, &head, store.objects())?.can_push() {
                return Ok(PushOutcome::Behind(head));
            }
        }
        let plan = plan(local, &head)?;
        if plan.is_empty() {
            remember(store, name, &head)?;
            return Ok(PushOutcome::Done(all));
        }
        let sent = after(&head, &plan);
        let (outcome, pushed) = send_transaction(store, remote, &head, plan, &mut there, progress)?;
        let now = match outcome {
            TxnOutcome::Done(now) => {
                check_done(name, &sent, &now)?;
                now
            }
            // It landed, was not answered, and the remote has forgotten it.
            TxnOutcome::Refused(Refusal::Moved(now)) if check_done(name, &sent, &now).is_ok() => {
                now
            }
            TxnOutcome::Refused(Refusal::Moved(now)) if now != head => {
                (head, races) = (now, races + 1);
                continue;
            }
            TxnOutcome::Refused(refusal) => {
                return Err(refused(store, (name, remote, &head), refusal));
            }
        };
        remember(store, name, &now)?;
        all.add(pushed);
        if is_whole(&sent, local) {
            return Ok(PushOutcome::Done(all));
        }
        head = now;
    }
    Err(Error::unavailable(format!("others pushed to \"{name}\" first, {} times", limits::RACES))
        .hint("run the command again: nothing was changed"))
}

/// Heads of the remote after a transaction; the pointer only where that was to move.
fn after(head: &Head, plan: &Transaction) -> Heads {
    let Heads { mut source, mut versions, .. } = head.heads.clone();
    source.extend(plan.source.iter().flat_map(|create| &create.ids));
    versions.extend(plan.versions.iter().flat_map(|create| &create.ids));
    Heads { source, versions, active: plan.active.as_ref().map(|swap| swap.new) }
}

/// Refuses a remote that says that it did something, and shows something else. Others may have added theirs.
fn check_done(name: &str, sent: &Heads, now: &Head) -> Result<()> {
    let has_series = now.heads.source.starts_with(&sent.source)
        && now.heads.versions.starts_with(&sent.versions);
    if has_series && sent.active.is_none_or(|active| now.heads.active == Some(active)) {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the remote \"{name}\" reports success, but contains other data than was sent"
    ))
    .hint(Hint::FetchDisbelieved { remote: name.to_owned() }))
}

/// True if nothing is left to be sent.
fn is_whole(sent: &Heads, local: &Heads) -> bool {
    sent.source.len() >= local.source.len() && sent.versions.len() >= local.versions.len()
}

/// The next transaction: what a version or the pointer needs goes with it or before it, and no more refs at once than
/// a server takes.
fn plan(local: &Heads, head: &Head) -> Result<Transaction> {
    let mut room = limits::MAX_REFS;
    let mut create = |here: &[Id], there: &[Id]| {
        let ids: Vec<Id> = here[there.len()..].iter().take(room).copied().collect();
        room -= ids.len();
        (!ids.is_empty()).then_some(CreateRefs { after: there.len() as u64, ids })
    };
    let (source, versions) =
        (create(&local.source, &head.heads.source), create(&local.versions, &head.heads.versions));
    let upto = |there: &[Id], create: &Option<CreateRefs>| {
        there.len() + create.as_ref().map_or(0, |create| create.ids.len())
    };
    let is_last = upto(&head.heads.source, &source) == local.source.len()
        && upto(&head.heads.versions, &versions) == local.versions.len();
    let swap = local.active.filter(|active| is_last && head.heads.active != Some(*active));
    Ok(Transaction {
        txn: txn()?,
        pack: None,
        source,
        versions,
        active: swap.map(|new| SwapActive { expected: head.heads.active, new }),
        purge: None,
    })
}

/// Sends the objects and then the transaction. A remote that lost the pack meanwhile gets it again; one that refused
/// a race has kept it: `there` is the pack that it was sent last.
fn send_transaction(
    store: &Store,
    remote: &dyn Remote,
    head: &Head,
    mut plan: Transaction,
    there: &mut Option<PackId>,
    progress: &Progress,
) -> Result<(TxnOutcome, RemotePush)> {
    let ids =
        |create: &Option<CreateRefs>| create.iter().flat_map(|create| create.ids.clone()).collect();
    let mut want: Vec<Id> = ids(&plan.source);
    want.extend::<Vec<Id>>(ids(&plan.versions));
    want.extend(plan.active.as_ref().map(|swap| swap.new.ledger));
    let missing = MissingObjects::new(store.objects(), &want, &head.heads.roots())?;
    // One that runs the agent reads them here.
    let is_sent = !missing.objects().is_empty() && !remote.is_deployed_to();
    let thin_pack = match !is_sent {
        true => None,
        false => Some(store.objects().thin_pack(&missing, &store.incoming()?)?),
    };
    let numbers = |create: &Option<CreateRefs>| {
        let range = create.iter().flat_map(|c| c.after + 1..=c.after + c.ids.len() as u64);
        range.collect()
    };
    let mut pushed = RemotePush {
        source: numbers(&plan.source),
        versions: numbers(&plan.versions),
        active: plan.active.is_some(),
        ..RemotePush::default()
    };
    if let Some(thin_pack) = &thin_pack {
        (pushed.objects, pushed.bytes) =
            (u64::from(thin_pack.count()), thin_pack.bytes().len() as u64);
        plan.pack = Some(thin_pack.id());
        if *there != plan.pack {
            remote.send(thin_pack.mapped(), progress)?;
            *there = plan.pack;
        }
    }
    let mut outcome = remote.transact(&plan, head).map_err(unanswered)?;
    if let (TxnOutcome::Refused(Refusal::NoPack), Some(thin_pack)) = (&outcome, &thin_pack) {
        remote.send(thin_pack.mapped(), progress)?;
        outcome = remote.transact(&plan, head).map_err(unanswered)?;
    }
    Ok((outcome, pushed))
}

/// Hint where it is not known if anything happened.
pub const UNANSWERED: &str =
    "the remote may have accepted it: run the same command again to find out";

/// The question may have arrived although no answer came.
fn unanswered(error: Error) -> Error {
    match error.kind() {
        Kind::Unavailable => error.hint(UNANSWERED),
        _ => error,
    }
}

/// The error for a refusal. Where the remote changed since it was asked, a purge may be the reason, and a fetch says so.
fn refused(
    store: &Store,
    (name, remote, head): (&str, &dyn Remote, &Head),
    refusal: Refusal,
) -> Error {
    let is_about_pack = matches!(refusal, Refusal::Missing { .. } | Refusal::Invalid { .. });
    let error = refusal_error(refusal);
    let is_other = || match fetch::read_head(store, name, remote) {
        Err(now) => now.kind() == Kind::Rewritten,
        Ok(now) => now.heads != head.heads,
    };
    match is_about_pack && is_other() {
        true => Error::new(error.kind(), error.message()).hint(follow::hint(name)),
        false => error,
    }
}

/// A refusal that asking again does not change.
pub fn refusal_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Moved(_) => {
            Error::conflict("the remote refused: its state is not the expected one")
                .hint(Hint::Fetch)
        }
        Refusal::Missing { ids, more } => {
            let names: Vec<String> = ids.iter().take(3).map(Id::to_string).collect();
            let others = if more || ids.len() > 3 { " and others" } else { "" };
            Error::corrupt(format!(
                "the remote refused: it lacks object {}{others}",
                names.join(", ")
            ))
            .hint(Hint::FsckWhole)
        }
        Refusal::Invalid { reason } => {
            Error::failed(format!("the remote refused: {reason}")).hint(Hint::FsckWhole)
        }
        Refusal::NoPack => Error::unavailable("the remote lost the pack that was sent to it")
            .hint("run the command again: nothing was changed"),
        Refusal::Busy => Error::unavailable("too many others push to the remote at once")
            .hint("run the command again: nothing was changed"),
    }
}
