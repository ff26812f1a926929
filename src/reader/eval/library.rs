//! Library: results of known functions of packages and of JavaScript itself.
//!
//! `lua-cli` makes primitives and parts of workflows; Zod makes schemas; the globals compute.

use super::builtin;
use super::expression::propagate_or;
use super::value::{MadeBy, Object, SourceSpan, Value};
use crate::error::Result;
use crate::model::kind::Kind;
use crate::reader::eval::Evaluator;
use crate::reader::eval::file_reads::BYTES;
use crate::reader::eval::imported_json::from_json;
use crate::reader::zod;
use std::rc::Rc;

type Path = Rc<Vec<Rc<str>>>;

/// Functions of `lua-cli` whose result depends on their arguments alone: parts of a workflow.
const PARTS: [&str; 29] = [
    "createStep",
    "step",
    "stepOf",
    "init",
    "state",
    "lit",
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "inSet",
    "notIn",
    "exists",
    "notExists",
    "truthy",
    "falsy",
    "and",
    "or",
    "not",
    "fromInit",
    "fromStep",
    "value",
    "template",
    "fromRequest",
    "rows",
    "fromKnowledge",
    "env.template",
];

/// A global by name.
pub fn global<'a>(name: &str) -> Value<'a> {
    let mut path: Vec<Rc<str>> = vec!["globalThis".into()];
    path.extend(name.split('.').map(Rc::from));
    Value::Package(Rc::new(path))
}

pub fn is_global(path: &[Rc<str>], names: &[&str]) -> bool {
    path.len() == names.len() + 1
        && &*path[0] == "globalThis"
        && path[1..].iter().zip(names).all(|(part, name)| &**part == *name)
}

/// Reason why something of a package or a global is not known.
pub fn reason(path: &[Rc<str>]) -> String {
    let names: Vec<&str> = path.iter().map(|part| &**part).collect();
    match names.as_slice() {
        ["globalThis", "process", "env", name] => {
            format!("reads the environment variable \"{name}\"")
        }
        ["globalThis", rest @ ..] => {
            format!("needs \"{}\", which is known at run time only", rest.join("."))
        }
        [package, ..] => format!("comes from the package \"{package}\""),
        [] => "is known at run time only".to_owned(),
    }
}

pub fn member<'a>(path: &Path, key: &str, site: SourceSpan) -> Value<'a> {
    let mut longer = path.to_vec();
    longer.push(key.into());
    if longer.len() == 4 && is_global(path, &["process", "env"]) {
        return Value::unknown(site, reason(&longer));
    }
    // `z` as a member of Zod itself.
    if &*path[0] == "zod" && ["z", "default"].contains(&key) {
        longer.pop();
    }
    Value::Package(Rc::new(longer))
}

/// Calls a function of a package, or a global one.
pub fn call<'a>(
    evaluator: &Evaluator<'a>,
    path: &Path,
    arguments: Vec<Value<'a>>,
    site: SourceSpan,
) -> Result<Value<'a>> {
    match &*path[0] {
        "zod" => return Ok(zod::call(&path[1..], &arguments, site)),
        "globalThis" => {
            let known = global_call(evaluator, &path[1..], &arguments, site)?;
            return Ok(known.unwrap_or_else(|| Value::unknown(site, reason(path))));
        }
        _ => {}
    }
    let name = path[1..].join(".");
    if name == "env" {
        let key = arguments.first().and_then(Value::to_text).unwrap_or_default();
        return Ok(Value::unknown(site, format!("reads the environment variable \"{key}\"")));
    }
    if Kind::made_by(&name).is_some() || name == "createStep" {
        let made =
            MadeBy { by: name.as_str().into(), bases: Rc::new(vec![name.into()]), class: None };
        let object = evaluator.copied(arguments.first(), made, site);
        if let (Value::Object(object), Some(build)) = (&object, arguments.get(1)) {
            // `defineWorkflow(config, build)`.
            object.set("build", build.clone());
        }
        return Ok(object);
    }
    if path[0].starts_with("lua-cli") && PARTS.contains(&&*name) {
        return Ok(part(evaluator, &name, arguments, site));
    }
    Ok(Value::unknown(site, reason(path)))
}

