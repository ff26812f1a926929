//! Literals of lists and objects, with the values spread into them.

use super::expression::propagate_or;
use super::value::{EvalScope, Object, SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::{Evaluator, SIZE_MAX};
use crate::reader::reach::root::ReachRoot;
use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, ObjectExpression, ObjectPropertyKind, PropertyKey,
    PropertyKind,
};
use oxc_span::GetSpan;
use std::rc::Rc;

type ScopeRef<'a> = Rc<EvalScope<'a>>;

impl<'a> Evaluator<'a> {
    pub fn list(&self, scope: &ScopeRef<'a>, list: &'a ArrayExpression<'a>) -> Result<Value<'a>> {
        let mut items = Vec::with_capacity(list.elements.len());
        for element in &list.elements {
            match element {
                ArrayExpressionElement::Elision(_) => items.push(Value::Undefined),
                ArrayExpressionElement::SpreadElement(spread) => {
                    let value = self.expression(scope, &spread.argument)?;
                    let site = SourceSpan::new(scope.module, spread.argument.span());
                    items.extend(spread_items(value, site));
                }
                other => {
                    if let Some(expression) = other.as_expression() {
                        items.push(self.expression(scope, expression)?);
                    }
                }
            }
            if items.len() > SIZE_MAX {
                return Ok(Value::unknown(SourceSpan::new(scope.module, list.span), "is too long"));
            }
        }
        Ok(Value::list(items))
    }

    pub fn object(
        &self,
        scope: &ScopeRef<'a>,
        object: &'a ObjectExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let fields = Vec::with_capacity(object.properties.len());
        let made = Rc::new(Object::new(fields, None, site, self.roots_in(scope)));
        let value = Value::Object(made.clone());
        let mut getters = Vec::new();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let from = self.expression(scope, &spread.argument)?;
                    let site = SourceSpan::new(scope.module, spread.argument.span());
                    self.spread_fields(&made, from, site)?;
                }
                ObjectPropertyKind::ObjectProperty(one) => {
                    let Some(key) = self.key(scope, &one.key, one.computed)? else {
                        let site = SourceSpan::new(scope.module, one.span);
                        made.set(
                            "[...]",
                            Value::unknown(site, "has a key that is known at run time only"),
                        );
                        continue;
                    };
                    let field = self.expression(scope, &one.value)?;
                    if matches!(field, Value::Schema(_)) {
                        let site = SourceSpan::new(scope.module, one.value.span());
                        made.schemas.borrow_mut().push(ReachRoot::expression(site));
                    }
                    match one.kind {
                        PropertyKind::Init => made.set(&key, field),
                        PropertyKind::Get => getters.push((key, field)),
                        PropertyKind::Set => {}
                    }
                }
            }
        }
        for (key, getter) in getters {
            let result = self.call(&getter, Some(value.clone()), Vec::new(), site)?;
            made.set(&key, result);
        }
        Ok(value)
    }

    /// Puts the fields of an object that is spread into another.
    fn spread_fields(&self, made: &Object<'a>, from: Value<'a>, site: SourceSpan) -> Result<()> {
        match &from {
            Value::Object(other) => {
                let fields = other.fields.borrow().clone();
                fields.into_iter().for_each(|(name, value)| made.set(&name, value));
                let schemas = other.schemas.borrow().clone();
                made.schemas.borrow_mut().extend(schemas);
                if other.made.is_some() || other.wraps.get().is_some() {
                    made.wraps.set(made.wraps.get().or(Some(other.origin())));
                }
            }
            Value::Namespace(module) => {
                for name in self.export_names(*module)? {
                    made.set(name, self.exported(*module, name)?);
                }
            }
            other if other.truth() == Some(false) => {}
            _ => made.set("...", propagate_or(from, site, "is spread, but is not a known object")),
        }
        Ok(())
    }

    /// The name of a property; `None` where a computed one is not known.
    pub fn key(
        &self,
        scope: &ScopeRef<'a>,
        key: &'a PropertyKey<'a>,
        computed: bool,
    ) -> Result<Option<Rc<str>>> {
        Ok(match key {
            PropertyKey::StaticIdentifier(name) if !computed => Some(name.name.as_str().into()),
            PropertyKey::PrivateIdentifier(name) => Some(format!("#{}", name.name).into()),
            other => match other.as_expression() {
                Some(expression) => self.expression(scope, expression)?.to_text().map(Into::into),
                None => None,
            },
        })
    }
}

/// The items of a list that is spread into another.
pub fn spread_items<'a>(value: Value<'a>, site: SourceSpan) -> Vec<Value<'a>> {
    match value {
        Value::List(items) => items.borrow().clone(),
        Value::Undefined | Value::Null | Value::Bool(false) => Vec::new(),
        Value::Text(text) => text.chars().map(|one| Value::text(one.to_string())).collect(),
        other => vec![propagate_or(other, site, "is spread, but is not a known list")],
    }
}
