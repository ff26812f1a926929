//! Values: the results of the expressions of a project.
//!
//! A value that only running would give is `Unknown`, with the place and the reason, and it
//! spreads: anything computed from it is unknown too. So a definition never holds a guess.

use crate::reader::reach::root::ReachRoot;
use crate::reader::syntax::module::ModuleId;
use crate::reader::zod::Schema;
use oxc_ast::ast::{ArrowFunctionExpression, Class as ClassNode, Function as FunctionNode};
use oxc_span::Span;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A value. Objects and lists are shared and can change, as in JavaScript.
#[derive(Clone)]
pub enum Value<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    /// Milliseconds since 1970.
    Date(i64),
    /// A place on this machine, absolute: `__dirname`, `import.meta.url`. It never becomes text.
    Path(Rc<str>),
    Pattern(Rc<RegExp>),
    List(Rc<RefCell<Vec<Value<'a>>>>),
    Object(Rc<Object<'a>>),
    Function(Rc<Function<'a>>),
    Class(Rc<Class<'a>>),
    /// A method that is written in Rust, with the value it was taken from.
    Method(Rc<(Value<'a>, Rc<str>)>),
    Schema(Rc<Schema<'a>>),
    /// Something of an npm package, or a global: the path to it, `["lua-cli", "LuaSkill"]`.
    Package(Rc<Vec<Rc<str>>>),
    /// `import * as x`: the module.
    Namespace(ModuleId),
    Unknown(Rc<Unknown>),
}

/// A value that only running the code would give.
#[derive(Debug)]
pub struct Unknown {
    pub site: SourceSpan,
    pub reason: String,
}

/// A place in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceSpan {
    pub module: ModuleId,
    pub start: u32,
    pub end: u32,
}

impl SourceSpan {
    pub fn new(module: ModuleId, span: Span) -> SourceSpan {
        SourceSpan { module, start: span.start, end: span.end }
    }

    pub fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// A regular expression literal.
pub struct RegExp {
    pub source: String,
    pub flags: String,
}

/// An object: a literal, or the result of `new` or of a function of `lua-cli`.
pub struct Object<'a> {
    pub fields: RefCell<Vec<(Rc<str>, Value<'a>)>>,
    pub made: Option<MadeBy<'a>>,
    pub site: SourceSpan,
    /// The code that ran to make it, beside the top level of modules.
    pub roots: Rc<[ReachRoot<'a>]>,
    /// The expressions that gave its schemas.
    pub schemas: RefCell<Vec<ReachRoot<'a>>>,
    /// True for a TypeScript enum.
    pub is_enum: Cell<bool>,
    /// Place at which the wrapped object was made: `{ ...tool, execute }`.
    pub wraps: Cell<Option<SourceSpan>>,
}

/// Class or function that made an object.
#[derive(Clone)]
pub struct MadeBy<'a> {
    /// The class or function: `LuaSkill`, `defineTool`, `GetWeatherTool`.
    pub by: Rc<str>,
    /// Names of everything it extends or implements, itself included.
    pub bases: Rc<Vec<Rc<str>>>,
    /// The project's class, where it is one.
    pub class: Option<Rc<Class<'a>>>,
}

/// A function of the project, with its scope.
pub struct Function<'a> {
    pub module: ModuleId,
    pub node: Code<'a>,
    pub scope: Rc<EvalScope<'a>>,
    /// The code that ran to make it, where it closes over local names.
    pub roots: Rc<[ReachRoot<'a>]>,
}

#[derive(Clone, Copy)]
pub enum Code<'a> {
    Arrow(&'a ArrowFunctionExpression<'a>),
    Function(&'a FunctionNode<'a>),
}

/// A class of the project.
pub struct Class<'a> {
    pub module: ModuleId,
    pub node: &'a ClassNode<'a>,
    pub scope: Rc<EvalScope<'a>>,
    /// The code that ran to make it, where it closes over local names.
    pub roots: Rc<[ReachRoot<'a>]>,
    pub parent: Option<Value<'a>>,
    /// Names of everything it extends or implements, itself included.
    pub bases: Rc<Vec<Rc<str>>>,
    /// Static members that were assigned.
    pub assigned: RefCell<HashMap<Rc<str>, Value<'a>>>,
}

/// Local names, below those of the module.
pub struct EvalScope<'a> {
    pub module: ModuleId,
    pub names: RefCell<HashMap<&'a str, Value<'a>>>,
    pub this: Option<Value<'a>>,
    pub parent: Option<Rc<EvalScope<'a>>>,
}

impl<'a> EvalScope<'a> {
    /// The scope of a module itself.
    pub fn module(module: ModuleId) -> Rc<EvalScope<'a>> {
        Rc::new(EvalScope { module, names: RefCell::default(), this: None, parent: None })
    }

    pub fn inside(parent: &Rc<EvalScope<'a>>, this: Option<Value<'a>>) -> Rc<EvalScope<'a>> {
        let this = this.or_else(|| parent.this.clone());
        Rc::new(EvalScope {
            module: parent.module,
            names: RefCell::default(),
            this,
            parent: Some(parent.clone()),
        })
    }

    pub fn find(&self, name: &str) -> Option<Value<'a>> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(value) = here.names.borrow().get(name) {
                return Some(value.clone());
            }
            scope = here.parent.as_deref();
        }
        None
    }

    /// Gives an existing local name another value; false where there is none.
    pub fn assign(&self, name: &str, value: &Value<'a>) -> bool {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(slot) = here.names.borrow_mut().get_mut(name) {
                *slot = value.clone();
                return true;
            }
            scope = here.parent.as_deref();
        }
        false
    }
}

