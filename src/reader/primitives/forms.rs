//! Primitives from values: the forms in which a project writes a skill, a tool, a webhook, ….
//!
//! A form is an object that a class or function of `lua-cli` made, an instance of a project class,
//! or a plain object; the list that contains it decides its kind. All kinds are read by one table.

use super::json::Writer;
use crate::error::{Error, Result};
use crate::model::agent::{Primitive, SourceRef};
use crate::model::kind::{Kind, TOOL};
use crate::reader::eval::Evaluator;
use crate::reader::eval::value::{Object, SourceSpan, Value};
use crate::reader::reach::Reacher;
use crate::reader::reach::root;
use crate::reader::unreadable_at;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::rc::Rc;

/// Properties whose values never leave the project.
const SECRETS: [&str; 1] = ["secret"];
/// Properties whose keys may be seen, but not their values.
const SECRET_VALUES: [&str; 2] = ["headers", "env"];

pub struct Forms<'f, 'a> {
    pub writer: &'f Writer<'f, 'a>,
    pub reacher: &'f Reacher<'f, 'a>,
}

/// A primitive, and the place of the code that makes it.
type PlacedPrimitive = (Primitive, SourceSpan);

impl<'a> Forms<'_, 'a> {
    fn evaluator(&self) -> &Evaluator<'a> {
        self.writer.evaluator
    }

    /// The primitives of one kind that an agent lists.
    pub fn of_kind(&self, kind: &'static Kind, agent: &Object<'a>) -> Result<Vec<Primitive>> {
        let mut found: Vec<PlacedPrimitive> = Vec::new();
        for key in kind.keys {
            let items = match agent.get(key) {
                None | Some(Value::Undefined | Value::Null) => continue,
                Some(Value::List(items)) => items.borrow().clone(),
                Some(one @ (Value::Object(_) | Value::Class(_))) => vec![one],
                Some(Value::Unknown(unknown)) => {
                    let text = format!("\"{key}\" is left out: it {}", unknown.reason);
                    self.writer.note(unknown.site, text);
                    continue;
                }
                Some(_) => {
                    self.writer
                        .note(agent.site, format!("\"{key}\" is left out: it is not a list"));
                    continue;
                }
            };
            for item in items {
                let made = self.item(kind, &item, agent.site)?;
                found.extend(
                    made.map(|object| self.primitive(kind, &object)).transpose()?.flatten(),
                );
            }
        }
        unique(found)
    }

    /// Element of a list as an object; a class counts as an instance of it.
    fn item(
        &self,
        kind: &Kind,
        item: &Value<'a>,
        around: SourceSpan,
    ) -> Result<Option<Rc<Object<'a>>>> {
        Ok(match item {
            Value::Object(object) => Some(object.clone()),
            Value::Class(class) => match self.evaluator().instance(class, Vec::new(), around)? {
                Value::Object(object) => Some(object),
                _ => None,
            },
            Value::Unknown(unknown) => {
                let text = format!("a {} is left out: it {}", kind.one, unknown.reason);
                self.writer.note(unknown.site, text);
                None
            }
            Value::Undefined | Value::Null | Value::Bool(false) => None,
            Value::Package(path) => {
                let text = format!(
                    "a {} is left out: it {}",
                    kind.one,
                    crate::reader::eval::library::reason(path)
                );
                self.writer.note(around, text);
                None
            }
            _ => {
                self.writer
                    .note(around, format!("a {} is left out: it is not an object", kind.one));
                None
            }
        })
    }

    fn primitive(
        &self,
        kind: &'static Kind,
        object: &Rc<Object<'a>>,
    ) -> Result<Option<PlacedPrimitive>> {
        let Some(name) = self.name(kind, object) else { return Ok(None) };
        let description = text(object, "description");
        let definition = self.definition(kind, &name, object)?;
        let source = self.writer.source(object.site);
        let reach = self.reacher.of(&root::of_primitive(kind, object))?;
        let primitive = Primitive { kind, name, description, definition, source, reach };
        Ok(Some((primitive, object.site)))
    }

    /// The name that is set, or the one a class's name gives; a note where there is neither.
    fn name(&self, kind: &Kind, object: &Object<'a>) -> Option<String> {
        match object.get("name") {
            Some(Value::Text(name)) if !name.is_empty() => return Some(name.to_string()),
            Some(Value::Unknown(unknown)) => {
                let text = format!("a {} is left out: its name {}", kind.one, unknown.reason);
                self.writer.note(unknown.site, text);
                return None;
            }
            _ => {}
        }
        let class = object.made.as_ref().and_then(|made| made.class.as_ref().map(|_| &made.by));
        match class {
            Some(class) => Some(name_of_class(class)),
            None => {
                self.writer
                    .note(object.site, format!("a {} is left out: it has no name", kind.one));
                None
            }
        }
    }

    /// Everything the model and the platform see of a primitive.
    fn definition(&self, kind: &'static Kind, name: &str, object: &Object<'a>) -> Result<Json> {
        self.writer.enter(object.site);
        let own = object.made.as_ref().is_some_and(|made| made.class.is_some());
        let mut definition = Map::new();
        definition.insert("name".to_owned(), json!(name));
        let fields = object.fields.borrow().clone();
        for (key, value) in &fields {
            if matches!(value, Value::Undefined)
                || &**key == "name"
                || own && !kind.fields.contains(&&**key)
            {
                continue;
            }
            let json = match (&**key, value) {
                (key, _) if SECRETS.contains(&key) => json!({ "$secret": true }),
                (key, Value::Object(object)) if SECRET_VALUES.contains(&key) => {
                    self.hidden(object)?
                }
                ("tools", Value::List(tools)) if kind.word == "skill" => {
                    self.tools(tools.borrow().clone(), object.site)?
                }
                _ => self.writer.value(value)?,
            };
            definition.insert(key.to_string(), json);
        }
        if kind.word == "workflow" {
            let tools = self.tools(step_tools(object), object.site)?;
            if tools.as_array().is_some_and(|tools| !tools.is_empty()) {
                definition.insert("tools".to_owned(), tools);
            }
        }
        Ok(Json::Object(definition))
    }

    /// An object whose values are secrets: names, and functions by their hash.
    fn hidden(&self, object: &Object<'a>) -> Result<Json> {
        let mut hidden = Map::new();
        for (name, value) in object.fields.borrow().iter() {
            let json = match value {
                Value::Function(_) => self.writer.value(value)?,
                _ => json!({ "$secret": true }),
            };
            hidden.insert(name.to_string(), json);
        }
        Ok(Json::Object(hidden))
    }

    /// The tools of a skill or a workflow, in their order.
    fn tools(&self, items: Vec<Value<'a>>, around: SourceSpan) -> Result<Json> {
        let mut tools: Vec<(Json, String, SourceSpan)> = Vec::new();
        for item in items {
            let Some(object) = self.item(&TOOL, &item, around)? else { continue };
            let Some(name) = self.name(&TOOL, &object) else { continue };
            if let Some((_, _, site)) = tools.iter().find(|(_, other, _)| *other == name) {
                if *site == object.site {
                    continue;
                }
                return Err(self.duplicate(&TOOL, &name, *site, object.site));
            }
            let mut tool = self.definition(&TOOL, &name, &object)?;
            if let Json::Object(fields) = &mut tool {
                fields.insert("path".to_owned(), json!(self.writer.path(object.origin())));
            }
            tools.push((tool, name, object.site));
        }
        Ok(Json::Array(tools.into_iter().map(|(tool, _, _)| tool).collect()))
    }

    fn duplicate(&self, kind: &Kind, name: &str, one: SourceSpan, other: SourceSpan) -> Error {
        duplicate(kind, name, &self.writer.source(one), &self.writer.source(other))
    }
}

