//! Values of the environment that the compiler wrote into its output: the same files would be compiled to something else on
//! another machine.

use super::SentFiles;
use crate::error::Result;
use crate::reader::compiled::{CompileOutput, CompiledPrimitive};
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;

/// Shortest text that is looked for inside others. A shorter one is found only where it is the whole value.
const SHORTEST: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BakedValue {
    pub variable: String,
    pub kind: String,
    pub name: String,
    /// Field of the manifest, as `schedule.expression`.
    pub field: String,
}

/// Variables that a file names and whose value is in a primitive. The values are not kept: one may be a secret.
pub fn find(
    root: &Path,
    output: &CompileOutput,
    files: &SentFiles,
    environment: &[(OsString, OsString)],
) -> Result<Vec<BakedValue>> {
    let manifest = output.manifest(root)?;
    let mut found = Vec::new();
    for (variable, value) in environment {
        let (Some(variable), Some(value)) = (variable.to_str(), value.to_str()) else { continue };
        if value.is_empty() || !files.values().any(|bytes| names(bytes, variable)) {
            continue;
        }
        for one in &manifest.primitives {
            found.extend(field_with(one, value).map(|field| BakedValue {
                variable: variable.to_owned(),
                kind: one.kind.clone(),
                name: one.name.clone(),
                field,
            }));
        }
    }
    Ok(found)
}

/// True if a text contains a word.
fn names(text: &[u8], word: &str) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut places =
        text.windows(word.len()).enumerate().filter(|(_, part)| *part == word.as_bytes());
    places.any(|(at, _)| {
        !is_part(at.checked_sub(1).and_then(|at| text.get(at)))
            && !is_part(text.get(at + word.len()))
    })
}

/// The first field of a primitive with a value.
fn field_with(one: &CompiledPrimitive, wanted: &str) -> Option<String> {
    if contains(&one.name, wanted) {
        return Some("name".to_owned());
    }
    one.fields.iter().find_map(|(field, value)| place(value, wanted, field.clone()))
}

fn place(value: &Value, wanted: &str, field: String) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => {
            let text = value.to_string();
            (text == wanted).then_some(field)
        }
        Value::String(text) => contains(text, wanted).then_some(field),
        Value::Array(all) => {
            all.iter().enumerate().find_map(|(at, one)| place(one, wanted, format!("{field}.{at}")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, one)| place(one, wanted, format!("{field}.{name}")))
        }
    }
}

fn contains(text: &str, wanted: &str) -> bool {
    text == wanted || wanted.len() >= SHORTEST && text.contains(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_word_of_its_own() {
        assert!(names(b"at process.env.TINS_AT ?? 1", "TINS_AT"));
        assert!(names(b"TINS_AT", "TINS_AT") && names(b"'TINS_AT'", "TINS_AT"));
        assert!(!names(b"MY_TINS_AT", "TINS_AT") && !names(b"TINS_AT2", "TINS_AT"));
        assert!(names(b"MY_TINS_AT or TINS_AT", "TINS_AT") && !names(b"x", "TINS_AT"));
    }

    #[test]
    fn a_short_value_is_found_only_alone() {
        let schedule =
            serde_json::json!({"type": "interval", "seconds": 15, "zones": ["Europe/Berlin"]});
        let found = |wanted: &str| place(&schedule, wanted, "schedule".into());
        assert_eq!(found("15").as_deref(), Some("schedule.seconds"));
        assert_eq!(found("Berlin").as_deref(), Some("schedule.zones.0"));
        assert_eq!(found("int"), None);
        assert_eq!(found("interval").as_deref(), Some("schedule.type"));
    }
}
