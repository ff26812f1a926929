//! Types, limits and formats of plain values in JSON Schema.

use super::{SchemaCheck, SchemaShape};
use crate::reader::eval::value::{Value, number_json};
use serde_json::{Map, Value as Json, json};

// The patterns of `zod-to-json-schema`, letter by letter.
const EMOJI: &str = r"^(\p{Extended_Pictographic}|\p{Emoji_Component})+$";
const CIDR_4: &str = concat!(
    r"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0",
    r"-9][0-9]|[1-9][0-9]|[0-9])\/(3[0-2]|[12]?[0-9])$",
);
const CIDR_6: &str = concat!(
    r"^(([0-9a-fA-F]{1,4}:){7,7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:)",
    r"{1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4",
    r"}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a",
    r"-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:((:[0-9a-fA-F]{1,4}){1,6})|:",
    r"((:[0-9a-fA-F]{1,4}){1,7}|:)|fe80:(:[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]{1,}|::(ffff(:0{1,",
    r"4}){0,1}:){0,1}((25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3,3}(25[0-5]|(2[0-4]|1{0,1}[",
    r"0-9]){0,1}[0-9])|([0-9a-fA-F]{1,4}:){1,4}:((25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3",
    r",3}(25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9]))\/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$",
);

/// The schema of a shape that holds no other.
pub fn plain(shape: &SchemaShape<'_>) -> Option<Json> {
    Some(match shape {
        SchemaShape::Text(checks) => text(checks),
        SchemaShape::Number(checks) => number("number", None, checks),
        SchemaShape::BigInt(checks) => number("integer", Some("int64"), checks),
        SchemaShape::Boolean => json!({ "type": "boolean" }),
        SchemaShape::Date => json!({ "type": "string", "format": "date-time" }),
        SchemaShape::Null => json!({ "type": "null" }),
        SchemaShape::Undefined | SchemaShape::Never => json!({ "not": {} }),
        SchemaShape::Any | SchemaShape::Unknown | SchemaShape::Custom(_) => json!({}),
        SchemaShape::Enum(values) => {
            let values: Vec<&str> = values.iter().map(|value| &**value).collect();
            json!({ "type": "string", "enum": values })
        }
        _ => return None,
    })
}

