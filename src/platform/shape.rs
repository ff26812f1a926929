//! Shape of an answer: its keys and the types of its values, and no value.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Fields whose keys are data, and not part of the protocol.
const TABLES: [&str; 6] = ["urls", "results", "headers", "persona", "metadata", "properties"];
/// Mark of a key that may be data.
const ANY: &str = "*";
/// Longest key that is part of a protocol.
const LONGEST: usize = 40;

/// The shape of a value, as JSON: a type is text, an object has the shapes of its fields, a list the one shape that its
/// elements have together.
pub fn of(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(number) if number.is_f64() => "number".into(),
        Value::Number(_) => "integer".into(),
        Value::String(_) => "string".into(),
        Value::Array(all) => Value::Array(together(all.iter().map(of)).into_iter().collect()),
        Value::Object(fields) => {
            let mut shape = Map::new();
            for (name, value) in fields {
                let one = match value {
                    Value::Object(below) if TABLES.contains(&name.as_str()) => table(below),
                    _ => of(value),
                };
                add(&mut shape, if is_name(name) { name } else { ANY }, one);
            }
            Value::Object(shape)
        }
    }
}

fn table(fields: &Map<String, Value>) -> Value {
    let shape = together(fields.values().map(of));
    Value::Object(shape.map(|shape| (ANY.to_owned(), shape)).into_iter().collect())
}

/// True for a name as the fields of the protocol have, and for none that could be a hash or an id.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && name.len() <= LONGEST
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.chars().filter(char::is_ascii_digit).count() < 4
}

fn together(shapes: impl Iterator<Item = Value>) -> Option<Value> {
    shapes.reduce(either)
}

fn add(shape: &mut Map<String, Value>, name: &str, one: Value) {
    let one = match shape.remove(name) {
        Some(other) => either(other, one),
        None => one,
    };
    shape.insert(name.to_owned(), one);
}

/// The shape of values that have one of two shapes. A field that only some have gets a `?`.
fn either(a: Value, b: Value) -> Value {
    match (a, b) {
        (a, b) if a == b => a,
        (Value::Object(a), Value::Object(b)) => Value::Object(fields(a, b)),
        (Value::Array(a), Value::Array(b)) => {
            Value::Array(together(a.into_iter().chain(b)).into_iter().collect())
        }
        (Value::String(a), Value::String(b)) => {
            let all: BTreeSet<&str> = a.split('|').chain(b.split('|')).collect();
            Value::String(all.into_iter().collect::<Vec<_>>().join("|"))
        }
        // An object or a list says more than the word beside it.
        (Value::String(_), other) | (other, _) => other,
    }
}

fn fields(a: Map<String, Value>, mut b: Map<String, Value>) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, one) in a {
        let bare = name.trim_end_matches('?').to_owned();
        let other = b.remove(&bare).map(|other| (other, false));
        match other.or_else(|| b.remove(&format!("{bare}?")).map(|other| (other, true))) {
            Some((other, is_optional)) if is_optional || name.ends_with('?') => {
                all.insert(format!("{bare}?"), either(one, other));
            }
            Some((other, _)) => drop(all.insert(bare, either(one, other))),
            None => drop(all.insert(format!("{bare}?"), one)),
        }
    }
    let rest = b.into_iter().map(|(name, one)| (format!("{}?", name.trim_end_matches('?')), one));
    all.extend(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_list_has_the_one_shape_of_its_elements() {
        let answer = json!({"versions": [
            {"version": 1, "by": "ana", "size": 1.5},
            {"version": 2, "by": null, "note": {"text": "x"}},
            {"version": 3, "by": "bo", "note": {"text": "y", "more": []}},
        ], "total": 3, "done": true});
        let expected = json!({"versions": [
            {"version": "integer", "by": "null|string", "size?": "number", "note?": {"text": "string", "more?": []}},
        ], "total": "integer", "done": "boolean"});
        assert_eq!(of(&answer), expected);
    }

    #[test]
    fn keys_that_are_data_are_not_shown() {
        let answer = json!({
            "urls": {"52b0d24e562573b9": "https://a", "00ff": "https://b"},
            "52b0d24e562573b9": true, "two words": 1, "persona": {"private": "x"},
        });
        assert_eq!(
            of(&answer),
            json!({"urls": {"*": "string"}, "*": "boolean|integer", "persona": {"*": "string"}})
        );
    }

    proptest! {
        #[test]
        fn no_value_is_in_a_shape(secret in "[a-z]{12}", number in 1_000_000u64..) {
            let answer = json!({"a": secret, "b": [secret, {"c": secret, "d": number}], "e": {secret.clone() + " ": 1}});
            let shape = of(&answer).to_string();
            prop_assert!(!shape.contains(&secret) && !shape.contains(&number.to_string()), "{}", shape);
        }
    }
}
