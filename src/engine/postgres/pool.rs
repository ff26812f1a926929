//! Pool of connections: so many calls at once, each with a connection for itself; others wait for their turn, in order.

use super::connect::connect;
use super::failure::{self, PgEnd};
use super::target::PostgresUrl;
use super::tls::PgTls;
use crate::engine::failure::CallFailure;
use crate::error::{At, Error, Result};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_postgres::Client;

/// Most calls at once. A database accepts 100 connections if nobody changed that, for all servers together.
const PLACES: usize = 16;
/// Longest wait for a turn.
const TURN: Duration = Duration::from_secs(20);
/// Longest wait for the answer to a call that moves few bytes.
pub const CALL: Duration = Duration::from_secs(30);

pub struct PgPool {
    /// `None` once it is dropped, which must not wait.
    runtime: Option<Runtime>,
    url: PostgresUrl,
    tls: PgTls,
    idle: Mutex<Vec<Client>>,
    turns: Semaphore,
}

impl PgPool {
    pub fn new(url: &PostgresUrl) -> Result<PgPool> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().thread_name("database").build();
        Ok(PgPool {
            runtime: Some(runtime.at("start threads for", Path::new("the database"))?),
            url: url.clone(),
            tls: PgTls::new(url)?,
            idle: Mutex::default(),
            turns: Semaphore::new(PLACES),
        })
    }

    pub fn url(&self) -> &PostgresUrl {
        &self.url
    }

    /// A call that may be done twice. It is, if the database ended the session before.
    pub fn read<T>(&self, work: impl AsyncFn(&Client) -> Result<T, PgEnd>) -> Result<T> {
        match self.write(CALL, &work) {
            Err(failure) if failure.is_unsure => self.write(CALL, &work),
            done => done,
        }
        .map_err(|failure| failure.error)
    }

    /// A call that is done once. Where it fails its connection is dropped, and with it what was not committed.
    pub fn write<T>(
        &self,
        patience: Duration,
        work: impl AsyncFnOnce(&Client) -> Result<T, PgEnd>,
    ) -> Result<T, CallFailure> {
        let stopped = || CallFailure::certain(Error::unavailable("the database was closed"));
        let runtime = self.runtime.as_ref().ok_or_else(stopped)?;
        runtime.block_on(async {
            let Ok(Ok(_turn)) = timeout(TURN, self.turns.acquire()).await else {
                let message = format!("\"{}\" is busy: {PLACES} calls are running", self.url);
                return Err(CallFailure::certain(Error::unavailable(message)));
            };
            let client = match self.take() {
                Some(client) => client,
                None => connect(&self.url, &self.tls).await?,
            };
            match timeout(patience, work(&client)).await {
                Ok(Ok(value)) => {
                    self.idle().push(client);
                    Ok(value)
                }
                Ok(Err(PgEnd::Own(error))) => Err(CallFailure::certain(error)),
                Ok(Err(PgEnd::Database(error))) => {
                    let failure = failure::failure(&self.url, &error);
                    if failure.is_unsure {
                        // The database was restarted, or another one took over: the others are as old.
                        self.idle().clear();
                    }
                    Err(failure)
                }
                Err(_) => {
                    let waited = patience.as_secs();
                    let message = format!("\"{}\" did not answer within {waited} s", self.url);
                    Err(CallFailure::unsure(Error::unavailable(message)))
                }
            }
        })
    }

    fn take(&self) -> Option<Client> {
        let mut idle = self.idle();
        idle.retain(|client| !client.is_closed());
        idle.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PgPool {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
