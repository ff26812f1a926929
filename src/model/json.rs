//! Canonical JSON (RFC 8785): equal values have equal bytes, and so equal ids.

mod canonical;

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Integers up to this size are written by JavaScript as they are.
const EXACT: u64 = 1 << 53;

/// The canonical bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    encode_value(&serde_json::to_value(value).map_err(not_json)?)
}

/// The same for a value that is JSON.
pub fn encode_value(value: &Value) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    write(value, &mut bytes).map_err(not_json)?;
    Ok(bytes)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::failed(format!("a value cannot be written as JSON: {error}"))
}

fn write(value: &Value, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
    match value {
        Value::Number(number) => return write_number(number, bytes),
        Value::Array(items) => {
            bytes.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                write(item, bytes)?;
            }
            bytes.push(b']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_unstable_by(|(a, _), (b, _)| in_utf16(a, b));
            bytes.push(b'{');
            for (at, (key, value)) in fields.into_iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                serde_json::to_writer(&mut *bytes, key)?;
                bytes.push(b':');
                write(value, bytes)?;
            }
            bytes.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {
            return serde_json::to_writer(bytes, value);
        }
    }
    Ok(())
}

/// The order of names as JavaScript compares them, by units of UTF-16.
fn in_utf16(a: &str, b: &str) -> Ordering {
    // The units of ASCII are its bytes.
    match a.is_ascii() && b.is_ascii() {
        true => a.cmp(b),
        false => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

/// Every number is one of JavaScript, a float.
fn write_number(number: &Number, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
    let is_exact = number.as_i64().is_some_and(|number| number.unsigned_abs() <= EXACT);
    if is_exact {
        return serde_json::to_writer(bytes, number);
    }
    bytes.extend(serde_json_canonicalizer::to_vec(number)?);
    Ok(())
}

/// True if the bytes are certainly canonical. False of a few canonical ones: with numbers that are no short integers, or with
/// names that are not plain ASCII.
pub fn is_plainly_canonical(bytes: &[u8]) -> bool {
    canonical::scan(bytes)
}

/// Decodes stored JSON. The error names it by `what`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::corrupt(format!("{what} is not well formed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-c\u{0}-\u{20}\"\\\\/]{0,4}",
            any::<String>(),
            "[\u{e000}\u{10000}z]{0,3}"
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i16>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-2_i64..=2).prop_map(|near| Value::from((1_i64 << 53) + near)),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_rfc_8785(value in values()) {
            let wanted = serde_json_canonicalizer::to_vec(&value).unwrap();
            prop_assert_eq!(&encode_value(&value).unwrap(), &wanted);
            prop_assert_eq!(&encode(&value).unwrap(), &wanted);
        }
    }
}
