//! Statements that choose or repeat: `switch` and the loops.

use super::body::Flow;
use super::expression::propagate_or;
use super::operator::same;
use super::value::{EvalScope, SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use oxc_ast::ast::{
    Expression, ForInStatement, ForOfStatement, ForStatement, ForStatementInit, ForStatementLeft,
    Statement, SwitchStatement,
};
use oxc_span::GetSpan;
use std::rc::Rc;

type ScopeRef<'a> = Rc<EvalScope<'a>>;

/// Cost of one turn of a loop, in steps.
const TURN_STEPS: u32 = 20;

/// Way in which a loop continues after one run of its body.
enum LoopControl<'a> {
    Again,
    Over(Flow<'a>),
}

impl<'a> Evaluator<'a> {
    pub fn switch(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a SwitchStatement<'a>,
        site: SourceSpan,
    ) -> Result<Flow<'a>> {
        let wanted = self.expression(scope, &one.discriminant)?;
        let inner = EvalScope::inside(scope, None);
        let mut start = one.cases.iter().position(|case| case.test.is_none());
        for (at, case) in one.cases.iter().enumerate() {
            let Some(test) = &case.test else { continue };
            match same(&wanted, &self.expression(&inner, test)?) {
                None => {
                    return Ok(Flow::Return(propagate_or(
                        wanted,
                        site,
                        "depends on what is known at run time only",
                    )));
                }
                Some(true) => {
                    start = Some(at);
                    break;
                }
                Some(false) => {}
            }
        }
        for case in one.cases.iter().skip(start.unwrap_or(one.cases.len())) {
            match self.statements(&inner, &case.consequent)? {
                Flow::Next => {}
                Flow::Break => break,
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    /// `while`, and `do … while` where the body comes first.
    pub fn while_loop(
        &self,
        scope: &ScopeRef<'a>,
        test: &'a Expression<'a>,
        body: &'a Statement<'a>,
        body_first: bool,
    ) -> Result<Flow<'a>> {
        let mut first = body_first;
        loop {
            if !std::mem::take(&mut first)
                && let Some(flow) = self.ends(scope, Some(test))?
            {
                return Ok(flow);
            }
            if let LoopControl::Over(flow) = self.turn(scope, body)? {
                return Ok(flow);
            }
        }
    }

    pub fn for_loop(&self, scope: &ScopeRef<'a>, one: &'a ForStatement<'a>) -> Result<Flow<'a>> {
        let mut inner = EvalScope::inside(scope, None);
        match &one.init {
            Some(ForStatementInit::VariableDeclaration(variables)) => {
                self.variables(&inner, variables)?
            }
            Some(init) => {
                if let Some(expression) = init.as_expression() {
                    self.expression(&inner, expression)?;
                }
            }
            None => {}
        }
        loop {
            if let Some(flow) = self.ends(&inner, one.test.as_ref())? {
                return Ok(flow);
            }
            if let LoopControl::Over(flow) = self.turn(&inner, &one.body)? {
                return Ok(flow);
            }
            // Each turn has names of its own, which a function made in it keeps.
            let next = EvalScope::inside(scope, None);
            next.names.borrow_mut().clone_from(&inner.names.borrow());
            inner = next;
            if let Some(update) = &one.update {
                self.expression(&inner, update)?;
            }
        }
    }

    pub fn for_of(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a ForOfStatement<'a>,
        site: SourceSpan,
    ) -> Result<Flow<'a>> {
        match self.expression(scope, &one.right)? {
            Value::List(items) => {
                let items = items.borrow().clone();
                self.each(scope, &one.left, items, &one.body, site)
            }
            other => Ok(Flow::Return(propagate_or(other, site, "iterates over an unknown list"))),
        }
    }

    pub fn for_in(
        &self,
        scope: &ScopeRef<'a>,
        one: &'a ForInStatement<'a>,
        site: SourceSpan,
    ) -> Result<Flow<'a>> {
        match self.expression(scope, &one.right)? {
            Value::Object(object)
                if object.get("...").is_none() && object.get("[...]").is_none() =>
            {
                let names = object
                    .fields
                    .borrow()
                    .iter()
                    .map(|(name, _)| Value::Text(name.clone()))
                    .collect();
                self.each(scope, &one.left, names, &one.body, site)
            }
            other => Ok(Flow::Return(propagate_or(other, site, "iterates over an unknown object"))),
        }
    }

    fn each(
        &self,
        scope: &ScopeRef<'a>,
        left: &'a ForStatementLeft<'a>,
        items: Vec<Value<'a>>,
        body: &'a Statement<'a>,
        site: SourceSpan,
    ) -> Result<Flow<'a>> {
        for item in items {
            let inner = EvalScope::inside(scope, None);
            match (left, left.as_assignment_target()) {
                (ForStatementLeft::VariableDeclaration(left), _) => {
                    for declarator in &left.declarations {
                        self.bind(&inner, &declarator.id, item.clone())?;
                    }
                }
                (_, Some(target)) => self.assign(&inner, target, item)?,
                _ => {
                    return Ok(Flow::Return(Value::unknown(
                        site,
                        "is a loop that is not evaluated",
                    )));
                }
            }
            if let LoopControl::Over(flow) = self.turn(&inner, body)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn turn(&self, scope: &ScopeRef<'a>, body: &'a Statement<'a>) -> Result<LoopControl<'a>> {
        self.spend(TURN_STEPS);
        Ok(match self.statement(scope, body)? {
            Flow::Next | Flow::Continue => LoopControl::Again,
            Flow::Break => LoopControl::Over(Flow::Next),
            Flow::Return(value) => LoopControl::Over(Flow::Return(value)),
        })
    }

    /// Exit of a loop when its test fails, or is unknown.
    fn ends(
        &self,
        scope: &ScopeRef<'a>,
        test: Option<&'a Expression<'a>>,
    ) -> Result<Option<Flow<'a>>> {
        let Some(test) = test else { return Ok(None) };
        let value = self.expression(scope, test)?;
        Ok(match value.truth() {
            Some(true) => None,
            Some(false) => Some(Flow::Next),
            None => {
                let reason = "depends on a condition that is known at run time only";
                Some(Flow::Return(propagate_or(
                    value,
                    SourceSpan::new(scope.module, test.span()),
                    reason,
                )))
            }
        })
    }
}
