//! Etags of what several servers change. They are random, so that an etag names one value for ever: a counter would give a
//! number a second time after a failover to a replica that lacks the last changes, and a server would take what it
//! remembers under that number for the newest.

use crate::error::{Error, Result};

/// Etag of no value.
pub const NO_ETAG: i64 = -1;

/// An etag that no value has: 63 random bits, never negative.
pub fn fresh_etag() -> Result<i64> {
    let bits = getrandom::u64();
    let bits = bits.map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
    Ok((bits >> 1) as i64)
}
