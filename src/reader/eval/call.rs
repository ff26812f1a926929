//! Members, calls and `new`.

use super::expression::{propagate, propagate_or};
use super::literal::spread_items;
use super::value::{EvalScope, Object, SourceSpan, Value};
use super::{builtin, library};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use crate::reader::eval::file_reads;
use crate::reader::reach::root::ReachRoot;
use crate::reader::zod;
use oxc_ast::ast::{Argument, CallExpression, Expression, MemberExpression, NewExpression};
use oxc_span::GetSpan;
use std::rc::Rc;

type ScopeRef<'a> = Rc<EvalScope<'a>>;

impl<'a> Evaluator<'a> {
    /// A member and the object it was taken from.
    pub fn member_expression(
        &self,
        scope: &ScopeRef<'a>,
        member: &'a MemberExpression<'a>,
        site: SourceSpan,
    ) -> Result<(Value<'a>, Value<'a>)> {
        let object = self.expression(scope, member.object())?;
        if member.optional() && matches!(object, Value::Undefined | Value::Null) {
            return Ok((Value::Undefined, object));
        }
        let key: Rc<str> = match member {
            MemberExpression::StaticMemberExpression(one) => one.property.name.as_str().into(),
            MemberExpression::PrivateFieldExpression(one) => format!("#{}", one.field.name).into(),
            MemberExpression::ComputedMemberExpression(one) => {
                let key = self.expression(scope, &one.expression)?;
                match key.to_text() {
                    Some(text) => text.into(),
                    None => return Ok((propagate(key, site), object)),
                }
            }
        };
        let value = self.member(&object, &key, site)?;
        Ok((value, object))
    }

    /// `object.key`.
    pub fn member(&self, object: &Value<'a>, key: &str, site: SourceSpan) -> Result<Value<'a>> {
        let method = || Value::Method(Rc::new((object.clone(), key.into())));
        Ok(match object {
            Value::Object(one) => match one.get(key) {
                Some(value) => value,
                None if library::has_method(one, key) => method(),
                None => match one.get("...") {
                    // The value spread into it could have the key.
                    Some(spread) => propagate(spread, site),
                    None => Value::Undefined,
                },
            },
            Value::Class(class) => self.static_member(class, key, site)?,
            Value::Namespace(module) => {
                let names = self.export_names(*module)?;
                match names.get(key) {
                    Some(&name) => self.exported(*module, name)?,
                    None => Value::Undefined,
                }
            }
            Value::Package(path) => match file_reads::place(&self.modules, path, key, site) {
                Some(place) => place,
                None => library::member(path, key, site),
            },
            Value::List(items) => match key.parse::<usize>() {
                Ok(at) => items.borrow().get(at).cloned().unwrap_or(Value::Undefined),
                Err(_) if key == "length" => Value::Number(items.borrow().len() as f64),
                Err(_) => method(),
            },
            Value::Text(text) => match key.parse::<usize>() {
                Ok(at) => builtin::character(text, at).unwrap_or(Value::Undefined),
                Err(_) if key == "length" => Value::Number(text.encode_utf16().count() as f64),
                Err(_) => method(),
            },
            Value::Schema(schema) => zod::member(schema, key, site).unwrap_or_else(method),
            Value::Path(_) if ["pathname", "href", "path"].contains(&key) => object.clone(),
            Value::Number(_)
            | Value::Bool(_)
            | Value::Date(_)
            | Value::Pattern(_)
            | Value::Path(_) => method(),
            Value::Function(_) | Value::Method(_) => {
                Value::unknown(site, "is a part of a function")
            }
            Value::Unknown(_) => propagate(object.clone(), site),
            Value::Undefined | Value::Null => {
                Value::unknown(site, format!("is \"{key}\" of nothing"))
            }
        })
    }

    pub fn call_expression(
        &self,
        scope: &ScopeRef<'a>,
        call: &'a CallExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        if let Expression::Super(_) = &call.callee {
            let arguments = self.arguments(scope, &call.arguments)?;
            return self.call_super(scope, arguments);
        }
        let (callee, this) = match call.callee.as_member_expression() {
            Some(member) => {
                let place = SourceSpan::new(scope.module, member.span());
                let (callee, object) = self.member_expression(scope, member, place)?;
                (callee, Some(object))
            }
            None => (self.expression(scope, &call.callee)?, None),
        };
        if let (Value::Undefined, true) = (&callee, call.optional || chained(&call.callee)) {
            return Ok(Value::Undefined);
        }
        if callee.is_unknown() {
            return Ok(propagate(callee, site));
        }
        let arguments = self.arguments(scope, &call.arguments)?;
        match self.call(&callee, this, arguments, site)? {
            // Seen from outside, a helper that cannot be evaluated is the call of it.
            Value::Unknown(unknown) => Ok(propagate(Value::Unknown(unknown), site)),
            value => Ok(value),
        }
    }

