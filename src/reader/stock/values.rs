//! Values that the stock compiler reads: those whose every part its evaluator (ts-evaluator 2.0)
//! supports.

use super::found::StockForm;
use super::lists::assigned;
use super::names::{Decl, Lookup, Visited, default_expression};
use crate::reader::eval::value::{EvalScope, SourceSpan, Value};
use crate::reader::syntax::module::{Binding, Imported, Module};
use oxc_ast::ast::{
    BinaryExpression, BindingIdentifier, BindingPattern, Class, DoWhileStatement, Expression,
    IdentifierReference, ImportMeta, LabeledStatement, TSSatisfiesExpression, TSType,
    TSTypeAnnotation, TaggedTemplateExpression, UnaryExpression, YieldExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::{BinaryOperator, UnaryOperator};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Reason why a value is not read, and where.
pub type LossReason = (SourceSpan, String);

impl<'a> Lookup<'_, 'a> {
    /// First part of a value that the compiler does not support. Code that it need not run is
    /// searched too, except that of classes.
    pub fn unreadable(
        self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
    ) -> Option<LossReason> {
        self.walk(module, value, &mut Visited::default())
    }

    fn walk(
        self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
        seen: &mut Visited,
    ) -> Option<LossReason> {
        if !seen.is_new(module, value) {
            return None;
        }
        let mut parts = ExpressionParts::default();
        parts.visit_expression(value);
        if let Some((at, what)) = parts.foreign {
            return Some((SourceSpan::new(module.id, at), format!("it does not know {what}")));
        }
        let outer = parts.used.iter().filter(|(name, _)| !parts.declared.contains(name));
        for (name, at) in outer {
            if let Some(why) = self.name(module, name, *at, seen) {
                return Some(why);
            }
        }
        None
    }

    fn name(
        self,
        module: &Rc<Module<'a>>,
        name: &str,
        at: Span,
        seen: &mut Visited,
    ) -> Option<LossReason> {
        let why = |reason: String| Some((SourceSpan::new(module.id, at), reason));
        match module.script()?.bindings.get(name) {
            Some(Binding::Variable { pattern: BindingPattern::BindingIdentifier(_), .. })
            | None => {}
            Some(Binding::Variable { .. }) => {
                return why(format!("it does not follow `{name}`, which is taken out of a value"));
            }
            Some(&Binding::Import { link, name: imported }) => {
                // A package's values it takes from the package.
                let there = self.target(module, link)?;
                if there.script().is_none() {
                    return why(format!("it does not read `{}`", there.path));
                }
                let Imported::Name(taken) = imported else { return None };
                let passed_on = self.exported(&there, taken).is_some();
                if !passed_on && taken == "default" && default_expression(&there).is_some() {
                    return why(format!(
                        "it does not read the `export default` of `{}`",
                        there.path
                    ));
                }
            }
            Some(_) => return None,
        }
        match self.local(module, name)? {
            Decl::Variable(there, Some(init)) => self.walk(&there, init, seen),
            _ => None,
        }
    }

    /// The expression that gives a property its value.
    pub fn written(
        self,
        module: &Rc<Module<'a>>,
        shape: StockForm<'a>,
        field: &str,
    ) -> Option<(Rc<Module<'a>>, &'a Expression<'a>)> {
        match shape {
            StockForm::Config(config) => {
                assigned(config, field).map(|value| (module.clone(), value))
            }
            StockForm::Class(class) => {
                let (module, member) = self.member(module, class, field)?;
                Some((module, member.value.as_ref()?))
            }
        }
    }

    /// Variable of the environment that a value is, with nothing beside it.
    pub fn environment(
        self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
    ) -> Option<(SourceSpan, &'a str)> {
        let value = value.get_inner_expression();
        match value {
            Expression::StaticMemberExpression(_) => {
                let text = &module.text[value.span().start as usize..value.span().end as usize];
                text.starts_with("process.env.")
                    .then(|| (SourceSpan::new(module.id, value.span()), text))
            }
            Expression::Identifier(name) => match self.local(module, name.name.as_str())? {
                // A name that is set to another name is followed no further.
                Decl::Variable(there, Some(init))
                    if !matches!(init.get_inner_expression(), Expression::Identifier(_)) =>
                {
                    self.environment(&there, init)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The text of a value, or why there is none for the compiler. A value that nobody knows is read.
    pub fn text(
        self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
    ) -> Result<Option<String>, LossReason> {
        if let Some(why) = self.unreadable(module, value) {
            return Err(why);
        }
        let scope = EvalScope::module(module.id);
        match self.evaluator.at_top(|| self.evaluator.expression(&scope, value)) {
            Ok(Value::Text(text)) => Ok(Some(text.to_string())),
            _ => Ok(None),
        }
    }
}

/// Parts of an expression, down to the code of its functions.
#[derive(Default)]
struct ExpressionParts<'a> {
    foreign: Option<(Span, &'static str)>,
    used: BTreeSet<(&'a str, Span)>,
    declared: BTreeSet<&'a str>,
}

impl ExpressionParts<'_> {
    fn foreign(&mut self, at: Span, what: &'static str) {
        self.foreign.get_or_insert((at, what));
    }
}

impl<'a> Visit<'a> for ExpressionParts<'a> {
    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
    fn visit_ts_type_annotation(&mut self, _: &TSTypeAnnotation<'a>) {}
    fn visit_class(&mut self, _: &Class<'a>) {}

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.used.insert((it.name.as_str(), it.span));
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        self.declared.insert(it.name.as_str());
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        self.foreign(it.span, "`satisfies`");
    }

    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        self.foreign(it.span, "tagged templates");
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.foreign(it.span, "`import.meta`");
    }

    fn visit_yield_expression(&mut self, it: &YieldExpression<'a>) {
        self.foreign(it.span, "generators");
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.foreign(it.span, "`do … while`");
    }

    fn visit_labeled_statement(&mut self, it: &LabeledStatement<'a>) {
        self.foreign(it.span, "labels");
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator == UnaryOperator::Delete {
            self.foreign(it.span, "`delete`");
        }
        walk::walk_unary_expression(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        use BinaryOperator::{ShiftLeft, ShiftRight, ShiftRightZeroFill};
        if matches!(it.operator, ShiftLeft | ShiftRight | ShiftRightZeroFill) {
            self.foreign(it.span, "the operators `<<` and `>>`");
        }
        walk::walk_binary_expression(self, it);
    }
}
