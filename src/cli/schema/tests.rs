//! AnswerSchemas of the answers, generated from their types and compared with `docs/schema`.

use super::AnswerSchemas;
use crate::cli::answer::JsonAnswer;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Compares the schema of an answer with its file. With `UPDATE_SCHEMA` it is written instead.
pub fn check<A: JsonAnswer + JsonSchema>() {
    let generated = format!("{}\n", serde_json::to_string_pretty(&schema::<A>()).unwrap());
    let path = folder().join(A::KIND).with_extension("json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, generated).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        generated == written,
        "{} is not the schema of its type: run `UPDATE_SCHEMA=1 cargo test --lib answer_schemas`",
        path.display()
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

fn schema<A: JsonAnswer + JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<A>().to_value();
    let definitions = match schema.as_object_mut().unwrap().remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    add_envelope(schema.as_object_mut().unwrap(), A::KIND);
    close(&mut schema, &definitions);
    let mut needed = Map::new();
    add_needed(&schema, &definitions, &mut needed);
    if !needed.is_empty() {
        needed.sort_keys();
        schema["$defs"] = needed.into();
    }
    schema
}

/// Adds the fields that all answers have.
fn add_envelope(schema: &mut Map<String, Value>, kind: &str) {
    schema.insert("title".to_owned(), kind.into());
    // It is that of the last type whose fields are among those of the answer.
    schema.remove("description");
    let next = json!({
        "description": "Argument vectors of the commands to run next.",
        "type": "array",
        "items": {"type": "array", "items": {"type": "string"}},
    });
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let properties = properties.as_object_mut().unwrap();
    for (name, field) in
        [("next", next), ("kind", json!({"const": kind})), ("schemaVersion", json!({"const": 1}))]
    {
        let own = properties.shift_insert(0, name.to_owned(), field);
        assert!(own.is_none(), "{kind} has its own {name}");
    }
    let required = schema.entry("required").or_insert_with(|| json!([]));
    required.as_array_mut().unwrap().extend(["schemaVersion", "kind", "next"].map(Value::from));
}

const COMPOSITIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Forbids fields that a type does not have.
fn close(schema: &mut Value, definitions: &Map<String, Value>) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(|one| close(one, definitions)),
        Value::Object(fields) => {
            let is_object = fields.contains_key("properties");
            let is_composed = COMPOSITIONS.iter().any(|name| fields.contains_key(*name));
            for (name, below) in fields.iter_mut() {
                match (&**name, &mut *below) {
                    ("properties", Value::Object(properties)) => {
                        properties.values_mut().for_each(|one| close(one, definitions));
                    }
                    // The parts of one object are closed together, so each is written out and stays open.
                    (name, part) if is_object && COMPOSITIONS.contains(&name) => {
                        open(part, definitions);
                    }
                    ("const" | "enum" | "required", _) => {}
                    (_, below) => close(below, definitions),
                }
            }
            if is_object && is_composed {
                fields.insert("unevaluatedProperties".to_owned(), false.into());
            } else if is_object && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
        }
        _ => {}
    }
}

/// Writes out the parts of an object, and closes what is in their fields.
fn open(parts: &mut Value, definitions: &Map<String, Value>) {
    let Value::Array(parts) = parts else { panic!("a composition is a list") };
    for part in parts {
        if let Some(name) = part.get("$ref").and_then(Value::as_str) {
            *part = definitions[name.trim_start_matches("#/$defs/")].clone();
        }
        let Value::Object(fields) = part else { continue };
        for (name, below) in fields.iter_mut() {
            match (&**name, &mut *below) {
                ("properties", Value::Object(properties)) => {
                    properties.values_mut().for_each(|one| close(one, definitions));
                }
                (name, below) if COMPOSITIONS.contains(&name) => open(below, definitions),
                _ => {}
            }
        }
    }
}

/// Adds the definitions that a schema refers to, closed, and those that they refer to.
fn add_needed(schema: &Value, definitions: &Map<String, Value>, needed: &mut Map<String, Value>) {
    match schema {
        Value::Array(all) => all.iter().for_each(|one| add_needed(one, definitions, needed)),
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.map(|name| name.trim_start_matches("#/$defs/"))
                && !needed.contains_key(name)
            {
                let mut definition = definitions[name].clone();
                close(&mut definition, definitions);
                needed.insert(name.to_owned(), definition.clone());
                add_needed(&definition, definitions, needed);
            }
            fields.values().for_each(|one| add_needed(one, definitions, needed));
        }
        _ => {}
    }
}

#[test]
fn the_program_contains_the_folder() {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let files: BTreeMap<String, String> = files
        .map(|file| {
            let kind = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (kind, std::fs::read_to_string(file).unwrap())
        })
        .collect();
    let schemas = AnswerSchemas::load().unwrap();
    let contained: Vec<_> =
        schemas.iter().map(|(kind, schema)| (kind.to_owned(), schema.to_owned())).collect();
    assert_eq!(contained, files.into_iter().collect::<Vec<_>>(), "sorted, each once");
}
