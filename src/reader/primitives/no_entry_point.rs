//! A project that makes no agent: every primitive in its files, as the stock compiler lists them then.

use super::entry;
use super::json::Writer;
use crate::error::Result;
use crate::model::agent::Primitive;
use crate::model::kind::{KINDS, Kind, TOOL};
use crate::reader::eval::Evaluator;
use crate::reader::eval::value::{EvalScope, Object, SourceSpan, Value};
use crate::reader::syntax::module::{Binding, Module, ModuleId};
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

/// Primitives that the files of a project make at their top level.
pub struct NoEntryPoint<'a> {
    /// An object with the lists that an agent would have.
    pub agent: Rc<Object<'a>>,
    tools: Vec<Rc<Object<'a>>>,
}

/// `None` where no file makes a primitive that counts without an agent.
pub fn find<'a>(root: &Path, evaluator: &Evaluator<'a>) -> Result<Option<NoEntryPoint<'a>>> {
    let mut lists: Vec<Vec<Value<'a>>> = vec![Vec::new(); KINDS.len()];
    let mut tools = Vec::new();
    let mut seen = HashSet::new();
    for file in evaluator.modules.files().sources(root) {
        for object in made(&file, evaluator)? {
            if !seen.insert(object.site) {
                continue;
            }
            if is_one(&object, &TOOL) {
                tools.push(object);
            } else if let Some(at) = KINDS.iter().position(|kind| is_one(&object, kind)) {
                lists[at].push(Value::Object(object));
            }
        }
    }
    let lists = lists.into_iter().zip(&KINDS).filter(|(list, _)| !list.is_empty());
    let fields: Vec<_> =
        lists.map(|(list, kind)| (kind.keys[0].into(), Value::list(list))).collect();
    if fields.is_empty() {
        return Ok(None);
    }
    // A place without code: nothing that is reached makes this agent.
    let nowhere = SourceSpan { module: ModuleId(0), start: u32::MAX, end: u32::MAX };
    match Value::object(fields, nowhere) {
        Value::Object(agent) => Ok(Some(NoEntryPoint { agent, tools })),
        _ => Ok(None),
    }
}

impl<'a> NoEntryPoint<'a> {
    /// Adds the note that there is no agent, and the tools that belong to no skill and no workflow.
    pub fn note(&self, writer: &Writer<'_, 'a>, primitives: &[Primitive]) {
        let lists = primitives.iter().filter_map(|one| one.definition["tools"].as_array());
        let listed: HashSet<&str> =
            lists.flatten().filter_map(|tool| tool["name"].as_str()).collect();
        let start = SourceSpan { module: ModuleId(0), start: 0, end: 0 };
        writer.note(
            start,
            "no file creates a `new LuaAgent({...})`: every primitive of the project is read",
        );
        for tool in &self.tools {
            let name = tool.get("name").and_then(|name| name.to_text());
            if name.is_some_and(|name| !listed.contains(name.as_str())) {
                writer.note(tool.site, "this tool is left out: no skill lists it");
            }
        }
    }
}

fn is_one(object: &Object<'_>, kind: &Kind) -> bool {
    object.is_made_by(kind.classes) || object.is_made_by(kind.functions)
}

/// The objects that `lua-cli` makes at the top level of a file, classes of the project among them.
fn made<'a>(file: &Path, evaluator: &Evaluator<'a>) -> Result<Vec<Rc<Object<'a>>>> {
    let Some(bytes) = evaluator.modules.files().read_if_file(file)? else { return Ok(Vec::new()) };
    if !String::from_utf8_lossy(&bytes).contains("lua-cli") {
        return Ok(Vec::new());
    }
    let module = evaluator.modules.open(file)?;
    let Some(script) = module.script() else { return Ok(Vec::new()) };
    let mut values = entry::values(evaluator, &module, script)?;
    values.extend(classes(evaluator, &module)?);
    let objects = values.into_iter().filter_map(|value| match value {
        Value::Object(object) if object.site.module == module.id => Some(object),
        _ => None,
    });
    let mut objects: Vec<_> = objects.collect();
    objects.sort_by_key(|object| object.site.start);
    Ok(objects)
}

/// An instance of each class that a file declares.
fn classes<'a>(evaluator: &Evaluator<'a>, module: &Module<'a>) -> Result<Vec<Value<'a>>> {
    let scope = EvalScope::module(module.id);
    let mut instances = Vec::new();
    for (name, binding) in module.script().iter().flat_map(|script| &script.bindings) {
        if let Binding::Class(node) = binding
            && let Some(Value::Class(class)) = evaluator.name(&scope, name)?
        {
            instances.push(evaluator.instance(
                &class,
                Vec::new(),
                SourceSpan::new(module.id, node.span),
            )?);
        }
    }
    Ok(instances)
}
