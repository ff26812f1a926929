//! Limits of one server, and the shares of tokens and agents in them.

mod connections;
pub mod files;
pub mod heap;
mod pools;
mod quota;
mod shares;

pub use connections::{Busy, Connection, ConnectionGuard, Connections};
pub use pools::{Pool, Pools};
pub use quota::{Quota, Quotas};
pub use shares::{PoolPermit, PoolSize, Requester};

use std::time::Duration;

/// The one table of defaults; `docs/protocol.md` shows it.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// For the head of a request, counted from the connection or the answer before: so also how long
    /// an idle connection is kept.
    pub head: Duration,
    /// For a JSON body, from its first byte to its last.
    pub json: Duration,
    /// In each span of this length …
    pub span: Duration,
    /// … an upload must bring this many bytes, and a download must be taken from at all.
    pub bytes_per_span: u64,
    /// Longest wait of a request for a permit before it is answered 503.
    pub wait: Duration,
    /// Open connections; for one more, one that does nothing is closed.
    pub connections: usize,
    /// Of one address, those that did not show a token yet.
    pub strangers: usize,
    /// Requests at once that were let in, each until the last byte of its answer.
    pub requests: PoolSize,
    /// Looks at refs and at what arrived of an upload.
    pub refs: PoolSize,
    /// Uploads: each holds a thread while its body arrives.
    pub uploads: PoolSize,
    /// Packs that are put together for a fetch.
    pub fetches: PoolSize,
    /// Transactions: each holds a thread, also while it waits for its proof.
    pub transactions: PoolSize,
    /// Looks at tokens and agents by who administers them, and changes of them.
    pub admin: PoolSize,
    /// A proof may decompress so many bytes, and so many for each byte of the pack.
    pub proof: (u64, u64),
    /// Agents that are maintained at once.
    pub upkeep: PoolSize,
    /// Pause between two rounds of upkeep over all agents.
    pub round: Duration,
    /// In how long everything that is stored is read again; `None`: never.
    pub scrub: Option<Duration>,
    /// Quota of one agent: bytes of packs and unfinished uploads; versions; bytes of answers being sent.
    pub agent_bytes: u64,
    pub agent_refs: u64,
    pub agent_cache: u64,
    /// Most bytes of packs of an engine that are copied to this machine for later requests.
    pub scratch_bytes: u64,
    /// Time that a stopping server reports not ready before it refuses requests.
    pub drain: Duration,
    /// Time that running requests have to finish when the server stops.
    pub grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> ServerLimits {
        ServerLimits {
            head: Duration::from_secs(30),
            json: Duration::from_secs(30),
            // 1 KiB/s: less is no network that a push could end on.
            span: Duration::from_secs(30),
            bytes_per_span: 30 << 10,
            wait: Duration::from_secs(20),
            connections: 1024,
            strangers: 256,
            requests: PoolSize::new(512, 128),
            refs: PoolSize::new(16, 8),
            uploads: PoolSize::new(64, 16),
            fetches: PoolSize::new(8, 2),
            transactions: PoolSize::new(128, 64),
            // Text is a fifth when it is compressed; a version that differs little is nearly nothing.
            proof: (1 << 30, 1000),
            admin: PoolSize::new(4, 2),
            upkeep: PoolSize::new(2, 1),
            round: Duration::from_secs(60 * 60),
            scrub: Some(Duration::from_secs(30 * 24 * 60 * 60)),
            agent_bytes: 64 << 30,
            agent_refs: 100_000,
            agent_cache: 2 << 30,
            scratch_bytes: 16 << 30,
            drain: Duration::from_secs(10),
            grace: Duration::from_secs(20),
        }
    }
}
