//! Requests that change something. An error of the kind *unavailable* says that the change may have been made.

use super::{PlatformAnswer, PlatformClient, Repeat};
use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use ureq::http::Method;

/// Name of one change, the same on all tries of it: a UUID of version 4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn new() -> Result<IdempotencyKey> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
        // Version 4 and the variant of RFC 9562.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        Ok(IdempotencyKey(parts.join("-")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PlatformClient {
    /// Sends a change that has a name, so that the platform makes it once however often it is sent.
    pub fn post(
        &self,
        route: &str,
        path: &str,
        body: &Value,
        key: &IdempotencyKey,
    ) -> Result<PlatformAnswer> {
        self.post_named(Repeat::Always, (route, path), body, key)
    }

    /// The same for a change of something that was sent a moment ago: it is sent again while the platform does not know it.
    pub fn post_until_known(
        &self,
        route: &str,
        path: &str,
        body: &Value,
        key: &IdempotencyKey,
    ) -> Result<PlatformAnswer> {
        self.post_named(Repeat::UntilKnown, (route, path), body, key)
    }

    fn post_named(
        &self,
        repeat: Repeat,
        at: (&str, &str),
        body: &Value,
        key: &IdempotencyKey,
    ) -> Result<PlatformAnswer> {
        let body = body.to_string();
        let once = || self.try_once(&Method::POST, at, Some(&body), Some(key));
        self.try_often(repeat, once).map_err(perhaps_done)
    }

    /// Sends a change that has no name: `PUT`, `PATCH` or `DELETE`. It is sent again only if the platform was too busy to begin.
    pub fn change(
        &self,
        method: Method,
        route: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<PlatformAnswer> {
        let (at, body) = ((route, path), body.map(Value::to_string));
        let once = || self.try_once(&method, at, body.as_deref(), None);
        self.try_often(Repeat::IfRefused, once).map_err(perhaps_done)
    }
}

/// The same error of a change that may have been made. Only a request that cannot be written was not sent.
pub fn perhaps_done(error: Error) -> Error {
    match error.kind() {
        Kind::Usage | Kind::Unavailable => error,
        _ => Error::unavailable(error.message()),
    }
}
