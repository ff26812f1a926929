//! Names that an element of a list has when the project runs.

use super::names::Lookup;
use crate::reader::eval::value::{EvalScope, SourceSpan, Value};
use crate::reader::primitives::forms::name_of_class;
use crate::reader::syntax::module::Module;
use oxc_ast::ast::Expression;
use std::rc::Rc;

/// Names of the members of an element of a list at run time.
pub fn names_at_runtime<'a>(
    lookup: Lookup<'_, 'a>,
    element: &(Rc<Module<'a>>, &'a Expression<'a>),
) -> Vec<String> {
    let (module, value) = element;
    let scope = EvalScope::module(module.id);
    match lookup.evaluator.at_top(|| lookup.evaluator.expression(&scope, value)) {
        Ok(value) => names(lookup, &value),
        Err(_) => Vec::new(),
    }
}

fn names<'a>(lookup: Lookup<'_, 'a>, value: &Value<'a>) -> Vec<String> {
    match value {
        Value::Object(object) => match object.get("name") {
            Some(Value::Text(name)) if !name.is_empty() => vec![name.to_string()],
            Some(Value::Unknown(_)) => Vec::new(),
            _ => {
                let class = object.made.as_ref().filter(|made| made.class.is_some());
                class.map(|made| name_of_class(&made.by)).into_iter().collect()
            }
        },
        Value::List(items) => {
            items.borrow().clone().iter().flat_map(|item| names(lookup, item)).collect()
        }
        Value::Class(class) => {
            let site = SourceSpan::new(class.module, class.node.span);
            match lookup.evaluator.instance(class, Vec::new(), site) {
                Ok(Value::Object(made)) => names(lookup, &Value::Object(made)),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
