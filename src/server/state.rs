//! What all requests share.

use super::access::Access;
use super::answer::Failure;
use super::config::Limits;
use super::log::Log;
use super::metrics::Metrics;
use crate::depot::Depot;
use crate::error::{Error, Kind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub struct State {
    pub depot: Arc<Depot>,
    pub access: Access,
    pub metrics: Metrics,
    pub log: Log,
    pub limits: Limits,
    pub ready: super::health::Ready,
    pub stopping: AtomicBool,
    pub requests: Arc<Semaphore>,
    pub uploads: Arc<Semaphore>,
    work: Arc<Semaphore>,
    ids: AtomicU64,
}

/// The parts that differ between servers.
pub struct Parts {
    pub depot: Arc<Depot>,
    pub access: Access,
    pub log: Log,
    pub limits: Limits,
    pub ready: super::health::Ready,
}

impl State {
    pub fn new(parts: Parts) -> Result<State> {
        let Parts { depot, access, log, limits, ready } = parts;
        let first =
            getrandom::u64().map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
        Ok(State {
            depot,
            access,
            metrics: Metrics::default(),
            log,
            ready,
            stopping: AtomicBool::new(false),
            requests: Arc::new(Semaphore::new(limits.requests)),
            uploads: Arc::new(Semaphore::new(limits.uploads)),
            work: Arc::new(Semaphore::new(limits.work)),
            ids: AtomicU64::new(first),
            limits,
        })
    }

    /// An id that no other request of this server has.
    pub fn next_id(&self) -> String {
        format!("{:016x}", self.ids.fetch_add(1, Ordering::Relaxed))
    }

    /// Does what waits for the disk on a thread for that, of which there are so many.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Depot) -> Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = self.work.clone().acquire_owned().await;
        let depot = self.depot.clone();
        on_thread(move || {
            let _permit = permit;
            work(&depot)
        })
        .await
    }
}

/// Runs on one of the threads that may wait. A bug there ends this request and no other.
pub async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(Error::failed(format!("a thread of the server failed: {error}")).into()),
    }
}

/// One of a limited number, now or not at all.
pub fn take(semaphore: &Arc<Semaphore>, what: &str) -> Result<OwnedSemaphorePermit> {
    let busy = || Error::new(Kind::Unavailable, format!("the server has too many {what} at once"));
    semaphore.clone().try_acquire_owned().map_err(|_| busy().hint("try again in a moment"))
}
