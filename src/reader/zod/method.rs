//! Properties and methods of schemas: `.optional()`, `.min(3)`, `.extend({…})`, `.shape`.

use super::{Check, Schema, SchemaRef, Shape, UnknownKeys, check, enumeration, make, schema};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use crate::reader::eval::expression::again_or;
use crate::reader::eval::value::{Site, Value};
use std::rc::Rc;

/// A property of a schema that is no method; `None` where it is a method.
pub fn member<'a>(schema: &SchemaRef<'a>, key: &str, site: Site) -> Option<Value<'a>> {
    Some(match (&schema.shape, key) {
        (Shape::Object { fields, .. }, "shape") => {
            let fields =
                fields.iter().map(|(name, one)| (name.clone(), Value::Schema(one.clone())));
            Value::object(fields.collect(), site)
        }
        (Shape::Array { item, .. }, "element") => Value::Schema(item.clone()),
        (Shape::Enum(values), "options") => Value::list(values.iter().map(Value::text).collect()),
        (Shape::Enum(values), "enum" | "Enum" | "Values") => Value::object(
            values.iter().map(|value| (value.clone(), Value::text(value))).collect(),
            site,
        ),
        (Shape::NativeEnum(object), "enum") => Value::Object(object.clone()),
        (Shape::Literal(value), "value") => value.clone(),
        (Shape::Union(options), "options") => {
            Value::list(options.iter().map(|one| Value::Schema(one.clone())).collect())
        }
        (_, "description") => schema.description.as_ref().map_or(Value::Undefined, Value::text),
        (Shape::Opaque(value), _) => again_or(value.clone(), site, "is no known schema"),
        _ => return None,
    })
}

/// `schema.name(…)`.
pub fn method<'a>(
    evaluator: &Evaluator<'a>,
    this: &SchemaRef<'a>,
    name: &str,
    arguments: &[Value<'a>],
    site: Site,
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
        "optional" => Shape::Optional(inner()),
        "nullable" => Shape::Nullable(inner()),
        "nullish" => {
            let nullable = Schema { shape: Shape::Nullable(inner()), description: carried.clone() };
            Shape::Optional(Rc::new(nullable))
        }
        "default" | "prefault" => {
            let value = match first {
                Some(function @ Value::Function(_)) => {
                    evaluator.call(function, None, Vec::new(), site)?
                }
                other => other.cloned().unwrap_or(Value::Undefined),
            };
            Shape::Default(inner(), value)
        }
        "or" => Shape::Union(vec![inner(), schema(first, site)]),
        "and" => Shape::Intersection(inner(), schema(first, site)),
        "catch" => Shape::Catch(inner()),
        "transform" | "brand" => Shape::Wrapper(inner()),
        "refine" | "superRefine" | "refinement" | "readonly" | "promise" | "check" => {
            return Ok(make(Shape::Wrapper(inner()), None));
        }
        "pipe" => return Ok(make(Shape::Pipeline(inner(), schema(first, site)), None)),
        "array" => return Ok(make(Shape::Array { item: inner(), limits: Vec::new() }, None)),
        _ => return Ok(specific(this, name, arguments, site)),
    };
    Ok(make(shape, carried))
}

/// A method that only some shapes have.
fn specific<'a>(
    this: &SchemaRef<'a>,
    name: &str,
    arguments: &[Value<'a>],
    site: Site,
) -> Value<'a> {
    let first = arguments.first();
    let description = this.description.clone();
    let shape = match (&this.shape, name) {
        (Shape::Text(_) | Shape::Number(_) | Shape::BigInt(_), _) => {
            checked(&this.shape, name, first)
        }
        (Shape::Array { item, limits }, "min" | "max" | "length" | "nonempty") => {
            Some(Shape::Array { item: item.clone(), limits: limited(limits, name, first) })
        }
        (Shape::Set { item, limits }, "min" | "max" | "size" | "nonempty") => {
            let name = if name == "size" { "length" } else { name };
            Some(Shape::Set { item: item.clone(), limits: limited(limits, name, first) })
        }
        (Shape::Tuple { items, .. }, "rest") => {
            Some(Shape::Tuple { items: items.clone(), rest: Some(schema(first, site)) })
        }
        (Shape::Enum(values), "exclude" | "extract") => {
            let Shape::Enum(named) = enumeration(first, site) else {
                return Value::unknown(site, "is not evaluated");
            };
            let keep = name == "extract";
            Some(Shape::Enum(
                values.iter().filter(|value| named.contains(value) == keep).cloned().collect(),
            ))
        }
        (Shape::Optional(inner) | Shape::Nullable(inner), "unwrap") => {
            return Value::Schema(inner.clone());
        }
        (Shape::Default(inner, _), "removeDefault") => return Value::Schema(inner.clone()),
        (Shape::Wrapper(inner), "innerType" | "unwrap" | "sourceType") => {
            return Value::Schema(inner.clone());
        }
        (Shape::Date, "min" | "max") => Some(Shape::Date),
        (Shape::Object { fields, unknown }, _) => {
            return object_method(fields, unknown, name, arguments, description, site);
        }
        (Shape::Opaque(value), _) => return again_or(value.clone(), site, "is no known schema"),
        _ => None,
    };
    match shape {
        Some(shape) => make(shape, description),
        None => {
            Value::unknown(site, format!("calls \"{name}\" of a schema, which is not evaluated"))
        }
    }
}

