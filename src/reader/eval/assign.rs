//! Assignments: to names, to members, and to the parts of a pattern.

use super::expression::{propagate, propagate_or};
use super::operator::{operate, takes_right};
use super::value::{EvalScope, SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::{Evaluator, SIZE_MAX};
use oxc_ast::ast::{
    ArrayAssignmentTarget, AssignmentExpression, AssignmentTarget, AssignmentTargetMaybeDefault,
    AssignmentTargetProperty, Expression, MemberExpression, ObjectAssignmentTarget,
    SimpleAssignmentTarget, UpdateExpression,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::{BinaryOperator, UpdateOperator};
use std::rc::Rc;

type ScopeRef<'a> = Rc<EvalScope<'a>>;

/// Final target of an assignment.
enum AssignTarget<'a> {
    Name(&'a str),
    Member(&'a MemberExpression<'a>),
    Nothing,
}

impl<'a> Evaluator<'a> {
    /// `a = b`, `a += b`, `a ??= b`, `[a, b] = [b, a]`.
    pub fn assignment(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a AssignmentExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let mut old = Value::Undefined;
        if let (false, Some(simple)) =
            (one.operator.is_assign(), one.left.as_simple_assignment_target())
        {
            old = self.read(scope, goal(simple), site)?;
        }
        if let Some(operator) = one.operator.to_logical_operator() {
            match takes_right(&old, operator) {
                Some(true) => {}
                Some(false) => return Ok(old),
                None => {
                    let value = propagate(old, site);
                    self.assign(scope, &one.left, value.clone())?;
                    return Ok(value);
                }
            }
        }
        let mut value = self.expression(scope, &one.right)?;
        if let Some(operator) = one.operator.to_binary_operator() {
            value = operate(operator, old, value, site);
        }
        self.assign(scope, &one.left, value.clone())?;
        Ok(value)
    }

    /// `i++`, `counts.all--`.
    pub fn update(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a UpdateExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let old = self.read(scope, goal(&one.argument), site)?;
        let operator = match one.operator {
            UpdateOperator::Increment => BinaryOperator::Addition,
            UpdateOperator::Decrement => BinaryOperator::Subtraction,
        };
        let new = match old {
            Value::Number(_) => operate(operator, old.clone(), Value::Number(1.0), site),
            _ => propagate(old.clone(), site),
        };
        self.write(scope, goal(&one.argument), new.clone())?;
        Ok(if one.prefix { new } else { old })
    }

    /// `delete object.key`.
    pub fn delete(&self, scope: &ScopeRef<'a>, argument: &'a Expression<'a>) -> Result<Value<'a>> {
        if let Some(member) = argument.get_inner_expression().as_member_expression() {
            let object = self.expression(scope, member.object())?;
            match (&object, self.member_key(scope, member)?) {
                (Value::Object(object), Ok(key)) => object.remove(&key),
                (Value::Object(object), Err(unknown)) => object.set("...", unknown),
                (list, _) => {
                    let site = SourceSpan::new(scope.module, argument.span());
                    list.taint(Value::unknown(site, "has a part that is deleted"));
                }
            }
        }
        Ok(Value::Bool(true))
    }

    /// Gives a value to a target of any sort.
    pub fn assign(
        &self,
        scope: &ScopeRef<'a>,
        target: &'a AssignmentTarget<'a>,
        value: Value<'a>,
    ) -> Result<()> {
        match target {
            AssignmentTarget::ArrayAssignmentTarget(list) => self.assign_list(scope, list, &value),
            AssignmentTarget::ObjectAssignmentTarget(object) => {
                self.assign_object(scope, object, &value)
            }
            other => match other.as_simple_assignment_target() {
                Some(simple) => self.write(scope, goal(simple), value),
                None => Ok(()),
            },
        }
    }

    fn assign_list(
        &self,
        scope: &ScopeRef<'a>,
        list: &'a ArrayAssignmentTarget<'a>,
        value: &Value<'a>,
    ) -> Result<()> {
        let site = SourceSpan::new(scope.module, list.span);
        for (at, element) in list.elements.iter().enumerate() {
            let Some(element) = element else { continue };
            let part = self.member(value, &at.to_string(), site)?;
            self.assign_or_default(scope, element, part)?;
        }
        match &list.rest {
            Some(rest) => {
                let left = rest_of_list(value, list.elements.len(), site);
                self.assign(scope, &rest.target, left)
            }
            None => Ok(()),
        }
    }

    fn assign_object(
        &self,
        scope: &ScopeRef<'a>,
        object: &'a ObjectAssignmentTarget<'a>,
        value: &Value<'a>,
    ) -> Result<()> {
        let site = SourceSpan::new(scope.module, object.span);
        let mut taken = Vec::new();
        for property in &object.properties {
            match property {
                AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(one) => {
                    let name = one.binding.name.as_str();
                    let mut part = self.member(value, name, site)?;
                    if let (Value::Undefined, Some(init)) = (&part, &one.init) {
                        part = self.expression(scope, init)?;
                    }
                    self.write(scope, AssignTarget::Name(name), part)?;
                    taken.push(name.into());
                }
                AssignmentTargetProperty::AssignmentTargetPropertyProperty(one) => {
                    let part = match self.key(scope, &one.name, one.computed)? {
                        Some(key) => {
                            let part = self.member(value, &key, site)?;
                            taken.push(key);
                            part
                        }
                        None => propagate(value.clone(), site),
                    };
                    self.assign_or_default(scope, &one.binding, part)?;
                }
            }
        }
        match &object.rest {
            Some(rest) => self.assign(scope, &rest.target, rest_of_object(value, &taken, site)),
            None => Ok(()),
        }
    }

    fn assign_or_default(
        &self,
        scope: &ScopeRef<'a>,
        target: &'a AssignmentTargetMaybeDefault<'a>,
        value: Value<'a>,
    ) -> Result<()> {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(one) => {
                let value = match value {
                    Value::Undefined => self.expression(scope, &one.init)?,
                    value => value,
                };
                self.assign(scope, &one.binding, value)
            }
            other => match other.as_assignment_target() {
                Some(target) => self.assign(scope, target, value),
                None => Ok(()),
            },
        }
    }

    fn read(
        &self,
        scope: &ScopeRef<'a>,
        goal: AssignTarget<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        Ok(match goal {
            AssignTarget::Name(name) => self.name(scope, name)?.unwrap_or(Value::Undefined),
            AssignTarget::Member(member) => self.member_expression(scope, member, site)?.0,
            AssignTarget::Nothing => Value::unknown(site, "is not evaluated"),
        })
    }

    fn write(&self, scope: &ScopeRef<'a>, goal: AssignTarget<'a>, value: Value<'a>) -> Result<()> {
        let member = match goal {
            AssignTarget::Name(name) => {
                scope.assign(name, &value);
                return Ok(());
            }
            AssignTarget::Member(member) => member,
            AssignTarget::Nothing => return Ok(()),
        };
        let object = self.expression(scope, member.object())?;
        match (&object, self.member_key(scope, member)?) {
            (Value::Object(object), Ok(key)) => object.set(&key, value),
            (Value::Object(object), Err(unknown)) => object.set("...", unknown),
            (Value::Class(class), Ok(key)) => class.set(&key, value),
            (Value::List(items), Ok(key)) => {
                let mut items = items.borrow_mut();
                match (key.parse::<usize>(), &value) {
                    (Ok(at), _) if at < SIZE_MAX => {
                        let length = items.len().max(at + 1);
                        items.resize(length, Value::Undefined);
                        items[at] = value;
                    }
                    (Err(_), Value::Number(length)) if &*key == "length" => {
                        items.truncate(*length as usize)
                    }
                    _ => {}
                }
            }
            (other, Err(unknown)) => other.taint(unknown),
            _ => {}
        }
        Ok(())
    }

    /// The name of a member, or why it is not known.
    fn member_key(
        &self,
        scope: &ScopeRef<'a>,
        member: &'a MemberExpression<'a>,
    ) -> Result<std::result::Result<Rc<str>, Value<'a>>> {
        Ok(match member {
            MemberExpression::StaticMemberExpression(one) => Ok(one.property.name.as_str().into()),
            MemberExpression::PrivateFieldExpression(one) => {
                Ok(format!("#{}", one.field.name).into())
            }
            MemberExpression::ComputedMemberExpression(one) => {
                let key = self.expression(scope, &one.expression)?;
                let site = SourceSpan::new(scope.module, one.span);
                key.to_text().map(Into::into).ok_or_else(|| propagate(key, site))
            }
        })
    }
}

/// Target without the types around it.
fn goal<'a>(target: &'a SimpleAssignmentTarget<'a>) -> AssignTarget<'a> {
    if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = target {
        return AssignTarget::Name(name.name.as_str());
    }
    if let Some(member) = target.as_member_expression() {
        return AssignTarget::Member(member);
    }
    match target.get_expression().map(Expression::get_inner_expression) {
        Some(Expression::Identifier(name)) => AssignTarget::Name(name.name.as_str()),
        Some(other) => {
            other.as_member_expression().map_or(AssignTarget::Nothing, AssignTarget::Member)
        }
        None => AssignTarget::Nothing,
    }
}

/// The items of a list that a pattern did not take one by one.
pub fn rest_of_list<'a>(value: &Value<'a>, taken: usize, site: SourceSpan) -> Value<'a> {
    match value {
        Value::List(items) => Value::list(items.borrow().iter().skip(taken).cloned().collect()),
        other => propagate_or(other.clone(), site, "is not a known list"),
    }
}

/// The fields of an object that a pattern did not take one by one.
pub fn rest_of_object<'a>(value: &Value<'a>, taken: &[Rc<str>], site: SourceSpan) -> Value<'a> {
    match value {
        Value::Object(object) => {
            let mut fields = object.fields.borrow().clone();
            fields.retain(|(name, _)| !taken.contains(name));
            Value::object(fields, site)
        }
        other => propagate_or(other.clone(), site, "is not a known object"),
    }
}
