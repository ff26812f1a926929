//! Operators of JavaScript on one or two values.

use super::expression::propagate;
use super::value::{SourceSpan, Value};
use crate::reader::eval::SIZE_MAX;
use oxc_syntax::operator::{BinaryOperator, LogicalOperator};
use std::rc::Rc;

/// True if the right side of `||`, `&&` or `??` counts; `None` while the left is unknown.
pub fn takes_right(left: &Value<'_>, operator: LogicalOperator) -> Option<bool> {
    Some(match operator {
        LogicalOperator::Or => !left.truth()?,
        LogicalOperator::And => left.truth()?,
        LogicalOperator::Coalesce => match left {
            Value::Unknown(_) | Value::Package(_) => return None,
            Value::Undefined | Value::Null => true,
            _ => false,
        },
    })
}

/// Result of `typeof`; `None` while the value is unknown.
pub fn type_name(value: &Value<'_>) -> Option<&'static str> {
    Some(match value {
        Value::Undefined => "undefined",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::Text(_) | Value::Path(_) => "string",
        Value::Function(_) | Value::Class(_) | Value::Method(_) => "function",
        Value::Null | Value::List(_) | Value::Object(_) | Value::Schema(_) | Value::Date(_) => {
            "object"
        }
        Value::Pattern(_) | Value::Namespace(_) => "object",
        Value::Package(_) | Value::Unknown(_) => return None,
    })
}

/// Two values and the operator between them.
pub fn operate<'a>(
    operator: BinaryOperator,
    left: Value<'a>,
    right: Value<'a>,
    site: SourceSpan,
) -> Value<'a> {
    if left.is_unknown() || matches!(left, Value::Package(_)) {
        return propagate(left, site);
    }
    if right.is_unknown() || matches!(right, Value::Package(_)) {
        return propagate(right, site);
    }
    let known = match operator {
        BinaryOperator::Addition => match (&left, &right) {
            (Value::Number(a), Value::Number(b)) => Some(Value::Number(a + b)),
            (Value::Path(path), Value::Text(text)) => {
                Some(Value::Path((path.to_string() + text).into()))
            }
            (Value::Text(_), _) | (_, Value::Text(_)) => concatenated(&left, &right),
            _ => None,
        },
        BinaryOperator::StrictEquality => same(&left, &right).map(Value::Bool),
        BinaryOperator::StrictInequality => same(&left, &right).map(|same| Value::Bool(!same)),
        BinaryOperator::Equality => loosely_equal(&left, &right).map(Value::Bool),
        BinaryOperator::Inequality => {
            loosely_equal(&left, &right).map(|loosely_equal| Value::Bool(!loosely_equal))
        }
        _ => match (&left, &right) {
            (Value::Number(a), Value::Number(b)) => arithmetic(operator, *a, *b),
            (Value::Text(a), Value::Text(b)) => compare(operator, a, b),
            _ => None,
        },
    };
    known.unwrap_or_else(|| Value::unknown(site, "is not evaluated"))
}

fn concatenated<'a>(left: &Value<'a>, right: &Value<'a>) -> Option<Value<'a>> {
    let (left, right) = (left.to_text()?, right.to_text()?);
    (left.len() + right.len() <= SIZE_MAX).then(|| Value::text(left + &right))
}

fn arithmetic<'a>(operator: BinaryOperator, a: f64, b: f64) -> Option<Value<'a>> {
    Some(match operator {
        BinaryOperator::Subtraction => Value::Number(a - b),
        BinaryOperator::Multiplication => Value::Number(a * b),
        BinaryOperator::Division => Value::Number(a / b),
        BinaryOperator::Remainder => Value::Number(a % b),
        BinaryOperator::Exponential => Value::Number(a.powf(b)),
        BinaryOperator::LessThan => Value::Bool(a < b),
        BinaryOperator::LessEqualThan => Value::Bool(a <= b),
        BinaryOperator::GreaterThan => Value::Bool(a > b),
        BinaryOperator::GreaterEqualThan => Value::Bool(a >= b),
        _ => return None,
    })
}

fn compare<'a>(operator: BinaryOperator, a: &str, b: &str) -> Option<Value<'a>> {
    let order = a.encode_utf16().cmp(b.encode_utf16());
    Some(Value::Bool(match operator {
        BinaryOperator::LessThan => order.is_lt(),
        BinaryOperator::LessEqualThan => order.is_le(),
        BinaryOperator::GreaterThan => order.is_gt(),
        BinaryOperator::GreaterEqualThan => order.is_ge(),
        _ => return None,
    }))
}

/// `===`; `None` where either is not known.
pub fn same<'a>(left: &Value<'a>, right: &Value<'a>) -> Option<bool> {
    Some(match (left, right) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        (Value::Object(a), Value::Object(b)) => Rc::ptr_eq(a, b),
        _ if type_name(left)? == type_name(right)? => return None,
        _ => false,
    })
}

/// `==`; `None` where either is not known or would be converted.
fn loosely_equal<'a>(left: &Value<'a>, right: &Value<'a>) -> Option<bool> {
    let nullish = |value: &Value<'_>| matches!(value, Value::Undefined | Value::Null);
    match (nullish(left), nullish(right)) {
        (true, true) => Some(true),
        (true, false) | (false, true) => Some(false),
        _ if type_name(left)? == type_name(right)? => same(left, right),
        _ => None,
    }
}