fn limited(limits: &[Check], name: &str, value: Option<&Value<'_>>) -> Vec<Check> {
    let new = if name == "nonempty" {
        check("min", Some(&Value::Number(1.0)))
    } else {
        check(name, value)
    };
    let mut limits: Vec<Check> =
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
fn checked<'a>(shape: &Shape<'a>, name: &str, value: Option<&Value<'a>>) -> Option<Shape<'a>> {
    match shape {
        Shape::Text(checks) => {
            let new = match name {
                "nonempty" => check("min", Some(&Value::Number(1.0))),
                name if TEXT_CHECKS.contains(&name) => check(name, value),
                _ => return None,
            };
            Some(Shape::Text([checks.as_slice(), &[new]].concat()))
        }
        Shape::Number(checks) => {
            Some(Shape::Number([checks.as_slice(), &number_checks(name, value)?].concat()))
        }
        Shape::BigInt(checks) => {
            Some(Shape::BigInt([checks.as_slice(), &number_checks(name, value)?].concat()))
        }
        _ => None,
    }
}

fn number_checks(name: &str, value: Option<&Value<'_>>) -> Option<Vec<Check>> {
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

type Fields<'a> = Vec<(Rc<str>, SchemaRef<'a>)>;

fn object_method<'a>(
    fields: &Fields<'a>,
    unknown: &UnknownKeys<'a>,
    name: &str,
    arguments: &[Value<'a>],
    description: Option<Rc<str>>,
    site: Site,
) -> Value<'a> {
    let first = arguments.first();
    let mask = |key: &str| match first {
        Some(Value::Object(mask)) => mask.get(key).and_then(|value| value.truth()).unwrap_or(false),
        _ => true,
    };
    let keep = |fields: Fields<'a>| Shape::Object { fields, unknown: unknown.clone() };
    let shape = match (name, first) {
        ("extend" | "augment" | "safeExtend", Some(Value::Object(more))) => {
            keep(joined(fields, &super::fields(more, site)))
        }
        // Zod 4 users extend with `other.shape`; in Zod 3 `merge` takes unknown keys from the other.
        ("merge", Some(Value::Schema(other))) => match &other.shape {
            Shape::Object { fields: more, unknown } => {
                let shape =
                    Shape::Object { fields: joined(fields, more), unknown: unknown.clone() };
                return make(shape, None);
            }
            _ => return Value::unknown(site, "merges what is no object schema"),
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
        ("strict" | "strip", _) => {
            Shape::Object { fields: fields.clone(), unknown: UnknownKeys::Forbidden }
        }
        ("passthrough" | "nonstrict" | "loose", _) => {
            Shape::Object { fields: fields.clone(), unknown: UnknownKeys::Allowed }
        }
        ("catchall", Some(Value::Schema(rest))) => {
            Shape::Object { fields: fields.clone(), unknown: UnknownKeys::Checked(rest.clone()) }
        }
        ("keyof", _) => {
            return make(Shape::Enum(fields.iter().map(|(key, _)| key.clone()).collect()), None);
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
    fields: &Fields<'a>,
    mask: impl Fn(&str) -> bool,
    change: impl Fn(&SchemaRef<'a>) -> SchemaRef<'a>,
) -> Fields<'a> {
    let one = |(key, one): &(Rc<str>, SchemaRef<'a>)| {
        (key.clone(), if mask(key) { change(one) } else { one.clone() })
    };
    fields.iter().map(one).collect()
}

fn joined<'a>(fields: &Fields<'a>, more: &Fields<'a>) -> Fields<'a> {
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
    Rc::new(Schema { shape: Shape::Optional(one.clone()), description: one.description.clone() })
}

fn deep_fields<'a>(fields: &Fields<'a>) -> Fields<'a> {
    let deep =
        |one| Rc::new(Schema { shape: Shape::Optional(deep_partial(one)), description: None });
    fields.iter().map(|(key, one)| (key.clone(), deep(one))).collect()
}

/// What `deepPartial` makes of a schema within: objects and lists keep their descriptions, the
/// others lose them, and a tuple loses its rest, as in Zod.
fn deep_partial<'a>(one: &SchemaRef<'a>) -> SchemaRef<'a> {
    let (shape, description) = match &one.shape {
        Shape::Object { fields, unknown } => {
            let shape = Shape::Object { fields: deep_fields(fields), unknown: unknown.clone() };
            (shape, one.description.clone())
        }
        Shape::Array { item, limits } => {
            let shape = Shape::Array { item: deep_partial(item), limits: limits.clone() };
            (shape, one.description.clone())
        }
        Shape::Optional(inner) => (Shape::Optional(deep_partial(inner)), None),
        Shape::Nullable(inner) => (Shape::Nullable(deep_partial(inner)), None),
        Shape::Tuple { items, .. } => {
            (Shape::Tuple { items: items.iter().map(deep_partial).collect(), rest: None }, None)
        }
        _ => return one.clone(),
    };
    Rc::new(Schema { shape, description })
}

fn present<'a>(one: &SchemaRef<'a>) -> SchemaRef<'a> {
    let mut at = one.clone();
    while let Shape::Optional(inner) = &at.shape {
        at = inner.clone();
    }
    at
}
