//! Transaction: a request to a remote of which all happens, or nothing.

use crate::error::{Error, Result};
use crate::object::Id;
use crate::pack::PackId;
use crate::store::Active;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One atomic change of an agent's refs and pointer, with the expected ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Made once and sent again with every retry: a server that knows it answers as it did before.
    pub txn: TxnId,
    /// A pack that was uploaded before: the objects that the new refs need and the remote lacks.
    #[serde(default)]
    pub pack: Option<PackId>,
    #[serde(default)]
    pub source: Option<CreateRefs>,
    #[serde(default)]
    pub versions: Option<CreateRefs>,
    #[serde(default)]
    pub active: Option<SwapActive>,
    /// A purge; then it does nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge: Option<PurgeRequest>,
}

/// Replaces objects by tombstones in everything that the remote has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgeRequest {
    pub by: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    pub reason: String,
    pub objects: Vec<PurgedBlob>,
}

/// Object that a purge replaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgedBlob {
    pub object: Id,
    pub bytes: u64,
    /// A path that it has.
    pub path: String,
    /// True if it is a JSON document of a state.
    pub json: bool,
}

/// Hash of all that a transaction asks for.
pub type RequestHash = [u8; 16];

impl Transaction {
    /// The first half of BLAKE3 of its one spelling: JSON without spaces, all fields in their order, `null` for what it
    /// does not do.
    pub fn request(&self) -> RequestHash {
        let text = serde_json::to_vec(self).expect("lists of numbers and texts");
        let hash = blake3::hash(&text);
        std::array::from_fn(|at| hash.as_bytes()[at])
    }

    pub fn is_empty(&self) -> bool {
        self.source.is_none()
            && self.versions.is_none()
            && self.active.is_none()
            && self.purge.is_none()
    }
}

/// New refs of a series: `v(after + 1)` and those that follow. It holds only where the series has
/// exactly `after` refs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRefs {
    pub after: u64,
    pub ids: Vec<Id>,
}

/// Moves the pointer from exactly one value to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwapActive {
    pub expected: Option<Active>,
    pub new: Active,
}

/// Asks for everything that is reachable from `want` and not from `have`, as one pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchRequest {
    pub want: Vec<Id>,
    #[serde(default)]
    pub have: Vec<Id>,
}

/// The name of one transaction: 128 random bits, as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TxnId(pub [u8; 16]);

impl fmt::Display for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for TxnId {
    type Err = Error;

    fn from_str(text: &str) -> Result<TxnId> {
        let plain = text.len() == 32
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let value = u128::from_str_radix(text, 16).ok().filter(|_| plain);
        let bad = || {
            Error::usage(format!(
                "\"{text}\" is not the id of a transaction (32 hexadecimal digits)"
            ))
        };
        value.map(|value| TxnId(value.to_be_bytes())).ok_or_else(bad)
    }
}

impl TryFrom<String> for TxnId {
    type Error = Error;

    fn try_from(text: String) -> Result<TxnId> {
        text.parse()
    }
}

impl From<TxnId> for String {
    fn from(id: TxnId) -> String {
        id.to_string()
    }
}
