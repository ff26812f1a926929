//! Files of the stock command: uploads and downloads at signed addresses.

use super::admission::Caller;
use crate::error::{Error, Result};
use crate::server::body::{self, too_large};
use crate::server::limits::Pool;
use crate::server::metrics::{Gauge, GaugeGuard};
use crate::server::response::{HttpError, HttpResponse, empty};
use crate::server::state::{ServerState, on_thread};
use crate::stock::route::MAX_BLOB;
use crate::stock::upload::{self, AnnouncedFile};
use crate::stock::{Route, StockError};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use hyper::body::Body as _;
use std::sync::Arc;

const CHECKSUM: &str = "x-amz-checksum-sha256";

/// `PUT …/blobs/KEY`: a file, unpacked and checked while it arrives.
pub async fn put(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
    key: String,
) -> Result<HttpResponse, HttpError> {
    let route = Route::PutBlob { key: key.clone() };
    let caller = Caller::admit_signed(state, &request, agent, &route)?;
    let (who, id) = (caller.admitted.who(), caller.admitted.agent.clone());
    let token = who.token.clone().unwrap_or_default();
    let announced = AnnouncedFile { key, token, checksum: checksum(request.headers())? };
    let mut body = request.into_body();
    let size = body.size_hint().lower();
    if size > MAX_BLOB as u64 {
        return Err(too_large("a file", MAX_BLOB));
    }
    state.may_write().await?;
    let place = state.pools.wait(Pool::Uploads, &who).await?;
    let agent = id.clone();
    let usage = state.work(Pool::Refs, &who, move |store| store.usage(&agent)).await?;
    let promised = state.quota.reserve(&id, &usage, size)?;
    let held = (place, promised, GaugeGuard::more(Uploads(state.clone())));
    let (feed, mut upload) = body::upload();
    let (store, quota) = (state.store.clone(), state.quota.clone());
    let receiving = tokio::spawn(on_thread(move || {
        let _held = held;
        let received = upload::receive(&store, &id, &announced, &mut upload);
        let fits = store.usage(&id).map(|usage| quota.reserve(&id, &usage, 0));
        Ok((received, fits?.map(drop)))
    }));
    let limits = state.limits.clone();
    let feeding = tokio::spawn(async move { feed.pump(&mut body, &limits).await });
    let fed = feeding.await.unwrap_or_else(|error| Err(Error::failed(error.to_string()).into()));
    let (received, fits) =
        receiving.await.unwrap_or_else(|error| Err(Error::failed(error.to_string()).into()))?;
    // A body that broke off or came too slowly has its own reason.
    fed?;
    received?;
    // The unpacked bytes may be more than the client announced.
    fits?;
    Ok(empty(StatusCode::OK))
}

fn checksum(headers: &HeaderMap) -> Result<Option<String>, StockError> {
    let text = headers.get(CHECKSUM).map(|value| value.to_str().map(str::to_owned));
    text.transpose().map_err(|_| StockError::bad(format!("the header {CHECKSUM} is not base64")))
}

/// The uploads that are counted in a server's metrics.
struct Uploads(Arc<ServerState>);

impl AsRef<Gauge> for Uploads {
    fn as_ref(&self) -> &Gauge {
        &self.0.metrics.uploads
    }
}