/// A part of a workflow: its name and its arguments.
fn part<'a>(
    evaluator: &Evaluator<'a>,
    name: &str,
    arguments: Vec<Value<'a>>,
    site: SourceSpan,
) -> Value<'a> {
    let made = MadeBy { by: name.into(), bases: Rc::new(vec![name.into()]), class: None };
    let value = evaluator.copied(None, made, site);
    if let (Value::Object(object), "env.template", Some(key)) = (&value, name, arguments.first()) {
        // The stock builder writes a variable that the platform fills in like this.
        object.set("__envRef", key.clone());
    } else if let Value::Object(object) = &value {
        object.set("$call", Value::text(name));
        object.set("arguments", Value::list(arguments));
    }
    value
}

/// `new` of a class of a package, or of a global one.
pub fn construct<'a>(
    evaluator: &Evaluator<'a>,
    path: &Path,
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Value<'a> {
    let name = path.last().cloned().unwrap_or_default();
    if Kind::made_by(&name).is_some() {
        let made = MadeBy { by: name.clone(), bases: Rc::new(vec![name]), class: None };
        return evaluator.copied(arguments.first(), made, site);
    }
    if is_global(path, &["Date"])
        && let [Value::Text(text)] = arguments
        && let Some(milliseconds) = date(text)
    {
        return Value::Date(milliseconds);
    }
    if &*path[0] == "globalThis" {
        return Value::unknown(site, format!("makes a \"{name}\""));
    }
    // A speech model: `new deepgram.STT({…})`.
    let made = MadeBy { by: name.clone(), bases: Rc::new(vec![name]), class: None };
    let value = evaluator.copied(None, made, site);
    if let Value::Object(object) = &value {
        object.set("$new", Value::text(path.join(".")));
        object.set("arguments", Value::list(arguments.to_vec()));
    }
    value
}

/// A time that is the same everywhere: with an offset, or a date alone (which is UTC).
fn date(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == 10)?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// True if an object has a method that is not one of its fields.
pub fn has_method(object: &Object<'_>, key: &str) -> bool {
    let Some(made) = &object.made else {
        return key == "hasOwnProperty" || key == "toString" && object.get(BYTES).is_some();
    };
    let adds =
        ["addTool", "addTools"].contains(&key) && object.is_made_by(&["LuaSkill", "defineSkill"]);
    let chains =
        made.class.is_none() && (&*made.by == "createWorkflow" || PARTS.contains(&&*made.by));
    adds || chains
}

/// Calls such a method.
pub fn method<'a>(
    evaluator: &Evaluator<'a>,
    object: &Rc<Object<'a>>,
    name: &str,
    arguments: Vec<Value<'a>>,
    site: SourceSpan,
) -> Result<Value<'a>> {
    if ["addTool", "addTools"].contains(&name) {
        let tools = match object.get("tools") {
            Some(Value::List(tools)) => tools,
            _ => Rc::default(),
        };
        // The list may be one that others hold, too.
        let mut longer = tools.borrow().clone();
        for argument in arguments {
            match argument {
                Value::List(more) => longer.extend(more.borrow().iter().cloned()),
                one => longer.push(one),
            }
        }
        object.set("tools", Value::list(longer));
        return Ok(Value::Object(object.clone()));
    }
    if let ("toString", Some(text)) = (name, object.get(BYTES)) {
        let encoding = arguments.first().and_then(Value::to_text);
        let is_text = encoding.is_none_or(|one| ["utf8", "utf-8"].contains(&one.as_str()));
        return Ok(if is_text { text } else { Value::unknown(site, "is not evaluated") });
    }
    let Some(made) = object.made.clone() else {
        return Ok(Value::unknown(site, format!("calls \"{name}\", which is not evaluated")));
    };
    // A builder: each call gives it one step more.
    let next = evaluator.copied(Some(&Value::Object(object.clone())), made, object.site);
    if let Value::Object(next) = &next
        && name != "commit"
    {
        let mut steps = match object.get("steps") {
            Some(Value::List(steps)) => steps.borrow().clone(),
            _ => Vec::new(),
        };
        let fields = vec![
            ("method".into(), Value::text(name)),
            ("arguments".into(), Value::list(arguments)),
        ];
        steps.push(Value::object(fields, site));
        next.set("steps", Value::list(steps));
    }
    Ok(next)
}