/// The same primitive listed twice is one; two of one name are an error.
fn unique(found: Vec<PlacedPrimitive>) -> Result<Vec<Primitive>> {
    let mut sites: HashMap<String, (SourceSpan, SourceRef)> = HashMap::new();
    let mut primitives = Vec::new();
    for (primitive, site) in found {
        match sites.get(&primitive.name) {
            None => {
                sites.insert(primitive.name.clone(), (site, primitive.source.clone()));
                primitives.push(primitive);
            }
            Some((other, _)) if *other == site => {}
            Some((_, other)) => {
                return Err(duplicate(primitive.kind, &primitive.name, other, &primitive.source));
            }
        }
    }
    Ok(primitives)
}

pub fn duplicate(kind: &Kind, name: &str, one: &SourceRef, other: &SourceRef) -> Error {
    let places = format!("\"{}:{}\" and \"{}:{}\"", one.path, one.line, other.path, other.line);
    let message = format!("two {}s are named \"{name}\": {places}", kind.one);
    unreadable_at(message, &other.path, other.line.into(), 0).hint("give one of them another name")
}

fn text(object: &Object<'_>, key: &str) -> String {
    match object.get(key) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// The tools that a workflow's steps call: `.toolStep('id', tool)`.
fn step_tools<'a>(object: &Object<'a>) -> Vec<Value<'a>> {
    let Some(Value::List(steps)) = object.get("steps") else { return Vec::new() };
    let mut tools = Vec::new();
    for step in steps.borrow().iter() {
        let Value::Object(step) = step else { continue };
        let Some(Value::List(arguments)) = step.get("arguments") else { continue };
        let is_tool_step =
            step.get("method").and_then(|name| name.to_text()).as_deref() == Some("toolStep");
        if let (true, Some(tool @ (Value::Object(_) | Value::Class(_)))) =
            (is_tool_step, arguments.borrow().get(1))
        {
            tools.push(tool.clone());
        }
    }
    tools
}

/// `GetWeatherTool` is `get-weather`.
pub fn name_of_class(class: &str) -> String {
    let stem = class.strip_suffix("Tool").unwrap_or(class);
    let mut name = String::new();
    for c in stem.chars() {
        if c.is_ascii_uppercase() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name.strip_prefix('-').map(str::to_owned).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::name_of_class;

    #[test]
    fn a_class_gives_its_name_as_the_stock_compiler_derives_it() {
        assert_eq!(name_of_class("GetWeatherTool"), "get-weather");
        assert_eq!(name_of_class("SearchKnowledgeBaseTool"), "search-knowledge-base");
        assert_eq!(name_of_class("MyCustomJob"), "my-custom-job");
        assert_eq!(name_of_class("getURL"), "get-u-r-l");
        assert_eq!(name_of_class("ToolBox"), "tool-box");
    }
}
