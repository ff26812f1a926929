//! Whether the server lives, whether it can work, and what it counts.

use super::answer::{Answer, Failure, text};
use super::record::Peer;
use super::state::{State, on_thread};
use crate::error::{Error, Kind, Result};
use crate::fs;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Somebody who asks all the time makes the disk write this often at most.
const FRESH: Duration = Duration::from_secs(2);

/// Whether the data folder could be written, and when that was tried.
pub struct Ready {
    data: PathBuf,
    tried: Mutex<Option<(Instant, bool)>>,
}

impl Ready {
    pub fn new(data: &Path) -> Ready {
        Ready { data: data.to_owned(), tried: Mutex::new(None) }
    }

    fn check(&self) -> Result<()> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tried.filter(|(when, _)| when.elapsed() < FRESH).map(|(_, writable)| writable);
        let writable = known.unwrap_or_else(|| fs::try_to_write(&self.data).is_ok());
        if known.is_none() {
            *tried = Some((Instant::now(), writable));
        }
        if writable {
            return Ok(());
        }
        Err(Error::new(Kind::Unavailable, "the data folder cannot be written: is the disk full?"))
    }
}

pub async fn healthz() -> Answer {
    text(StatusCode::OK, "ok\n".to_owned())
}

/// Ready: the engine passed its probe (or the server had not started), it is not stopping, and the
/// disk takes writes.
pub async fn readyz(Shared(state): Shared<Arc<State>>) -> Result<Answer, Failure> {
    if state.stopping.load(Ordering::Relaxed) {
        return Err(Error::new(Kind::Unavailable, "the server is stopping").into());
    }
    let shared = state.clone();
    on_thread(move || shared.ready.check()).await?;
    // Whoever may not know which agents there are may read this.
    Ok(match state.depot.known_damage() {
        (0, _) => text(StatusCode::OK, "ready\n".to_owned()),
        (damaged, agents) => text(
            StatusCode::OK,
            format!(
                "ready\ndamage: {damaged} objects or packs of {agents} agents; events `damage` in the log name them\n"
            ),
        ),
    })
}

/// The counters tell how busy others are, so they are for the machine's own and for admins.
pub async fn metrics(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Answer, Failure> {
    if is_from_here(&request) || state.access.is_admin(request.headers()) {
        return Ok(text(
            StatusCode::OK,
            state.metrics.text((&state.pools, &state.connections), &state.stored(), state.log.dropped()),
        ));
    }
    let error = Error::new(Kind::Auth, "from another machine the metrics need a token of scope admin");
    Err(error.hint("`lua-store serve token create --agent AGENT --scope admin` makes one").into())
}

/// From this machine, and not handed on by a proxy on it, unless by a trusted one from this machine.
fn is_from_here(request: &Request) -> bool {
    let handed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    let Some(peer) = request.extensions().get::<Peer>() else { return false };
    match peer.client {
        Some(client) => client.is_loopback(),
        None => {
            peer.address.ip().is_loopback()
                && handed_on.iter().all(|name| !request.headers().contains_key(*name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Ready::new(dir.path()).check().is_ok());
        let gone = Ready::new(&dir.path().join("gone"));
        assert_eq!(gone.check().unwrap_err().kind(), Kind::Unavailable);
        assert!(gone.check().is_err(), "and what was found holds for a moment");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing stays of a try");
    }
}
