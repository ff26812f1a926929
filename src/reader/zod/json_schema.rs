//! Zod schemas as JSON Schema, draft 7, as `zod-to-json-schema` gives it to the stock compiler.
//!
//! A schema that is used twice is written once; the second place is a `$ref` to the first.

use super::limits::{limit, one_or_all, plain, plain_type, text};
use super::optional::function_site;
use super::{Schema, SchemaCheck, SchemaRef, SchemaShape, UnknownKeys};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use crate::reader::eval::value::{Object, Value};
use crate::reader::primitives::json::Writer;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

/// Schemas within schemas.
pub const DEPTH_MAX: usize = 200;

/// Writes one schema.
pub struct Converter<'w, 'a> {
    writer: &'w Writer<'w, 'a>,
    /// First place of each schema. The schema is kept alive, so that no other one gets its address.
    seen: HashMap<*const Schema<'a>, (SchemaRef<'a>, String)>,
    depth: usize,
}

/// Position of a schema, and the property that it is the value of.
#[derive(Clone, Default)]
struct SchemaPath {
    path: Vec<String>,
    property: Option<Vec<String>>,
}

impl SchemaPath {
    fn below(&self, parts: &[&str]) -> SchemaPath {
        let mut path = self.path.clone();
        path.extend(parts.iter().map(|&part| part.to_owned()));
        SchemaPath { path, property: self.property.clone() }
    }
}

/// The JSON Schema of a schema.
pub fn convert<'a>(writer: &Writer<'_, 'a>, schema: &SchemaRef<'a>) -> Result<Json> {
    let mut converter = Converter { writer, seen: HashMap::new(), depth: 0 };
    Ok(converter.one(schema, &SchemaPath::default())?.unwrap_or_else(|| json!({})))
}

