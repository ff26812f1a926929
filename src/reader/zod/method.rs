//! Properties and methods of schemas: `.optional()`, `.min(3)`, `.extend({…})`, `.shape`.

use super::{
    Schema, SchemaCheck, SchemaRef, SchemaShape, UnknownKeys, check, enumeration, make, schema,
};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use crate::reader::eval::expression::propagate_or;
use crate::reader::eval::value::{SourceSpan, Value};
use std::rc::Rc;

/// A property of a schema that is no method; `None` where it is a method.
pub fn member<'a>(schema: &SchemaRef<'a>, key: &str, site: SourceSpan) -> Option<Value<'a>> {
    Some(match (&schema.shape, key) {
        (SchemaShape::Object { fields, .. }, "shape") => {
            let fields =
                fields.iter().map(|(name, one)| (name.clone(), Value::Schema(one.clone())));
            Value::object(fields.collect(), site)
        }
        (SchemaShape::Array { item, .. }, "element") => Value::Schema(item.clone()),
        (SchemaShape::Enum(values), "options") => {
            Value::list(values.iter().map(Value::text).collect())
        }
        (SchemaShape::Enum(values), "enum" | "Enum" | "Values") => Value::object(
            values.iter().map(|value| (value.clone(), Value::text(value))).collect(),
            site,
        ),
        (SchemaShape::NativeEnum(object), "enum") => Value::Object(object.clone()),
        (SchemaShape::Literal(value), "value") => value.clone(),
        (SchemaShape::Union(options), "options") => {
            Value::list(options.iter().map(|one| Value::Schema(one.clone())).collect())
        }
        (_, "description") => schema.description.as_ref().map_or(Value::Undefined, Value::text),
        (SchemaShape::Opaque(value), _) => {
            propagate_or(value.clone(), site, "is not a known schema")
        }
        _ => return None,
    })
}

/// `schema.name(…)`.
pub fn method<'a>(
    evaluator: &Evaluator<'a>,
    this: &SchemaRef<'a>,
    name: &str,
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Result<Value<'a>> {
    let first = arguments.first();
    let carried = this.description.clone();
    let inner = || this.clone();
    let shape = match name {
        "describe" => {
            let text = first.and_then(Value::to_text).map(Into::into);
            return Ok(make(this.shape.clone(), text));
        }
        "meta" | "register" => {
            let text = match first {
                Some(Value::Object(meta)) => {
                    meta.get("description").and_then(|text| text.to_text())
                }
                _ => None,
            };
            return Ok(make(this.shape.clone(), text.map(Into::into).or(carried)));
        }
        "optional" => SchemaShape::Optional(inner()),
        "nullable" => SchemaShape::Nullable(inner()),
        "nullish" => {
            let nullable =
                Schema { shape: SchemaShape::Nullable(inner()), description: carried.clone() };
            SchemaShape::Optional(Rc::new(nullable))
        }
        "default" | "prefault" => {
            let value = match first {
                Some(function @ Value::Function(_)) => {
                    evaluator.call(function, None, Vec::new(), site)?
                }
                other => other.cloned().unwrap_or(Value::Undefined),
            };
            SchemaShape::Default(inner(), value)
        }
        "or" => SchemaShape::Union(vec![inner(), schema(first, site)]),
        "and" => SchemaShape::Intersection(inner(), schema(first, site)),
        "catch" => SchemaShape::Catch(inner()),
        "transform" | "brand" => SchemaShape::Wrapper(inner()),
        "refine" | "superRefine" | "refinement" | "readonly" | "promise" | "check" => {
            return Ok(make(SchemaShape::Wrapper(inner()), None));
        }
        "pipe" => return Ok(make(SchemaShape::Pipeline(inner(), schema(first, site)), None)),
        "array" => return Ok(make(SchemaShape::Array { item: inner(), limits: Vec::new() }, None)),
        _ => return Ok(specific(this, name, arguments, site)),
    };
    Ok(make(shape, carried))
}

