//! Client of a bucket: one signed request, its time limit, and the failure that it ended with.

use super::answer::S3Answer;
use super::condition::EtagForm;
use super::credentials::AwsKeys;
use super::failure;
use super::sign::{SignedParts, encode_path, encode_query, hex_sha256, sign};
use super::target::BucketUrl;
use super::xml;
use crate::engine::failure::CallFailure;
use crate::engine::turns::Turns;
use crate::error::{Error, Kind, Result};
use crate::fs;
use http::{Method, Request, Response, header, request};
use jiff::Timestamp;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{AsSendBody, Body};

/// Most calls at once.
const CALLS: usize = 32;
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for the answer to a call that moves few bytes.
const CALL: Duration = Duration::from_secs(30);
/// Slowest connection over which many bytes may be moved.
const BYTES_A_SECOND: u64 = 256 << 10;
/// Pauses before a call that may be done twice is done again.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// A call.
#[derive(Clone)]
pub struct S3Call<'a> {
    pub method: Method,
    /// Key of the object below the prefix; `None` is the bucket itself.
    pub key: Option<&'a str>,
    pub query: Vec<(&'a str, &'a str)>,
    pub headers: Vec<(&'static str, String)>,
    pub body: &'a [u8],
    /// Bytes of the answer, as far as they are known.
    pub expects: u64,
}

impl<'a> S3Call<'a> {
    pub fn new(method: Method, key: &'a str) -> S3Call<'a> {
        let (query, headers) = (Vec::new(), Vec::new());
        S3Call { method, key: Some(key), query, headers, body: b"", expects: 0 }
    }

    pub fn put(key: &'a str, body: &'a [u8]) -> S3Call<'a> {
        S3Call { body, ..S3Call::new(Method::PUT, key) }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> S3Call<'a> {
        self.headers.push((name, value.into()));
        self
    }
}

pub struct BucketClient {
    url: BucketUrl,
    http: ureq::Agent,
    turns: Turns,
    keys: Mutex<Option<AwsKeys>>,
    /// True once something was written: a right that is missing later comes back, and is no fault of who asks.
    was_written: AtomicBool,
    pub(super) etag_form: EtagForm,
}

impl BucketClient {
    pub fn new(url: &BucketUrl) -> Result<BucketClient> {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A signature is for one host.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .max_idle_connections(CALLS)
            .max_idle_connections_per_host(CALLS)
            .user_agent(concat!("lua-store/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &url.roots {
            let roots = roots(&fs::read(path)?).ok_or_else(|| {
                let path = path.display();
                Error::usage(format!("the file \"{path}\" contains no trusted certificates"))
            })?;
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        if url.is_here() {
            config = config.proxy(None);
        }
        Ok(BucketClient {
            url: url.clone(),
            http: config.build().new_agent(),
            turns: Turns::new(CALLS),
            keys: Mutex::default(),
            was_written: AtomicBool::new(false),
            etag_form: EtagForm::default(),
        })
    }

    pub fn url(&self) -> &BucketUrl {
        &self.url
    }

    /// A pause before another try of what the caller may do again.
    pub fn pause(&self) {
        std::thread::sleep(PAUSES[0]);
    }

    /// A call that may be done twice. It is, if nobody knows whether it took effect.
    pub fn repeat(&self, call: &S3Call<'_>) -> Result<S3Answer> {
        for pause in PAUSES {
            match self.once(call) {
                Err(failure) if failure.is_unsure => std::thread::sleep(pause),
                done => return done.map_err(|failure| failure.error),
            }
        }
        self.once(call).map_err(|failure| failure.error)
    }

    /// A call that is done once. An absent object and a condition that is not met are answers.
    pub fn once(&self, call: &S3Call<'_>) -> Result<S3Answer, CallFailure> {
        let _turn = self.turns.take(&self.url).map_err(CallFailure::certain)?;
        let keys = self.keys().map_err(CallFailure::certain)?;
        let answer = self.send(call, &keys)?;
        let ended = matches!(answer.status, 400 | 401 | 403) && failure::keys_ended(&answer.text());
        if !ended {
            return self.answer(call, answer);
        }
        // Somebody may have renewed them.
        *self.lock_keys() = None;
        let newer = self.keys().map_err(CallFailure::certain)?;
        let answer = if newer == keys { answer } else { self.send(call, &newer)? };
        self.answer(call, answer)
    }

    fn lock_keys(&self) -> std::sync::MutexGuard<'_, Option<AwsKeys>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> Result<AwsKeys> {
        let mut known = self.lock_keys();
        match &*known {
            Some(keys) => Ok(keys.clone()),
            None => Ok(known.insert(self.url.keys.keys(&self.url)?).clone()),
        }
    }

    fn send(&self, call: &S3Call<'_>, keys: &AwsKeys) -> Result<S3Answer, CallFailure> {
        let request = self.request(call, keys);
        // It contains keys.
        let wrong = |_| CallFailure::certain(Error::usage(format!("cannot ask \"{}\"", self.url)));
        let response = match call.method {
            Method::PUT | Method::POST => self.run(call, request.body(call.body).map_err(wrong)?),
            _ => self.run(call, request.body(()).map_err(wrong)?),
        };
        let answer = response.and_then(|response| read(response, &call.method));
        answer.map_err(|error| failure::unreached(&self.url, &error))
    }

    fn run<B: AsSendBody>(
        &self,
        call: &S3Call<'_>,
        request: Request<B>,
    ) -> Result<Response<Body>, ureq::Error> {
        let bytes = call.expects.max(call.body.len() as u64);
        let limit = CALL + Duration::from_secs(bytes / BYTES_A_SECOND);
        let request = self.http.configure_request(request);
        self.http.run(request.timeout_global(Some(limit)).build())
    }

    fn request(&self, call: &S3Call<'_>, keys: &AwsKeys) -> request::Builder {
        let url = &self.url;
        let key = call.key.map_or(String::new(), |key| format!("{}{key}", url.prefix));
        let (path, query) = (encode_path(&format!("{}{key}", url.path)), encode_query(&call.query));
        let mut headers = call.headers.clone();
        headers.push(("host", url.host().to_owned()));
        let (method, body) = (call.method.as_str(), hex_sha256(call.body));
        let parts = SignedParts { method, path: &path, query: &query, headers, body: &body };
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("{}{path}{mark}{query}", url.origin));
        for (name, value) in sign(parts, keys, &url.region, Timestamp::now()) {
            request = request.header(name, value);
        }
        request
    }

