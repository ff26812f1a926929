//! Requests to the platform: with a key that goes to no other host, tried again when it is busy, within limits.

mod blobs;
mod changing;

pub use changing::{IdempotencyKey, perhaps_done};

use super::address::PlatformAddress;
use super::answer;
use super::key::PlatformKey;
use crate::error::{Error, Result};
use serde_json::Value;
use std::io::Read;
use std::time::{Duration, Instant};
use ureq::http::{Method, Request, Response, StatusCode, header};
use ureq::{AsSendBody, Body};

/// Longest time of one request, as the stock command has it.
const REQUEST: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
/// Retries after the first try, and the bound of the wait before the first of them, which doubles.
const RETRIES: u32 = 3;
const FIRST: Duration = Duration::from_secs(1);
/// No wait is longer, whatever an answer asks for.
const LONGEST: Duration = Duration::from_secs(20);
/// Most bytes of an answer.
const MAX_ANSWER: u64 = 32 << 20;
/// Most bytes of a file as it is stored.
const MAX_FILE: u64 = 64 << 20;

/// A client of one agent's API.
pub struct PlatformClient {
    address: PlatformAddress,
    key: PlatformKey,
    http: ureq::Agent,
    first: Duration,
    retries: u32,
    request: Duration,
}

/// Answer to one request that came, whatever its status.
#[derive(Clone, Debug)]
pub struct PlatformAnswer {
    pub status: u16,
    pub bytes: Vec<u8>,
    /// Time of the last try.
    pub took: Duration,
    /// Number of times that the request was sent.
    pub tries: u32,
}

impl PlatformAnswer {
    /// The data of a success, or else the error that the status is.
    pub fn data(&self, route: &str) -> Result<Value> {
        match self.status {
            200..300 => answer::data(route, &self.bytes),
            status => Err(answer::error_of(status, route, &self.bytes)),
        }
    }
}

impl PlatformClient {
    pub fn new(address: PlatformAddress, key: PlatformKey) -> PlatformClient {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // The key is for the address that a person named, not for where an answer points to.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(REQUEST))
            .user_agent(concat!("lua-store/", env!("CARGO_PKG_VERSION")));
        if address.is_at_home() {
            config = config.proxy(None);
        }
        PlatformClient {
            http: config.build().new_agent(),
            address,
            key,
            first: FIRST,
            retries: RETRIES,
            request: REQUEST,
        }
    }

    /// Fewer tries and a shorter time for each request, for a command that does not wait.
    pub fn hurried(mut self, tries: u32, request: Option<Duration>) -> PlatformClient {
        self.retries = tries.saturating_sub(1).min(RETRIES);
        self.request = request.unwrap_or(REQUEST).min(REQUEST);
        self
    }

    pub fn address(&self) -> &PlatformAddress {
        &self.address
    }

    /// Asks for a path below the API. An error names the route.
    pub fn get(&self, route: &str, path: &str) -> Result<PlatformAnswer> {
        self.try_often(Repeat::Always, || self.try_once(&Method::GET, (route, path), None, None))
    }

    /// Sends JSON to a path that changes nothing, so that sending it again is safe.
    pub fn query(&self, route: &str, path: &str, body: &Value) -> Result<PlatformAnswer> {
        let (at, body) = ((route, path), body.to_string());
        let once = || self.try_once(&Method::POST, at, Some(&body), None);
        self.try_often(Repeat::Always, once)
    }

    fn try_often(
        &self,
        repeat: Repeat,
        once: impl Fn() -> Result<(PlatformAnswer, Option<Duration>), Attempt>,
    ) -> Result<PlatformAnswer> {
        let mut left = self.retries;
        loop {
            let since = Instant::now();
            let tried = once();
            let wait = match &tried {
                Ok((answer, asked)) => repeat.is_after(answer.status).then_some(*asked),
                Err(error) => (error.is_transient && repeat != Repeat::IfRefused).then_some(None),
            };
            let Some(asked) = wait.filter(|_| left > 0) else {
                let (answer, _) = tried.map_err(|error| error.error)?;
                let tries = self.retries - left + 1;
                return Ok(PlatformAnswer { took: since.elapsed(), tries, ..answer });
            };
            let bound = self.first * 2u32.pow(self.retries - left);
            let is_unknown = tried.is_ok_and(|(answer, _)| answer.status == 404);
            let wait = if is_unknown { bound } else { bound.mul_f64(random()) };
            std::thread::sleep(asked.unwrap_or(wait).min(LONGEST));
            left -= 1;
        }
    }

