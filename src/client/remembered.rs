//! Remembered remote: saves each answer with its time, so that the state of the remote is known without asking it.

use super::fetch::tracking;
use super::{DeployPlan, Deployed, LiveCheck, PlanRequest, Remote, fetch};
use crate::client::fast_forward;
use crate::error::{Kind, Result};
use crate::fs::Spool;
use crate::object::Source;
use crate::progress::Progress;
use crate::protocol::{AgentId, FetchRequest, Head, Refusal, Transaction, TxnOutcome};
use crate::store::{Active, LastKnown, Mapped, RemoteTracking, Store};

/// Passes everything on, and keeps in the store what the remote says that it has.
pub struct RememberedRemote {
    pub remote: Box<dyn Remote>,
    pub store: Store,
    pub name: String,
    /// The time of this command.
    pub at_ms: i64,
}

impl RememberedRemote {
    /// Remembers what the remote says, unless it has not everything any more that it had.
    fn record(&self, head: &Head) -> Result<()> {
        let last_known = self.store.last_known(&self.name).map(|last_known| last_known.refs);
        let tracked = self.store.remote(&self.name)?;
        let ledger = tracked.as_ref().and_then(|known| known.heads.active);
        let now = head.heads.clone();
        [tracked, last_known]
            .iter()
            .flatten()
            .try_for_each(|known| fast_forward::check_fast_forward(&self.name, known, &now))?;
        check_ledger(&self.store, &self.name, ledger, head.heads.active)?;
        remember(&self.store, &self.name, tracking(head), self.at_ms);
        Ok(())
    }
}

/// Compares the ledgers where that of the remote is here; otherwise it is compared when it comes.
fn check_ledger(
    store: &Store,
    name: &str,
    seen: Option<Active>,
    now: Option<Active>,
) -> Result<()> {
    match now {
        Some(active) if store.objects().contains(&active.ledger)? => {
            fast_forward::check_ledger(name, store.objects(), seen, now)
        }
        _ => Ok(()),
    }
}

/// A state that cannot be saved is asked for again another time, and nothing is lost.
pub fn remember(store: &Store, name: &str, what: RemoteTracking, at_ms: i64) {
    drop(store.set_last_known(name, &LastKnown { at_ms, refs: what }));
}

impl Remote for RememberedRemote {
    fn agent(&self) -> &AgentId {
        self.remote.agent()
    }

    fn head(&self, known: Option<&Head>) -> Result<Head> {
        let head = self.remote.head(known)?;
        self.record(&head)?;
        Ok(head)
    }

    fn any_head(&self) -> Result<Head> {
        self.remote.head(None)
    }

    fn author(&self) -> Option<String> {
        self.remote.author()
    }

    fn token(&self) -> Option<String> {
        self.remote.token()
    }

    fn live_check(&self) -> Result<Option<LiveCheck>> {
        self.remote.live_check()
    }

    fn live_check_with_code(&self) -> Result<Option<LiveCheck>> {
        self.remote.live_check_with_code()
    }

    fn acknowledge(&self) -> Result<()> {
        self.remote.acknowledge()
    }

    fn is_deployed_to(&self) -> bool {
        self.remote.is_deployed_to()
    }

    fn push_unversioned(&self) -> Result<()> {
        self.remote.push_unversioned()
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Option<DeployPlan>> {
        self.remote.plan(request)
    }

    fn finish(&self, number: u64) -> Result<()> {
        self.remote.finish(number)
    }

    fn abort(&self) -> Result<u64> {
        self.remote.abort()
    }

    fn deployed(&self) -> Option<Deployed> {
        self.remote.deployed()
    }

    fn send(&self, pack: &Mapped, progress: &Progress) -> Result<()> {
        self.remote.send(pack, progress)
    }

    fn transact(&self, transaction: &Transaction, known: &Head) -> Result<TxnOutcome> {
        let outcome = self.remote.transact(transaction, known)?;
        if let TxnOutcome::Done(head) | TxnOutcome::Refused(Refusal::Moved(head)) = &outcome {
            self.record(head)?;
        }
        Ok(outcome)
    }

    fn fetch(&self, what: &FetchRequest, into: &mut Spool, progress: &Progress) -> Result<()> {
        self.remote.fetch(what, into, progress)
    }
}

/// Asks a remote what it has, with one request. Was something promoted or deleted there that is not known here, a
/// second one gets who did that, with the version that it is about; where that fails it stays unknown.
pub fn ask(store: &Store, name: &str, remote: &dyn Remote) -> Result<RemoteTracking> {
    let now = tracking(&fetch::read_head(store, name, remote)?);
    match fetch::bring_ledger(store, name, remote, &now) {
        Err(error) if error.kind() == Kind::Rewritten => Err(error),
        _ => Ok(now),
    }
}
