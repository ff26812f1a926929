//! ByKind: something of every kind of primitive, as one object with the kinds' names in the stock command's JSON.

use crate::model::kind::Kind;
use serde::{Serialize, Serializer};

/// In the order of the table of kinds.
pub struct ByKind<T>(pub Vec<(&'static Kind, T)>);

impl<T: Serialize> Serialize for ByKind<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(kind, of_kind)| (kind.yaml, of_kind)))
    }
}
