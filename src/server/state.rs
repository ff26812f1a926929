//! State shared by all requests.

use super::access::Access;
use super::disk::Disk;
use super::limits::{Connections, Pool, Pools, Quota, Requester, ServerLimits};
use super::log::Logger;
use super::metrics::{Metrics, Stored};
use super::pages::{EntryKey, PageSettings, PagedAgents, Pages};
use super::proxies::Proxies;
use super::stock::{BodyBudget, StockSettings};
use super::upkeep::UpkeepQueue;
use crate::error::{Error, Result};
use crate::remote_store::RemoteStore;
use crate::server::response::HttpError;
use crate::stock::StockService;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub struct ServerState {
    pub store: Arc<RemoteStore>,
    pub access: Access,
    pub metrics: Metrics,
    pub log: Logger,
    pub limits: ServerLimits,
    pub disk: Disk,
    pub stopping: AtomicBool,
    pub pools: Pools,
    pub connections: Arc<Connections>,
    pub upkeep: UpkeepQueue,
    pub quota: Arc<Quota>,
    pub proxies: Proxies,
    /// Settings for the stock command.
    pub stock: StockSettings,
    /// Answers to the stock command.
    pub stock_service: Arc<StockService>,
    pub bodies: BodyBudget,
    pub pages: Pages,
    refreshes: Refreshes,
    ids: AtomicU64,
}

/// Looks at shared tokens: how many began, and which of them was the last to end.
#[derive(Default)]
struct Refreshes {
    begun: AtomicU64,
    ended: tokio::sync::Mutex<u64>,
}

/// The parts that differ between servers.
pub struct ServerParts {
    pub store: Arc<RemoteStore>,
    pub access: Access,
    pub log: Logger,
    pub limits: ServerLimits,
    pub disk: Disk,
    pub proxies: Proxies,
    pub stock: StockSettings,
    pub pages: PageSettings,
    /// Agents of this machine that the pages show instead, and the key to them.
    pub local: Option<(Arc<dyn PagedAgents>, EntryKey)>,
}

impl ServerState {
    pub fn new(parts: ServerParts) -> Result<ServerState> {
        let ServerParts { store, access, log, limits, disk, proxies, stock, pages, local } = parts;
        let first = getrandom::u64()
            .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
        let stock_service = Arc::new(StockService::new(store.clone()));
        let (agents, entry) = match local {
            Some((agents, entry)) => (agents, Some(entry)),
            None => (stock_service.clone() as Arc<dyn PagedAgents>, None),
        };
        Ok(ServerState {
            store,
            access,
            metrics: Metrics::default(),
            log,
            disk,
            proxies,
            stock,
            stock_service,
            bodies: BodyBudget::default(),
            pages: Pages::new(pages, agents, entry),
            refreshes: Refreshes::default(),
            stopping: AtomicBool::new(false),
            pools: Pools::new(&limits),
            quota: Quota::new(limits.agent_bytes, limits.agent_refs),
            connections: Connections::new(limits.connections, limits.strangers),
            upkeep: UpkeepQueue::default(),
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
        let store = self.store.clone();
        let done = on_thread(move || {
            // Until the thread is done, which outlives a client that goes away.
            let _place = place;
            work(&store)
        });
        let done = done.await;
        self.report_damage();
        done
    }

    /// Reads shared tokens again, so that a token that was revoked on any machine before this request admits nothing. Requests
    /// that wait share one look. A probe of the process and the metrics need none.
    pub async fn refresh_tokens(self: &Arc<Self>, route: &str) -> Result<(), HttpError> {
        if !self.access.must_refresh() || matches!(route, "healthz" | "readyz" | "metrics") {
            return Ok(());
        }
        let arrived = self.refreshes.begun.load(Ordering::SeqCst);
        let mut ended = self.refreshes.ended.lock().await;
        if *ended > arrived {
            return Ok(());
        }
        let begun = self.refreshes.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let shared = self.clone();
        on_thread(move || shared.access.refresh().map(drop)).await?;
        *ended = begun;
        Ok(())
    }

    /// Checks that the disk takes writes, as of a moment ago. It is logged when that changes.
    pub fn check_disk(&self) -> Result<()> {
        let (taken, is_news) = self.disk.check(&self.store);
        if is_news {
            self.report_disk(taken.as_ref().err());
        }
        taken
    }

    pub fn report_disk(&self, refusal: Option<&Error>) {
        let cause = refusal.map(|error| error.message().to_owned());
        self.log.event("disk", [("writable", refusal.is_none().into()), ("cause", cause.into())]);
    }

    /// Checks that writing is allowed: not before the engine passed its probe, which a disk that took nothing at the
    /// start put off.
    pub async fn may_write(self: &Arc<Self>) -> Result<(), HttpError> {
        if self.disk.is_proven() {
            return Ok(());
        }
        let shared = self.clone();
        on_thread(move || shared.check_disk()).await
    }

    /// Figures about the stored agents, for the metrics.
    pub fn stored(&self) -> Stored {
        Stored {
            damaged: self.store.known_damage().0,
            writable: self.disk.is_writable(),
            retired_bytes: self.upkeep.retired_bytes(),
            verify_counts: self.store.verify_counts(),
            cached: self.store.cached(),
        }
    }

    /// Logs and counts the damage that came to light since this was called last.
    pub fn report_damage(&self) {
        for found in self.store.take_damage() {
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
