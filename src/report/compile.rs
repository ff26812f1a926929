//! `compile --json`: an agent in the words of the stock manifest, for people and for comparison.
//!
//! The agent and the tools are primitives of their own there; a skill names its tools.

use crate::model::agent::{Agent, Persona, Primitive};
use crate::model::kind::{Kind, TOOL};
use crate::operations::stock;
use serde_json::{Map, Value, json};

/// `{agent, primitives, notes, dropped, deployable}`.
pub fn compile_json(agent: &Agent) -> Value {
    let mut primitives = Vec::new();
    if !agent.entry.is_empty() {
        primitives.push(agent_primitive(agent));
    }
    let mut tools = Tools::default();
    for primitive in &agent.primitives {
        primitives.push(entry(primitive));
        primitives.extend(tools.of(primitive));
    }
    let notes = agent.notes.iter().map(|note| {
        json!({ "path": note.path, "line": note.line, "column": note.column, "message": note.message })
    });
    let notes: Vec<Value> = notes.collect();
    let deployable = stock::is_deployable(&agent.dropped);
    json!({
        "agent": agent_json(agent), "primitives": primitives, "notes": notes,
        "dropped": agent.dropped, "deployable": deployable,
    })
}

fn persona(agent: &Agent) -> Value {
    match &agent.persona {
        None => json!(""),
        Some(Persona::Text(text)) => json!(text),
        Some(Persona::Object(value)) => value.clone(),
    }
}

fn agent_json(agent: &Agent) -> Value {
    let mut json = Map::new();
    json.insert("name".to_owned(), json!(agent.name));
    json.insert("persona".to_owned(), persona(agent));
    json.insert("entry".to_owned(), json!(agent.entry));
    json.extend(agent.settings.clone());
    Value::Object(json)
}

/// The agent among its primitives: its description is its persona, as the stock command has it.
fn agent_primitive(agent: &Agent) -> Value {
    let persona = persona(agent);
    let told = ["base", "voice", "text"].iter().filter_map(|key| persona.get(key)?.as_str());
    let described = match &persona {
        Value::String(text) => text.clone(),
        _ => told.collect::<Vec<_>>().join("\n\n"),
    };
    let own = agent.settings.get("description").and_then(Value::as_str).unwrap_or_default();
    let mut json = Map::new();
    json.insert("kind".to_owned(), json!("agent"));
    json.insert("name".to_owned(), json!(agent.name));
    json.insert(
        "description".to_owned(),
        json!(if described.is_empty() { own } else { &described }),
    );
    json.insert("source".to_owned(), json!({ "path": agent.entry }));
    json.insert("persona".to_owned(), persona.clone());
    for (key, value) in &agent.settings {
        match key.as_str() {
            "description" => drop(json.insert("routingDescription".to_owned(), value.clone())),
            "model" if is_function(value) => {
                drop(json.insert("hasModelResolver".to_owned(), json!(true)))
            }
            "modelSettings" => put_some(&mut json, key, value, &MODEL_SETTINGS),
            "batching" => put_some(&mut json, key, value, &BATCHING),
            "browser" if value == &json!(false) => {}
            "model" | "governance" | "browser" => drop(json.insert(key.clone(), value.clone())),
            // What else is set stands in `agent`: the stock manifest has no place for it.
            _ => {}
        }
    }
    let voices = agent.primitives.iter().filter(|primitive| primitive.kind.word == "voice");
    let voices: Vec<Value> = voices.map(|voice| json!({ "name": voice.name })).collect();
    if !voices.is_empty() {
        json.insert("voiceRefs".to_owned(), json!(voices));
    }
    Value::Object(json)
}

/// What the stock manifest takes of an agent's settings and of a schedule.
const MODEL_SETTINGS: [&str; 9] = [
    "temperature",
    "topP",
    "topK",
    "maxOutputTokens",
    "presencePenalty",
    "frequencyPenalty",
    "stopSequences",
    "seed",
    "reasoning",
];
const BATCHING: [&str; 4] =
    ["firstMessageDelayMs", "debounceWindowMs", "maxBatchMessages", "serializeProcessing"];
const SCHEDULE: [&str; 5] = ["type", "expression", "seconds", "executeAt", "timezone"];
const RETRY: [&str; 2] = ["maxAttempts", "backoffSeconds"];
const CHANNELS: [&str; 3] = ["base", "voice", "text"];

