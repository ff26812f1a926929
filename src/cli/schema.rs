//! AnswerSchemas of all answers: `docs/schema`, as the program prints it.

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write the schemas of this repository")]
pub mod tests;

use crate::error::{Error, Result};
use flate2::read::DeflateDecoder;
use std::io::Read;

/// Names and texts of all schemas, each closed by a zero byte. `src/build.rs` compresses them: they were half a megabyte of the
/// program, and few commands read them.
const ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schemas.deflate"));

/// The schemas of the kinds of answers, in the order of their names.
pub struct AnswerSchemas(String);

impl AnswerSchemas {
    pub fn load() -> Result<Self> {
        let mut text = String::new();
        let read = DeflateDecoder::new(ARCHIVE).read_to_string(&mut text);
        read.map_err(|error| Error::failed(format!("cannot read the schemas: {error}")))?;
        Ok(Self(text))
    }

    /// Each kind with its JSON Schema.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut fields = self.0.split_terminator('\0');
        std::iter::from_fn(move || Some((fields.next()?, fields.next()?)))
    }

    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(kind, _)| kind)
    }

    pub fn find(&self, kind: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == kind).map(|(_, schema)| schema)
    }
}