fn global_call<'a>(
    evaluator: &Evaluator<'a>,
    path: &[Rc<str>],
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Result<Option<Value<'a>>> {
    let names: Vec<&str> = path.iter().map(|part| &**part).collect();
    let first = arguments.first().unwrap_or(&Value::Undefined);
    if arguments.iter().any(Value::is_unknown) && names.first() != Some(&"Object") {
        return Ok(Some(propagate_or(first.clone(), site, "is known at run time only")));
    }
    Ok(match names.as_slice() {
        ["String"] => first.to_text().map(Value::text),
        ["Boolean"] => first.truth().map(Value::Bool),
        ["Number"] => number(first),
        ["parseInt" | "parseFloat"] | ["Number", "parseInt" | "parseFloat"] => match first {
            Value::Number(_) => number(first),
            Value::Text(text) if text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0) => {
                number(first)
            }
            _ => None,
        },
        ["Math", name] => math(name, arguments),
        ["Array", "isArray"] => Some(Value::Bool(matches!(first, Value::List(_)))),
        ["Array", "from"] if arguments.len() == 1 && matches!(first, Value::List(_)) => {
            builtin::method(evaluator, first, "slice", &[], site).map(Some)?
        }
        ["Array", "of"] => Some(Value::list(arguments.to_vec())),
        ["JSON", "stringify"] => crate::reader::primitives::json::stringify(first, arguments),
        ["JSON", "parse"] => match first {
            Value::Text(text) => {
                serde_json::from_str(text).ok().map(|value| from_json(&value, site))
            }
            _ => None,
        },
        ["Object", "freeze" | "seal"] => Some(first.clone()),
        ["Object", "assign"] => object_assign(first, &arguments[1.min(arguments.len())..]),
        ["Object", "fromEntries"] => from_entries(first, site),
        ["Object", part @ ("keys" | "values" | "entries")] => object_parts(evaluator, first, part)?,
        _ => None,
    })
}

fn number<'a>(value: &Value<'a>) -> Option<Value<'a>> {
    match value {
        Value::Number(number) => Some(Value::Number(*number)),
        Value::Bool(value) => Some(Value::Number(f64::from(*value))),
        Value::Text(text)
            if text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') =>
        {
            text.trim().parse().ok().map(Value::Number)
        }
        _ => None,
    }
}

fn math<'a>(name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let numbers: Option<Vec<f64>> = arguments
        .iter()
        .map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
        .collect();
    let numbers = numbers?;
    let one = || numbers.first().copied();
    Some(Value::Number(match name {
        "floor" => one()?.floor(),
        "ceil" => one()?.ceil(),
        "round" => (one()? + 0.5).floor(),
        "trunc" => one()?.trunc(),
        "abs" => one()?.abs(),
        "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        "pow" => one()?.powf(*numbers.get(1)?),
        _ => return None,
    }))
}

fn object_assign<'a>(target: &Value<'a>, sources: &[Value<'a>]) -> Option<Value<'a>> {
    let Value::Object(object) = target else { return None };
    for source in sources {
        match source {
            Value::Object(source) => {
                let fields = source.fields.borrow().clone();
                fields.into_iter().for_each(|(name, value)| object.set(&name, value));
            }
            Value::Undefined | Value::Null => {}
            other => object.set("...", other.clone()),
        }
    }
    Some(target.clone())
}

fn from_entries<'a>(entries: &Value<'a>, site: SourceSpan) -> Option<Value<'a>> {
    let Value::List(entries) = entries else { return None };
    let value = Value::object(Vec::new(), site);
    if let Value::Object(object) = &value {
        for entry in entries.borrow().iter() {
            let Value::List(pair) = entry else { return None };
            let pair = pair.borrow();
            object.set(&pair.first()?.to_text()?, pair.get(1)?.clone());
        }
    }
    Some(value)
}

fn object_parts<'a>(
    evaluator: &Evaluator<'a>,
    value: &Value<'a>,
    part: &str,
) -> Result<Option<Value<'a>>> {
    let fields = match value {
        Value::Object(object) => object.fields.borrow().clone(),
        // Every export of a module: `Object.values(import * as tools)`.
        Value::Namespace(module) => {
            let mut fields = Vec::new();
            for name in evaluator.export_names(*module)? {
                fields.push((Rc::from(name), evaluator.exported(*module, name)?));
            }
            fields
        }
        _ => return Ok(None),
    };
    if let Some((_, unknown)) = fields.iter().find(|(name, _)| name.starts_with("...")) {
        return Ok(Some(unknown.clone()));
    }
    let parts = fields.into_iter().map(|(name, value)| match part {
        "keys" => Value::Text(name),
        "values" => value,
        _ => Value::list(vec![Value::Text(name), value]),
    });
    Ok(Some(Value::list(parts.collect())))
}
