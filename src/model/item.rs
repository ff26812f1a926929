//! Item: which thing of an agent is meant, a primitive, the persona or a setting.

use serde::Serialize;

/// An item, by kind and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Item {
    /// The word of the kind.
    pub kind: &'static str,
    pub name: String,
}
