//! Zod schemas as values: the results of `z.object({…}).partial()` and its kin.
//!
//! The behaviour is Zod 3's, with which the stock compiler evaluates schemas: which method carries
//! a description on, and which types `partial` wraps.

mod json_schema;
mod limits;
mod method;
mod optional;

pub use json_schema::convert;
pub use method::{member, method};

use crate::reader::eval::expression::propagate_or;
use crate::reader::eval::value::{Object, SourceSpan, Value};
use std::rc::Rc;

pub struct Schema<'a> {
    pub shape: SchemaShape<'a>,
    pub description: Option<Rc<str>>,
}

pub type SchemaRef<'a> = Rc<Schema<'a>>;

#[derive(Clone)]
pub enum SchemaShape<'a> {
    Text(Vec<SchemaCheck>),
    Number(Vec<SchemaCheck>),
    BigInt(Vec<SchemaCheck>),
    Boolean,
    Date,
    Null,
    Undefined,
    Any,
    Unknown,
    /// Anything that a function says is right; without one, that is of some class.
    Custom(Option<Value<'a>>),
    Never,
    /// `void`, functions and symbols: nothing that JSON could hold.
    Nothing,
    Literal(Value<'a>),
    Enum(Vec<Rc<str>>),
    NativeEnum(Rc<Object<'a>>),
    Object {
        fields: Vec<(Rc<str>, SchemaRef<'a>)>,
        unknown: UnknownKeys<'a>,
    },
    Array {
        item: SchemaRef<'a>,
        limits: Vec<SchemaCheck>,
    },
    Set {
        item: SchemaRef<'a>,
        limits: Vec<SchemaCheck>,
    },
    Tuple {
        items: Vec<SchemaRef<'a>>,
        rest: Option<SchemaRef<'a>>,
    },
    Record {
        key: Option<SchemaRef<'a>>,
        value: SchemaRef<'a>,
    },
    Map {
        key: SchemaRef<'a>,
        value: SchemaRef<'a>,
    },
    Union(Vec<SchemaRef<'a>>),
    Intersection(SchemaRef<'a>, SchemaRef<'a>),
    Pipeline(SchemaRef<'a>, SchemaRef<'a>),
    Optional(SchemaRef<'a>),
    Nullable(SchemaRef<'a>),
    Default(SchemaRef<'a>, Value<'a>),
    Catch(SchemaRef<'a>),
    /// Effects, brands, promises, `readonly`: the inner schema counts.
    Wrapper(SchemaRef<'a>),
    /// A function that gives the schema.
    Lazy(Value<'a>),
    /// A part that could not be evaluated.
    Opaque(Value<'a>),
}

#[derive(Clone)]
pub enum UnknownKeys<'a> {
    Forbidden,
    Allowed,
    Checked(SchemaRef<'a>),
}

/// A limit or format: `min 3`, `email`.
#[derive(Clone)]
pub struct SchemaCheck {
    pub name: Rc<str>,
    pub number: Option<f64>,
    pub text: Option<Rc<str>>,
}

fn make<'a>(shape: SchemaShape<'a>, description: Option<Rc<str>>) -> Value<'a> {
    Value::Schema(Rc::new(Schema { shape, description }))
}

/// Value as a schema; any other value becomes an opaque one.
fn schema<'a>(value: Option<&Value<'a>>, site: SourceSpan) -> SchemaRef<'a> {
    match value {
        Some(Value::Schema(schema)) => schema.clone(),
        other => {
            let value = propagate_or(
                other.cloned().unwrap_or(Value::Undefined),
                site,
                "is not a known schema",
            );
            Rc::new(Schema { shape: SchemaShape::Opaque(value), description: None })
        }
    }
}

fn schemas<'a>(value: Option<&Value<'a>>, site: SourceSpan) -> Vec<SchemaRef<'a>> {
    match value {
        Some(Value::List(items)) => {
            items.borrow().iter().map(|item| schema(Some(item), site)).collect()
        }
        other => vec![schema(other, site)],
    }
}

/// `z.name(…)`.
pub fn call<'a>(path: &[Rc<str>], arguments: &[Value<'a>], site: SourceSpan) -> Value<'a> {
    let names: Vec<&str> =
        path.iter().map(|part| &**part).filter(|&part| part != "coerce").collect();
    let parameters = arguments.iter().rev().find_map(|value| match value {
        Value::Object(object) => {
            object.get("description").filter(|value| !value.is_unknown())?.to_text()
        }
        _ => None,
    });
    let shape = plain(&names).or_else(|| nested(&names, arguments, site));
    match shape {
        Some(shape) => make(shape, parameters.map(Into::into)),
        None => {
            Value::unknown(site, format!("calls \"z.{}\", which is not evaluated", path.join(".")))
        }
    }
}

/// A schema that holds no other.
fn plain<'a>(names: &[&str]) -> Option<SchemaShape<'a>> {
    Some(match names {
        ["string"] => SchemaShape::Text(Vec::new()),
        ["number"] => SchemaShape::Number(Vec::new()),
        ["bigint"] => SchemaShape::BigInt(Vec::new()),
        ["int"] => SchemaShape::Number(vec![check("int", None)]),
        [
            "email" | "url" | "uuid" | "cuid" | "cuid2" | "ulid" | "nanoid" | "emoji" | "jwt"
            | "base64",
        ] => SchemaShape::Text(vec![check(names[0], None)]),
        ["iso", format @ ("datetime" | "date" | "time" | "duration")] => {
            SchemaShape::Text(vec![check(format, None)])
        }
        ["boolean"] => SchemaShape::Boolean,
        ["date"] => SchemaShape::Date,
        ["null"] => SchemaShape::Null,
        ["undefined"] => SchemaShape::Undefined,
        ["any"] => SchemaShape::Any,
        ["instanceof"] => SchemaShape::Custom(None),
        ["unknown"] => SchemaShape::Unknown,
        ["never" | "nan"] => SchemaShape::Never,
        ["void" | "function" | "symbol"] => SchemaShape::Nothing,
        _ => return None,
    })
}

/// A schema made of values or of other schemas.
fn nested<'a>(
    names: &[&str],
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Option<SchemaShape<'a>> {
    let first = arguments.first();
    let one = |at: usize| schema(arguments.get(at), site);
    Some(match names {
        ["literal"] => literal(first),
        ["enum"] => enumeration(first, site),
        ["nativeEnum"] => match first {
            Some(Value::Object(object)) => SchemaShape::NativeEnum(object.clone()),
            other => opaque(other, site),
        },
        ["object"] => object(first, UnknownKeys::Forbidden, site),
        ["strictObject"] => object(first, UnknownKeys::Forbidden, site),
        ["looseObject"] => object(first, UnknownKeys::Allowed, site),
        ["array"] => SchemaShape::Array { item: one(0), limits: Vec::new() },
        ["set"] => SchemaShape::Set { item: one(0), limits: Vec::new() },
        ["tuple"] => SchemaShape::Tuple { items: schemas(first, site), rest: None },
        ["record"] => match arguments.get(1) {
            Some(Value::Schema(value)) => {
                SchemaShape::Record { key: Some(one(0)), value: value.clone() }
            }
            _ => SchemaShape::Record { key: None, value: one(0) },
        },
        ["map"] => SchemaShape::Map { key: one(0), value: one(1) },
        ["union"] => SchemaShape::Union(schemas(first, site)),
        ["discriminatedUnion"] => SchemaShape::Union(schemas(arguments.get(1), site)),
        ["intersection"] => SchemaShape::Intersection(one(0), one(1)),
        ["optional"] => SchemaShape::Optional(one(0)),
        ["nullable"] => SchemaShape::Nullable(one(0)),
        ["promise"] => SchemaShape::Wrapper(one(0)),
        ["pipe" | "pipeline"] => SchemaShape::Pipeline(one(0), one(1)),
        ["preprocess"] => SchemaShape::Wrapper(one(1)),
        ["custom"] => match first {
            None | Some(Value::Undefined | Value::Null) => SchemaShape::Any,
            Some(check) => SchemaShape::Custom(Some(check.clone())),
        },
        ["lazy"] => match first {
            Some(function @ Value::Function(_)) => SchemaShape::Lazy(function.clone()),
            other => opaque(other, site),
        },
        _ => return None,
    })
}