impl<'a> Object<'a> {
    pub fn new(
        fields: Vec<(Rc<str>, Value<'a>)>,
        made: Option<MadeBy<'a>>,
        site: SourceSpan,
        roots: Rc<[ReachRoot<'a>]>,
    ) -> Object<'a> {
        let (fields, schemas, is_enum) =
            (RefCell::new(fields), RefCell::default(), Cell::default());
        Object { fields, made, site, roots, schemas, is_enum, wraps: Cell::default() }
    }

    /// Place at which it, or the object it wraps, was made.
    pub fn origin(&self) -> SourceSpan {
        self.wraps.get().unwrap_or(self.site)
    }

    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let fields = self.fields.borrow();
        fields.iter().find(|(name, _)| &**name == key).map(|(_, value)| value.clone())
    }

    pub fn set(&self, key: &str, value: Value<'a>) {
        let mut fields = self.fields.borrow_mut();
        match fields.iter_mut().find(|(name, _)| &**name == key) {
            Some((_, slot)) => *slot = value,
            None => fields.push((key.into(), value)),
        }
    }

    pub fn remove(&self, key: &str) {
        self.fields.borrow_mut().retain(|(name, _)| &**name != key);
    }

    pub fn is_made_by(&self, names: &[&str]) -> bool {
        self.made
            .as_ref()
            .is_some_and(|made| made.bases.iter().any(|base| names.contains(&&**base)))
    }
}

impl<'a> Class<'a> {
    /// `Class.key = value`.
    pub fn set(&self, key: &str, value: Value<'a>) {
        self.assigned.borrow_mut().insert(key.into(), value);
    }
}

impl<'a> Value<'a> {
    pub fn text(text: impl AsRef<str>) -> Value<'a> {
        Value::Text(text.as_ref().into())
    }

    pub fn list(items: Vec<Value<'a>>) -> Value<'a> {
        Value::List(Rc::new(RefCell::new(items)))
    }

    /// A plain object.
    pub fn object(fields: Vec<(Rc<str>, Value<'a>)>, site: SourceSpan) -> Value<'a> {
        Value::Object(Rc::new(Object::new(fields, None, site, Rc::default())))
    }

    pub fn unknown(site: SourceSpan, reason: impl Into<String>) -> Value<'a> {
        Value::Unknown(Rc::new(Unknown { site, reason: reason.into() }))
    }

    /// Marks an object as changed by code that is unknown, so that its definition reports it.
    pub fn taint(&self, unknown: Value<'a>) {
        match self {
            Value::List(items) => items.borrow_mut().push(unknown),
            Value::Object(object) if object.made.is_none() => object.set("...", unknown),
            Value::Object(object) if object.is_made_by(&["LuaSkill", "defineSkill"]) => {
                if let Some(Value::List(tools)) = object.get("tools") {
                    tools.borrow_mut().push(unknown);
                }
            }
            _ => {}
        }
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown(_))
    }

    /// True or false in a condition; `None` where that is not known.
    pub fn truth(&self) -> Option<bool> {
        Some(match self {
            Value::Undefined | Value::Null => false,
            Value::Bool(value) => *value,
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
            Value::Unknown(_) | Value::Package(_) => return None,
            _ => true,
        })
    }

    /// The text that JavaScript makes of it in a template or a concatenation.
    pub fn to_text(&self) -> Option<String> {
        Some(match self {
            Value::Undefined => "undefined".to_owned(),
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number_text(*number),
            Value::Text(text) => text.to_string(),
            Value::List(items) => {
                let items = items.borrow();
                let texts = items.iter().map(|item| match item {
                    Value::Undefined | Value::Null => Some(String::new()),
                    // A list in a list could be itself.
                    Value::List(_) => None,
                    other => other.to_text(),
                });
                texts.collect::<Option<Vec<_>>>()?.join(",")
            }
            _ => return None,
        })
    }
}

/// A number as JavaScript prints it.
pub fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else if number.abs() >= 1e21 || number.abs() < 1e-6 {
        exponential(number)
    } else {
        number.to_string()
    }
}

/// `1e+21` and `1.5e-7`, where Rust prints `1e21` and `1.5e-7`.
fn exponential(number: f64) -> String {
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

/// A number in JSON: whole numbers without a fraction; `None` where JSON has none.
pub fn number_json(number: f64) -> Option<serde_json::Value> {
    const SAFE: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < SAFE {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be a whole number below 2^53"
        )]
        return Some(serde_json::Value::from(number as i64));
    }
    serde_json::Number::from_f64(number).map(serde_json::Value::Number)
}
