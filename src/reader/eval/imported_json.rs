//! Values from outside the project's code: exports of packages, and JSON modules.

use super::value::{SourceSpan, Value};
use crate::reader::syntax::module::{Imported, ModuleId};
use oxc_span::Span;
use std::rc::Rc;

/// Something imported from a package. Zod is one thing under every name it is imported by.
pub fn packaged<'a>(package: &str, specifier: &str, name: Imported<'a>) -> Value<'a> {
    let mut path: Vec<Rc<str>> = vec![package.into()];
    if package == "zod" {
        if let Imported::Name(name) = name
            && !["z", "default"].contains(&name)
        {
            path.push(name.into());
        }
        return Value::Package(Rc::new(path));
    }
    let below = specifier.strip_prefix(package).unwrap_or_default().trim_start_matches('/');
    if !below.is_empty() {
        path.push(below.into());
    }
    match name {
        Imported::Name("default") | Imported::Everything => {}
        Imported::Name(name) => path.push(name.into()),
    }
    Value::Package(Rc::new(path))
}

/// An export of a JSON module: the whole document, or one of its keys.
pub fn json<'a>(value: &serde_json::Value, name: &str, module: ModuleId) -> Value<'a> {
    let site = SourceSpan::new(module, Span::default());
    match name {
        "default" => from_json(value, site),
        key => value.get(key).map_or(Value::Undefined, |value| from_json(value, site)),
    }
}

/// A value from JSON.
pub fn from_json<'a>(value: &serde_json::Value, site: SourceSpan) -> Value<'a> {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::text(text),
        serde_json::Value::Array(items) => {
            Value::list(items.iter().map(|item| from_json(item, site)).collect())
        }
        serde_json::Value::Object(fields) => {
            let fields =
                fields.iter().map(|(key, value)| (key.as_str().into(), from_json(value, site)));
            Value::object(fields.collect(), site)
        }
    }
}