    /// Calls a function of any sort.
    pub fn call(
        &self,
        callee: &Value<'a>,
        this: Option<Value<'a>>,
        arguments: Vec<Value<'a>>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        self.deeper(site, || match callee {
            Value::Function(function) => {
                let frame =
                    [ReachRoot::expression(site), ReachRoot::code(function.module, function.node)];
                self.within(&frame, || self.call_function(function, this, arguments, site))
            }
            Value::Method(method) => {
                let (object, name) = &**method;
                match object {
                    Value::Schema(schema) => zod::method(self, schema, name, &arguments, site),
                    Value::Object(object) => library::method(self, object, name, arguments, site),
                    _ => builtin::method(self, object, name, &arguments, site),
                }
            }
            Value::Package(path) => {
                match file_reads::call(&self.modules, path, &arguments, site)? {
                    Some(value) => Ok(value),
                    None => library::call(self, path, arguments, site),
                }
            }
            other => Ok(propagate_or(other.clone(), site, "calls an unknown function")),
        })
    }

    pub fn new_expression(
        &self,
        scope: &ScopeRef<'a>,
        new: &'a NewExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let callee = self.expression(scope, &new.callee)?;
        let arguments = self.arguments(scope, &new.arguments)?;
        match &callee {
            Value::Class(class) => self.instance(class, arguments, site),
            Value::Package(path) => Ok(match file_reads::url(path, &arguments) {
                Some(place) => place,
                None => library::construct(self, path, &arguments, site),
            }),
            other => Ok(propagate_or(other.clone(), site, "creates an object of an unknown class")),
        }
    }

    fn arguments(
        &self,
        scope: &ScopeRef<'a>,
        arguments: &'a [Argument<'a>],
    ) -> Result<Vec<Value<'a>>> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if let Argument::SpreadElement(spread) = argument {
                let site = SourceSpan::new(scope.module, spread.argument.span());
                values.extend(spread_items(self.expression(scope, &spread.argument)?, site));
            } else if let Some(expression) = argument.as_expression() {
                values.push(self.expression(scope, expression)?);
            }
        }
        Ok(values)
    }

    /// An object with the fields of another, made by a class or a function.
    pub fn copied(
        &self,
        from: Option<&Value<'a>>,
        made: super::value::MadeBy<'a>,
        site: SourceSpan,
    ) -> Value<'a> {
        let (fields, schemas) = match from {
            Some(Value::Object(object)) => (object.fields.borrow().clone(), object.schemas.clone()),
            _ => Default::default(),
        };
        let object = Object { schemas, ..Object::new(fields, Some(made), site, self.roots()) };
        if let Some(Value::Object(from)) = from {
            object.wraps.set(from.wraps.get());
        }
        Value::Object(Rc::new(object))
    }
}

/// `a?.b.c()` is undefined where `a` is.
fn chained(callee: &Expression<'_>) -> bool {
    let mut at = callee;
    while let Some(member) = at.as_member_expression() {
        if member.optional() {
            return true;
        }
        at = member.object();
    }
    false
}
