//! Health and metrics endpoints: alive, ready, counters.

use super::disk;
use super::state::{ServerState, on_thread};
use crate::error::{Error, Kind, Result};
use crate::server::request_log::Peer;
use crate::server::response::{HttpError, HttpResponse, text};
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub async fn healthz() -> HttpResponse {
    text(StatusCode::OK, "ok\n".to_owned())
}

/// Ready: the engine passed its probe, the server is not stopping, and the disk takes writes.
pub async fn readyz(Shared(state): Shared<Arc<ServerState>>) -> Result<HttpResponse, HttpError> {
    if state.stopping.load(Ordering::Relaxed) {
        return Err(Error::new(Kind::Unavailable, "the server is stopping").into());
    }
    let shared = state.clone();
    let checked = on_thread(move || Ok(shared.check_disk())).await?;
    checked.map_err(|error| {
        let why = format!("the data folder cannot be written: {}", disk::why(&error));
        let hint = "the stored data is served; pushes and promotions are refused";
        Error::new(Kind::Unavailable, why).hint(hint)
    })?;
    // Readable without knowing which agents exist.
    Ok(match state.store.known_damage() {
        (0, _) => text(StatusCode::OK, "ready\n".to_owned()),
        (damaged, agents) => text(
            StatusCode::OK,
            format!(
                "ready\ndamage: {damaged} objects or packs of {agents} agents; events `damage` in the log name them\n"
            ),
        ),
    })
}

/// The counters show how busy others are, so they are for local requests and for admins.
pub async fn metrics(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    if is_from_here(&request) || state.access.is_admin(request.headers()) {
        let shared = state.clone();
        let _ = on_thread(move || Ok(shared.check_disk())).await?;
        return Ok(text(
            StatusCode::OK,
            state.metrics.text(
                (&state.pools, &state.connections),
                &state.stored(),
                state.log.dropped(),
            ),
        ));
    }
    let error =
        Error::new(Kind::Auth, "from another machine the metrics need a token of scope admin");
    Err(error.hint(super::hints::CREATE_ADMIN_TOKEN).into())
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
