//! One difference inside a definition, in a form that can be told: prose by sentence, schemas by
//! parameter, values as old and new. Secrets and the hashes of functions never come out of here.

use super::schema::{self, Parameter};
use crate::diff::{ProseEdit, sentence_edits};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Detail {
    /// Prose, by sentence. No edits means that only white space differs.
    Text { field: String, edits: Vec<ProseEdit> },
    /// One parameter of a schema, in words.
    Parameter { field: String, parameter: String, says: String },
    /// A value, as it may be shown.
    Value { field: String, from: Option<Value>, to: Option<Value> },
    /// A function with another body.
    Code { field: String },
    /// A value that nobody is to see.
    Secret { field: String },
}

/// Every difference between two values of one field; `None` is a field that is not there.
pub fn compare(field: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<Detail> {
    let mut details = Vec::new();
    add(field, old, new, &mut details);
    details
}

fn add(field: &str, old: Option<&Value>, new: Option<&Value>, details: &mut Vec<Detail>) {
    if old == new {
        return;
    }
    let own = || field.to_owned();
    if is_schema(field) && !marked(old) && !marked(new) {
        let nothing = json!({});
        let parameters = schema::compare(old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        if parameters.is_empty() {
            // An empty schema where there was none, or the reverse.
            details.push(Detail::Value { field: own(), from: old.map(shown), to: new.map(shown) });
        }
        details.extend(parameters.into_iter().map(|parameter| schema_detail(field, parameter)));
    } else if let Some(names) = members(old, new) {
        for name in names {
            let path = format!("{field}.{name}");
            add(
                &path,
                old.and_then(|old| old.get(&name)),
                new.and_then(|new| new.get(&name)),
                details,
            );
        }
    } else if is_secret(field) || has(old, "$secret") || has(new, "$secret") {
        details.push(Detail::Secret { field: own() });
    } else if has(old, "$function") && has(new, "$function") {
        details.push(Detail::Code { field: own() });
    } else if let (Some(Value::String(old)), Some(Value::String(new))) = (old, new)
        && (is_prose(field)
            || old.len().max(new.len()) > LONG && old.contains(' ') && new.contains(' '))
    {
        details.push(Detail::Text { field: own(), edits: sentence_edits(old, new) });
    } else {
        details.push(Detail::Value { field: own(), from: old.map(shown), to: new.map(shown) });
    }
}

/// Strings longer than this are compared by sentence.
const LONG: usize = 60;

fn schema_detail(field: &str, parameter: Parameter) -> Detail {
    match parameter {
        Parameter::Says { name, says } => {
            Detail::Parameter { field: field.to_owned(), parameter: name, says }
        }
        Parameter::Described { name, from, to } => {
            let field = if name.is_empty() {
                format!("{field} description")
            } else {
                format!("`{name}` description")
            };
            match (from, to) {
                (Some(from), Some(to)) => Detail::Text { field, edits: sentence_edits(&from, &to) },
                (from, to) => {
                    let own = |text: Option<String>| text.map(Value::String);
                    Detail::Value { field, from: own(from), to: own(to) }
                }
            }
        }
    }
}

/// The names to compare one by one, where both sides are plain objects, or one is and the other is
/// not there.
fn members(old: Option<&Value>, new: Option<&Value>) -> Option<BTreeSet<String>> {
    let plain = |value: Option<&Value>| match value {
        None => Some(Map::new()),
        Some(Value::Object(map)) if !is_mark(map) => Some(map.clone()),
        _ => None,
    };
    let (old, new) = (plain(old)?, plain(new)?);
    let names: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
    (!names.is_empty()).then_some(names)
}

/// `{"$function": …}`, `{"$secret": …}` or `{"$source": …}`.
fn is_mark(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.keys().all(|key| matches!(&**key, "$function" | "$secret" | "$source"))
}

fn marked(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.as_object().is_none_or(is_mark))
}

fn has(value: Option<&Value>, mark: &str) -> bool {
    value.and_then(Value::as_object).is_some_and(|map| is_mark(map) && map.contains_key(mark))
}

fn is_prose(field: &str) -> bool {
    matches!(field, "description" | "context" | "persona") || field.starts_with("persona.")
}

fn is_schema(field: &str) -> bool {
    field.ends_with("Schema") || field == "schema"
}

/// True if a field holds a secret, by its name. Names of headers are shown, never their values.
fn is_secret(field: &str) -> bool {
    const WORDS: [&str; 9] = [
        "secret",
        "token",
        "password",
        "apikey",
        "api_key",
        "authorization",
        "credential",
        "cookie",
        "privatekey",
    ];
    let field = field.to_lowercase();
    let below = |name: &str| field.split('.').any(|part| part == name);
    // The text of a persona is always shown, whatever its parts are called.
    if field.starts_with("persona") {
        return false;
    }
    below("headers") || below("env") || WORDS.iter().any(|word| field.contains(word))
}

/// Value that is safe to show: `code` for functions, `(secret)` for secrets, source text for
/// unevaluated values, addresses without the password and the query in them.
pub fn shown(value: &Value) -> Value {
    match value {
        Value::Object(map) if has(Some(value), "$function") && is_mark(map) => json!("code"),
        Value::Object(_) if has(Some(value), "$secret") => json!("(secret)"),
        Value::Object(_) if has(Some(value), "$source") => value["$source"].clone(),
        Value::Object(map) => {
            let one = |(name, value): (&String, &Value)| {
                let value = if is_secret(name) && !value.is_object() {
                    json!("(secret)")
                } else {
                    shown(value)
                };
                (name.clone(), value)
            };
            Value::Object(map.iter().map(one).collect())
        }
        Value::Array(list) => list.iter().map(shown).collect(),
        Value::String(text) if text.contains("://") => json!(address(text)),
        other => other.clone(),
    }
}

fn address(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.split_once('?').map_or(path.to_owned(), |(path, _)| format!("{path}?…"));
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(field: &str, from: Value, to: Value) -> Detail {
        let own = |value: Value| Some(value).filter(|value| !value.is_null());
        Detail::Value { field: field.into(), from: own(from), to: own(to) }
    }

    #[test]
    fn values_are_told_member_by_member() {
        let old = json!({"type": "cron", "expression": "0 3 * * *"});
        let new = json!({"type": "cron", "expression": "0 4 * * *", "timezone": "UTC"});
        let told = compare("schedule", Some(&old), Some(&new));
        let expected = [
            value("schedule.expression", json!("0 3 * * *"), json!("0 4 * * *")),
            value("schedule.timezone", json!(null), json!("UTC")),
        ];
        assert_eq!(told, expected);
        let told = compare("retry", None, Some(&json!({"maxAttempts": 3})));
        assert_eq!(told, [value("retry.maxAttempts", json!(null), json!(3))]);
    }

    #[test]
    fn secrets_and_hashes_stay_inside() {
        let old = json!({"headers": {"Authorization": "Bearer one"}, "apiKey": "one", "x": {"$secret": true},
            "run": {"$function": "aa"}, "list": [{"$function": "aa"}, {"token": "one"}],
            "url": "https://ana:one@a.example/mcp?key=one"});
        let text =
            old.to_string().replace("one", "two").replace("aa", "bb").replace("true", "\"two\"");
        let new: Value = serde_json::from_str(&text).unwrap();
        let told = serde_json::to_string(&compare("config", Some(&old), Some(&new))).unwrap();
        for hidden in ["one", "two", "aa", "bb"] {
            assert!(!told.contains(hidden), "{hidden}: {told}");
        }
        for named in
            ["config.headers.Authorization", "config.apiKey", "config.run", "a.example/mcp?…"]
        {
            assert!(told.contains(named), "{named}: {told}");
        }
    }

    #[test]
    fn what_was_not_evaluated_is_its_source() {
        let told = compare("timeout", Some(&json!(30)), Some(&json!({"$source": "limit()"})));
        assert_eq!(told, [value("timeout", json!(30), json!("limit()"))]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(1)),
            Just(json!("a b. c d.")),
            Just(json!(null)),
            Just(json!({"$function": "aa"})),
            Just(json!({"$secret": true}))
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let names = prop_oneof![
                Just("description"),
                Just("inputSchema"),
                Just("headers"),
                Just("x"),
                Just("type")
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                proptest::collection::btree_map(names, inner, 0..3).prop_map(|map| map
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_differs_is_told_and_what_is_equal_is_not(old in any_value(), new in any_value()) {
            for field in ["config", "inputSchema", "description"] {
                prop_assert_eq!(compare(field, Some(&old), Some(&new)).is_empty(), old == new);
            }
        }
    }
}
