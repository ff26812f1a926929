//! Object id: 32 bytes of BLAKE3, written as 64 hexadecimal digits.
//!
//! The id of a blob is the plain hash of its bytes, so `b3sum FILE` prints it; trees are hashed in
//! a domain of their own, so no file can pass as a tree.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// Domain of tree hashes. BLAKE3's derive-key mode keeps trees and blobs apart: no file content
/// hashes to the id of a tree. Never changes; a new tree encoding takes a new string.
const TREE_CONTEXT: &str = "lua-store 2026-11-21 tree v1";

/// The id of an object. Ordered by bytes, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id([u8; 32]);

/// By the first bytes: those of a hash are as good as all of them.
impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.first_chunk().map_or(0, |first| u64::from_le_bytes(*first)));
    }
}

impl Id {
    pub const LEN: usize = 32;

    pub const fn from_bytes(bytes: [u8; 32]) -> Id {
        Id(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Plain BLAKE3, so that `b3sum FILE` prints the id of the file's blob.
    pub fn of_blob(bytes: &[u8]) -> Id {
        Id(*blake3::hash(bytes).as_bytes())
    }

    /// The hasher of a blob too large to hold.
    pub fn blob_hasher() -> blake3::Hasher {
        blake3::Hasher::new()
    }

    /// The id of a canonical tree encoding.
    pub fn of_tree(encoding: &[u8]) -> Id {
        Id(blake3::derive_key(TREE_CONTEXT, encoding))
    }

    /// The first eight digits, for tables.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

impl From<blake3::Hash> for Id {
    fn from(hash: blake3::Hash) -> Id {
        Id(*hash.as_bytes())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

/// As text, on the wire.
impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Id {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl FromStr for Id {
    type Err = Error;

    /// Exactly 64 lower-case digits: one id, one spelling.
    fn from_str(text: &str) -> Result<Id> {
        let bad =
            || Error::usage(format!("\"{text}\" is not an object id (64 hexadecimal digits)"));
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != Id::LEN || !rest.is_empty() {
            return Err(bad());
        }
        let mut id = [0; Id::LEN];
        for (byte, [high, low]) in id.iter_mut().zip(pairs) {
            *byte =
                digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low).ok_or_else(bad)?;
        }
        Ok(Id(id))
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// The beginning of an id as a person types it: 4 to 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdPrefix {
    low: Id,
    high: Id,
}

impl IdPrefix {
    pub const MIN_DIGITS: usize = 4;

    /// `None` when the text cannot be the beginning of an id.
    pub fn parse(text: &str) -> Option<IdPrefix> {
        let digits = text.len();
        if !(Self::MIN_DIGITS..=64).contains(&digits)
            || !text.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return None;
        }
        let text = text.to_ascii_lowercase();
        let low = format!("{text:0<64}").parse().ok()?;
        let high = format!("{text:f<64}").parse().ok()?;
        Some(IdPrefix { low, high })
    }

    /// The smallest id that begins so.
    pub fn low(&self) -> &Id {
        &self.low
    }

    pub fn matches(&self, id: &Id) -> bool {
        (&self.low..=&self.high).contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_has_the_hash_that_b3sum_prints() {
        // Official BLAKE3 test vector: the hash of no bytes at all.
        let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(Id::of_blob(b"").to_string(), empty);
    }

    #[test]
    fn a_tree_never_has_the_id_of_a_blob_with_the_same_bytes() {
        assert_ne!(Id::of_blob(b"\x90"), Id::of_tree(b"\x90"));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = Id::of_blob(b"x");
        assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
        assert!(id.to_string().to_uppercase().parse::<Id>().is_err());
        assert!("abc".parse::<Id>().is_err());
    }

    #[test]
    fn a_prefix_matches_what_begins_so() {
        let id = Id::of_blob(b"");
        assert!(IdPrefix::parse("af13").unwrap().matches(&id));
        assert!(IdPrefix::parse("AF1349").unwrap().matches(&id));
        assert!(!IdPrefix::parse("af14").unwrap().matches(&id));
        assert_eq!(IdPrefix::parse("af1"), None);
        assert_eq!(IdPrefix::parse("zzzz"), None);
    }
}
