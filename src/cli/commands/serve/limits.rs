//! Limits of a server. In debug builds a test may lower them: `LUA_STORE_SERVE_LIMITS` with `head`,
//! `json`, `span`, `wait`, `grace`, `round` in milliseconds, `slowest` in bytes, `connections`,
//! `strangers` as numbers, and `requests`, `refs`, `uploads`, `fetches`, `transactions`, `admin`,
//! `upkeep` as `PLACES` or `PLACES/SHARE`, `proof` as `BYTES/RATIO`.

use crate::error::Result;
use crate::server::ServerLimits;

#[cfg(not(debug_assertions))]
pub fn changed(limits: ServerLimits) -> Result<ServerLimits> {
    Ok(limits)
}

#[cfg(debug_assertions)]
pub fn changed(limits: ServerLimits) -> Result<ServerLimits> {
    match std::env::var("LUA_STORE_SERVE_LIMITS") {
        Ok(text) => read(limits, &text),
        Err(_) => Ok(limits),
    }
}

#[cfg(debug_assertions)]
fn read(mut limits: ServerLimits, text: &str) -> Result<ServerLimits> {
    use crate::error::Error;
    use crate::server::PoolSize;
    use std::time::Duration;
    if text.is_empty() {
        return Ok(limits);
    }
    for part in text.split(',') {
        let wrong =
            || Error::usage(format!("LUA_STORE_SERVE_LIMITS has \"{part}\", which is not a limit"));
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let (value, share) = value.split_once('/').unwrap_or((value, value));
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        let (value, share) = (number(value)?, number(share)?);
        let part = PoolSize::new(value as usize, share as usize);
        let time = Duration::from_millis(value.into());
        match name {
            "head" => limits.head = time,
            "json" => limits.json = time,
            "span" => limits.span = time,
            "grace" => limits.grace = time,
            "slowest" => limits.bytes_per_span = value.into(),
            "connections" => limits.connections = value as usize,
            "strangers" => limits.strangers = value as usize,
            "proof" => limits.proof = (value.into(), share.into()),
            "drain" => limits.drain = time,
            "wait" => limits.wait = time,
            "requests" => limits.requests = part,
            "refs" => limits.refs = part,
            "uploads" => limits.uploads = part,
            "fetches" => limits.fetches = part,
            "transactions" => limits.transactions = part,
            "admin" => limits.admin = part,
            "upkeep" => limits.upkeep = part,
            "round" => limits.round = time,
            _ => return Err(wrong()),
        }
    }
    Ok(limits)
}