    fn try_once(
        &self,
        method: &Method,
        (route, path): (&str, &str),
        body: Option<&str>,
        key: Option<&IdempotencyKey>,
    ) -> Result<(PlatformAnswer, Option<Duration>), Attempt> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address.base))
            .header(header::AUTHORIZATION, self.key.bearer())
            .header(header::ACCEPT, "application/json")
            .header("X-Lua-Client", concat!("lua-store/", env!("CARGO_PKG_VERSION")));
        if let Some(key) = key {
            request = request.header("X-Idempotency-Key", key.as_str());
        }
        let base = &self.address.base;
        let sent = match body {
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json");
                self.run(base, request.body(body))
            }
            None => self.run(base, request.body(())),
        };
        self.read(base, route, sent?, MAX_ANSWER)
    }

    fn run<B: AsSendBody>(
        &self,
        place: &str,
        request: std::result::Result<Request<B>, ureq::http::Error>,
    ) -> Result<Response<Body>, Attempt> {
        let request = request.map_err(|error| Attempt::last(Error::usage(error.to_string())))?;
        let request =
            self.http.configure_request(request).timeout_global(Some(self.request)).build();
        self.http.run(request).map_err(|error| unreachable(place, &error))
    }

    fn read(
        &self,
        place: &str,
        route: &str,
        response: Response<Body>,
        most: u64,
    ) -> Result<(PlatformAnswer, Option<Duration>), Attempt> {
        let status = response.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(Attempt::last(Error::failed(format!(
                "{route} was answered with a redirect, which is not followed: the key is for {} alone",
                self.address.base
            ))));
        }
        let asked = response.headers().get(header::RETRY_AFTER);
        let asked = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut bytes = Vec::new();
        let body = response.into_body().into_with_config().limit(most + 1).reader();
        let read = body.take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| unreachable(place, &ureq::Error::Io(error)))?;
        if bytes.len() as u64 > most {
            let what = format!("the answer to {route} is larger than {} MiB", most >> 20);
            return Err(Attempt::last(Error::failed(what)));
        }
        let took = Duration::ZERO;
        Ok((
            PlatformAnswer { status: status.as_u16(), bytes, took, tries: 1 },
            asked.map(Duration::from_secs),
        ))
    }
}

/// A try that gave no answer.
struct Attempt {
    error: Error,
    is_transient: bool,
}

impl Attempt {
    fn last(error: Error) -> Attempt {
        Attempt { error, is_transient: false }
    }
}

/// Error of a host that gave no answer. `place` is its address without what may be a secret.
fn unreachable(place: &str, error: &ureq::Error) -> Attempt {
    let reason = match error {
        // It contains the whole address.
        ureq::Error::BadUri(_) => "the address is not a URL".to_owned(),
        error => error.to_string(),
    };
    Attempt {
        error: Error::unavailable(format!("cannot reach the platform at {place}: {reason}")),
        is_transient: true,
    }
}

/// The tries of a request after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// Nothing happens twice.
    Always,
    /// The same, and what it is about may be known in a moment.
    UntilKnown,
    /// It may have been done unless the platform said that it was too busy to begin.
    IfRefused,
}

impl Repeat {
    /// True if a request with this answer is sent again.
    fn is_after(self, status: u16) -> bool {
        match self {
            Repeat::Always => matches!(status, 429 | 502..=504),
            Repeat::UntilKnown => matches!(status, 404 | 429 | 502..=504),
            Repeat::IfRefused => status == 429,
        }
    }
}

/// Between 0 and 1. Without a source of randomness all wait the whole time, which is no harm.
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