    fn answer(&self, call: &S3Call<'_>, answer: S3Answer) -> Result<S3Answer, CallFailure> {
        let code = || xml::text(&answer.text(), "Code").map(std::borrow::Cow::into_owned);
        let is_answer = match answer.status {
            200..300 => {
                if call.method == Method::PUT {
                    self.was_written.store(true, Ordering::Relaxed);
                }
                true
            }
            304 | 412 | 416 => true,
            409 => code().as_deref() == Some("ConditionalRequestConflict"),
            404 if call.method == Method::HEAD => true,
            404 => matches!(code().as_deref(), Some("NoSuchKey" | "NoSuchUpload")),
            _ => false,
        };
        if is_answer {
            return Ok(answer);
        }
        let failure = failure::refused(&self.url, answer.status, &answer.text());
        Err(self.in_passing(failure))
    }

    /// Of a bucket that accepted writes before, every refusal passes: it is nothing that a client of the server did wrong.
    fn in_passing(&self, failure: CallFailure) -> CallFailure {
        let is_setting = matches!(
            failure.error.kind(),
            Kind::Auth | Kind::Forbidden | Kind::Usage | Kind::Untrusted
        );
        match is_setting && self.was_written.load(Ordering::Relaxed) {
            true => {
                let error = Error::unavailable(failure.error.message());
                CallFailure { error, ..failure }
            }
            false => failure,
        }
    }
}

fn read(response: Response<Body>, method: &Method) -> Result<S3Answer, ureq::Error> {
    let text = |name: header::HeaderName| {
        let value = response.headers().get(name)?;
        Some(value.to_str().ok()?.to_owned())
    };
    let status = response.status().as_u16();
    let etag = text(header::ETAG).map(|etag| etag.trim_matches('"').to_owned());
    let content_length = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let content_range = text(header::CONTENT_RANGE);
    let mut bytes = Vec::new();
    if method != Method::HEAD {
        bytes.reserve(content_length.unwrap_or(0).min(64 << 20) as usize);
        let body = response.into_body().into_with_config().limit(u64::MAX);
        body.reader().read_to_end(&mut bytes)?;
        if status < 300 && content_length.is_some_and(|length| length != bytes.len() as u64) {
            return Err(ureq::Error::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
    }
    Ok(S3Answer { status, etag, content_length, content_range, body: bytes.into() })
}

fn roots(pem: &[u8]) -> Option<RootCerts> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.ok()? {
            found.push(certificate);
        }
    }
    (!found.is_empty()).then(|| RootCerts::new_with_certs(&found))
}
