//! Limit on the memory that evaluating one project may take. The content of a text, a list or an
//! object is counted at the expression that makes it; lookups cost nothing.

use super::value::{SourceSpan, Value};
use crate::reader::eval::Evaluator;
use oxc_ast::ast::Expression;

/// Bytes, roughly, of everything that is made.
const MADE_MAX: usize = 64 << 20;
/// Values up to this size are made even beyond the limit, so that the rest of the project can be
/// read.
const SMALL: usize = 512;
/// A value in a list, a field of an object with its name.
const ITEM: usize = 24;
const FIELD: usize = 48;

impl<'a> Evaluator<'a> {
    /// The value, or an unknown where too much was made already.
    pub fn weighed(
        &self,
        expression: &Expression<'a>,
        value: Value<'a>,
        site: SourceSpan,
    ) -> Value<'a> {
        if !makes(expression) {
            return value;
        }
        let weight = weight(&value);
        let made = self.made.get().saturating_add(weight);
        self.made.set(made);
        if made <= MADE_MAX || weight <= SMALL {
            value
        } else {
            Value::unknown(site, "takes too much memory to evaluate")
        }
    }
}

fn makes(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::TemplateLiteral(_)
            | Expression::ArrayExpression(_)
            | Expression::ObjectExpression(_)
            | Expression::BinaryExpression(_)
            | Expression::AssignmentExpression(_)
            | Expression::CallExpression(_)
            | Expression::NewExpression(_)
    )
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(items) => ITEM * items.borrow().len(),
        Value::Object(object) => FIELD * object.fields.borrow().len(),
        _ => 0,
    }
}