/// A method that only some shapes have.
fn specific<'a>(
    this: &SchemaRef<'a>,
    name: &str,
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Value<'a> {
    let first = arguments.first();
    let description = this.description.clone();
    let shape = match (&this.shape, name) {
        (SchemaShape::Text(_) | SchemaShape::Number(_) | SchemaShape::BigInt(_), _) => {
            checked(&this.shape, name, first)
        }
        (SchemaShape::Array { item, limits }, "min" | "max" | "length" | "nonempty") => {
            Some(SchemaShape::Array { item: item.clone(), limits: limited(limits, name, first) })
        }
        (SchemaShape::Set { item, limits }, "min" | "max" | "size" | "nonempty") => {
            let name = if name == "size" { "length" } else { name };
            Some(SchemaShape::Set { item: item.clone(), limits: limited(limits, name, first) })
        }
        (SchemaShape::Tuple { items, .. }, "rest") => {
            Some(SchemaShape::Tuple { items: items.clone(), rest: Some(schema(first, site)) })
        }
        (SchemaShape::Enum(values), "exclude" | "extract") => {
            let SchemaShape::Enum(named) = enumeration(first, site) else {
                return Value::unknown(site, "is not evaluated");
            };
            let keep = name == "extract";
            Some(SchemaShape::Enum(
                values.iter().filter(|value| named.contains(value) == keep).cloned().collect(),
            ))
        }
        (SchemaShape::Optional(inner) | SchemaShape::Nullable(inner), "unwrap") => {
            return Value::Schema(inner.clone());
        }
        (SchemaShape::Default(inner, _), "removeDefault") => return Value::Schema(inner.clone()),
        (SchemaShape::Wrapper(inner), "innerType" | "unwrap" | "sourceType") => {
            return Value::Schema(inner.clone());
        }
        (SchemaShape::Date, "min" | "max") => Some(SchemaShape::Date),
        (SchemaShape::Object { fields, unknown }, _) => {
            return object_method(fields, unknown, name, arguments, description, site);
        }
        (SchemaShape::Opaque(value), _) => {
            return propagate_or(value.clone(), site, "is not a known schema");
        }
        _ => None,
    };
    match shape {
        Some(shape) => make(shape, description),
        None => {
            Value::unknown(site, format!("calls \"{name}\" of a schema, which is not evaluated"))
        }
    }
}

fn limited(limits: &[SchemaCheck], name: &str, value: Option<&Value<'_>>) -> Vec<SchemaCheck> {
    let new = if name == "nonempty" {
        check("min", Some(&Value::Number(1.0)))
    } else {
        check(name, value)
    };
    let mut limits: Vec<SchemaCheck> =
        limits.iter().filter(|limit| limit.name != new.name).cloned().collect();
    limits.push(new);
    limits
}

/// Checks of texts by name; each takes at most one value.
const TEXT_CHECKS: [&str; 29] = [
    "min",
    "max",
    "length",
    "email",
    "url",
    "uuid",
    "guid",
    "cuid",
    "cuid2",
    "ulid",
    "nanoid",
    "regex",
    "startsWith",
    "endsWith",
    "includes",
    "datetime",
    "date",
    "time",
    "duration",
    "ip",
    "cidr",
    "base64",
    "base64url",
    "jwt",
    "emoji",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "normalize",
];

/// A text or number with one check more.
fn checked<'a>(
    shape: &SchemaShape<'a>,
    name: &str,
    value: Option<&Value<'a>>,
) -> Option<SchemaShape<'a>> {
    match shape {
        SchemaShape::Text(checks) => {
            let new = match name {
                "nonempty" => check("min", Some(&Value::Number(1.0))),
                name if TEXT_CHECKS.contains(&name) => check(name, value),
                _ => return None,
            };
            Some(SchemaShape::Text([checks.as_slice(), &[new]].concat()))
        }
        SchemaShape::Number(checks) => {
            Some(SchemaShape::Number([checks.as_slice(), &number_checks(name, value)?].concat()))
        }
        SchemaShape::BigInt(checks) => {
            Some(SchemaShape::BigInt([checks.as_slice(), &number_checks(name, value)?].concat()))
        }
        _ => None,
    }
}

fn number_checks(name: &str, value: Option<&Value<'_>>) -> Option<Vec<SchemaCheck>> {
    let zero = Value::Number(0.0);
    Some(match name {
        "int" => vec![check("int", None)],
        "min" | "gte" => vec![check("min", value)],
        "max" | "lte" => vec![check("max", value)],
        "gt" => vec![check("above", value)],
        "lt" => vec![check("below", value)],
        "positive" => vec![check("above", Some(&zero))],
        "negative" => vec![check("below", Some(&zero))],
        "nonnegative" => vec![check("min", Some(&zero))],
        "nonpositive" => vec![check("max", Some(&zero))],
        "multipleOf" | "step" => vec![check("multipleOf", value)],
        "safe" => vec![
            check("min", Some(&Value::Number(-9_007_199_254_740_991.0))),
            check("max", Some(&Value::Number(9_007_199_254_740_991.0))),
        ],
        "finite" => vec![check("finite", None)],
        _ => return None,
    })
}

type SchemaFields<'a> = Vec<(Rc<str>, SchemaRef<'a>)>;

