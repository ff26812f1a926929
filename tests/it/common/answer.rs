//! Answers of `--json`: every one that a test sees is checked against the schema of its kind.

use boon::{Compiler, Schemas};
use serde_json::Value;
use std::path::Path;

/// Checks what a command printed, if that is an answer. Gives its kind.
pub fn check(line: &str, stdout: &[u8]) -> Option<String> {
    let is_json = line.split(' ').take_while(|word| *word != "--").any(|word| word == "--json");
    // The completions of a shell are a script of that shell, whatever is asked for.
    if !is_json || stdout.is_empty() || line.starts_with("completions ") {
        return None;
    }
    let kind = examine(stdout);
    let wrong = |what| panic!("{line}: {what}\n{}", String::from_utf8_lossy(stdout));
    Some(kind.unwrap_or_else(wrong))
}

/// The kind of an answer, or what is wrong with it.
fn examine(stdout: &[u8]) -> Result<String, String> {
    let answer: Value = serde_json::from_slice(stdout).map_err(|error| error.to_string())?;
    let kind = answer["kind"].as_str().ok_or("the answer has no kind")?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{kind}.json"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    let schema = compiler.compile(&path.to_string_lossy(), &mut schemas);
    let schema = schema.map_err(|error| format!("{error:#}"))?;
    schemas.validate(&answer, schema).map_err(|error| format!("{error:#}"))?;
    check_times(&answer)?;
    check_next(&answer)?;
    Ok(kind.to_owned())
}

const TIMES: [&str; 3] = ["at", "since", "asOf"];

/// Times are RFC 3339 in UTC, but for those that only a foreign program writes.
fn check_times(value: &Value) -> Result<(), String> {
    match value {
        Value::Array(all) => all.iter().try_for_each(check_times),
        Value::Object(fields) => fields.iter().try_for_each(|(name, below)| {
            let is_time = TIMES.contains(&&**name) || name.ends_with("At");
            match below.as_str() {
                Some(time) if is_time && !is_rfc3339(time) && !time.ends_with(" ms") => {
                    Err(format!("{name} is no time in RFC 3339"))
                }
                // Types in place of the values of a foreign answer.
                _ if name == "shape" => Ok(()),
                _ if is_time && below.is_number() => Err(format!("{name} is a number")),
                _ => check_times(below),
            }
        }),
        _ => Ok(()),
    }
}

fn is_rfc3339(time: &str) -> bool {
    time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok()
}

/// Commands to run next begin with the program, and none has a value to fill in.
fn check_next(answer: &Value) -> Result<(), String> {
    let commands = answer["next"].as_array().into_iter().flatten();
    let is_wrong = |command: &&Value| command[0] != "lua-store" || command[1].is_null();
    match commands.clone().find(is_wrong) {
        Some(command) => Err(format!("{command} is no command of the program")),
        None => Ok(()),
    }
}

#[test]
fn an_answer_of_another_shape_is_found() {
    let told = |answer: &str| examine(answer.as_bytes()).is_ok();
    let good = r#"{"schemaVersion": 1, "kind": "compaction", "compacted": null, "next": []}"#;
    assert!(told(good));
    assert!(!told(&good.replace("null", "null, \"more\": 1")), "a field too many");
    assert!(!told(&good.replace("\"compacted\": null, ", "")), "a field that is missing");
    assert!(!told(&good.replace("null", "1")), "another type");
    assert!(!told(&good.replace("compaction", "nothing")), "an unknown kind");
    assert!(!told(&good.replace("[]", "[[\"git\", \"init\"]]")), "another program");
    let listed = r#"{"schemaVersion": 1, "kind": "operationList", "operations": [], "total": 0, "truncated": false, "next": []}"#;
    assert!(told(listed));
    assert!(check_times(&serde_json::json!({"a": [{"createdAt": "2026-11-21"}]})).is_err());
    assert!(check_times(&serde_json::json!({"at": 1})).is_err());
}
