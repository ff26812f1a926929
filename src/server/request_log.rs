//! Request log: the record of one request, from its head to the last byte of its answer, then one line of the log and
//! a few counters. It is written however the request ends.

use super::body::drain;
use super::limits::{Busy, Connection, PoolPermit};
use super::pages::{self, PageRequest};
use super::state::ServerState;
use super::token;
use crate::protocol::RECORD;
use crate::server::response::{HttpError, HttpResponse};
use crate::stock::Route;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::runtime::Handle;

pub const REQUEST_ID: &str = "x-request-id";
/// Status that servers log for a client that went away before its answer (nginx's 499).
const GONE: u16 = 499;
const LONGEST_PATH: usize = 300;

/// Peer of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// Client address reported by a trusted proxy.
    pub client: Option<IpAddr>,
}

/// Fields that handlers add to the log record of their request.
pub struct Trace {
    pub id: String,
    pub agent: OnceLock<String>,
    pub token: OnceLock<String>,
    /// Note of the token.
    pub name: OnceLock<String>,
    /// Summary of a transaction, and its id.
    pub asked: OnceLock<String>,
    /// Event of its newest ledger record, where only that shows what was asked for.
    pub step: OnceLock<String>,
    pub txn: OnceLock<String>,
    /// Outcome, and the reason of a refusal.
    pub outcome: OnceLock<&'static str>,
    pub why: OnceLock<String>,
    /// Effects of a transaction.
    pub did: OnceLock<String>,
    /// Its place among the requests, until the last byte of the answer.
    pub place: OnceLock<PoolPermit>,
    received: AtomicU64,
}

impl Trace {
    /// True if only a record says what was asked for.
    pub fn is_unclear(&self) -> bool {
        self.asked.get().is_some_and(|asked| asked.ends_with(RECORD))
    }

    fn asked_for(&self) -> Option<String> {
        let asked = self.asked.get()?;
        Some(match self.step.get().filter(|_| self.is_unclear()) {
            Some(step) => format!("{}{step}", asked.trim_end_matches(RECORD)),
            None => asked.clone(),
        })
    }
}

impl Peer {
    fn shown(&self) -> String {
        self.client.map_or_else(|| self.address.to_string(), |client| client.to_string())
    }

    /// The proxy that handed the request on.
    fn proxy(&self) -> Option<String> {
        self.client.map(|_| self.address.to_string())
    }
}

pub struct Record {
    state: Arc<ServerState>,
    pub trace: Arc<Trace>,
    began: Instant,
    peer: Option<Peer>,
    method: String,
    path: String,
    route: &'static str,
    /// The client is the stock command, which reads other errors.
    is_stock: bool,
    /// The client is a browser, which shows pages.
    is_page: bool,
    asks_first: bool,
    status: Option<StatusCode>,
    cause: Option<String>,
    sent: u64,
    whole: bool,
    _busy: Option<Busy>,
}

impl Record {
    pub fn begin(state: &Arc<ServerState>, route: &'static str, request: &Request) -> Record {
        let id = id_of(request.headers()).unwrap_or_else(|| state.next_id());
        let received = AtomicU64::new(0);
        Record {
            state: state.clone(),
            trace: Arc::new(Trace {
                id,
                agent: OnceLock::new(),
                token: OnceLock::new(),
                name: OnceLock::new(),
                asked: OnceLock::new(),
                step: OnceLock::new(),
                txn: OnceLock::new(),
                outcome: OnceLock::new(),
                why: OnceLock::new(),
                did: OnceLock::new(),
                place: OnceLock::new(),
                received,
            }),
            began: Instant::now(),
            peer: request.extensions().get::<Peer>().copied(),
            method: request.method().as_str().chars().take(20).collect(),
            path: shown(request.uri().path()),
            route,
            is_stock: Route::is_stock(request.uri().path()),
            is_page: request.extensions().get::<Arc<PageRequest>>().is_some(),
            asks_first: request.headers().contains_key(EXPECT),
            status: None,
            cause: None,
            sent: 0,
            whole: false,
            _busy: request.extensions().get::<Arc<Connection>>().map(Connection::begin),
        }
    }

    /// Counts the bytes of the request's body as they are read.
    pub fn counting(&self, body: Body) -> Body {
        let (trace, asks_first) = (self.trace.clone(), self.asks_first);
        Body::new(CountedBody { inner: body, trace, unwanted: asks_first })
    }

