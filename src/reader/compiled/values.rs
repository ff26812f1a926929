//! Compiled values: values that the compiler knows because it runs the code that the reader only
//! reads.
//!
//! They are kept beside a definition, keyed by the position of the source text. A position is
//! written like a JSON pointer, but a tool goes by its name:
//! `/tools/find_coffee/inputSchema/properties/size`. The compiler runs with the environment of its
//! machine and at its own time, so values that read those stay source text.

use super::CompileOutput;
use super::manifest::CompiledPrimitive;
use super::primitive::is_below;
use crate::error::Result;
use crate::model::agent::{Agent, Primitive};
use crate::model::kind::{Kind, TOOL};
use serde_json::{Map, Value};
use std::path::Path;

const SOURCE: &str = "$source";
/// Length in letters to which a note cuts a source text.
const NOTE_LENGTH: usize = 60;

/// True if a definition contains source text.
pub fn has_source(definition: &Value) -> bool {
    match definition {
        Value::Object(fields) => fields.contains_key(SOURCE) || fields.values().any(has_source),
        Value::Array(items) => items.iter().any(has_source),
        _ => false,
    }
}

/// The values for the source texts of a primitive, by place.
pub fn of(
    listed: &[CompiledPrimitive],
    agent: &Agent,
    primitive: &Primitive,
) -> Map<String, Value> {
    let mut finder = ValueFinder { agent, place: String::new(), found: Map::new() };
    let (name, source) = (&*primitive.name, &*primitive.source.path);
    if let Some(entry) = entry(listed, primitive.kind, name, source) {
        finder.fields(primitive.kind, &primitive.definition, entry);
    }
    for tool in primitive.definition.get("tools").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| tool.get(key).and_then(Value::as_str).unwrap_or_default();
        if let Some(entry) = entry(listed, &TOOL, text("name"), text("path")) {
            finder.place = format!("/tools/{}", escape(text("name")));
            finder.fields(&TOOL, tool, entry);
        }
    }
    finder.found
}

fn entry<'l>(
    listed: &'l [CompiledPrimitive],
    kind: &Kind,
    name: &str,
    source: &str,
) -> Option<&'l CompiledPrimitive> {
    let mut named = listed.iter().filter(|one| one.kind == kind.word && one.name == name);
    let of_file = |one: &&CompiledPrimitive| is_below(&one.source_path.replace('\\', "/"), source);
    named.clone().find(of_file).or_else(|| named.next())
}

struct ValueFinder<'f> {
    agent: &'f Agent,
    place: String,
    found: Map<String, Value>,
}

impl ValueFinder<'_> {
    fn fields(&mut self, kind: &Kind, definition: &Value, entry: &CompiledPrimitive) {
        for (key, ours) in definition.as_object().into_iter().flatten() {
            if kind.word != TOOL.word && key == "tools" {
                continue;
            }
            if let Some(theirs) = known(kind, key, entry) {
                self.within(key, ours, theirs);
            }
        }
    }

    fn within(&mut self, name: &str, ours: &Value, theirs: &Value) {
        let length = self.place.len();
        self.place.push('/');
        self.place.push_str(&escape(name));
        match (ours, theirs) {
            (Value::Object(ours), _) if ours.contains_key(SOURCE) => {
                let text = ours.get(SOURCE).and_then(Value::as_str).unwrap_or_default();
                if says_something(theirs) && !varies(self.agent, text) {
                    self.found.insert(self.place.clone(), theirs.clone());
                }
            }
            (Value::Object(ours), Value::Object(theirs)) => {
                for (key, ours) in ours {
                    if let Some(theirs) = theirs.get(key) {
                        self.within(key, ours, theirs);
                    }
                }
            }
            (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
                for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    self.within(&at.to_string(), ours, theirs);
                }
            }
            _ => {}
        }
        self.place.truncate(length);
    }
}

/// Value of a property in the manifest.
fn known<'l>(kind: &Kind, key: &str, entry: &'l CompiledPrimitive) -> Option<&'l Value> {
    if let Some((_, schema)) = kind.schemas.iter().find(|(property, _)| *property == key) {
        return entry.fields.get("schemas")?.get(schema);
    }
    match (kind.word, key) {
        ("tool", "outputSchema") => entry.fields.get("schemas")?.get("output"),
        ("mcp-server", "url" | "transport") => entry.fields.get("config")?.get(key),
        ("preprocessor", "async") => entry.fields.get("isAsync"),
        _ => entry.fields.get(key),
    }
}

/// False for an empty value, which the compiler writes when it cannot evaluate one either.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// True if a source text, by its note, reads something that differs between machines or times.
fn varies(agent: &Agent, text: &str) -> bool {
    let direct = [
        "process.env",
        "Date",
        "Math.random",
        "import.meta",
        "__dirname",
        "__filename",
        "await ",
        "fetch(",
    ];
    let start = note_start(text);
    let notes = agent.notes.iter().filter_map(|note| note.message.strip_prefix(&start));
    let reasons = ["reads the environment", "known at run time only", "makes a \"Date\""];
    direct.iter().any(|word| text.contains(word))
        || notes.into_iter().any(|reason| reasons.iter().any(|word| reason.contains(word)))
}

fn note_start(text: &str) -> String {
    let shown: String = text.chars().take(NOTE_LENGTH).collect();
    format!("\"{shown}\" is kept as source text: ")
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Replaces source text in a definition by values. Other values are left alone.
pub fn overlay(definition: &mut Value, values: &Map<String, Value>) {
    for (place, value) in values {
        let names = place.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
        let mut at = Some(&mut *definition);
        for name in names {
            at = at.and_then(|at| child(at, &name));
        }
        if let Some(at) = at.filter(|at| at.get(SOURCE).is_some()) {
            *at = value.clone();
        }
    }
}

fn child<'v>(at: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    match at {
        Value::Object(fields) => fields.get_mut(name),
        Value::Array(items) => {
            let named = |item: &Value| item.get("name").and_then(Value::as_str) == Some(name);
            let at = items.iter().position(named).or_else(|| name.parse().ok())?;
            items.get_mut(at)
        }
        _ => None,
    }
}

/// Fills compiled values into an agent that is only displayed, with a note for each.
pub fn fill(agent: &mut Agent, output: &CompileOutput, root: &Path) -> Result<()> {
    let manifest = output.manifest(root)?;
    let mut starts = Vec::new();
    for at in 0..agent.primitives.len() {
        let values = of(&manifest.primitives, agent, &agent.primitives[at]);
        let primitive = &mut agent.primitives[at];
        let mut before = Vec::new();
        sources(&primitive.definition, &mut before);
        overlay(&mut primitive.definition, &values);
        let mut after = Vec::new();
        sources(&primitive.definition, &mut after);
        starts.extend(
            before.iter().filter(|text| !after.contains(text)).map(|text| note_start(text)),
        );
        if let Some(text) = primitive.definition.get("description").and_then(Value::as_str) {
            primitive.description = text.to_owned();
        }
    }
    for note in agent
        .notes
        .iter_mut()
        .filter(|note| starts.iter().any(|start| note.message.starts_with(start)))
    {
        note.message.push_str("; the value is the one of `lua compile`");
    }
    Ok(())
}

fn sources(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => match fields.get(SOURCE).and_then(Value::as_str) {
            Some(text) => found.push(text.to_owned()),
            None => fields.values().for_each(|value| sources(value, found)),
        },
        Value::Array(items) => items.iter().for_each(|item| sources(item, found)),
        _ => {}
    }
}