fn object_method<'a>(
    fields: &SchemaFields<'a>,
    unknown: &UnknownKeys<'a>,
    name: &str,
    arguments: &[Value<'a>],
    description: Option<Rc<str>>,
    site: SourceSpan,
) -> Value<'a> {
    let first = arguments.first();
    let mask = |key: &str| match first {
        Some(Value::Object(mask)) => mask.get(key).and_then(|value| value.truth()).unwrap_or(false),
        _ => true,
    };
    let keep = |fields: SchemaFields<'a>| SchemaShape::Object { fields, unknown: unknown.clone() };
    let with = |unknown| SchemaShape::Object { fields: fields.clone(), unknown };
    let shape = match (name, first) {
        ("extend" | "augment" | "safeExtend", Some(Value::Object(more))) => {
            keep(joined(fields, &super::fields(more, site)))
        }
        // Zod 4 users extend with `other.shape`; in Zod 3 `merge` takes unknown keys from the other.
        ("merge", Some(Value::Schema(other))) => match &other.shape {
            SchemaShape::Object { fields: more, unknown } => {
                let shape =
                    SchemaShape::Object { fields: joined(fields, more), unknown: unknown.clone() };
                return make(shape, None);
            }
            _ => return Value::unknown(site, "merges a value that is not an object schema"),
        },
        ("pick", Some(Value::Object(_))) => {
            keep(fields.iter().filter(|(key, _)| mask(key)).cloned().collect())
        }
        ("omit", Some(Value::Object(_))) => {
            keep(fields.iter().filter(|(key, _)| !mask(key)).cloned().collect())
        }
        ("deepPartial", _) => keep(deep_fields(fields)),
        ("partial", None | Some(Value::Object(_))) => keep(changed(fields, mask, optional)),
        ("required", None | Some(Value::Object(_))) => keep(changed(fields, mask, present)),
        ("strict" | "strip", _) => with(UnknownKeys::Forbidden),
        ("passthrough" | "nonstrict" | "loose", _) => with(UnknownKeys::Allowed),
        ("catchall", Some(Value::Schema(rest))) => with(UnknownKeys::Checked(rest.clone())),
        ("keyof", _) => {
            return make(
                SchemaShape::Enum(fields.iter().map(|(key, _)| key.clone()).collect()),
                None,
            );
        }
        _ => {
            return Value::unknown(
                site,
                format!("calls \"{name}\" of a schema, which is not evaluated"),
            );
        }
    };
    make(shape, description)
}

/// The fields, with another schema where the mask has their key.
fn changed<'a>(
    fields: &SchemaFields<'a>,
    mask: impl Fn(&str) -> bool,
    change: impl Fn(&SchemaRef<'a>) -> SchemaRef<'a>,
) -> SchemaFields<'a> {
    let one = |(key, one): &(Rc<str>, SchemaRef<'a>)| {
        (key.clone(), if mask(key) { change(one) } else { one.clone() })
    };
    fields.iter().map(one).collect()
}

fn joined<'a>(fields: &SchemaFields<'a>, more: &SchemaFields<'a>) -> SchemaFields<'a> {
    let mut all = fields.clone();
    for (key, one) in more {
        match all.iter_mut().find(|(name, _)| name == key) {
            Some((_, slot)) => *slot = one.clone(),
            None => all.push((key.clone(), one.clone())),
        }
    }
    all
}

fn optional<'a>(one: &SchemaRef<'a>) -> SchemaRef<'a> {
    Rc::new(Schema {
        shape: SchemaShape::Optional(one.clone()),
        description: one.description.clone(),
    })
}

fn deep_fields<'a>(fields: &SchemaFields<'a>) -> SchemaFields<'a> {
    let deep = |one| {
        Rc::new(Schema { shape: SchemaShape::Optional(deep_partial(one)), description: None })
    };
    fields.iter().map(|(key, one)| (key.clone(), deep(one))).collect()
}

/// Schema that `deepPartial` makes of an inner one: objects and lists keep their descriptions, the
/// others lose them, and a tuple loses its rest, as in Zod.
fn deep_partial<'a>(one: &SchemaRef<'a>) -> SchemaRef<'a> {
    let (shape, description) = match &one.shape {
        SchemaShape::Object { fields, unknown } => {
            let shape =
                SchemaShape::Object { fields: deep_fields(fields), unknown: unknown.clone() };
            (shape, one.description.clone())
        }
        SchemaShape::Array { item, limits } => {
            let shape = SchemaShape::Array { item: deep_partial(item), limits: limits.clone() };
            (shape, one.description.clone())
        }
        SchemaShape::Optional(inner) => (SchemaShape::Optional(deep_partial(inner)), None),
        SchemaShape::Nullable(inner) => (SchemaShape::Nullable(deep_partial(inner)), None),
        SchemaShape::Tuple { items, .. } => (
            SchemaShape::Tuple { items: items.iter().map(deep_partial).collect(), rest: None },
            None,
        ),
        _ => return one.clone(),
    };
    Rc::new(Schema { shape, description })
}

fn present<'a>(one: &SchemaRef<'a>) -> SchemaRef<'a> {
    let mut at = one.clone();
    while let SchemaShape::Optional(inner) = &at.shape {
        at = inner.clone();
    }
    at
}