fn opaque<'a>(value: Option<&Value<'a>>, site: SourceSpan) -> SchemaShape<'a> {
    SchemaShape::Opaque(propagate_or(
        value.cloned().unwrap_or(Value::Undefined),
        site,
        "is not a known schema",
    ))
}

fn literal<'a>(value: Option<&Value<'a>>) -> SchemaShape<'a> {
    match value {
        // A list is Zod 4's way to write a union of literals.
        Some(Value::List(items)) => {
            let one = |item: &Value<'a>| {
                Rc::new(Schema { shape: SchemaShape::Literal(item.clone()), description: None })
            };
            SchemaShape::Union(items.borrow().iter().map(one).collect())
        }
        other => SchemaShape::Literal(other.cloned().unwrap_or(Value::Undefined)),
    }
}

fn enumeration<'a>(value: Option<&Value<'a>>, site: SourceSpan) -> SchemaShape<'a> {
    match value {
        Some(Value::List(items)) => {
            let items = items.borrow();
            let texts = items.iter().map(|item| match item {
                Value::Text(text) => Ok(text.clone()),
                other => Err(other),
            });
            match texts.collect::<Result<Vec<_>, _>>() {
                Ok(texts) => SchemaShape::Enum(texts),
                Err(other) => opaque(Some(other), site),
            }
        }
        Some(Value::Object(object)) => SchemaShape::NativeEnum(object.clone()),
        other => opaque(other, site),
    }
}

fn object<'a>(
    value: Option<&Value<'a>>,
    unknown: UnknownKeys<'a>,
    site: SourceSpan,
) -> SchemaShape<'a> {
    let fields = match value {
        Some(Value::Object(object)) => fields(object, site),
        None => Vec::new(),
        other => return opaque(other, site),
    };
    SchemaShape::Object { fields, unknown }
}

fn fields<'a>(object: &Object<'a>, site: SourceSpan) -> Vec<(Rc<str>, SchemaRef<'a>)> {
    let fields = object.fields.borrow();
    fields.iter().map(|(name, value)| (name.clone(), schema(Some(value), site))).collect()
}

fn check(name: &str, value: Option<&Value<'_>>) -> SchemaCheck {
    let number = match value {
        Some(Value::Number(number)) => Some(*number),
        Some(Value::Date(milliseconds)) => Some(*milliseconds as f64),
        _ => None,
    };
    let text = match value {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::Pattern(pattern)) => Some(pattern.source.as_str().into()),
        Some(Value::Object(options)) => match options.get("version") {
            Some(Value::Text(version)) => Some(version),
            _ => None,
        },
        _ => None,
    };
    SchemaCheck { name: name.into(), number, text }
}