    /// The answer as it goes out: failures get their body, all get the id, and the record ends with
    /// the last byte.
    pub fn end(mut self, mut answer: HttpResponse) -> HttpResponse {
        if let Some(failure) = answer.extensions().get::<HttpError>().cloned() {
            let failure = if self.is_stock { failure.for_stock() } else { failure };
            self.cause = Some(token::hidden(failure.error.message()));
            let headers = std::mem::take(answer.headers_mut());
            answer = match self.is_page {
                true => pages::refusal(&failure, &self.trace.id),
                false => failure.answer(&self.trace.id),
            };
            answer.headers_mut().extend(headers);
        }
        self.status = Some(answer.status());
        if let Ok(id) = HeaderValue::from_str(&self.trace.id) {
            answer.headers_mut().insert(REQUEST_ID, id);
        }
        answer.map(|inner| Body::new(Recorded { inner, record: self }))
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let status = self.status.map_or(GONE, |status| status.as_u16());
        let (took, received) = (self.began.elapsed(), self.trace.received.load(Ordering::Relaxed));
        let metrics = &self.state.metrics;
        metrics.request(self.route, &self.method, status, took);
        metrics.received.fetch_add(received, Ordering::Relaxed);
        metrics.sent.fetch_add(self.sent, Ordering::Relaxed);
        let is_watch = matches!(self.route, "healthz" | "readyz" | "metrics");
        if is_watch && status == 200 {
            return;
        }
        let text = |value: Option<&String>| value.map(|text| ("", Value::from(text.as_str())));
        let optional = |name, value: Option<&String>| text(value).map(|(_, value)| (name, value));
        let mut fields = vec![
            ("request", self.trace.id.as_str().into()),
            ("peer", self.peer.map(|peer| peer.shown()).into()),
            ("method", self.method.as_str().into()),
            ("path", self.path.as_str().into()),
            ("status", status.into()),
            ("ms", (took.as_micros() as f64 / 1000.0).into()),
            ("received", received.into()),
            ("sent", self.sent.into()),
        ];
        fields.extend(optional("proxy", self.peer.and_then(|peer| peer.proxy()).as_ref()));
        fields.extend(optional("agent", self.trace.agent.get()));
        fields.extend(optional("token", self.trace.token.get()));
        fields.extend(optional("tokenName", self.trace.name.get()));
        fields.extend(optional("txn", self.trace.txn.get()));
        fields.extend(optional("asked", self.trace.asked_for().as_ref()));
        fields.extend(self.trace.outcome.get().map(|outcome| ("outcome", Value::from(*outcome))));
        fields.extend(optional("why", self.trace.why.get()));
        fields.extend(optional("did", self.trace.did.get()));
        fields.extend(optional("cause", self.cause.as_ref()));
        if !self.whole {
            fields.push(("cut", true.into()));
        }
        self.state.log.event("request", fields);
    }
}

/// The id that a client or a proxy gave the request, if it is safe in a log.
fn id_of(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    ((8..=64).contains(&id.len()) && id.chars().all(fine)).then(|| id.to_owned())
}

/// A path for the log: without a token that somebody put into it, and of a length that can be read.
fn shown(path: &str) -> String {
    token::hidden(path).chars().take(LONGEST_PATH).collect()
}

struct CountedBody {
    inner: Body,
    trace: Arc<Trace>,
    /// The client waits for `100 Continue`, which is sent with the first look at the body.
    unwanted: bool,
}

impl Drop for CountedBody {
    fn drop(&mut self) {
        let rest = std::mem::take(&mut self.inner);
        if let (false, false, Ok(runtime)) =
            (self.unwanted, rest.is_end_stream(), Handle::try_current())
        {
            runtime.spawn(drain(rest));
        }
    }
}

impl hyper::body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.unwanted = false;
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.trace.received.fetch_add(length(frame), Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

struct Recorded {
    inner: Body,
    record: Record,
}

impl hyper::body::Body for Recorded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.record.sent += length(frame),
            Some(Err(error)) => self.record.cause = Some(error.to_string()),
            None => self.record.whole = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Recorded {
    /// A body of known length is not asked again after its last byte, one without bytes never.
    fn drop(&mut self) {
        self.record.whole |= self.inner.is_end_stream();
    }
}

fn length(frame: &Frame<Bytes>) -> u64 {
    frame.data_ref().map_or(0, |data| data.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_log_has_no_token_and_an_end() {
        assert_eq!(shown("/a/refs"), "/a/refs");
        assert_eq!(shown("/lst_00/x"), "/lst_***/x");
        assert_eq!(shown(&"/a".repeat(9999)).len(), LONGEST_PATH);
    }

    #[test]
    fn an_id_from_outside_is_taken_when_it_is_plain() {
        let id = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, text.parse().unwrap());
            id_of(&headers)
        };
        assert_eq!(id("abc-1234").as_deref(), Some("abc-1234"));
        for text in ["", "short", "with space", "\"quoted\"", &"x".repeat(65)] {
            assert_eq!(id(text), None);
        }
    }
}
