//! Fields of the stock manifest for each kind of primitive, beside its name and source.

use super::agent::AgentManifest;
use super::voice::VoiceManifest;
use super::{is_function, tools};
use crate::model::kind::Kind;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// Keys that the stock manifest takes of a schedule, a retry and a skill's context.
const SCHEDULE: [&str; 5] = ["type", "expression", "seconds", "executeAt", "timezone"];
const RETRY: [&str; 2] = ["maxAttempts", "backoffSeconds"];
const CHANNELS: [&str; 3] = ["base", "voice", "text"];

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum ManifestFields<'a> {
    Agent(AgentManifest<'a>),
    Skill {
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<Value>,
        tools: Vec<&'a Value>,
        has_condition: bool,
    },
    Tool {
        has_condition: bool,
    },
    Job {
        #[serde(skip_serializing_if = "Option::is_none")]
        schedule: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        timeout: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry: Option<Value>,
    },
    Trigger {
        #[serde(skip_serializing_if = "Option::is_none")]
        tool: Option<ToolRef<'a>>,
    },
    Preprocessor {
        is_async: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<&'a Value>,
    },
    Postprocessor {
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<&'a Value>,
    },
    McpServer {
        config: McpConfig<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        has_url_resolver: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        has_headers_resolver: Option<bool>,
    },
    Device {
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<&'a Value>,
    },
    Voice(VoiceManifest<'a>),
    Workflow(Box<WorkflowManifest<'a>>),
    Other {},
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NameRef<'a> {
    name: &'a str,
}

/// The tool of a trigger.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToolRef<'a> {
    name: &'a Value,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct McpConfig<'a> {
    transport: Cow<'a, Value>,
    /// Absent for a function, which is resolved when the agent runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowManifest<'a> {
    form: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_input: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency_policy: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_visibility: Option<&'a Value>,
    tool_refs: Vec<&'a Value>,
}

impl<'a> ManifestFields<'a> {
    pub fn new(kind: &Kind, definition: &'a Value) -> ManifestFields<'a> {
        let field = |key: &str| definition.get(key);
        let some = |key: &str, keys| field(key).map(|value| object_with(value, keys));
        let has_condition = field("condition").is_some();
        match kind.word {
            "skill" => ManifestFields::Skill {
                context: some("context", &CHANNELS[..]),
                tools: tool_names(definition),
                has_condition,
            },
            "tool" => ManifestFields::Tool { has_condition },
            "job" => ManifestFields::Job {
                schedule: some("schedule", &SCHEDULE[..]),
                timeout: field("timeout"),
                retry: some("retry", &RETRY[..]),
            },
            "trigger" => {
                let name = definition.pointer("/tool/name");
                ManifestFields::Trigger { tool: name.map(|name| ToolRef { name }) }
            }
            "preprocessor" => ManifestFields::Preprocessor {
                is_async: field("async") == Some(&Value::Bool(true)),
                priority: field("priority"),
            },
            "postprocessor" => ManifestFields::Postprocessor { priority: field("priority") },
            "mcp-server" => mcp_server(definition),
            "device" => ManifestFields::Device { group: field("group") },
            "voice" => ManifestFields::Voice(VoiceManifest::new(definition)),
            "workflow" => ManifestFields::Workflow(Box::new(WorkflowManifest::new(definition))),
            _ => ManifestFields::Other {},
        }
    }
}

impl<'a> NameRef<'a> {
    pub fn new(name: &'a str) -> NameRef<'a> {
        NameRef { name }
    }
}

impl<'a> WorkflowManifest<'a> {
    fn new(definition: &'a Value) -> WorkflowManifest<'a> {
        let meta = definition.get("meta").unwrap_or(definition);
        WorkflowManifest {
            form: value_or(definition.get("form"), "graph"),
            schedule: meta.get("schedule"),
            schedule_input: meta.get("scheduleInput"),
            budget: meta.get("budget"),
            concurrency_policy: meta.get("concurrencyPolicy"),
            goal: meta.get("goal"),
            output_visibility: meta.get("outputVisibility"),
            tool_refs: tool_names(definition),
        }
    }
}

fn mcp_server(definition: &Value) -> ManifestFields<'_> {
    let url = definition.get("url");
    let is_resolved = |value: Option<&Value>| value.is_some_and(is_function).then_some(true);
    ManifestFields::McpServer {
        config: McpConfig {
            transport: value_or(definition.get("transport"), "streamable-http"),
            url: url.and_then(Value::as_str),
        },
        has_url_resolver: is_resolved(url),
        has_headers_resolver: is_resolved(definition.get("headers")),
    }
}

fn tool_names(definition: &Value) -> Vec<&Value> {
    tools(definition).iter().map(|tool| &tool["name"]).collect()
}

fn value_or<'a>(value: Option<&'a Value>, default: &str) -> Cow<'a, Value> {
    value.map_or_else(|| Cow::Owned(Value::String(default.to_owned())), Cow::Borrowed)
}

/// These keys of an object; any other value as it is.
pub fn object_with(value: &Value, keys: &[&str]) -> Value {
    match value {
        Value::Object(fields) if !fields.contains_key("$source") => {
            let kept = fields.iter().filter(|(key, _)| keys.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}
