//! Handlers of the routes of one agent: refs, uploads, transactions, fetches.
//!
//! Each is called after `server::access` admitted the request, and does its work on a thread of a
//! pool with a limit. The rules of a push are those of `remote_store`; this file only translates
//! them to HTTP.

use super::access::Admitted;
use super::body;
use super::download::{Download, StartedDownload};
use super::limits::{Connection, Pool, Requester};
use super::metrics::{Gauge, GaugeGuard};
use super::range::{ByteRange, part};
use super::request_log::Trace;
use super::response::{HttpError, HttpResponse, empty, json};
use super::state::{ServerState, on_thread};
use super::upkeep;
use crate::error::{Error, Kind, Result};
use crate::pack::PackId;
use crate::protocol::limits::MAX_PACK;
use crate::protocol::{AUTHOR_HEADER, TOKEN_HEADER, author_to_header};
use crate::protocol::{
    AgentId, Etag, FetchRequest, Head, HeadDelta, HeadView, KnownHead, Refusal, TokenScope,
    Transaction, TxnOutcome,
};
use crate::remote_store::{HeadAt, RemoteStore, Sender, TxnAnswer, TxnRequest, UPLOAD_IDLE};
use crate::store::TokenName;
use axum::body::Body;
use axum::extract::{Path, Request, State as Shared};
use axum::http::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use hyper::body::Body as _;
use std::sync::Arc;

const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");

/// Lets a request in, gives it a permit, and records whose it is.
fn admit(
    state: &ServerState,
    request: &Request,
    agent: &str,
    needed: TokenScope,
) -> Result<Admitted, HttpError> {
    let admitted = state.access.admit(request.headers(), agent, needed)?;
    let name = admitted.bearer.as_ref().map_or("", |bearer| &bearer.token.name);
    admit_request(state, request, &admitted.who(), name)?;
    Ok(admitted)
}

/// Gives a request a permit, and notes whose it is in its connection and its record.
pub(super) fn admit_request(
    state: &ServerState,
    request: &Request,
    who: &Requester,
    name: &str,
) -> Result<(), HttpError> {
    if let Some(connection) = request.extensions().get::<Arc<Connection>>() {
        connection.is_of(who.token.as_deref().unwrap_or_default());
    }
    if let Some(trace) = request.extensions().get::<Arc<Trace>>() {
        let _ = who.agent.as_ref().map(|agent| trace.agent.set(agent.to_string()));
        let _ = who.token.as_ref().map(|token| trace.token.set(token.clone()));
        let _ = (!name.is_empty()).then(|| trace.name.set(name.to_owned()));
        let _ = trace.place.set(state.pools.take(Pool::Requests, who)?);
    }
    Ok(())
}

/// `GET /AGENT/refs`
pub async fn refs(
    Shared(state): Shared<Arc<ServerState>>,
    Path(agent): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admitted = admit(&state, &request, &agent, TokenScope::Read)?;
    let asker = known(&request)?;
    let id = admitted.agent.clone();
    let had = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let had: Vec<Etag> =
        had.iter().flat_map(|had| had.split(',')).filter_map(Etag::from_header).collect();
    // A long history is hashed where nobody else waits for the network.
    let read = move |store: &RemoteStore| {
        let found = store.current(&id)?;
        // An agent comes into being with its first push: until then its head is empty.
        let empty_head = Head::empty(id);
        let head = found.as_ref().map_or(empty_head.view(), HeadAt::view);
        let etag = head.etag();
        let answer = match had.contains(&etag) {
            true => empty(StatusCode::NOT_MODIFIED),
            false => json(StatusCode::OK, &HeadDelta::of(&head, asker.as_ref())),
        };
        Ok((found.is_some(), etag, answer))
    };
    let (exists, etag, mut answer) = state.work(Pool::Refs, &admitted.who(), read).await?;
    if exists {
        state.metrics.opened(&admitted.agent);
    }
    answer.headers_mut().insert(ETAG, header(&etag));
    if let Some(bearer) = admitted.bearer {
        let TokenName { id, name } = &bearer.token;
        let name = author_to_header(if name.is_empty() { id } else { name });
        answer.headers_mut().insert(TOKEN_HEADER, header(&name));
        if let Some(owner) = bearer.speaks_for {
            answer.headers_mut().insert(AUTHOR_HEADER, header(&author_to_header(&owner)));
        }
    }
    Ok(answer)
}

/// The head that the client already knows, which is left out of the answer.
fn known(request: &Request) -> Result<Option<KnownHead>> {
    KnownHead::from_query(request.uri().query().unwrap_or_default())
}

/// `HEAD /AGENT/packs/PACK`: how many bytes of an upload are here.
pub async fn offset(
    Shared(state): Shared<Arc<ServerState>>,
    Path((agent, pack)): Path<(String, String)>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admitted = admit(&state, &request, &agent, TokenScope::Push)?;
    let pack: PackId = pack.parse()?;
    let (who, id) = (admitted.who(), admitted.agent);
    let offset = state.work(Pool::Refs, &who, move |store| store.offset(&id, &pack)).await?;
    Ok(at_offset(StatusCode::OK, offset))
}

