//! Difference of two JSON Schemas, parameter by parameter, in words. `compare::detail` calls it for
//! inputs and outputs of tools; schemas may come from old stores, so any JSON is accepted.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Difference of one parameter. The schema itself has an empty name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    Says { name: String, says: String },
    Described { name: String, from: Option<String>, to: Option<String> },
}

/// Limits and other single values, by their keyword and as they are called.
const LIMITS: [(&str, &str); 14] = [
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("exclusiveMinimum", "lower bound"),
    ("exclusiveMaximum", "upper bound"),
    ("multipleOf", "step"),
    ("minLength", "minimum length"),
    ("maxLength", "maximum length"),
    ("minItems", "minimum items"),
    ("maxItems", "maximum items"),
    ("uniqueItems", "unique items"),
    ("pattern", "pattern"),
    ("format", "format"),
    ("default", "default"),
    ("title", "title"),
];

/// Everything that differs; nothing exactly when the schemas are equal.
pub fn compare(old: &Value, new: &Value) -> Vec<Parameter> {
    let mut found = Vec::new();
    walk("", old, new, &mut found);
    found
}

fn walk(name: &str, old: &Value, new: &Value, found: &mut Vec<Parameter>) {
    if old == new {
        return;
    }
    let before = found.len();
    let ((plain_old, was_null), (plain_new, is_null)) = (without_null(old), without_null(new));
    if was_null || is_null {
        if was_null != is_null {
            report(name, if is_null { "may now be null" } else { "may no longer be null" }, found);
        }
        walk(name, &plain_old, &plain_new, found);
        if found.len() == before {
            report(name, "is written in another way", found);
        }
        return;
    }
    let (Some(a), Some(b)) = (old.as_object(), new.as_object()) else {
        return report(
            name,
            format!("is now {} (was {})", type_words(new), type_words(old)),
            found,
        );
    };
    if kind_words(old) == kind_words(new) {
        allowed(name, old, new, found);
        properties(name, a, b, found);
        items(name, a, b, found);
    } else if !(name.is_empty() && (a.is_empty() || b.is_empty())) {
        report(name, format!("is now {} (was {})", type_words(new), type_words(old)), found);
    } else {
        // A schema that was not there, or is no longer: its parameters came or went.
        properties(name, a, b, found);
    }
    limits(name, a, b, found);
    described(name, a, b, found);
    if found.len() == before {
        let names: BTreeSet<&String> =
            a.keys().chain(b.keys()).filter(|key| a.get(*key) != b.get(*key)).collect();
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        report(name, format!("changed: {}", names.join(", ")), found);
    }
}

fn report(name: &str, says: impl Into<String>, found: &mut Vec<Parameter>) {
    found.push(Parameter::Says { name: name.to_owned(), says: says.into() });
}

/// The schema beside null of `anyOf: [X, {type: null}]`, and whether it had that form.
fn without_null(schema: &Value) -> (Value, bool) {
    let null = json!({"type": "null"});
    if let Some(map) = schema.as_object()
        && let Some(Value::Array(several)) = map.get("anyOf")
        && several.len() == 2
        && let Some(at) = several.iter().position(|one| *one == null)
        && let Value::Object(mut inner) = several[1 - at].clone()
    {
        let outer = map.iter().filter(|(key, _)| *key != "anyOf");
        inner.extend(outer.map(|(key, value)| (key.clone(), value.clone())));
        return (Value::Object(inner), true);
    }
    (schema.clone(), false)
}

/// The kind alone: `string`, `object`, `array`, `one of`, …
fn kind_words(schema: &Value) -> String {
    let Some(map) = schema.as_object() else { return schema.to_string() };
    if map.contains_key("enum") || map.contains_key("const") {
        return "one of".to_owned();
    }
    match map.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().map(word).collect::<Vec<_>>().join(" or "),
        _ => ["anyOf", "oneOf", "allOf", "$ref", "properties"]
            .into_iter()
            .find(|key| map.contains_key(*key))
            .map_or("anything", |key| match key {
                "anyOf" | "oneOf" => "one of several forms",
                "allOf" => "several forms at once",
                "properties" => "object",
                _ => "a reference",
            })
            .to_owned(),
    }
}

