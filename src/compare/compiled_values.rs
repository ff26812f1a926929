//! Values that the compiler knew and that are kept beside a definition, where two versions are compared.

use crate::error::Result;
use crate::model::json;
use crate::model::names::CODE;
use crate::object::{Id, Source};
use crate::reader::compiled::overlay;
use serde_json::{Map, Value};

/// Their file in `code/` of a primitive.
pub const VALUES: &str = "values.json";

/// The values that are kept beside a definition.
pub fn values<S: Source + ?Sized>(source: &S, primitive: &Id) -> Result<Map<String, Value>> {
    let Some(code) = source.tree(primitive)?.get(CODE).map(|entry| entry.id) else {
        return Ok(Map::new());
    };
    match source.tree(&code)?.get(VALUES) {
        Some(entry) => json::decode(&source.blob(&entry.id)?, VALUES),
        None => Ok(Map::new()),
    }
}

/// Puts values into two definitions where both have one, so that they can be compared.
pub fn overlay_both(
    definitions: &mut (Value, Value),
    values: &(Map<String, Value>, Map<String, Value>),
) {
    let mut common = values.clone();
    common.0.retain(|place, _| values.1.contains_key(place));
    common.1.retain(|place, _| values.0.contains_key(place));
    overlay(&mut definitions.0, &common.0);
    overlay(&mut definitions.1, &common.1);
}