/// `PATCH /AGENT/packs/PACK`: the next bytes of an upload. What arrives is kept however it ends.
pub async fn append(
    Shared(state): Shared<Arc<ServerState>>,
    Path((agent, pack)): Path<(String, String)>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admitted = admit(&state, &request, &agent, TokenScope::Push)?;
    let pack: PackId = pack.parse()?;
    let (offset, total) =
        (number(request.headers(), &UPLOAD_OFFSET)?, number(request.headers(), &UPLOAD_LENGTH)?);
    let who = admitted.who();
    let place = state.pools.wait(Pool::Uploads, &who).await?;
    let (token, id) = (admitted.bearer.map(|bearer| bearer.token.id), admitted.agent);
    let sender = Sender { token, now: state.log.now().into() };
    let offset_of = |id: AgentId| {
        state
            .work(Pool::Refs, &who, move |store| Ok((store.offset(&id, &pack)?, store.usage(&id)?)))
    };
    let (here, usage) = offset_of(id.clone()).await?;
    let mut body = request.into_body();
    let announced = body.size_hint().lower();
    match total.checked_sub(offset) {
        _ if total > MAX_PACK => return Err(too_large()),
        None => return Err(Error::usage("Upload-Offset is beyond Upload-Length").into()),
        Some(left) if announced > left => {
            return Err(Error::usage("the body goes beyond Upload-Length").into());
        }
        Some(_) => {}
    }
    // Before the body is asked for: a client that expects `100 Continue` sends none of it.
    state.may_write().await?;
    if here != offset {
        return Ok(elsewhere(offset, here));
    }
    let promised = state.quota.reserve(&id, &usage, total - offset)?;
    // Counted when its bytes are promised. All three last until the thread is done, which outlives a client that goes away.
    let held = (place, promised, GaugeGuard::more(Uploads(state.clone())));
    let (feed, mut upload) = body::upload();
    let (store, into) = (state.store.clone(), id.clone());
    let receiving = tokio::spawn(on_thread(move || {
        let _held = held;
        store.receive_from(&sender, &into, &pack, offset, total, &mut upload)
    }));
    // A task too, so that what arrived is handed over even when the client goes away meanwhile.
    let limits = state.limits.clone();
    let feeding = tokio::spawn(async move { feed.pump(&mut body, &limits).await });
    let fed = feeding.await.unwrap_or_else(|error| Err(Error::failed(error.to_string()).into()));
    let received =
        receiving.await.unwrap_or_else(|error| Err(Error::failed(error.to_string()).into()));
    fed?;
    match received {
        Ok(offset) => Ok(at_offset(StatusCode::NO_CONTENT, offset)),
        // Another upload of the same pack was faster.
        Err(failure) if failure.error.kind() == Kind::Conflict => {
            let (here, _) = offset_of(id).await?;
            Ok(elsewhere(offset, here))
        }
        Err(failure) => Err(refused(failure)),
    }
}

/// Reason why an upload came to nothing that was wanted when it began.
fn refused(failure: HttpError) -> HttpError {
    match failure.error.kind() {
        // Of the bytes that arrived: everything else was looked at before them.
        Kind::Corrupt => HttpError { status: StatusCode::UNPROCESSABLE_ENTITY, ..failure },
        // Too many are unfinished. A body that broke off has another answer.
        Kind::Unavailable => {
            HttpError { status: StatusCode::TOO_MANY_REQUESTS, ..failure }.retry(UPLOAD_IDLE)
        }
        _ => failure,
    }
}

/// Scope that a transaction needs.
fn scope_of(transaction: &Transaction) -> TokenScope {
    match (&transaction.purge, &transaction.active) {
        (Some(_), _) => TokenScope::Admin,
        (None, Some(_)) => TokenScope::Promote,
        (None, None) => TokenScope::Push,
    }
}