impl<'a> Converter<'_, 'a> {
    pub fn evaluator(&self) -> &Evaluator<'a> {
        self.writer.evaluator
    }

    fn one(&mut self, schema: &SchemaRef<'a>, place: &SchemaPath) -> Result<Option<Json>> {
        let key = std::rc::Rc::as_ptr(schema);
        if let Some((_, path)) = self.seen.get(&key) {
            return Ok(Some(json!({ "$ref": path })));
        }
        if self.depth > DEPTH_MAX {
            return Ok(Some(json!({})));
        }
        let reference =
            ["#".to_owned()].iter().chain(&place.path).cloned().collect::<Vec<_>>().join("/");
        self.seen.insert(key, (schema.clone(), reference));
        self.depth += 1;
        let shape = self.shape(&schema.shape, place);
        self.depth -= 1;
        let mut shape = shape?;
        if let (Some(Json::Object(fields)), Some(description)) = (&mut shape, &schema.description) {
            fields.insert("description".to_owned(), json!(**description));
        }
        Ok(shape)
    }

    fn at(
        &mut self,
        schema: &SchemaRef<'a>,
        place: &SchemaPath,
        parts: &[&str],
    ) -> Result<Option<Json>> {
        self.one(schema, &place.below(parts))
    }

    /// The same, where nothing counts as anything.
    fn any(&mut self, schema: &SchemaRef<'a>, place: &SchemaPath, parts: &[&str]) -> Result<Json> {
        Ok(self.at(schema, place, parts)?.unwrap_or_else(|| json!({})))
    }

    fn shape(&mut self, shape: &SchemaShape<'a>, place: &SchemaPath) -> Result<Option<Json>> {
        if let Some(plain) = plain(shape) {
            return Ok(Some(plain));
        }
        Ok(Some(match shape {
            SchemaShape::Literal(value) => self.literal(value)?,
            SchemaShape::NativeEnum(object) => self.native_enum(object)?,
            SchemaShape::Object { fields, unknown } => self.object(fields, unknown, place)?,
            SchemaShape::Array { item, limits } => self.list(item, limits, false, place)?,
            SchemaShape::Set { item, limits } => self.list(item, limits, true, place)?,
            SchemaShape::Tuple { items, rest } => self.tuple(items, rest.as_ref(), place)?,
            SchemaShape::Record { key, value } => self.record(key.as_ref(), value, place)?,
            SchemaShape::Map { key, value } => {
                let key = self.any(key, place, &["items", "items", "0"])?;
                let value = self.any(value, place, &["items", "items", "1"])?;
                let pair =
                    json!({ "type": "array", "items": [key, value], "minItems": 2, "maxItems": 2 });
                json!({ "type": "array", "maxItems": 125, "items": pair })
            }
            SchemaShape::Union(options) => return self.union(options, place),
            SchemaShape::Intersection(left, right) => return self.intersection(left, right, place),
            SchemaShape::Pipeline(from, to) => {
                let from = self.at(from, place, &["allOf", "0"])?;
                let to = self.at(to, place, &["allOf", if from.is_some() { "1" } else { "0" }])?;
                json!({ "allOf": from.into_iter().chain(to).collect::<Vec<_>>() })
            }
            SchemaShape::Optional(inner) if place.property.as_ref() == Some(&place.path) => {
                return self.one(inner, place);
            }
            SchemaShape::Optional(inner) => match self.at(inner, place, &["anyOf", "1"])? {
                Some(inner) => json!({ "anyOf": [{ "not": {} }, inner] }),
                None => json!({}),
            },
            SchemaShape::Nullable(inner) => match plain_type(&inner.shape) {
                Some(name) => json!({ "type": [name, "null"] }),
                None => match self.at(inner, place, &["anyOf", "0"])? {
                    Some(inner) => json!({ "anyOf": [inner, { "type": "null" }] }),
                    None => return Ok(None),
                },
            },
            SchemaShape::Default(inner, value) => {
                let mut inner = self.one(inner, place)?.unwrap_or_else(|| json!({}));
                inner["default"] = self.writer.value(value)?;
                inner
            }
            SchemaShape::Catch(inner) | SchemaShape::Wrapper(inner) => {
                return self.one(inner, place);
            }
            SchemaShape::Lazy(function) => {
                match self.evaluator().call(function, None, Vec::new(), function_site(function))? {
                    Value::Schema(schema) => return self.one(&schema, place),
                    other => self.writer.value(&other)?,
                }
            }
            SchemaShape::Opaque(value) => self.writer.value(value)?,
            _ => return Ok(None),
        }))
    }

    fn list(
        &mut self,
        item: &SchemaRef<'a>,
        limits: &[SchemaCheck],
        set: bool,
        place: &SchemaPath,
    ) -> Result<Json> {
        let mut list = Map::from_iter([("type".to_owned(), json!("array"))]);
        if set {
            list.insert("uniqueItems".to_owned(), json!(true));
        }
        if set || !matches!(item.shape, SchemaShape::Any) {
            list.insert("items".to_owned(), self.any(item, place, &["items"])?);
        }
        limit(&mut list, limits);
        Ok(Json::Object(list))
    }

    fn literal(&self, value: &Value<'a>) -> Result<Json> {
        let name = match value {
            Value::Text(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "boolean",
            Value::List(_) => return Ok(json!({ "type": "array" })),
            Value::Unknown(_) => return self.writer.value(value),
            _ => return Ok(json!({ "type": "object" })),
        };
        Ok(json!({ "type": name, "const": self.writer.value(value)? }))
    }

    fn native_enum(&self, object: &Object<'a>) -> Result<Json> {
        let fields = object.fields.borrow();
        let mut values = Vec::new();
        for (_, value) in fields.iter() {
            // The names that numbers lead back to are no values of the enum.
            let back = value.to_text().and_then(|text| object.get(&text));
            if !matches!(back, Some(Value::Number(_))) {
                values.push(value.clone());
            }
        }
        let texts = values.iter().any(|value| matches!(value, Value::Text(_)));
        let numbers = values.iter().any(|value| matches!(value, Value::Number(_)));
        let name = match (texts, numbers) {
            // The stock compiler gives each enum a function among its members, which JSON has as null.
            _ if object.is_enum.get() => json!(["string", "number"]),
            (true, true) => json!(["string", "number"]),
            (true, false) => json!("string"),
            _ => json!("number"),
        };
        let mut values =
            values.iter().map(|value| self.writer.value(value)).collect::<Result<Vec<_>>>()?;
        values.extend(object.is_enum.get().then_some(Json::Null));
        Ok(json!({ "type": name, "enum": values }))
    }

    fn object(
        &mut self,
        fields: &[(std::rc::Rc<str>, SchemaRef<'a>)],
        unknown: &UnknownKeys<'a>,
        place: &SchemaPath,
    ) -> Result<Json> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, schema) in fields {
            let mut inner = place.below(&["properties", name]);
            inner.property = Some(inner.path.clone());
            let optional = self.is_optional(schema, 0)?;
            let Some(property) = self.one(schema, &inner)? else { continue };
            properties.insert(name.to_string(), property);
            if !optional {
                required.push(name.to_string());
            }
        }
        let mut object = Map::new();
        object.insert("type".to_owned(), json!("object"));
        object.insert("properties".to_owned(), Json::Object(properties));
        if !required.is_empty() {
            object.insert("required".to_owned(), json!(required));
        }
        let more = match unknown {
            UnknownKeys::Forbidden => json!(false),
            UnknownKeys::Allowed => json!(true),
            UnknownKeys::Checked(schema) => self.any(schema, place, &["additionalProperties"])?,
        };
        object.insert("additionalProperties".to_owned(), more);
        Ok(Json::Object(object))
    }

    fn tuple(
        &mut self,
        items: &[SchemaRef<'a>],
        rest: Option<&SchemaRef<'a>>,
        place: &SchemaPath,
    ) -> Result<Json> {
        let mut written = Vec::new();
        for (at, item) in items.iter().enumerate() {
            written.extend(self.at(item, place, &["items", &at.to_string()])?);
        }
        let length = items.len();
        Ok(match rest {
            Some(rest) => {
                let rest = self.any(rest, place, &["additionalItems"])?;
                json!({ "type": "array", "minItems": length, "items": written, "additionalItems": rest })
            }
            None => {
                json!({ "type": "array", "minItems": length, "maxItems": length, "items": written })
            }
        })
    }

    fn record(
        &mut self,
        key: Option<&SchemaRef<'a>>,
        value: &SchemaRef<'a>,
        place: &SchemaPath,
    ) -> Result<Json> {
        let value = self.at(value, place, &["additionalProperties"])?.unwrap_or(json!(true));
        let mut record = Map::new();
        record.insert("type".to_owned(), json!("object"));
        record.insert("additionalProperties".to_owned(), value);
        let names = match key.map(|key| &key.shape) {
            Some(SchemaShape::Text(checks)) if !checks.is_empty() => {
                let mut names = text(checks);
                if let Json::Object(names) = &mut names {
                    names.remove("type");
                }
                Some(names)
            }
            Some(SchemaShape::Enum(values)) => {
                let values: Vec<&str> = values.iter().map(|value| &**value).collect();
                Some(json!({ "enum": values }))
            }
            _ => None,
        };
        if let Some(names) = names {
            record.insert("propertyNames".to_owned(), names);
        }
        Ok(Json::Object(record))
    }

    fn union(&mut self, options: &[SchemaRef<'a>], place: &SchemaPath) -> Result<Option<Json>> {
        if let Some(types) =
            options.iter().map(|one| plain_type(&one.shape)).collect::<Option<Vec<_>>>()
        {
            return Ok(Some(
                json!({ "type": one_or_all(types.into_iter().map(|name| json!(name))) }),
            ));
        }
        if let Some(united) = self.literals(options)? {
            return Ok(Some(united));
        }
        if options.iter().all(|one| matches!(one.shape, SchemaShape::Enum(_))) {
            let mut values: Vec<&str> = Vec::new();
            for option in options {
                let SchemaShape::Enum(more) = &option.shape else { continue };
                let new: Vec<&str> =
                    more.iter().map(|value| &**value).filter(|v| !values.contains(v)).collect();
                values.extend(new);
            }
            return Ok(Some(json!({ "type": "string", "enum": values })));
        }
        let mut any = Vec::new();
        for (at, option) in options.iter().enumerate() {
            any.extend(self.at(option, place, &["anyOf", &at.to_string()])?);
        }
        Ok((!any.is_empty()).then(|| json!({ "anyOf": any })))
    }

    /// A union of literals is an enum.
    fn literals(&self, options: &[SchemaRef<'a>]) -> Result<Option<Json>> {
        let mut types = Vec::new();
        let mut values = Vec::new();
        for option in options {
            let SchemaShape::Literal(value) = &option.shape else { return Ok(None) };
            let name = match value {
                Value::Text(_) => "string",
                Value::Number(_) => "number",
                Value::Bool(_) => "boolean",
                Value::Null => "null",
                _ => return Ok(None),
            };
            if option.description.is_some() {
                return Ok(None);
            }
            types.push(json!(name));
            let value = self.writer.value(value)?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(Some(json!({ "type": one_or_all(types.into_iter()), "enum": values })))
    }

    fn intersection(
        &mut self,
        left: &SchemaRef<'a>,
        right: &SchemaRef<'a>,
        place: &SchemaPath,
    ) -> Result<Option<Json>> {
        let left = self.at(left, place, &["allOf", "0"])?;
        let right = self.at(right, place, &["allOf", "1"])?;
        let mut all = Vec::new();
        for side in left.into_iter().chain(right) {
            let Json::Object(mut fields) = side else { continue };
            match fields.remove("allOf") {
                Some(Json::Array(more)) => all.extend(more),
                _ => {
                    if fields.get("additionalProperties") == Some(&json!(false)) {
                        fields.remove("additionalProperties");
                    }
                    all.push(Json::Object(fields));
                }
            }
        }
        Ok((!all.is_empty()).then(|| json!({ "allOf": all })))
    }
}
