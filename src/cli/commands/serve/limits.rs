//! What a server bears. In debug builds a test may make it bear less: `LUA_STORE_SERVE_LIMITS` with
//! `head`, `json`, `span`, `grace` in milliseconds, `slowest` in bytes, `connections`, `requests`,
//! `uploads`, `work` as numbers.

use crate::error::Result;
use crate::server::Limits;

#[cfg(not(debug_assertions))]
pub fn limits() -> Result<Limits> {
    Ok(Limits::default())
}

#[cfg(debug_assertions)]
pub fn limits() -> Result<Limits> {
    match std::env::var("LUA_STORE_SERVE_LIMITS") {
        Ok(text) => changed(&text),
        Err(_) => Ok(Limits::default()),
    }
}

#[cfg(debug_assertions)]
fn changed(text: &str) -> Result<Limits> {
    use crate::error::Error;
    use std::time::Duration;
    let mut limits = Limits::default();
    for part in text.split(',') {
        let wrong = || Error::usage(format!("LUA_STORE_SERVE_LIMITS has \"{part}\", which is no limit"));
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let value: u32 = value.parse().map_err(|_| wrong())?;
        let time = Duration::from_millis(value.into());
        match name {
            "head" => limits.head = time,
            "json" => limits.json = time,
            "span" => limits.span = time,
            "grace" => limits.grace = time,
            "slowest" => limits.bytes_per_span = value.into(),
            "connections" => limits.connections = value as usize,
            "requests" => limits.requests = value as usize,
            "uploads" => limits.uploads = value as usize,
            "work" => limits.work = value as usize,
            _ => return Err(wrong()),
        }
    }
    Ok(limits)
}
