//! The agent among its primitives: its description is its persona, as the stock command has it.

use super::manifest::{ManifestFields, NameRef, object_with};
use super::{CodeView, PersonaValue, PrimitiveView, is_function};
use crate::model::agent::Agent;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Keys that the stock manifest takes of an agent's settings.
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

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgentManifest<'a> {
    persona: PersonaValue<'a>,
    /// In the order in which the project sets them.
    #[serde(flatten)]
    settings: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    voice_refs: Vec<NameRef<'a>>,
}

impl<'a> PrimitiveView<'a> {
    pub(super) fn of_agent(agent: &'a Agent) -> PrimitiveView<'a> {
        let voices = agent.primitives.iter().filter(|primitive| primitive.kind.word == "voice");
        PrimitiveView {
            kind: "agent",
            name: &agent.name,
            description: description(agent),
            source: CodeView { path: Some(&agent.entry), line: None },
            manifest: ManifestFields::Agent(AgentManifest {
                persona: PersonaValue::of(agent),
                settings: settings(agent),
                voice_refs: voices.map(|voice| NameRef::new(&voice.name)).collect(),
            }),
            schemas: None,
        }
    }
}

fn description(agent: &Agent) -> Cow<'_, str> {
    let described = match PersonaValue::of(agent) {
        PersonaValue::Text(text) => Cow::Borrowed(text),
        PersonaValue::Object(Value::String(text)) => Cow::Borrowed(&**text),
        PersonaValue::Object(parts) => {
            let texts = ["base", "voice", "text"].iter().filter_map(|key| parts.get(key)?.as_str());
            Cow::Owned(texts.collect::<Vec<_>>().join("\n\n"))
        }
    };
    if !described.is_empty() {
        return described;
    }
    let own = agent.settings.get("description").and_then(Value::as_str);
    Cow::Borrowed(own.unwrap_or_default())
}

fn settings(agent: &Agent) -> Map<String, Value> {
    let one = |(key, value): (&String, &Value)| {
        let some = |keys| {
            let kept = object_with(value, keys);
            kept.as_object().is_none_or(|fields| !fields.is_empty()).then_some(kept)
        };
        let (key, value) = match key.as_str() {
            "description" => ("routingDescription", value.clone()),
            "model" if is_function(value) => ("hasModelResolver", Value::Bool(true)),
            "modelSettings" => ("modelSettings", some(&MODEL_SETTINGS)?),
            "batching" => ("batching", some(&BATCHING)?),
            "browser" if *value == Value::Bool(false) => return None,
            "model" | "governance" | "browser" => (key.as_str(), value.clone()),
            // Other settings are in `agent`: the stock manifest has no field for them.
            _ => return None,
        };
        Some((key.to_owned(), value))
    };
    agent.settings.iter().filter_map(one).collect()
}
