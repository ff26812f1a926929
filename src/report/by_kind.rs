//! ByKind: something of every kind of primitive, as one object with the kinds' names in the stock command's JSON.

use crate::model::kind::Kind;
use serde::{Serialize, Serializer};

/// In the order of the table of kinds.
pub struct ByKind<T>(pub Vec<(&'static Kind, T)>);

#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for ByKind<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("ByKind{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let of_kind = generator.subschema_for::<T>();
        let names: Vec<&str> = crate::model::kind::KINDS.iter().map(|kind| kind.yaml).collect();
        let properties: serde_json::Map<String, serde_json::Value> =
            names.iter().map(|name| ((*name).to_owned(), of_kind.clone().to_value())).collect();
        schemars::json_schema!({"type": "object", "properties": properties})
    }
}

impl<T: Serialize> Serialize for ByKind<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(kind, of_kind)| (kind.yaml, of_kind)))
    }
}
