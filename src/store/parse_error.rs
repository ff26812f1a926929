//! Parse error: why a file of the store, whose lines and checksum the store itself wrote, is not what the format says.
//!
//! It is half a sentence about the file (`it has no etag`). Whoever knows the path makes it an [`Error`] that names the
//! file and the way out.
//!
//! [`Error`]: crate::error::Error

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(String);

impl From<&str> for ParseError {
    fn from(reason: &str) -> ParseError {
        ParseError(reason.to_owned())
    }
}

impl From<String> for ParseError {
    fn from(reason: String) -> ParseError {
        ParseError(reason)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}
