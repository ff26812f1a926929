//! Pools: each kind of work has permits of its own, so that a slow kind stops no other.

use super::ServerLimits;
use super::shares::{Full, PoolPermit, PoolSize, Requester, Shares};
use crate::error::{Error, Kind};
use crate::server::response::HttpError;
use axum::http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Everything that a client who was let in asks for.
    Requests,
    Refs,
    Uploads,
    Fetches,
    Transactions,
    /// Requests of administrators: tokens and agents.
    Admin,
    Upkeep,
}

impl Pool {
    const ALL: [Pool; 7] = [
        Pool::Requests,
        Pool::Refs,
        Pool::Uploads,
        Pool::Fetches,
        Pool::Transactions,
        Pool::Admin,
        Pool::Upkeep,
    ];

    /// Its name in metrics and messages.
    pub fn word(self) -> &'static str {
        match self {
            Pool::Requests => "requests",
            Pool::Refs => "refs",
            Pool::Uploads => "uploads",
            Pool::Fetches => "fetches",
            Pool::Transactions => "transactions",
            Pool::Admin => "admin",
            Pool::Upkeep => "upkeep",
        }
    }

    fn part(self, limits: &ServerLimits) -> PoolSize {
        match self {
            Pool::Requests => limits.requests,
            Pool::Refs => limits.refs,
            Pool::Uploads => limits.uploads,
            Pool::Fetches => limits.fetches,
            Pool::Transactions => limits.transactions,
            Pool::Admin => limits.admin,
            Pool::Upkeep => limits.upkeep,
        }
    }
}

struct PoolState {
    part: PoolSize,
    shares: Shares,
    /// Requests that were answered 503.
    refused: AtomicU64,
}

pub struct Pools {
    pools: [PoolState; Pool::ALL.len()],
    patience: Duration,
}

impl Pools {
    pub fn new(limits: &ServerLimits) -> Pools {
        let pools = Pool::ALL.map(|pool| {
            let part = pool.part(limits);
            PoolState { part, shares: Shares::new(part), refused: AtomicU64::new(0) }
        });
        Pools { pools, patience: limits.wait }
    }

    /// Threads that all pools together may hold.
    pub fn threads(limits: &ServerLimits) -> usize {
        let working = Pool::ALL.into_iter().filter(|pool| *pool != Pool::Requests);
        working.map(|pool| pool.part(limits).places).sum()
    }

    /// A place, now or not at all.
    pub fn take(&self, pool: Pool, who: &Requester) -> Result<PoolPermit, HttpError> {
        let one = &self.pools[pool as usize];
        one.shares.take(who).map_err(|full| one.refuse(pool, full))
    }

    /// A place, when it is one's turn; not at all when that takes too long.
    pub async fn wait(&self, pool: Pool, who: &Requester) -> Result<PoolPermit, HttpError> {
        let one = &self.pools[pool as usize];
        if let Ok(place) = one.shares.take(who) {
            return Ok(place);
        }
        match timeout(self.patience, one.shares.wait(who)).await {
            Ok(place) => place.map_err(|full| one.refuse(pool, full)),
            Err(_) => Err(one.refuse(pool, one.shares.take(who).err().unwrap_or(Full::All))),
        }
    }

    /// For each pool: its name, the places that are taken, the number of requests that were answered 503.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize, u64)> {
        Pool::ALL.into_iter().zip(&self.pools).map(|(pool, one)| {
            (pool.word(), one.part.places - one.shares.free(), one.refused.load(Ordering::Relaxed))
        })
    }
}

impl PoolState {
    fn refuse(&self, pool: Pool, full: Full) -> HttpError {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let (status, message) = match full {
            Full::Share => (
                StatusCode::TOO_MANY_REQUESTS,
                format!("this token or agent has too many {} at once", pool.word()),
            ),
            Full::All => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("the server has too many {} at once", pool.word()),
            ),
        };
        HttpError::new(status, Error::new(Kind::Unavailable, message).hint("try again in a moment"))
    }
}