/// These keys of an object; any other value as it is.
fn some(value: &Value, keys: &[&str]) -> Value {
    match value {
        Value::Object(fields) if !fields.contains_key("$source") => {
            let kept = fields.iter().filter(|(key, _)| keys.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}

fn put_some(json: &mut Map<String, Value>, key: &str, value: &Value, keys: &[&str]) {
    let kept = some(value, keys);
    if kept.as_object().is_none_or(|fields| !fields.is_empty()) {
        json.insert(key.to_owned(), kept);
    }
}

fn is_function(value: &Value) -> bool {
    value.get("$function").is_some()
}

fn entry(primitive: &Primitive) -> Value {
    let source = json!({ "path": primitive.source.path, "line": primitive.source.line });
    let mut json = common(primitive.kind, &primitive.name, &primitive.description, source);
    specific(primitive.kind, &primitive.definition, &mut json);
    Value::Object(json)
}

fn common(kind: &Kind, name: &str, description: &str, source: Value) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("kind".to_owned(), json!(kind.word));
    json.insert("name".to_owned(), json!(name));
    json.insert("description".to_owned(), json!(description));
    json.insert("source".to_owned(), source);
    json
}

const WORKFLOW: [&str; 6] =
    ["schedule", "scheduleInput", "budget", "concurrencyPolicy", "goal", "outputVisibility"];

/// What the stock manifest has of each kind besides.
fn specific(kind: &Kind, definition: &Value, json: &mut Map<String, Value>) {
    let field = |key: &str| definition.get(key).cloned();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(key.to_owned(), value);
        }
    };
    let has = |key: &str| Some(json!(definition.get(key).is_some()));
    match kind.word {
        "skill" => {
            put("context", definition.get("context").map(|context| some(context, &CHANNELS)));
            put(
                "tools",
                Some(Value::Array(
                    tools(definition).iter().map(|tool| tool["name"].clone()).collect(),
                )),
            );
            put("hasCondition", has("condition"));
        }
        "tool" => put("hasCondition", has("condition")),
        "job" => {
            put("schedule", definition.get("schedule").map(|schedule| some(schedule, &SCHEDULE)));
            put("timeout", field("timeout"));
            put("retry", definition.get("retry").map(|retry| some(retry, &RETRY)));
        }
        "trigger" => {
            put("tool", definition.pointer("/tool/name").map(|name| json!({ "name": name })))
        }
        "preprocessor" => {
            put("isAsync", Some(json!(definition.get("async") == Some(&json!(true)))));
            put("priority", field("priority"));
        }
        "postprocessor" => put("priority", field("priority")),
        "mcp-server" => mcp_server(definition, &mut put),
        "device" => put("group", field("group")),
        "voice" => voice(definition, &mut put),
        "workflow" => {
            put("form", Some(field("form").unwrap_or(json!("graph"))));
            let from = definition.get("meta").unwrap_or(definition);
            WORKFLOW.iter().for_each(|key| put(key, from.get(key).cloned()));
            let names: Vec<Value> =
                tools(definition).iter().map(|tool| tool["name"].clone()).collect();
            put("toolRefs", Some(json!(names)));
        }
        _ => {}
    }
    let schemas: Map<String, Value> = kind
        .schemas
        .iter()
        .filter_map(|(property, key)| Some(((*key).to_owned(), definition.get(property)?.clone())))
        .collect();
    if !schemas.is_empty() {
        json.insert("schemas".to_owned(), Value::Object(schemas));
    }
}

