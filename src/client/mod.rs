//! Client of a remote: fetch, push, promote, clone.
//!
//! A remote is reached over HTTP or as a folder; both are a [`Remote`]. Nothing here asks a person
//! or prints: results are values, for `flow` and `cli`.

mod address;
pub mod clone;
mod counted_reader;
pub mod credentials;
mod deployed;
pub mod divergence;
mod fast_forward;
pub mod fetch;
mod folder;
pub mod follow;
#[cfg(feature = "client")]
mod http;
mod live_check;
pub mod promote;
pub mod purge;
pub mod push;
pub mod remembered;
pub mod remote_cache;

pub use address::Address;
pub use deployed::{
    DeployPlan, DeployRequest, Deployed, Effect, NotSent, OtherNumber, PlanRequest,
};
pub use folder::FolderRemote;
#[cfg(feature = "client")]
pub use http::{HttpOptions, HttpRemote, RetryPolicy, WaitNotice};
pub use live_check::{CodeGap, LiveCheck, LivePart, LiveState, PushedBy, RunningSummary};

use crate::error::{Error, Result};
use crate::fs::Spool;
use crate::progress::Progress;
use crate::protocol::{AgentId, FetchRequest, Head, Transaction, TxnId, TxnOutcome};
use crate::store::Mapped;

/// One agent at another place. Each call is one step of `docs/protocol.md`, tried again for as long as that
/// can help; an error means that it could not be done, and that trying the whole command again is safe.
pub trait Remote: Send {
    fn agent(&self) -> &AgentId;

    /// Head of the remote. An agent that was never pushed has nothing. `known` is what it had when it was asked
    /// before: only what is newer is sent then.
    fn head(&self, known: Option<&Head>) -> Result<Head>;

    /// [`Remote::head`] of one that may have replaced what it had: the answer is judged by whoever asks, and not remembered.
    fn any_head(&self) -> Result<Head> {
        self.head(None)
    }

    /// The only author that new records may name, by the token that is shown: known once it was asked what it
    /// has. `None` where that may be anybody.
    fn author(&self) -> Option<String>;

    /// The name of the token that is shown, as the remote has it; known once it was asked.
    fn token(&self) -> Option<String> {
        None
    }

    /// Brings a pack there. What arrived of it earlier is not sent again.
    fn send(&self, pack: &Mapped, progress: &Progress) -> Result<()>;

    /// `known` is what it had a moment ago.
    fn transact(&self, transaction: &Transaction, known: &Head) -> Result<TxnOutcome>;

    /// Compares the parts that run there with those of the active version, at the moment of the last answer. `None`: nothing
    /// runs there, or no version is active.
    fn live_check(&self) -> Result<Option<LiveCheck>> {
        Ok(None)
    }

    /// The same with the code of the primitives, which takes one more request for each.
    fn live_check_with_code(&self) -> Result<Option<LiveCheck>> {
        self.live_check()
    }

    /// Notes that a person saw what runs there, which a promotion may replace from now on.
    fn acknowledge(&self) -> Result<()> {
        Ok(())
    }

    /// True if it runs the agent: a transaction changes more there than refs, and only a promotion moves its pointer.
    fn is_deployed_to(&self) -> bool {
        false
    }

    /// Sends the primitives of the newest source version that are in no version there, as far as that was asked for.
    fn push_unversioned(&self) -> Result<()> {
        Ok(())
    }

    /// The requests that a deployment would send. `None` where nothing is deployed.
    fn plan(&self, _: &PlanRequest<'_>) -> Result<Option<DeployPlan>> {
        Ok(None)
    }

    /// Ends a promotion of this version that was interrupted and runs.
    fn finish(&self, _number: u64) -> Result<()> {
        Ok(())
    }

    /// Takes back a promotion that was interrupted. Gives the number of its version.
    fn abort(&self) -> Result<u64> {
        Err(Error::usage("only a promotion on the platform can be taken back")
            .hint("promote the version that was active before"))
    }

    /// The last deployment, once.
    fn deployed(&self) -> Option<Deployed> {
        None
    }

    /// Gets one pack. What the spool holds of the same pack already is not sent again.
    fn fetch(&self, what: &FetchRequest, into: &mut Spool, progress: &Progress) -> Result<()>;
}

/// A name for a new transaction.
fn txn() -> Result<TxnId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::failed(format!("cannot get random numbers from the system: {error}"))
    })?;
    Ok(TxnId(bytes))
}
