//! Fields that may be left out: those whose schema takes `undefined`.

use super::json_schema::{Converter, DEPTH_MAX};
use super::limits::passes;
use super::{SchemaRef, SchemaShape};
use crate::error::Result;
use crate::reader::eval::value::{SourceSpan, Value};
use crate::reader::syntax::module::ModuleId;

impl<'a> Converter<'_, 'a> {
    /// True if `undefined` passes.
    pub fn is_optional(&self, schema: &SchemaRef<'a>, depth: usize) -> Result<bool> {
        if depth > DEPTH_MAX {
            return Ok(true);
        }
        let inner = |one: &SchemaRef<'a>| self.is_optional(one, depth + 1);
        Ok(match &schema.shape {
            SchemaShape::Default(one, value) => passes(&one.shape, value),
            SchemaShape::Optional(_)
            | SchemaShape::Catch(_)
            | SchemaShape::Any
            | SchemaShape::Unknown
            | SchemaShape::Undefined => true,
            SchemaShape::Nothing => true,
            SchemaShape::Literal(value) => matches!(value, Value::Undefined),
            SchemaShape::Nullable(one) | SchemaShape::Wrapper(one) => inner(one)?,
            // A default supplies the second schema with a value; `undefined` has to pass both.
            SchemaShape::Pipeline(from, to) => {
                gives_value(&from.shape) || inner(from)? && inner(to)?
            }
            SchemaShape::Union(options) => {
                for option in options {
                    if inner(option)? {
                        return Ok(true);
                    }
                }
                false
            }
            SchemaShape::Intersection(left, right) => inner(left)? && inner(right)?,
            SchemaShape::Custom(Some(check)) => {
                let result = self.evaluator().call(
                    check,
                    None,
                    vec![Value::Undefined],
                    function_site(check),
                );
                result?.truth() == Some(true)
            }
            SchemaShape::Lazy(function) => {
                match self.evaluator().call(function, None, Vec::new(), function_site(function))? {
                    Value::Schema(one) => inner(&one)?,
                    _ => false,
                }
            }
            _ => false,
        })
    }
}

/// True if `undefined` becomes a value.
fn gives_value(shape: &SchemaShape<'_>) -> bool {
    match shape {
        SchemaShape::Default(..) | SchemaShape::Catch(_) => true,
        SchemaShape::Nullable(one) | SchemaShape::Wrapper(one) => gives_value(&one.shape),
        _ => false,
    }
}

pub fn function_site(function: &Value<'_>) -> SourceSpan {
    let module = match function {
        Value::Function(function) => function.module,
        _ => ModuleId(0),
    };
    SourceSpan::new(module, oxc_span::Span::default())
}