fn tools(definition: &Value) -> &[Value] {
    definition.get("tools").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn mcp_server(definition: &Value, put: &mut impl FnMut(&str, Option<Value>)) {
    let url = definition.get("url");
    let mut config = Map::new();
    config.insert(
        "transport".to_owned(),
        definition.get("transport").cloned().unwrap_or(json!("streamable-http")),
    );
    if let Some(url) = url.filter(|url| url.is_string()) {
        config.insert("url".to_owned(), url.clone());
    }
    put("config", Some(Value::Object(config)));
    put("hasUrlResolver", url.is_some_and(is_function).then(|| json!(true)));
    put(
        "hasHeadersResolver",
        definition.get("headers").is_some_and(is_function).then(|| json!(true)),
    );
}

fn voice(definition: &Value, put: &mut impl FnMut(&str, Option<Value>)) {
    for (key, value) in definition.as_object().into_iter().flatten() {
        match key.as_str() {
            "name" | "description" => {}
            "llm" | "stt" | "tts" => put(key, Some(model(key, value))),
            "interruption" => {
                put("hasInterruption", Some(json!(true)));
                put(key, Some(value.clone()));
            }
            "onEnter" => put("hasOnEnter", Some(json!(true))),
            "onUserTurnCompleted" => put("hasOnUserTurnCompleted", Some(json!(true))),
            "onExit" => put("hasOnExit", Some(json!(true))),
            "tools" => {
                put("hasTools", Some(json!(value.as_array().is_none_or(|tools| !tools.is_empty()))))
            }
            _ => put(key, Some(value.clone())),
        }
    }
    for flag in ["hasInterruption", "hasOnEnter", "hasOnUserTurnCompleted", "hasOnExit", "hasTools"]
    {
        let property = flag.trim_start_matches("has");
        let property = property[..1].to_lowercase() + &property[1..];
        if definition.get(&property).is_none() {
            put(flag, Some(json!(false)));
        }
    }
}

/// A speech model: `provider/model:voice`, an object, or `new provider.Class({…})`.
fn model(slot: &str, value: &Value) -> Value {
    if let Some(text) = value.as_str() {
        let (name, suffix) =
            text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let mut json = json!({ "kind": "inference", "model": name });
        match (slot, suffix) {
            ("tts", Some(voice)) => json["voice"] = json!(voice),
            ("stt", Some(language)) => json["options"] = json!({ "language": language }),
            _ => {}
        }
        return json;
    }
    let Some(path) = value.get("$new").and_then(Value::as_str) else {
        let mut json = value.clone();
        if let (Value::Object(fields), true) = (&mut json, value.get("model").is_some()) {
            fields.shift_insert(0, "kind".to_owned(), json!("inference"));
        }
        return json;
    };
    let options = value.pointer("/arguments/0").cloned().unwrap_or(json!({}));
    let parts: Vec<&str> = path.split('.').collect();
    let class = parts.last().copied().unwrap_or_default();
    let before = parts.iter().rev().nth(1).copied().unwrap_or_default();
    let package = before.strip_prefix("@livekit/agents-plugin-").unwrap_or(before);
    match (class, package) {
        ("RealtimeModel", _) => {
            let known = |part: &&&str| {
                !["realtime", "beta", "RealtimeModel", "lua-cli", "voice"].contains(*part)
            };
            let provider = parts.iter().find(known).copied().unwrap_or_default();
            json!({ "kind": "realtime", "provider": provider, "options": options })
        }
        (_, "inference") => {
            let mut json = json!({ "kind": "inference", "model": options["model"] });
            if let ("tts", Some(voice)) = (slot, options.get("voice")) {
                json["voice"] = voice.clone();
            }
            let rest = options
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), value.clone()));
            let rest: Map<_, _> =
                rest.filter(|(key, _)| !["model", "voice"].contains(&key.as_str())).collect();
            if !rest.is_empty() {
                json["options"] = Value::Object(rest);
            }
            json
        }
        _ => json!({ "kind": "plugin", "provider": package, "class": class, "options": options }),
    }
}

/// The tools that were written already: one that two skills share is one primitive.
#[derive(Default)]
struct Tools(Vec<(Value, Value)>);

impl Tools {
    fn of(&mut self, primitive: &Primitive) -> Vec<Value> {
        let mut new = Vec::new();
        for tool in tools(&primitive.definition) {
            let key = (tool["name"].clone(), tool["path"].clone());
            if self.0.contains(&key) || !["skill", "workflow"].contains(&primitive.kind.word) {
                continue;
            }
            self.0.push(key);
            let text = |key: &str| tool.get(key).and_then(Value::as_str).unwrap_or_default();
            let mut json =
                common(&TOOL, text("name"), text("description"), json!({ "path": tool["path"] }));
            specific(&TOOL, tool, &mut json);
            new.push(Value::Object(json));
        }
        new
    }
}