/// The JSON type of a shape without limits.
pub fn plain_type(shape: &SchemaShape<'_>) -> Option<&'static str> {
    Some(match shape {
        SchemaShape::Text(checks) if checks.is_empty() => "string",
        SchemaShape::Number(checks) if checks.is_empty() => "number",
        SchemaShape::BigInt(checks) if checks.is_empty() => "integer",
        SchemaShape::Boolean => "boolean",
        SchemaShape::Null => "null",
        _ => return None,
    })
}

/// One type as itself, several as a list, each once.
pub fn one_or_all(types: impl Iterator<Item = Json>) -> Json {
    let mut unique: Vec<Json> = Vec::new();
    for name in types {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    if unique.len() == 1 { unique.remove(0) } else { Json::Array(unique) }
}

pub fn limit(list: &mut Map<String, Json>, limits: &[SchemaCheck]) {
    for limit in limits {
        let Some(number) = limit.number.and_then(number_json) else { continue };
        if ["min", "length"].contains(&&*limit.name) {
            list.insert("minItems".to_owned(), number.clone());
        }
        if ["max", "length"].contains(&&*limit.name) {
            list.insert("maxItems".to_owned(), number);
        }
    }
}

fn number(name: &str, format: Option<&str>, checks: &[SchemaCheck]) -> Json {
    let mut number = Map::from_iter([("type".to_owned(), json!(name))]);
    if let Some(format) = format {
        number.insert("format".to_owned(), json!(format));
    }
    for check in checks {
        let key = match &*check.name {
            "int" => {
                number.insert("type".to_owned(), json!("integer"));
                continue;
            }
            "min" => "minimum",
            "max" => "maximum",
            "above" => "exclusiveMinimum",
            "below" => "exclusiveMaximum",
            "multipleOf" => "multipleOf",
            _ => continue,
        };
        if let Some(value) = check.number.and_then(number_json) {
            number.insert(key.to_owned(), value);
        }
    }
    Json::Object(number)
}

pub fn text(checks: &[SchemaCheck]) -> Json {
    let mut text = Map::from_iter([("type".to_owned(), json!("string"))]);
    for check in checks {
        let word = check.text.as_deref().unwrap_or_default();
        match &*check.name {
            "min" => bound(&mut text, "minLength", check.number, f64::max),
            "max" => bound(&mut text, "maxLength", check.number, f64::min),
            "length" => {
                bound(&mut text, "minLength", check.number, f64::max);
                bound(&mut text, "maxLength", check.number, f64::min);
            }
            "email" => several(&mut text, "format", "anyOf", "email"),
            "url" => several(&mut text, "format", "anyOf", "uri"),
            "uuid" | "guid" => several(&mut text, "format", "anyOf", "uuid"),
            "datetime" => several(&mut text, "format", "anyOf", "date-time"),
            "date" | "time" | "duration" => several(&mut text, "format", "anyOf", &check.name),
            "ip" => {
                if word != "v6" {
                    several(&mut text, "format", "anyOf", "ipv4");
                }
                if word != "v4" {
                    several(&mut text, "format", "anyOf", "ipv6");
                }
            }
            "cidr" => {
                if word != "v6" {
                    several(&mut text, "pattern", "allOf", CIDR_4);
                }
                if word != "v4" {
                    several(&mut text, "pattern", "allOf", CIDR_6);
                }
            }
            "regex" => several(&mut text, "pattern", "allOf", word),
            "startsWith" => several(&mut text, "pattern", "allOf", &format!("^{}", escaped(word))),
            "endsWith" => several(&mut text, "pattern", "allOf", &format!("{}$", escaped(word))),
            "includes" => several(&mut text, "pattern", "allOf", &escaped(word)),
            "cuid" => several(&mut text, "pattern", "allOf", "^[cC][^\\s-]{8,}$"),
            "cuid2" => several(&mut text, "pattern", "allOf", "^[0-9a-z]+$"),
            "ulid" => several(&mut text, "pattern", "allOf", "^[0-9A-HJKMNP-TV-Z]{26}$"),
            "nanoid" => several(&mut text, "pattern", "allOf", "^[a-zA-Z0-9_-]{21}$"),
            "jwt" => several(
                &mut text,
                "pattern",
                "allOf",
                "^[A-Za-z0-9-_]+\\.[A-Za-z0-9-_]+\\.[A-Za-z0-9-_]*$",
            ),
            "emoji" => several(&mut text, "pattern", "allOf", EMOJI),
            "base64" => drop(text.insert("contentEncoding".to_owned(), json!("base64"))),
            "base64url" => {
                let pattern =
                    "^([0-9a-zA-Z-_]{4})*(([0-9a-zA-Z-_]{2}(==)?)|([0-9a-zA-Z-_]{3}(=)?))?$";
                several(&mut text, "pattern", "allOf", pattern);
            }
            _ => {}
        }
    }
    Json::Object(text)
}

/// The narrower of two bounds.
fn bound(
    text: &mut Map<String, Json>,
    key: &str,
    number: Option<f64>,
    narrower: fn(f64, f64) -> f64,
) {
    let Some(number) = number else { return };
    let number = text.get(key).and_then(Json::as_f64).map_or(number, |old| narrower(old, number));
    if let Some(number) = number_json(number) {
        text.insert(key.to_owned(), number);
    }
}

/// One format or pattern as itself, several as a list under another key.
fn several(text: &mut Map<String, Json>, key: &str, list: &str, value: &str) {
    let first = text.remove(key);
    if first.is_none() && text.get(list).is_none() {
        text.insert(key.to_owned(), json!(value));
        return;
    }
    let items = text.entry(list.to_owned()).or_insert_with(|| json!([]));
    if let Json::Array(items) = items {
        items.extend(first.map(|first| json!({ key: first })));
        items.push(json!({ key: value }));
    }
}

/// Every character that is not in the library's table is escaped; its table has no `W`.
fn escaped(literal: &str) -> String {
    let mut escaped = String::new();
    for c in literal.chars() {
        if !c.is_ascii_alphanumeric() || c == 'W' {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// True if a default passes the checks of its own schema: one that does not leaves the field
/// required.
pub fn passes(shape: &SchemaShape<'_>, value: &Value<'_>) -> bool {
    match (shape, value) {
        (SchemaShape::Text(checks), Value::Text(text)) => {
            let length = text.encode_utf16().count() as f64;
            checks.iter().all(|check| match (&*check.name, check.number) {
                ("min", Some(number)) => length >= number,
                ("max", Some(number)) => length <= number,
                ("length", Some(number)) => length == number,
                _ => true,
            })
        }
        (SchemaShape::Number(checks), Value::Number(number)) => {
            number.fract() == 0.0 || checks.iter().all(|check| &*check.name != "int")
        }
        (SchemaShape::Enum(values), Value::Text(text)) => values.contains(text),
        (
            SchemaShape::Text(_) | SchemaShape::Enum(_),
            Value::Number(_) | Value::Bool(_) | Value::Null,
        ) => false,
        (SchemaShape::Number(_), Value::Text(_) | Value::Bool(_) | Value::Null) => false,
        _ => true,
    }
}
