//! Canonical JSON (RFC 8785): equal values have equal bytes, and so equal ids.

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The canonical bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json_canonicalizer::to_vec(value)
        .map_err(|error| Error::failed(format!("a value cannot be written as JSON: {error}")))
}

/// Decodes stored JSON. The error names it by `what`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::corrupt(format!("{what} is not well formed: {error}")))
}
