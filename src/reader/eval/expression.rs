//! Expressions: literals, operators, members and templates.

use super::library;
use super::operator::{operate, takes_right, type_name};
use super::value::{Code, EvalScope, Function, RegExp, SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::file_reads;
use crate::reader::eval::{Evaluator, SIZE_MAX};
use crate::reader::syntax::names;
use oxc_ast::ast::{
    BinaryExpression, ChainElement, ConditionalExpression, Expression, LogicalExpression,
    TaggedTemplateExpression, TemplateLiteral, UnaryExpression,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::UnaryOperator;
use std::rc::Rc;

type ScopeRef<'a> = Rc<EvalScope<'a>>;

impl<'a> Evaluator<'a> {
    /// The value of an expression in a scope.
    pub fn expression(
        &self,
        scope: &ScopeRef<'a>,
        expression: &'a Expression<'a>,
    ) -> Result<Value<'a>> {
        let site = SourceSpan::new(scope.module, expression.span());
        let value = self.deeper(site, || self.one(scope, expression, site))?;
        Ok(self.weighed(expression, value, site))
    }

    fn one(
        &self,
        scope: &ScopeRef<'a>,
        expression: &'a Expression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        Ok(match expression {
            Expression::BooleanLiteral(one) => Value::Bool(one.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::NumericLiteral(one) => Value::Number(one.value),
            Expression::StringLiteral(one) if !one.lone_surrogates => {
                Value::text(one.value.as_str())
            }
            Expression::RegExpLiteral(one) => Value::Pattern(Rc::new(RegExp {
                source: one.regex.pattern.text.to_string(),
                flags: one.regex.flags.to_string(),
            })),
            Expression::TemplateLiteral(one) => self.template(scope, one, site)?,
            Expression::Identifier(name) => self.identifier(scope, name.name.as_str(), site)?,
            Expression::ThisExpression(_) => scope
                .this
                .clone()
                .unwrap_or_else(|| Value::unknown(site, "needs \"this\", which is not known here")),
            Expression::ArrayExpression(list) => self.list(scope, list)?,
            Expression::ObjectExpression(object) => self.object(scope, object, site)?,
            Expression::ArrowFunctionExpression(node) => self.function(scope, Code::Arrow(node)),
            Expression::FunctionExpression(node) => self.function(scope, Code::Function(node)),
            Expression::ClassExpression(node) => self.class(scope, node)?,
            Expression::UnaryExpression(one) => self.unary(scope, one, site)?,
            Expression::BinaryExpression(one) => self.binary(scope, one, site)?,
            Expression::LogicalExpression(one) => self.logical(scope, one, site)?,
            Expression::ConditionalExpression(one) => self.conditional(scope, one, site)?,
            Expression::SequenceExpression(one) => {
                let values = one.expressions.iter().map(|one| self.expression(scope, one));
                values.collect::<Result<Vec<_>>>()?.pop().unwrap_or(Value::Undefined)
            }
            Expression::AssignmentExpression(one) => self.assignment(scope, one, site)?,
            Expression::UpdateExpression(one) => self.update(scope, one, site)?,
            Expression::CallExpression(call) => self.call_expression(scope, call, site)?,
            Expression::NewExpression(new) => self.new_expression(scope, new, site)?,
            Expression::TaggedTemplateExpression(one) => self.tagged(scope, one, site)?,
            Expression::ChainExpression(chain) => self.chain(scope, &chain.expression, site)?,
            Expression::TSAsExpression(one) => self.expression(scope, &one.expression)?,
            Expression::TSSatisfiesExpression(one) => self.expression(scope, &one.expression)?,
            Expression::TSTypeAssertion(one) => self.expression(scope, &one.expression)?,
            Expression::TSNonNullExpression(one) => self.expression(scope, &one.expression)?,
            Expression::TSInstantiationExpression(one) => {
                self.expression(scope, &one.expression)?
            }
            Expression::ParenthesizedExpression(one) => self.expression(scope, &one.expression)?,
            Expression::AwaitExpression(one) => self.expression(scope, &one.argument)?,
            Expression::ImportMeta(_) => library::global("import.meta"),
            other => match other.as_member_expression() {
                Some(_) if names::is_environment(other) => library::global("process.env"),
                Some(member) => self.member_expression(scope, member, site)?.0,
                None => Value::unknown(site, "is not evaluated"),
            },
        })
    }

    fn conditional(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a ConditionalExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        match self.expression(scope, &one.test)?.truth() {
            None => {
                Ok(Value::unknown(site, "depends on a condition that is known at run time only"))
            }
            Some(true) => self.expression(scope, &one.consequent),
            Some(false) => self.expression(scope, &one.alternate),
        }
    }

    fn logical(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a LogicalExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let left = self.expression(scope, &one.left)?;
        match takes_right(&left, one.operator) {
            None => Ok(propagate(left, site)),
            Some(false) => Ok(left),
            Some(true) => self.expression(scope, &one.right),
        }
    }

    fn tagged(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a TaggedTemplateExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        match self.expression(scope, &one.tag)? {
            Value::Package(path) if library::is_global(&path, &["String", "raw"]) => {
                let raw = one.quasi.quasis.iter().map(|part| Some(part.value.raw.as_str()));
                self.joined(scope, raw, &one.quasi, site)
            }
            _ => Ok(Value::unknown(site, "is a tagged template")),
        }
    }

    /// `a?.b` and the rest of its chain.
    fn chain(
        &self,
        scope: &ScopeRef<'a>,
        chain: &'a ChainElement<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        match chain {
            ChainElement::CallExpression(call) => self.call_expression(scope, call, site),
            ChainElement::TSNonNullExpression(one) => self.expression(scope, &one.expression),
            other => match other.as_member_expression() {
                Some(member) => Ok(self.member_expression(scope, member, site)?.0),
                None => Ok(Value::unknown(site, "is not evaluated")),
            },
        }
    }

    pub fn function(&self, scope: &ScopeRef<'a>, node: Code<'a>) -> Value<'a> {
        let (scope, roots) = (scope.clone(), self.roots_in(scope));
        Value::Function(Rc::new(Function { module: scope.module, node, scope, roots }))
    }

    fn identifier(&self, scope: &ScopeRef<'a>, name: &str, site: SourceSpan) -> Result<Value<'a>> {
        Ok(match self.name(scope, name)? {
            Some(Value::Unknown(unknown)) if unknown.site.end == 0 => {
                propagate(Value::Unknown(unknown), site)
            }
            Some(value) => value,
            None => match name {
                "undefined" => Value::Undefined,
                "NaN" => Value::Number(f64::NAN),
                "Infinity" => Value::Number(f64::INFINITY),
                name => match file_reads::name(&self.modules, name, site) {
                    Some(place) => place,
                    None => library::global(name),
                },
            },
        })
    }

    fn template(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a TemplateLiteral<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let cooked =
            one.quasis.iter().map(|part| part.value.cooked.as_ref().map(|text| text.as_str()));
        self.joined(scope, cooked, one, site)
    }

    /// The texts of a template with the values between them.
    fn joined(
        &self,
        scope: &ScopeRef<'a>,
        texts: impl Iterator<Item = Option<&'a str>>,
        template: &'a TemplateLiteral<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        let mut joined = String::new();
        let mut is_path = false;
        for (at, text) in texts.enumerate() {
            let Some(text) = text else { return Ok(Value::unknown(site, "has an invalid escape")) };
            joined.push_str(text);
            let Some(hole) = template.expressions.get(at) else { continue };
            let value = self.expression(scope, hole)?;
            if let (Value::Path(path), true) = (&value, joined.is_empty()) {
                (joined, is_path) = (path.to_string(), true);
                continue;
            }
            match value.to_text() {
                Some(text) if joined.len() + text.len() <= SIZE_MAX => joined.push_str(&text),
                _ => {
                    return Ok(propagate_or(
                        value,
                        site,
                        "has a part that is known at run time only",
                    ));
                }
            }
        }
        Ok(if is_path { Value::Path(joined.into()) } else { Value::text(joined) })
    }

    fn unary(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a UnaryExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        if one.operator == UnaryOperator::Delete {
            return self.delete(scope, &one.argument);
        }
        let value = self.expression(scope, &one.argument)?;
        Ok(match (one.operator, &value) {
            (UnaryOperator::Void, _) => Value::Undefined,
            (UnaryOperator::LogicalNot, value) => match value.truth() {
                Some(truth) => Value::Bool(!truth),
                None => propagate_or(value.clone(), site, "is known at run time only"),
            },
            (UnaryOperator::UnaryNegation, Value::Number(number)) => Value::Number(-number),
            (UnaryOperator::UnaryPlus, Value::Number(number)) => Value::Number(*number),
            (UnaryOperator::Typeof, value) => match type_name(value) {
                Some(name) => Value::text(name),
                None => propagate_or(value.clone(), site, "is known at run time only"),
            },
            (_, value) => propagate_or(value.clone(), site, "is not evaluated"),
        })
    }

    fn binary(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a BinaryExpression<'a>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        // `'a' + 'b' + …` leans left: walked in a loop, since prompts are built of hundreds of lines.
        let mut rights = Vec::new();
        let mut left = one;
        loop {
            rights.push((left.operator, &left.right));
            match &left.left {
                Expression::BinaryExpression(next) => left = next,
                first => {
                    let mut value = self.expression(scope, first)?;
                    for (operator, right) in rights.into_iter().rev() {
                        let right = self.expression(scope, right)?;
                        value = operate(operator, value, right, site);
                    }
                    return Ok(value);
                }
            }
        }
    }
}

/// An unknown value as a part of a greater expression: the reason stays, the place is the whole.
pub fn propagate<'a>(value: Value<'a>, site: SourceSpan) -> Value<'a> {
    propagate_or(value, site, "is known at run time only")
}

pub fn propagate_or<'a>(value: Value<'a>, site: SourceSpan, otherwise: &str) -> Value<'a> {
    match value {
        Value::Unknown(unknown) => Value::unknown(site, unknown.reason.clone()),
        Value::Package(path) => Value::unknown(site, library::reason(&path)),
        _ => Value::unknown(site, otherwise),
    }
}
