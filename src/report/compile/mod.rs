//! CompiledView: `compile --json`, an agent in the words of the stock manifest, for people and for comparison.
//!
//! The agent and the tools are primitives of their own there; a skill names its tools.

mod agent;
mod manifest;
mod voice;

use crate::model::agent::{Agent, Dropped, Note, Persona, Primitive};
use crate::model::kind::{Kind, TOOL};
use crate::operations::stock;
use manifest::ManifestFields;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CompiledView<'a> {
    agent: CompiledAgentView<'a>,
    pub primitives: Vec<PrimitiveView<'a>>,
    notes: &'a [Note],
    dropped: &'a [Dropped],
    deployable: bool,
}

/// The agent as its project sets it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CompiledAgentView<'a> {
    name: &'a str,
    persona: PersonaValue<'a>,
    entry: &'a str,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

/// An agent without a persona has an empty one.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum PersonaValue<'a> {
    Text(&'a str),
    Object(&'a Value),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PrimitiveView<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub description: Cow<'a, str>,
    pub source: CodeView<'a>,
    #[serde(flatten)]
    manifest: ManifestFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schemas: Option<Schemas<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CodeView<'a> {
    /// `None` where a tool has no file.
    pub path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// JSON Schemas by the keys of the stock manifest.
struct Schemas<'a>(Vec<(&'static str, &'a Value)>);

#[cfg(test)]
impl schemars::JsonSchema for Schemas<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Schemas".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "object", "additionalProperties": true})
    }
}

impl Serialize for Schemas<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl<'a> CompiledView<'a> {
    pub fn new(agent: &'a Agent) -> CompiledView<'a> {
        let mut primitives = Vec::new();
        if !agent.entry.is_empty() {
            primitives.push(PrimitiveView::of_agent(agent));
        }
        let mut tools = ToolList::default();
        for primitive in &agent.primitives {
            primitives.push(PrimitiveView::new(primitive));
            primitives.extend(tools.new_of(primitive));
        }
        CompiledView {
            agent: CompiledAgentView::new(agent),
            primitives,
            notes: &agent.notes,
            dropped: &agent.dropped,
            deployable: stock::is_deployable(&agent.dropped),
        }
    }
}

impl<'a> CompiledAgentView<'a> {
    fn new(agent: &'a Agent) -> CompiledAgentView<'a> {
        // The key belongs to the file that makes the agent.
        let settings = agent.settings.iter().filter(|(key, _)| *key != "entry");
        CompiledAgentView {
            name: &agent.name,
            persona: PersonaValue::of(agent),
            entry: &agent.entry,
            settings: settings.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

impl<'a> PersonaValue<'a> {
    fn of(agent: &'a Agent) -> PersonaValue<'a> {
        match &agent.persona {
            None => PersonaValue::Text(""),
            Some(Persona::Text(text)) => PersonaValue::Text(text),
            Some(Persona::Object(value)) => PersonaValue::Object(value),
        }
    }
}

impl<'a> PrimitiveView<'a> {
    fn new(primitive: &'a Primitive) -> PrimitiveView<'a> {
        let Primitive { kind, definition, .. } = primitive;
        let (path, line) = (Some(&*primitive.source.path), Some(primitive.source.line));
        PrimitiveView {
            kind: kind.word,
            name: &primitive.name,
            description: Cow::Borrowed(&primitive.description),
            source: CodeView { path, line },
            manifest: ManifestFields::new(kind, definition),
            schemas: Schemas::of(kind, definition),
        }
    }

    /// A tool of a skill or a workflow.
    fn of_tool(tool: &'a Value) -> PrimitiveView<'a> {
        let text = |key: &str| tool.get(key).and_then(Value::as_str);
        PrimitiveView {
            kind: TOOL.word,
            name: text("name").unwrap_or_default(),
            description: Cow::Borrowed(text("description").unwrap_or_default()),
            source: CodeView { path: text("path"), line: None },
            manifest: ManifestFields::new(&TOOL, tool),
            schemas: Schemas::of(&TOOL, tool),
        }
    }
}

impl<'a> Schemas<'a> {
    fn of(kind: &Kind, definition: &'a Value) -> Option<Schemas<'a>> {
        let schemas = kind.schemas.iter();
        let found = schemas.filter_map(|(property, key)| Some((*key, definition.get(property)?)));
        Some(Schemas(found.collect())).filter(|schemas| !schemas.0.is_empty())
    }
}

fn tools(definition: &Value) -> &[Value] {
    definition.get("tools").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_function(value: &Value) -> bool {
    value.get("$function").is_some()
}

/// The tools that were written already: one that two skills share is one primitive.
#[derive(Default)]
struct ToolList<'a>(Vec<(&'a Value, &'a Value)>);

impl<'a> ToolList<'a> {
    fn new_of(&mut self, primitive: &'a Primitive) -> Vec<PrimitiveView<'a>> {
        let mut new = Vec::new();
        for tool in tools(&primitive.definition) {
            let key = (&tool["name"], &tool["path"]);
            if self.0.contains(&key) || !["skill", "workflow"].contains(&primitive.kind.word) {
                continue;
            }
            self.0.push(key);
            new.push(PrimitiveView::of_tool(tool));
        }
        new
    }
}
