//! Tables of the fields that each kind has in its body, and their places in the compiler's manifest.

use crate::reader::compiled::CompiledPrimitive;
use serde_json::{Map, Value, json};

/// The condition under which a field of the manifest is in the body.
#[derive(Clone, Copy)]
pub enum Rule {
    IfThere,
    /// It is neither empty nor false.
    IfTrue,
    /// Always, as true or false.
    Flag,
}

use Rule::{Flag, IfThere, IfTrue};

/// Field of the body, its place in the manifest, and when it is sent.
pub type Field = (&'static str, &'static str, Rule);

pub struct BodyKind {
    /// Name in the manifest.
    pub word: &'static str,
    /// Part of the path.
    pub path: &'static str,
    pub id_field: Option<&'static str>,
    pub fields: &'static [Field],
}

const fn kind(
    word: &'static str,
    path: &'static str,
    id_field: &'static str,
    fields: &'static [Field],
) -> BodyKind {
    BodyKind { word, path, id_field: Some(id_field), fields }
}

static KINDS: [BodyKind; 10] = [
    kind("skill", "skills", "skillId", &[]),
    kind("webhook", "webhooks", "webhookId", WEBHOOK),
    kind("trigger", "triggers", "triggerId", TRIGGER),
    kind("job", "jobs", "jobId", JOB),
    kind("preprocessor", "preprocessors", "preprocessorId", PREPROCESSOR),
    kind(
        "postprocessor",
        "postprocessors",
        "postprocessorId",
        &[("priority", "priority", IfThere)],
    ),
    kind("device", "devices", "deviceId", DEVICE),
    kind("device-trigger", "device-triggers", "deviceTriggerId", DEVICE_TRIGGER),
    kind("workflow", "workflows", "workflowId", &[]),
    BodyKind { word: "voice", path: "voice-agents", id_field: None, fields: &[] },
];

const WEBHOOK: &[Field] = &[
    ("querySchema", "schemas.query", IfTrue),
    ("headerSchema", "schemas.headers", IfTrue),
    ("bodySchema", "schemas.body", IfTrue),
    ("secret", "secret", IfThere),
];
const TRIGGER: &[Field] = &[("bodySchema", "schemas.body", IfTrue), ("tool", "tool", IfTrue)];
const JOB: &[Field] = &[
    ("schedule", "schedule", IfThere),
    ("timeout", "timeout", IfThere),
    ("retry", "retry", IfThere),
    ("metadata", "metadata", IfThere),
];
const PREPROCESSOR: &[Field] = &[("async", "isAsync", Flag), ("priority", "priority", IfThere)];
const DEVICE: &[Field] = &[("group", "group", IfThere), ("artifactHash", "hash", IfThere)];
const DEVICE_TRIGGER: &[Field] = &[("payloadSchema", "schemas.payload", IfTrue)];

/// Fields of a voice. Their names are the same in the manifest.
pub const VOICE: &[Field] = &[
    ("description", "description", IfThere),
    ("llm", "llm", IfThere),
    ("stt", "stt", IfThere),
    ("tts", "tts", IfThere),
    ("vad", "vad", IfThere),
    ("vadOptions", "vadOptions", IfThere),
    ("turnDetection", "turnDetection", IfThere),
    ("greeting", "greeting", IfThere),
    ("maxToolSteps", "maxToolSteps", IfThere),
    ("userAwayTimeout", "userAwayTimeout", IfThere),
    ("preemptiveGeneration", "preemptiveGeneration", IfThere),
    ("sttLanguage", "sttLanguage", IfThere),
    ("interruption", "interruption", IfThere),
    ("hasInterruption", "hasInterruption", IfThere),
    ("hasOnEnter", "hasOnEnter", IfThere),
    ("hasOnUserTurnCompleted", "hasOnUserTurnCompleted", IfThere),
    ("hasOnExit", "hasOnExit", IfThere),
    ("hasTools", "hasTools", IfThere),
    ("krispEnabled", "krispEnabled", IfThere),
    ("persistTranscript", "persistTranscript", IfThere),
    ("onToolFailureSay", "onToolFailureSay", IfThere),
    ("volume", "volume", IfThere),
    ("pronunciations", "pronunciations", IfThere),
    ("backgroundAudio", "backgroundAudio", IfThere),
    ("excludeTools", "excludeTools", IfThere),
];

