//! The pack: many objects in one file that never changes, with its own index at the end.
//!
//! Header, entries, index, footer; `docs/format.md` has every byte. Nothing here knows a path: a pack
//! is written to any `Write` and read from any bytes, which may be anything at all: a reader checks
//! every length before it allocates and answers with an error.

mod codec;
mod entry;
mod group;
mod index;
mod link;
mod rank;
mod reader;
mod varint;
mod writer;
mod zstd_contexts;

pub use codec::unpacker;
pub use entry::{EncodedEntry, EntryBase, EntryContent, PackEntry, zstd_head};
pub use group::{Group, GroupItemKind};
pub use link::{link, unlink};
pub use rank::rank;
pub use reader::{PackBytes, PackReader};
pub use writer::PackWriter;

use crate::error::{Error, Result};
use crate::object::Id;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The first bytes of every pack; the last of them is the number of the format.
pub const HEADER: [u8; 8] = *b"luapack\x01";

/// Id of a pack: BLAKE3 of the complete file, which is named by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackId(Id);

impl PackId {
    /// The id of a complete pack.
    pub fn of(bytes: &[u8]) -> PackId {
        PackId(Id::of_blob(bytes))
    }

    /// The hash by itself.
    pub fn hash(&self) -> &Id {
        &self.0
    }

    pub fn file_name(&self) -> String {
        format!("pack-{}.pack", self.0)
    }

    /// `None` for a name that no pack has.
    pub fn from_file_name(name: &str) -> Option<PackId> {
        let digits = name.strip_prefix("pack-")?.strip_suffix(".pack")?;
        Some(PackId(digits.parse().ok()?))
    }
}

impl FromStr for PackId {
    type Err = Error;

    fn from_str(text: &str) -> Result<PackId> {
        text.parse().map(PackId)
    }
}

impl From<Id> for PackId {
    fn from(id: Id) -> PackId {
        PackId(id)
    }
}

impl From<blake3::Hash> for PackId {
    fn from(hash: blake3::Hash) -> PackId {
        PackId(hash.into())
    }
}

impl fmt::Display for PackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn malformed(what: &str) -> Error {
    Error::corrupt(format!("the pack is damaged: {what}"))
}

/// `None` becomes the error that says what is wrong with the pack.
trait OrMalformed<T> {
    fn or_malformed(self, what: &str) -> Result<T>;
}

impl<T> OrMalformed<T> for Option<T> {
    fn or_malformed(self, what: &str) -> Result<T> {
        self.ok_or_else(|| malformed(what))
    }
}

#[cfg(test)]
mod tests;