/// `POST /AGENT/transactions`: all of it happens, or nothing.
pub async fn transact(
    Shared(state): Shared<Arc<ServerState>>,
    Path(agent): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admitted = admit(&state, &request, &agent, TokenScope::Push)?;
    let trace = request.extensions().get::<Arc<Trace>>().cloned();
    let asker = known(&request)?;
    let transaction: Transaction =
        body::json(request.into_body(), "a transaction", &state.limits).await?;
    if let Some(trace) = &trace {
        let _ = trace.txn.set(transaction.txn.to_string());
        let _ = trace.asked.set(transaction.summary());
    }
    admitted.needs(scope_of(&transaction))?;
    state.may_write().await?;
    let (who, agent) = (admitted.who(), admitted.agent.clone());
    let Admitted { agent: id, bearer, .. } = admitted;
    let asked = TxnRequest {
        by: bearer,
        now_ms: u64::try_from(state.log.now().as_millisecond()).unwrap_or(0),
    };
    let quota = state.quota.clone();
    let told = trace.clone();
    let land = move |store: &RemoteStore| {
        if let Err(failure) = quota.allow(&id, &store.usage_after(&id, &transaction)?) {
            return Ok(Err(failure));
        }
        if let Some(trace) = told.filter(|trace| trace.is_unclear()) {
            let _ = store.newest_record(&id, &transaction).map(|step| trace.step.set(step));
        }
        let TxnAnswer { outcome, did, is_there } = store.transact_for(&id, &transaction, asked)?;
        let outcome = outcome.as_ref().map(HeadAt::view);
        let why = transaction.refusal(&outcome);
        let moved = matches!(outcome, TxnOutcome::Refused(Refusal::Moved(_)));
        let newer = |head: HeadView<'_>| {
            // A client that names the head it knows gets only what is newer.
            let landed = (moved && asker.is_some()).then_some(is_there);
            HeadDelta { landed, ..HeadDelta::of(&head, asker.as_ref()) }
        };
        Ok(Ok((outcome.map(newer), did, why)))
    };
    let (outcome, did, why) = state.work(Pool::Transactions, &who, land).await??;
    if let Some(trace) = trace {
        let _ = did.map(|did| trace.did.set(did.to_string()));
        let _ = trace.outcome.set(outcome.word());
        let _ = why.map(|why| trace.why.set(why));
    }
    state.metrics.transaction(&outcome);
    if let TxnOutcome::Done(_) = outcome {
        upkeep::after_write(&state, agent);
    }
    let status = match &outcome {
        TxnOutcome::Done(_) => StatusCode::OK,
        TxnOutcome::Refused(_) => StatusCode::CONFLICT,
    };
    Ok(json(status, &outcome))
}

/// `POST /AGENT/fetch`: one pack with what is wanted and not there yet, or the rest of it.
pub async fn fetch(
    Shared(state): Shared<Arc<ServerState>>,
    Path(agent): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admitted = admit(&state, &request, &agent, TokenScope::Read)?;
    let (head, body) = request.into_parts();
    let wanted: FetchRequest = body::json(body, "a fetch", &state.limits).await?;
    let (who, id) = (admitted.who(), admitted.agent);
    let make = move |store: &RemoteStore| {
        let thin_pack = match store.fetch(&id, &wanted) {
            Err(error) if error.kind() == Kind::Unavailable => {
                return Ok(Err(HttpError::new(StatusCode::TOO_MANY_REQUESTS, error)));
            }
            made => made?,
        };
        let (len, etag) = (thin_pack.len(), format!("\"{}\"", thin_pack.id()));
        let range = part(&head.headers, &etag, len);
        let begun =
            range.start().map(|from| StartedDownload::read(&thin_pack, from)).transpose()?;
        Ok(Ok((len, etag, range, begun)))
    };
    let (len, etag, range, begun) = state.work(Pool::Fetches, &who, make).await??;
    let Some(begun) = begun else {
        let error = Error::usage(format!(
            "the range begins after the end of the pack, which has {len} bytes"
        ));
        let mut answer = HttpError::new(StatusCode::RANGE_NOT_SATISFIABLE, error).into_response();
        answer.headers_mut().insert(CONTENT_RANGE, header(&format!("bytes */{len}")));
        return Ok(answer);
    };
    let mut answer = HttpResponse::new(Body::new(Download::new(begun, state)));
    let status = match range {
        ByteRange::From(_) => StatusCode::PARTIAL_CONTENT,
        _ => StatusCode::OK,
    };
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(ETAG, header(&etag));
    if let ByteRange::From(from) = range {
        headers.insert(CONTENT_RANGE, header(&format!("bytes {from}-{}/{len}", len - 1)));
    }
    Ok(answer)
}

fn at_offset(status: StatusCode, offset: u64) -> HttpResponse {
    with_offset(empty(status), offset)
}

/// An upload goes on at another byte than the client thought.
fn elsewhere(offset: u64, here: u64) -> HttpResponse {
    let message = format!("the upload continues at byte {here}, not at {offset}");
    let error = Error::conflict(message).hint("send the bytes from Upload-Offset on");
    with_offset(HttpError::from(error).into_response(), here)
}

fn with_offset(mut answer: HttpResponse, offset: u64) -> HttpResponse {
    answer.headers_mut().insert(UPLOAD_OFFSET, HeaderValue::from(offset));
    answer
}

/// A header of ours that is plain by construction.
fn header(value: &impl ToString) -> HeaderValue {
    HeaderValue::from_str(&value.to_string()).unwrap_or(HeaderValue::from_static(""))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    let plain = text.filter(|text| text.bytes().all(|digit| digit.is_ascii_digit()));
    plain.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Error::usage(format!("an upload needs the header {name} with a number of bytes"))
    })
}

fn too_large() -> HttpError {
    let error = Error::usage(format!("the pack is too large: at most {MAX_PACK} bytes"));
    HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, error)
}

/// The uploads that are counted in a server's metrics.
struct Uploads(Arc<ServerState>);

impl AsRef<Gauge> for Uploads {
    fn as_ref(&self) -> &Gauge {
        &self.0.metrics.uploads
    }
}
