//! HTTP remote: a client of a server as `docs/protocol.md` describes it.
//!
//! Every answer is checked before it is used, because the server may be hostile, a proxy, or no
//! server of ours at all. Requests that may have been applied are repeated with the same
//! transaction id, so that none is applied twice.

mod download;
mod failure;
mod health;
mod pace;
mod retry;
mod upload;
mod waiting;

pub use crate::client::http::retry::RetryPolicy;
pub use waiting::WaitNotice;

use super::Remote;
use crate::error::{Error, Kind, Result};
use crate::fs::Spool;
use crate::progress::Progress;
use crate::protocol::{AUTHOR_HEADER, TOKEN_HEADER, author_from_header};
use crate::protocol::{
    AgentId, FetchRequest, Head, HeadDelta, KnownHead, Transaction, TxnOutcome, limits,
};
use crate::store::Mapped;
use failure::RequestFailure;
use pace::Paced;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use ureq::http::{Method, Request, Response, StatusCode, header, request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{AsSendBody, Body};

/// No host that is there takes longer to be connected with.
const CONNECT: Duration = Duration::from_secs(10);
/// Proving a large pack, or putting one together, takes a server so many times as long as it may be silent otherwise.
const WORK: u32 = 4;
/// Part of the longest silence after which the notice is given.
const PART: u32 = 6;

/// Options of a connection to a remote.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    pub token: Option<String>,
    /// Advice for a person when the server asks for a token.
    pub advice: Option<String>,
    /// Certificates (PEM) to trust instead of those that all the world trusts.
    pub roots: Option<Vec<u8>>,
    /// Never through a proxy: the server is on this machine.
    pub direct: bool,
    pub patience: RetryPolicy,
    /// Receiver of a notice when a server does not answer.
    pub waiting: Option<WaitNotice>,
}

pub struct HttpRemote {
    base: String,
    agent_id: AgentId,
    agent: ureq::Agent,
    token: Option<String>,
    advice: Option<String>,
    /// Author of the token, as the server last named it.
    author: Mutex<Option<String>>,
    /// Name of the token, as the server last told it.
    token_name: Mutex<Option<String>>,
    patience: RetryPolicy,
    waiting: Option<WaitNotice>,
    /// Most bytes of a pack in one request.
    piece: AtomicU64,
}

impl HttpRemote {
    pub fn new(base: &str, agent_id: &AgentId, options: HttpOptions) -> Result<HttpRemote> {
        Ok(HttpRemote {
            base: base.to_owned(),
            agent_id: agent_id.clone(),
            agent: transport(&options)?,
            token: options.token,
            advice: options.advice,
            author: Mutex::default(),
            token_name: Mutex::default(),
            patience: options.patience,
            waiting: options.waiting,
            piece: AtomicU64::new(u64::MAX),
        })
    }

    fn request(&self, method: Method, path: &str) -> request::Builder {
        let request = Request::builder().method(method).uri(format!("{}/{path}", self.base));
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends one request. An answer that is no success is a failure, with the server's message.
    fn call<B: AsSendBody>(
        &self,
        request: request::Builder,
        body: B,
    ) -> Result<Response<Body>, RequestFailure> {
        let mut request = request
            .body(body)
            .map_err(|error| RequestFailure::last(Error::usage(error.to_string())))?;
        let silence = self.patience.silence;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let long = Some(silence * WORK);
            let config = self.agent.configure_request(request);
            request = config.timeout_per_read(long).timeout_recv_response(long).build();
        }
        // An upload shows its own progress.
        let waiting = self.waiting.as_ref().filter(|_| *request.method() != Method::PATCH);
        let waits = waiting.map(|waiting| waiting.begin(&self.base, silence / PART));
        let response = self
            .agent
            .run(request)
            .map_err(|error| RequestFailure::of_transport(&self.base, error))?;
        drop(waits);
        match response.status() {
            status if status.is_success() || status == StatusCode::NOT_MODIFIED => Ok(response),
            _ => Err(RequestFailure::of_answer(
                &self.base,
                response,
                self.advice.as_deref(),
                silence,
            )),
        }
    }

    fn post(&self, path: &str, body: &impl Serialize) -> Result<(request::Builder, Vec<u8>)> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::failed(format!("cannot write a request: {error}")))?;
        Ok((
            self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json"),
            body,
        ))
    }

    fn json<T: DeserializeOwned>(&self, response: Response<Body>) -> Result<T, RequestFailure> {
        let read = read(response, self.patience.silence);
        let bytes =
            read.map_err(|error| RequestFailure::of_transport(&self.base, ureq::Error::Io(error)))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| RequestFailure::last(not_a_server(&self.base, &error.to_string())))
    }
}

