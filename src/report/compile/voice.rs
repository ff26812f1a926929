//! Voice in the stock manifest: its fields in their order, models as provider and name, functions
//! as flags.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Properties of a voice of which the manifest says only that they are present.
const FLAGS: [(&str, &str); 5] = [
    ("interruption", "hasInterruption"),
    ("onEnter", "hasOnEnter"),
    ("onUserTurnCompleted", "hasOnUserTurnCompleted"),
    ("onExit", "hasOnExit"),
    ("tools", "hasTools"),
];

pub struct VoiceManifest<'a>(Vec<(&'a str, VoiceField<'a>)>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum VoiceField<'a> {
    Flag(bool),
    Model(SpeechModel<'a>),
    Value(Cow<'a, Value>),
}

/// `provider/model:voice`, an object, or `new provider.Class({…})`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum SpeechModel<'a> {
    Inference {
        kind: &'static str,
        model: Cow<'a, Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        voice: Option<Cow<'a, Value>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        options: Option<ModelOptions<'a>>,
    },
    Realtime {
        kind: &'static str,
        provider: &'a str,
        options: Cow<'a, Value>,
    },
    Plugin {
        kind: &'static str,
        provider: &'a str,
        class: &'a str,
        options: Cow<'a, Value>,
    },
    /// As it is written.
    Object(Value),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum ModelOptions<'a> {
    Language { language: &'a str },
    Written(Map<String, Value>),
}

#[cfg(test)]
impl schemars::JsonSchema for VoiceManifest<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VoiceManifest".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "object", "additionalProperties": true})
    }
}

impl Serialize for VoiceManifest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, field)| (key, field)))
    }
}

impl<'a> VoiceManifest<'a> {
    pub fn new(definition: &'a Value) -> VoiceManifest<'a> {
        let mut fields = Vec::new();
        for (key, value) in definition.as_object().into_iter().flatten() {
            let as_written = || VoiceField::Value(Cow::Borrowed(value));
            match key.as_str() {
                // These come before.
                "name" | "description" | "kind" | "source" => {}
                "llm" | "stt" | "tts" => {
                    fields.push((&**key, VoiceField::Model(SpeechModel::new(key, value))));
                }
                "interruption" => {
                    fields.push(("hasInterruption", VoiceField::Flag(true)));
                    fields.push((&**key, as_written()));
                }
                "tools" => {
                    let has_tools = value.as_array().is_none_or(|tools| !tools.is_empty());
                    fields.push(("hasTools", VoiceField::Flag(has_tools)));
                }
                other => match FLAGS.iter().find(|(property, _)| *property == other) {
                    Some((_, flag)) => fields.push((*flag, VoiceField::Flag(true))),
                    None => fields.push((&**key, as_written())),
                },
            }
        }
        let missing = FLAGS.iter().filter(|(property, _)| definition.get(property).is_none());
        fields.extend(missing.map(|(_, flag)| (*flag, VoiceField::Flag(false))));
        VoiceManifest(fields)
    }
}

impl<'a> SpeechModel<'a> {
    fn new(slot: &str, value: &'a Value) -> SpeechModel<'a> {
        if let Some(text) = value.as_str() {
            return SpeechModel::of_text(slot, text);
        }
        if let Some(path) = value.get("$new").and_then(Value::as_str) {
            return SpeechModel::of_class(slot, path, value.pointer("/arguments/0"));
        }
        let mut object = value.clone();
        if let (Value::Object(fields), true) = (&mut object, value.get("model").is_some()) {
            fields.shift_insert(0, "kind".to_owned(), "inference".into());
        }
        SpeechModel::Object(object)
    }

    fn of_text(slot: &str, text: &'a str) -> SpeechModel<'a> {
        let owned = |text: &str| Cow::Owned(Value::String(text.to_owned()));
        let (name, suffix) =
            text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let (voice, options) = match (slot, suffix) {
            ("tts", Some(voice)) => (Some(owned(voice)), None),
            ("stt", Some(language)) => (None, Some(ModelOptions::Language { language })),
            _ => (None, None),
        };
        SpeechModel::Inference { kind: "inference", model: owned(name), voice, options }
    }

    /// `path` is that of the class.
    fn of_class(slot: &str, path: &'a str, options: Option<&'a Value>) -> SpeechModel<'a> {
        let empty = || Cow::Owned(Value::Object(Map::new()));
        let options = options.map_or_else(empty, Cow::Borrowed);
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
                SpeechModel::Realtime { kind: "realtime", provider, options }
            }
            (_, "inference") => SpeechModel::of_inference(slot, &options),
            _ => SpeechModel::Plugin { kind: "plugin", provider: package, class, options },
        }
    }

    fn of_inference(slot: &str, options: &Value) -> SpeechModel<'a> {
        let voice = options.get("voice").filter(|_| slot == "tts");
        let rest = options.as_object().into_iter().flatten();
        let rest = rest.filter(|(key, _)| !["model", "voice"].contains(&key.as_str()));
        let rest: Map<_, _> = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
        SpeechModel::Inference {
            kind: "inference",
            model: Cow::Owned(options["model"].clone()),
            voice: voice.cloned().map(Cow::Owned),
            options: (!rest.is_empty()).then_some(ModelOptions::Written(rest)),
        }
    }
}
