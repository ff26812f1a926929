//! Zod schemas as values: what `z.object({…}).partial()` and its kin build.
//!
//! The behaviour is Zod 3's, which is what the stock compiler evaluates schemas with: which method
//! carries a description on, what `partial` wraps.

mod json_schema;
mod limits;
mod method;
mod optional;

pub use json_schema::convert;
pub use method::{member, method};

use crate::reader::eval::expression::again_or;
use crate::reader::eval::value::{Object, Site, Value};
use std::rc::Rc;

pub struct Schema<'a> {
    pub shape: Shape<'a>,
    pub description: Option<Rc<str>>,
}

pub type SchemaRef<'a> = Rc<Schema<'a>>;

#[derive(Clone)]
pub enum Shape<'a> {
    Text(Vec<Check>),
    Number(Vec<Check>),
    BigInt(Vec<Check>),
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
        limits: Vec<Check>,
    },
    Set {
        item: SchemaRef<'a>,
        limits: Vec<Check>,
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
    /// Effects, brands, promises, `readonly`: what is inside counts.
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
pub struct Check {
    pub name: Rc<str>,
    pub number: Option<f64>,
    pub text: Option<Rc<str>>,
}

fn make<'a>(shape: Shape<'a>, description: Option<Rc<str>>) -> Value<'a> {
    Value::Schema(Rc::new(Schema { shape, description }))
}

/// A value as a schema; what is none stands as an opaque one.
fn schema<'a>(value: Option<&Value<'a>>, site: Site) -> SchemaRef<'a> {
    match value {
        Some(Value::Schema(schema)) => schema.clone(),
        other => {
            let value =
                again_or(other.cloned().unwrap_or(Value::Undefined), site, "is no known schema");
            Rc::new(Schema { shape: Shape::Opaque(value), description: None })
        }
    }
}

fn schemas<'a>(value: Option<&Value<'a>>, site: Site) -> Vec<SchemaRef<'a>> {
    match value {
        Some(Value::List(items)) => {
            items.borrow().iter().map(|item| schema(Some(item), site)).collect()
        }
        other => vec![schema(other, site)],
    }
}

/// `z.name(…)`.
pub fn call<'a>(path: &[Rc<str>], arguments: &[Value<'a>], site: Site) -> Value<'a> {
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
fn plain<'a>(names: &[&str]) -> Option<Shape<'a>> {
    Some(match names {
        ["string"] => Shape::Text(Vec::new()),
        ["number"] => Shape::Number(Vec::new()),
        ["bigint"] => Shape::BigInt(Vec::new()),
        ["int"] => Shape::Number(vec![check("int", None)]),
        [
            "email" | "url" | "uuid" | "cuid" | "cuid2" | "ulid" | "nanoid" | "emoji" | "jwt"
            | "base64",
        ] => Shape::Text(vec![check(names[0], None)]),
        ["iso", format @ ("datetime" | "date" | "time" | "duration")] => {
            Shape::Text(vec![check(format, None)])
        }
        ["boolean"] => Shape::Boolean,
        ["date"] => Shape::Date,
        ["null"] => Shape::Null,
        ["undefined"] => Shape::Undefined,
        ["any"] => Shape::Any,
        ["instanceof"] => Shape::Custom(None),
        ["unknown"] => Shape::Unknown,
        ["never" | "nan"] => Shape::Never,
        ["void" | "function" | "symbol"] => Shape::Nothing,
        _ => return None,
    })
}

/// A schema made of values or of other schemas.
fn nested<'a>(names: &[&str], arguments: &[Value<'a>], site: Site) -> Option<Shape<'a>> {
    let first = arguments.first();
    let one = |at: usize| schema(arguments.get(at), site);
    Some(match names {
        ["literal"] => literal(first),
        ["enum"] => enumeration(first, site),
        ["nativeEnum"] => match first {
            Some(Value::Object(object)) => Shape::NativeEnum(object.clone()),
            other => opaque(other, site),
        },
        ["object"] => object(first, UnknownKeys::Forbidden, site),
        ["strictObject"] => object(first, UnknownKeys::Forbidden, site),
        ["looseObject"] => object(first, UnknownKeys::Allowed, site),
        ["array"] => Shape::Array { item: one(0), limits: Vec::new() },
        ["set"] => Shape::Set { item: one(0), limits: Vec::new() },
        ["tuple"] => Shape::Tuple { items: schemas(first, site), rest: None },
        ["record"] => match arguments.get(1) {
            Some(Value::Schema(value)) => Shape::Record { key: Some(one(0)), value: value.clone() },
            _ => Shape::Record { key: None, value: one(0) },
        },
        ["map"] => Shape::Map { key: one(0), value: one(1) },
        ["union"] => Shape::Union(schemas(first, site)),
        ["discriminatedUnion"] => Shape::Union(schemas(arguments.get(1), site)),
        ["intersection"] => Shape::Intersection(one(0), one(1)),
        ["optional"] => Shape::Optional(one(0)),
        ["nullable"] => Shape::Nullable(one(0)),
        ["promise"] => Shape::Wrapper(one(0)),
        ["pipe" | "pipeline"] => Shape::Pipeline(one(0), one(1)),
        ["preprocess"] => Shape::Wrapper(one(1)),
        ["custom"] => match first {
            None | Some(Value::Undefined | Value::Null) => Shape::Any,
            Some(check) => Shape::Custom(Some(check.clone())),
        },
        ["lazy"] => match first {
            Some(function @ Value::Function(_)) => Shape::Lazy(function.clone()),
            other => opaque(other, site),
        },
        _ => return None,
    })
}

fn opaque<'a>(value: Option<&Value<'a>>, site: Site) -> Shape<'a> {
    Shape::Opaque(again_or(value.cloned().unwrap_or(Value::Undefined), site, "is no known schema"))
}

fn literal<'a>(value: Option<&Value<'a>>) -> Shape<'a> {
    match value {
        // A list is Zod 4's way to write a union of literals.
        Some(Value::List(items)) => {
            let one = |item: &Value<'a>| {
                Rc::new(Schema { shape: Shape::Literal(item.clone()), description: None })
            };
            Shape::Union(items.borrow().iter().map(one).collect())
        }
        other => Shape::Literal(other.cloned().unwrap_or(Value::Undefined)),
    }
}

fn enumeration<'a>(value: Option<&Value<'a>>, site: Site) -> Shape<'a> {
    match value {
        Some(Value::List(items)) => {
            let items = items.borrow();
            let texts = items.iter().map(|item| match item {
                Value::Text(text) => Ok(text.clone()),
                other => Err(other),
            });
            match texts.collect::<Result<Vec<_>, _>>() {
                Ok(texts) => Shape::Enum(texts),
                Err(other) => opaque(Some(other), site),
            }
        }
        Some(Value::Object(object)) => Shape::NativeEnum(object.clone()),
        other => opaque(other, site),
    }
}

fn object<'a>(value: Option<&Value<'a>>, unknown: UnknownKeys<'a>, site: Site) -> Shape<'a> {
    let fields = match value {
        Some(Value::Object(object)) => fields(object, site),
        None => Vec::new(),
        other => return opaque(other, site),
    };
    Shape::Object { fields, unknown }
}

fn fields<'a>(object: &Object<'a>, site: Site) -> Vec<(Rc<str>, SchemaRef<'a>)> {
    let fields = object.fields.borrow();
    fields.iter().map(|(name, value)| (name.clone(), schema(Some(value), site))).collect()
}

fn check(name: &str, value: Option<&Value<'_>>) -> Check {
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
    Check { name: name.into(), number, text }
}