/// Fields of a workflow of either form.
pub const WORKFLOW: &[Field] = &[
    ("outputVisibility", "outputVisibility", IfTrue),
    ("budget", "budget", IfTrue),
    ("schedule", "schedule", IfTrue),
    ("scheduleInput", "scheduleInput", IfThere),
    ("backfillOnEnable", "backfillOnEnable", IfTrue),
    ("goal", "goal", IfTrue),
];

pub const GRAPH: &[Field] = &[
    ("graph", "graph", IfThere),
    ("graphHash", "graphHash", IfThere),
    ("topology", "topology", IfThere),
    ("mayInherit", "mayInherit", IfTrue),
    ("schemas", "schemas", IfTrue),
    ("stepMeta", "stepMeta", IfThere),
    ("concurrencyPolicy", "concurrencyPolicy", IfTrue),
];

pub const SCRIPT: &[Field] = &[
    ("script", "script", IfThere),
    ("scriptHash", "scriptHash", IfThere),
    ("meta", "meta", IfThere),
    ("journalProtocolVersion", "journalProtocolVersion", IfThere),
    ("roleBindings", "roleBindings", IfThere),
];

pub fn of_kind(word: &str) -> Option<&'static BodyKind> {
    KINDS.iter().find(|kind| kind.word == word)
}

/// Copies fields of the manifest into a body.
pub fn copy(body: &mut Map<String, Value>, one: &CompiledPrimitive, fields: &[Field]) {
    for (field, place, rule) in fields {
        let value = value(one, place);
        let value = match rule {
            IfThere => value,
            IfTrue => value.filter(is_truthy),
            Flag => Some(json!(value.as_ref().is_some_and(is_truthy))),
        };
        if let Some(value) = value {
            body.insert((*field).to_owned(), value);
        }
    }
}

/// A value of the manifest by its place, `schemas.body` inside an object.
fn value(one: &CompiledPrimitive, place: &str) -> Option<Value> {
    if place == "hash" {
        return Some(json!(one.hash));
    }
    match place.split_once('.') {
        Some((outer, inner)) => one.fields.get(outer)?.get(inner).cloned(),
        None => one.fields.get(place).cloned(),
    }
}

pub fn is_true(one: &CompiledPrimitive, field: &str) -> bool {
    one.fields.get(field).is_some_and(is_truthy)
}

/// True if JavaScript takes a value for true.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// True if a text, or a text in parts, has letters.
pub fn has_text(value: &Value) -> bool {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    is_text(value)
        || ["base", "voice", "text"].iter().any(|part| value.get(part).is_some_and(is_text))
}

/// Body of #2.
pub fn created(kind: &BodyKind, one: &CompiledPrimitive) -> Map<String, Value> {
    let mut body = Map::from_iter([("name".to_owned(), json!(one.name))]);
    let sentence = match kind.word {
        "workflow" => None,
        "voice" => Some(format!("A Lua voice agent named {}", one.name)),
        "device-trigger" => Some(format!("A Lua device trigger for {}", one.name)),
        word => Some(format!("A Lua {word} for {}", one.name)),
    };
    let own = one.fields.get("description");
    let own = own.filter(|own| sentence.is_none() || is_truthy(own)).cloned();
    body.extend(own.or(sentence.map(Value::from)).map(|text| ("description".to_owned(), text)));
    match kind.word {
        "skill" => {
            let context = one.fields.get("context").filter(|text| has_text(text));
            body.extend(context.map(|text| ("context".to_owned(), text.clone())));
        }
        "job" => drop(body.insert("schedule".into(), schedule(one.fields.get("schedule")))),
        "device" => copy(&mut body, one, &[("group", "group", IfThere)]),
        "workflow" => {
            let form = one.fields.get("form").cloned().filter(|form| !form.is_null());
            body.insert("form".into(), form.unwrap_or(json!("graph")));
        }
        _ => {}
    }
    body
}

/// The schedule of a new job. A `once` without a time is left to the caller, who knows the time.
fn schedule(own: Option<&Value>) -> Value {
    let daily = "0 0 * * *";
    let kind = own.and_then(|own| own.get("type")).and_then(Value::as_str);
    let (Some(own), Some(kind)) = (own, kind.filter(|kind| !kind.is_empty())) else {
        return json!({"type": "cron", "expression": daily});
    };
    let mut schedule = own.clone();
    let lacks = |field: &str| !own.get(field).is_some_and(is_truthy);
    match kind {
        "cron" if lacks("expression") => schedule["expression"] = json!(daily),
        "interval" if lacks("seconds") => schedule["seconds"] = json!(3600),
        _ => {}
    }
    schedule
}
