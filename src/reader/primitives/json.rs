//! JSON of values: the content of a definition. Unknown values become source text, with a note.

use crate::error::Result;
use crate::model::agent::{Note, SourceRef};
use crate::model::kind::{AGENT, Kind};
use crate::reader::eval::Evaluator;
use crate::reader::eval::library;
use crate::reader::eval::value::{Code, Object, SourceSpan, Value, number_json};
use crate::reader::syntax::module::Module;
use crate::reader::syntax::normal;
use crate::reader::zod;
use serde_json::{Map, Value as Json, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Objects within objects.
const DEPTH_MAX: usize = 100;
/// Values written for one project.
const VALUES_MAX: usize = 2_000_000;

/// Writes values and keeps the notes.
pub struct Writer<'w, 'a> {
    pub evaluator: &'w Evaluator<'a>,
    notes: RefCell<Vec<Note>>,
    written: Cell<usize>,
    depth: Cell<usize>,
    /// The object that is being written.
    around: Cell<Option<SourceSpan>>,
}

impl<'w, 'a> Writer<'w, 'a> {
    pub fn new(evaluator: &'w Evaluator<'a>) -> Writer<'w, 'a> {
        Writer {
            evaluator,
            notes: RefCell::default(),
            written: Cell::new(0),
            depth: Cell::new(0),
            around: Cell::new(None),
        }
    }

    /// The notes so far, in source order, each once.
    pub fn into_notes(self) -> Vec<Note> {
        let mut notes = self.notes.into_inner();
        notes.sort();
        notes.dedup();
        notes
    }

    pub fn note(&self, site: SourceSpan, message: impl Into<String>) {
        let module = self.evaluator.modules.get(site.module);
        let (line, column) = module.place(site.span());
        let note = Note { path: module.path.clone(), line, column, message: message.into() };
        self.notes.borrow_mut().push(note);
    }

    /// The file of a place, relative to the project.
    pub fn path(&self, site: SourceSpan) -> String {
        self.evaluator.modules.get(site.module).path.clone()
    }

    pub fn source(&self, site: SourceSpan) -> SourceRef {
        let module = self.evaluator.modules.get(site.module);
        SourceRef { path: module.path.clone(), line: module.place(site.span()).0 }
    }

    /// Any value.
    pub fn value(&self, value: &Value<'a>) -> Result<Json> {
        self.written.set(self.written.get() + 1);
        if self.depth.get() >= DEPTH_MAX || self.written.get() > VALUES_MAX {
            return Ok(json!({ "$source": "…" }));
        }
        self.depth.set(self.depth.get() + 1);
        let json = self.one(value);
        self.depth.set(self.depth.get() - 1);
        json
    }

    fn one(&self, value: &Value<'a>) -> Result<Json> {
        Ok(match value {
            Value::Undefined | Value::Null => Json::Null,
            Value::Bool(value) => json!(value),
            Value::Number(number) => number_json(*number).unwrap_or(Json::Null),
            Value::Text(text) => json!(**text),
            Value::Date(milliseconds) => json!(crate::reader::eval::builtin::iso(*milliseconds)),
            Value::Path(path) => {
                let path = self.evaluator.modules.relative(std::path::Path::new(&**path));
                json!({ "$source": path })
            }
            Value::Pattern(pattern) => json!({ "$pattern": pattern.source }),
            Value::List(items) => {
                let items = items.borrow().clone();
                Json::Array(items.iter().map(|item| self.value(item)).collect::<Result<_>>()?)
            }
            Value::Object(object) => self.object(object)?,
            Value::Function(function) => json!({ "$function": function_hash(function.node) }),
            Value::Class(class) => {
                json!({ "$class": normal::hash(&normal::class(class.node, &|_| false)) })
            }
            Value::Schema(one) => zod::convert(self, one)?,
            Value::Package(path) => {
                let known = path.strip_prefix(&["globalThis".into()]).unwrap_or(path);
                if let Some(site) = self.around.get() {
                    let text = format!(
                        "\"{}\" is kept as source text: it {}",
                        known.join("."),
                        library::reason(path)
                    );
                    self.note(site, text);
                }
                json!({ "$source": known.join(".") })
            }
            Value::Namespace(module) => {
                json!({ "$source": self.evaluator.modules.get(*module).path })
            }
            Value::Method(_) => json!({ "$source": "method" }),
            Value::Unknown(unknown) => {
                let module = self.evaluator.modules.get(unknown.site.module);
                let text = source_text(&module, unknown.site);
                let shown: String = text.chars().take(60).collect();
                self.note(
                    unknown.site,
                    format!("\"{shown}\" is kept as source text: it {}", unknown.reason),
                );
                json!({ "$source": text })
            }
        })
    }

    /// Sets the place for notes about values that have none of their own.
    pub fn enter(&self, site: SourceSpan) {
        self.around.set(Some(site));
    }

    fn object(&self, object: &Rc<Object<'a>>) -> Result<Json> {
        let around = self.around.replace(Some(object.site));
        let json = self.fields(object);
        self.around.set(around);
        json
    }

    fn fields(&self, object: &Rc<Object<'a>>) -> Result<Json> {
        let kind = object.made.as_ref().and_then(|made| {
            made.class.as_ref()?;
            made.bases.iter().find_map(|base| Kind::made_by(base))
        });
        let fields = object.fields.borrow().clone();
        let mut json = Map::new();
        for (name, value) in &fields {
            let own = kind.is_some_and(|kind| !kind.fields.contains(&&**name) && kind != &AGENT);
            if !matches!(value, Value::Undefined) && !own {
                json.insert(name.to_string(), self.value(value)?);
            }
        }
        Ok(Json::Object(json))
    }
}

/// The hash of a function's normalised source.
pub fn function_hash(node: Code<'_>) -> String {
    normal::hash(&normal::function(node))
}

fn source_text(module: &Module<'_>, site: SourceSpan) -> String {
    let text = module.text.get(site.start as usize..site.end as usize).unwrap_or_default();
    normal::source(text)
}

/// `JSON.stringify`; `None` where a part is not known.
pub fn stringify<'a>(value: &Value<'a>, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let json = plain(value, 0)?;
    match (arguments.get(1), arguments.get(2)) {
        (None, _) | (Some(Value::Null | Value::Undefined), None) => {
            Some(Value::text(json.to_string()))
        }
        (Some(Value::Null | Value::Undefined), Some(Value::Number(width))) => {
            let indent = " ".repeat(width.clamp(0.0, 10.0) as usize);
            let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
            let mut bytes = Vec::new();
            let mut writer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
            serde::Serialize::serialize(&json, &mut writer).ok()?;
            String::from_utf8(bytes).ok().map(Value::text)
        }
        _ => None,
    }
}

fn plain(value: &Value<'_>, depth: usize) -> Option<Json> {
    if depth > DEPTH_MAX {
        return None;
    }
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) => number_json(*number).unwrap_or(Json::Null),
        Value::Text(text) => json!(**text),
        Value::List(items) => Json::Array(
            items.borrow().iter().map(|item| plain(item, depth + 1)).collect::<Option<_>>()?,
        ),
        Value::Object(object) if object.made.is_none() => {
            let mut fields = Map::new();
            for (name, value) in object.fields.borrow().iter() {
                if !matches!(value, Value::Undefined) {
                    fields.insert(name.to_string(), plain(value, depth + 1)?);
                }
            }
            Json::Object(fields)
        }
        _ => return None,
    })
}
