//! What all requests share.

use super::access::Access;
use super::answer::HttpError;
use super::disk::Disk;
use super::limits::{Connections, Pool, Pools, Quota, Requester, ServerLimits};
use super::log::Logger;
use super::metrics::{Metrics, Stored};
use super::proxies::Proxies;
use super::upkeep::Desk;
use crate::error::{Error, Result};
use crate::remote_store::RemoteStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub struct ServerState {
    pub depot: Arc<RemoteStore>,
    pub access: Access,
    pub metrics: Metrics,
    pub log: Logger,
    pub limits: ServerLimits,
    pub disk: Disk,
    pub stopping: AtomicBool,
    pub pools: Pools,
    pub connections: Arc<Connections>,
    pub desk: Desk,
    pub quota: Arc<Quota>,
    pub proxies: Proxies,
    ids: AtomicU64,
}

/// The parts that differ between servers.
pub struct ServerParts {
    pub depot: Arc<RemoteStore>,
    pub access: Access,
    pub log: Logger,
    pub limits: ServerLimits,
    pub disk: Disk,
    pub proxies: Proxies,
}

impl ServerState {
    pub fn new(parts: ServerParts) -> Result<ServerState> {
        let ServerParts { depot, access, log, limits, disk, proxies } = parts;
        let first = getrandom::u64()
            .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
        Ok(ServerState {
            depot,
            access,
            metrics: Metrics::default(),
            log,
            disk,
            proxies,
            stopping: AtomicBool::new(false),
            pools: Pools::new(&limits),
            quota: Quota::new(limits.agent_bytes, limits.agent_refs),
            connections: Connections::new(limits.connections, limits.strangers),
            desk: Desk::default(),
            ids: AtomicU64::new(first),
            limits,
        })
    }

    /// An id that no other request of this server has.
    pub fn next_id(&self) -> String {
        format!("{:016x}", self.ids.fetch_add(1, Ordering::Relaxed))
    }

    /// Does what waits for the disk on a thread of a pool, when it is the turn of who asked.
    pub async fn work<T: Send + 'static>(
        &self,
        pool: Pool,
        who: &Requester,
        work: impl FnOnce(&RemoteStore) -> Result<T> + Send + 'static,
    ) -> Result<T, HttpError> {
        let place = self.pools.wait(pool, who).await?;
        let depot = self.depot.clone();
        let done = on_thread(move || {
            // Until the thread is done, which outlives a client that goes away.
            let _place = place;
            work(&depot)
        });
        let done = done.await;
        self.tell_damage();
        done
    }

    /// Whether the disk takes writes, as of a moment ago. It is logged when that changes.
    pub fn check_disk(&self) -> Result<()> {
        let (taken, is_news) = self.disk.check(&self.depot);
        if is_news {
            self.tell_disk(taken.as_ref().err());
        }
        taken
    }

    pub fn tell_disk(&self, refusal: Option<&Error>) {
        let cause = refusal.map(|error| error.message().to_owned());
        self.log.event("disk", [("writable", refusal.is_none().into()), ("cause", cause.into())]);
    }

    /// Whether anything may be written: not before the engine passed its probe, which a disk that took nothing at the
    /// start put off.
    pub async fn may_write(self: &Arc<Self>) -> Result<(), HttpError> {
        if self.disk.is_proven() {
            return Ok(());
        }
        let shared = self.clone();
        on_thread(move || shared.check_disk()).await
    }

    /// What is known of what is stored, for who watches.
    pub fn stored(&self) -> Stored {
        Stored {
            damaged: self.depot.known_damage().0,
            writable: self.disk.is_writable(),
            condemned_bytes: self.desk.condemned_bytes(),
            proofs: self.depot.proofs(),
            cached: self.depot.cached(),
        }
    }

    /// Logs and counts the damage that came to light since this was called last.
    pub fn tell_damage(&self) {
        for found in self.depot.take_damage() {
            self.metrics.damage.fetch_add(1, Ordering::Relaxed);
            let fields = [
                ("agent", found.agent.as_str().into()),
                ("pack", found.pack.into()),
                ("object", found.object.map(|id| id.to_string()).into()),
                ("reason", found.reason.into()),
            ];
            self.log.event("damage", fields);
        }
    }
}

/// Runs on one of the threads that may wait. A bug there ends this request and no other.
pub async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T, HttpError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(Error::failed(format!("a thread of the server failed: {error}")).into()),
    }
}