/// Type with its content: `array of string`, `one of "a", "b"`.
fn type_words(schema: &Value) -> String {
    let kind = kind_words(schema);
    match (&*kind, schema.get("items")) {
        ("array", Some(items)) => format!("array of {}", type_words(items)),
        ("one of", _) => {
            let values = values(schema);
            let changes: Vec<String> =
                values.iter().take(6).map(|value| value.to_string()).collect();
            let more = if values.len() > 6 { ", …" } else { "" };
            if values.len() == 1 {
                changes[0].clone()
            } else {
                format!("one of {}{more}", changes.join(", "))
            }
        }
        _ => kind,
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn values(schema: &Value) -> Vec<Value> {
    let constant = schema.get("const").cloned().into_iter();
    constant
        .chain(schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default())
        .collect()
}

fn allowed(name: &str, old: &Value, new: &Value, found: &mut Vec<Parameter>) {
    let (old, new) = (values(old), values(new));
    let changes = |list: &[Value], other: &[Value]| -> String {
        let only: Vec<String> = list
            .iter()
            .filter(|value| !other.contains(value))
            .map(|value| value.to_string())
            .collect();
        only.join(", ")
    };
    let (came, gone) = (changes(&new, &old), changes(&old, &new));
    if !came.is_empty() {
        report(name, format!("now allows {came}"), found);
    }
    if !gone.is_empty() {
        report(name, format!("no longer allows {gone}"), found);
    }
}

fn properties(
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<Parameter>,
) {
    let part = |map: &Map<String, Value>| {
        map.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let (before, after) = (part(old), part(new));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in names {
        let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        match (before.get(key), after.get(key)) {
            (None, Some(schema)) => {
                let need = if required(new, key) { "required" } else { "optional" };
                report(&path, format!("added ({}, {need})", type_words(schema)), found);
            }
            (Some(_), None) => report(&path, "removed", found),
            (Some(a), Some(b)) => {
                match (required(old, key), required(new, key)) {
                    (false, true) => report(&path, "is now required", found),
                    (true, false) => report(&path, "is now optional", found),
                    _ => {}
                }
                walk(&path, a, b, found);
            }
            (None, None) => {}
        }
    }
    let others = |map: &Map<String, Value>| {
        map.get("additionalProperties").cloned().unwrap_or(Value::Bool(true))
    };
    if others(old) != others(new) && !old.is_empty() && !new.is_empty() {
        let says = match (others(old), others(new)) {
            (_, Value::Bool(false)) => "no longer accepts other parameters",
            (Value::Bool(false), _) => "now accepts other parameters",
            _ => "now accepts other parameters of another type",
        };
        report(name, says, found);
    }
}

fn required(schema: &Map<String, Value>, name: &str) -> bool {
    let list = schema.get("required").and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|required| required == name))
}

fn items(
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<Parameter>,
) {
    match (old.get("items"), new.get("items")) {
        (Some(a), Some(b)) => walk(&format!("{name}[]"), a, b, found),
        (None, Some(items)) => report(name, format!("now contains {}", type_words(items)), found),
        (Some(_), None) => report(name, "now contains anything", found),
        (None, None) => {}
    }
}

fn limits(
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<Parameter>,
) {
    for (keyword, called) in LIMITS {
        let changes = |map: &Map<String, Value>| {
            map.get(keyword).map_or("(none)".to_owned(), |value| match value {
                Value::String(text) if keyword != "default" => text.clone(),
                other => other.to_string(),
            })
        };
        if old.get(keyword) != new.get(keyword) {
            report(name, format!("{called} {} → {}", changes(old), changes(new)), found);
        }
    }
}

fn described(
    name: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<Parameter>,
) {
    let text = |map: &Map<String, Value>| map.get("description").map(word);
    if old.get("description") != new.get("description") {
        found.push(Parameter::Described { name: name.to_owned(), from: text(old), to: text(new) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(properties: Value, required: Value) -> Value {
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn changes(old: &Value, new: &Value) -> Vec<String> {
        let one = |parameter: Parameter| match parameter {
            Parameter::Says { name, says } => format!("{name} {says}"),
            Parameter::Described { name, from, to } => format!("{name} described {from:?} {to:?}"),
        };
        compare(old, new).into_iter().map(one).collect()
    }

    #[test]
    fn parameters_come_go_and_become_required() {
        let old = object(
            json!({"quantity": {"type": "integer"}, "gone": {"type": "string"}}),
            json!(["gone"]),
        );
        let new = object(
            json!({"quantity": {"type": "integer"}, "size": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}),
            json!(["quantity", "tags"]),
        );
        let expected = [
            "gone removed",
            "quantity is now required",
            "size added (string, optional)",
            "tags added (array of string, required)",
        ];
        assert_eq!(changes(&old, &new), expected);
        assert_eq!(changes(&new, &old)[1], "quantity is now optional");
    }

    #[test]
    fn types_values_and_limits() {
        let old = object(
            json!({"mode": {"type": "string", "enum": ["slow", "safe"]}, "limit": {"type": "integer", "maximum": 10}, "id": {"type": "string"}}),
            json!([]),
        );
        let new = object(
            json!({"mode": {"type": "string", "enum": ["safe", "fast"]}, "limit": {"type": "integer", "maximum": 20, "default": 5}, "id": {"type": "number"}}),
            json!([]),
        );
        let expected = [
            "id is now number (was string)",
            "limit maximum 10 → 20",
            "limit default (none) → 5",
            "mode now allows \"fast\"",
            "mode no longer allows \"slow\"",
        ];
        assert_eq!(changes(&old, &new), expected);
    }

    #[test]
    fn what_is_nested_has_its_path() {
        let schema = |street: Value| {
            object(json!({"to": object(json!({"street": street}), json!([]))}), json!([]))
        };
        let old = schema(json!({"type": "string"}));
        let new = schema(json!({"type": "string", "minLength": 3, "description": "Where"}));
        let expected =
            ["to.street minimum length (none) → 3", "to.street described None Some(\"Where\")"];
        assert_eq!(changes(&old, &new), expected);
        let list = |kind: &str| {
            object(json!({"ids": {"type": "array", "items": {"type": kind}}}), json!([]))
        };
        assert_eq!(
            changes(&list("string"), &list("integer")),
            ["ids[] is now integer (was string)"]
        );
    }

    #[test]
    fn null_is_told_apart_from_the_type() {
        let plain = object(json!({"note": {"type": "string", "maxLength": 5}}), json!([]));
        let nullable = object(
            json!({"note": {"anyOf": [{"type": "string", "maxLength": 6}, {"type": "null"}]}}),
            json!([]),
        );
        assert_eq!(
            changes(&plain, &nullable),
            ["note may now be null", "note maximum length 5 → 6"]
        );
        assert_eq!(
            changes(&nullable, &plain),
            ["note may no longer be null", "note maximum length 6 → 5"]
        );
    }

    #[test]
    fn what_has_no_words_is_named() {
        let old = json!({"type": "object", "x-order": 1});
        assert_eq!(changes(&old, &json!({"type": "object", "x-order": 2})), [" changed: x-order"]);
        assert_eq!(
            changes(&json!({}), &object(json!({"a": {"type": "string"}}), json!(["a"]))),
            ["a added (string, required)"]
        );
    }
}