impl HttpRemote {
    /// The head of our agent, of an answer that leaves out what was known.
    fn whole(&self, newer: HeadDelta, known: &Head) -> Result<Head> {
        let head = newer
            .onto(known)
            .ok_or_else(|| not_a_server(&self.base, "it continues at another offset"))?;
        match head.agent == self.agent_id {
            true => Ok(head),
            false => {
                Err(not_a_server(&self.base, &format!("it contains the agent \"{}\"", head.agent)))
            }
        }
    }
}

impl Remote for HttpRemote {
    fn agent(&self) -> &AgentId {
        &self.agent_id
    }

    fn head(&self, known: Option<&Head>) -> Result<Head> {
        let path =
            known.map_or("refs".to_owned(), |known| format!("refs?{}", KnownHead::of(known)));
        let newer = self.patience.try_again(|| {
            let mut request = self.request(Method::GET, &path);
            if let Some(known) = known {
                request = request.header(header::IF_NONE_MATCH, known.etag().to_string());
            }
            let response = self.call(request, ())?;
            let told = |name: &str| {
                let value = response.headers().get(name).and_then(|value| value.to_str().ok());
                value.and_then(author_from_header)
            };
            *self.author.lock().unwrap_or_else(PoisonError::into_inner) = told(AUTHOR_HEADER);
            *self.token_name.lock().unwrap_or_else(PoisonError::into_inner) = told(TOKEN_HEADER);
            if response.status() == StatusCode::NOT_MODIFIED {
                return Ok(None);
            }
            self.json::<HeadDelta>(response).map(Some)
        })?;
        match (newer, known) {
            (Some(newer), Some(known)) => self.whole(newer, known),
            (Some(newer), None) => self.whole(newer, &Head::empty(self.agent_id.clone())),
            (None, Some(known)) => Ok(known.clone()),
            (None, None) => Err(not_a_server(&self.base, "nothing changed, and nothing was known")),
        }
    }

    fn author(&self) -> Option<String> {
        self.author.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn token(&self) -> Option<String> {
        self.token.as_ref()?;
        let name = self.token_name.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // An older server does not tell it.
        Some(name.unwrap_or_else(|| "token".to_owned()))
    }

    fn send(&self, pack: &Mapped, progress: &Progress) -> Result<()> {
        upload::send(self, pack, progress)
    }

    fn transact(&self, transaction: &Transaction, known: &Head) -> Result<TxnOutcome> {
        let path = format!("transactions?{}", KnownHead::of(known));
        let outcome: TxnOutcome<HeadDelta> = self.patience.try_again(|| {
            let (request, body) = self.post(&path, transaction).map_err(RequestFailure::last)?;
            match self.call(request, &body) {
                Ok(response) => self.json(response),
                Err(failure) => failure.outcome(),
            }
        })?;
        outcome.try_map(|newer| self.whole(newer, known))
    }

    fn fetch(&self, what: &FetchRequest, into: &mut Spool, progress: &Progress) -> Result<()> {
        download::fetch(self, what, into, progress)
    }
}

/// Connections as the options say.
fn transport(options: &HttpOptions) -> Result<ureq::Agent> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // The token is for the address that a person named, not for where an answer points to.
        .max_redirects(0)
        .timeout_connect(Some(CONNECT))
        .timeout_per_read(Some(options.patience.silence))
        .timeout_per_write(Some(options.patience.silence))
        .timeout_recv_response(Some(options.patience.silence))
        .timeout_global(options.patience.request)
        .user_agent(concat!("lua-store/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = &options.roots {
        config = config.tls_config(TlsConfig::builder().root_certs(roots(pem)?).build());
    }
    if options.direct {
        config = config.proxy(None);
    }
    Ok(config.build().new_agent())
}

/// The whole of a JSON body, which has a bound, and must come at a pace.
fn read(response: Response<Body>, silence: Duration) -> io::Result<Vec<u8>> {
    let body = response.into_body().into_with_config().limit(limits::MAX_JSON as u64 * 16).reader();
    let mut bytes = Vec::new();
    Paced::new(body, silence).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Hint where something else than a server of ours seems to have answered.
const IS_SERVER: &str = "check that this is the address of a `lua-store serve`, of a version that this program supports";

/// An answer that no `lua-store serve` gives.
fn not_a_server(base: &str, what: &str) -> Error {
    Error::new(Kind::Failed, format!("\"{base}\" sent an invalid answer: {what}")).hint(IS_SERVER)
}

fn roots(pem: &[u8]) -> Result<RootCerts> {
    let wrong = || Error::usage("the file with trusted certificates contains none");
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| wrong())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(RootCerts::new_with_certs(&found)) }
}
