//! Fields that may be left out: those whose schema takes `undefined`.

use super::json_schema::{Converter, DEPTH_MAX};
use super::limits::passes;
use super::{SchemaRef, Shape};
use crate::error::Result;
use crate::reader::eval::value::{Site, Value};
use crate::reader::syntax::module::ModuleId;

impl<'a> Converter<'_, 'a> {
    /// Whether `undefined` passes.
    pub fn is_optional(&self, schema: &SchemaRef<'a>, depth: usize) -> Result<bool> {
        if depth > DEPTH_MAX {
            return Ok(true);
        }
        let inner = |one: &SchemaRef<'a>| self.is_optional(one, depth + 1);
        Ok(match &schema.shape {
            Shape::Default(one, value) => passes(&one.shape, value),
            Shape::Optional(_)
            | Shape::Catch(_)
            | Shape::Any
            | Shape::Unknown
            | Shape::Undefined => true,
            Shape::Nothing => true,
            Shape::Literal(value) => matches!(value, Value::Undefined),
            Shape::Nullable(one) | Shape::Wrapper(one) => inner(one)?,
            // What a default gives goes on into the second schema; `undefined` has to pass both.
            Shape::Pipeline(from, to) => gives_value(&from.shape) || inner(from)? && inner(to)?,
            Shape::Union(options) => {
                for option in options {
                    if inner(option)? {
                        return Ok(true);
                    }
                }
                false
            }
            Shape::Intersection(left, right) => inner(left)? && inner(right)?,
            Shape::Custom(Some(check)) => {
                let verdict = self.evaluator().call(
                    check,
                    None,
                    vec![Value::Undefined],
                    function_site(check),
                );
                verdict?.truth() == Some(true)
            }
            Shape::Lazy(function) => {
                match self.evaluator().call(function, None, Vec::new(), function_site(function))? {
                    Value::Schema(one) => inner(&one)?,
                    _ => false,
                }
            }
            _ => false,
        })
    }
}

/// Whether `undefined` becomes a value.
fn gives_value(shape: &Shape<'_>) -> bool {
    match shape {
        Shape::Default(..) | Shape::Catch(_) => true,
        Shape::Nullable(one) | Shape::Wrapper(one) => gives_value(&one.shape),
        _ => false,
    }
}

pub fn function_site(function: &Value<'_>) -> Site {
    let module = match function {
        Value::Function(function) => function.module,
        _ => ModuleId(0),
    };
    Site::new(module, oxc_span::Span::default())
}
