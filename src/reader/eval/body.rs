//! Bodies of functions: statements, local names, patterns. Only statements that compute are
//! evaluated.

use super::assign::{rest_of_list, rest_of_object};
use super::expression::{propagate, propagate_or};
use super::value::{Code, EvalScope, Function, SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::Evaluator;
use crate::reader::reach::root::ReachRoot;
use crate::reader::syntax::names;
use oxc_ast::ast::{
    ArrowFunctionBody, BindingIdentifier, BindingPattern, Declaration, FormalParameters,
    IfStatement, Statement, TSNamespaceDeclaration, TSNamespaceDeclarationBody, TryStatement,
    VariableDeclaration,
};
use oxc_span::GetSpan;
use std::rc::Rc;

type ScopeRef<'a> = Rc<EvalScope<'a>>;

/// Way in which a statement leaves the body.
pub enum Flow<'a> {
    Next,
    Return(Value<'a>),
    Break,
    Continue,
}

impl<'a> Evaluator<'a> {
    pub fn call_function(
        &self,
        function: &Function<'a>,
        this: Option<Value<'a>>,
        arguments: Vec<Value<'a>>,
        site: SourceSpan,
    ) -> Result<Value<'a>> {
        match function.node {
            Code::Arrow(node) if !node.r#async => {
                let scope = EvalScope::inside(&function.scope, None);
                self.parameters(&scope, &node.params, arguments)?;
                match &node.body {
                    ArrowFunctionBody::FunctionBody(body) => self.body(&scope, &body.statements),
                    other => match other.as_expression() {
                        Some(expression) => self.expression(&scope, expression),
                        None => Ok(Value::Undefined),
                    },
                }
            }
            Code::Function(node) if !node.r#async && !node.generator => {
                let scope = EvalScope::inside(&function.scope, this);
                self.parameters(&scope, &node.params, arguments)?;
                match &node.body {
                    Some(body) => self.body(&scope, &body.statements),
                    None => Ok(Value::Undefined),
                }
            }
            _ => Ok(Value::unknown(site, "is asynchronous")),
        }
    }

    fn parameters(
        &self,
        scope: &ScopeRef<'a>,
        parameters: &'a FormalParameters<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Result<()> {
        let mut arguments = arguments.into_iter();
        for parameter in &parameters.items {
            let mut value = arguments.next().unwrap_or(Value::Undefined);
            if let (Value::Undefined, Some(init)) = (&value, &parameter.initializer) {
                value = self.expression(scope, init)?;
            }
            if let (Some(Value::Object(this)), true) = (&scope.this, parameter.has_modifier())
                && let Some(name) = parameter.pattern.get_binding_identifier()
            {
                // `constructor(private readonly region: string)` is a field, too.
                this.set(name.name.as_str(), value.clone());
            }
            self.bind(scope, &parameter.pattern, value)?;
        }
        if let Some(rest) = &parameters.rest {
            self.bind(scope, &rest.rest.argument, Value::list(arguments.collect()))?;
        }
        Ok(())
    }

    /// The value a body returns.
    pub fn body(&self, scope: &ScopeRef<'a>, statements: &'a [Statement<'a>]) -> Result<Value<'a>> {
        match self.statements(scope, statements)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::Undefined),
        }
    }

    pub fn statements(
        &self,
        scope: &ScopeRef<'a>,
        statements: &'a [Statement<'a>],
    ) -> Result<Flow<'a>> {
        for statement in statements {
            let declaration = match statement {
                Statement::ExportDeclaration(export) => Some(&export.declaration),
                other => other.as_declaration(),
            };
            if let Some(Declaration::FunctionDeclaration(node)) = declaration
                && let Some(id) = &node.id
            {
                let function = self.function(scope, Code::Function(node));
                scope.names.borrow_mut().insert(id.name.as_str(), function);
            }
        }
        for statement in statements {
            match self.statement(scope, statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    pub fn statement(
        &self,
        scope: &ScopeRef<'a>,
        statement: &'a Statement<'a>,
    ) -> Result<Flow<'a>> {
        let site = SourceSpan::new(scope.module, statement.span());
        // Statements nest as well; an unknown in their place ends the body.
        let mut flow = Flow::Next;
        let stopped = self.deeper(site, || {
            flow = self.run(scope, statement, site)?;
            Ok(Value::Undefined)
        })?;
        Ok(if stopped.is_unknown() { Flow::Return(stopped) } else { flow })
    }

    fn run(
        &self,
        scope: &ScopeRef<'a>,
        statement: &'a Statement<'a>,
        site: SourceSpan,
    ) -> Result<Flow<'a>> {
        Ok(match statement {
            Statement::ReturnStatement(one) => Flow::Return(match &one.argument {
                Some(argument) => self.expression(scope, argument)?,
                None => Value::Undefined,
            }),
            Statement::ExpressionStatement(one) => {
                let value = self.expression(scope, &one.expression)?;
                if value.is_unknown() {
                    self.taint(scope, statement, &value)?;
                }
                Flow::Next
            }
            Statement::BlockStatement(block) => {
                self.statements(&EvalScope::inside(scope, None), &block.body)?
            }
            Statement::IfStatement(one) => self.choice(scope, one)?,
            Statement::ForOfStatement(one) => self.for_of(scope, one, site)?,
            Statement::ForInStatement(one) => self.for_in(scope, one, site)?,
            Statement::ForStatement(one) => self.for_loop(scope, one)?,
            Statement::WhileStatement(one) => {
                self.while_loop(scope, &one.test, &one.body, false)?
            }
            Statement::DoWhileStatement(one) => {
                self.while_loop(scope, &one.test, &one.body, true)?
            }
            Statement::SwitchStatement(one) => self.switch(scope, one, site)?,
            Statement::TryStatement(one) => self.attempt(scope, one)?,
            Statement::BreakStatement(one) if one.label.is_none() => Flow::Break,
            Statement::ContinueStatement(one) if one.label.is_none() => Flow::Continue,
            Statement::EmptyStatement(_) => Flow::Next,
            Statement::ExportDeclaration(export) => {
                self.local_declaration(scope, &export.declaration)?;
                Flow::Next
            }
            other => match other.as_declaration() {
                Some(declaration) => {
                    self.local_declaration(scope, declaration)?;
                    Flow::Next
                }
                None => Flow::Return(Value::unknown(site, "is a statement that is not evaluated")),
            },
        })
    }

    fn choice(&self, scope: &ScopeRef<'a>, one: &'a IfStatement<'a>) -> Result<Flow<'a>> {
        let test = self.expression(scope, &one.test)?;
        let throws = |branch: Option<&Statement<'_>>| branch.is_some_and(throws);
        let taken = match test.truth() {
            Some(taken) => taken,
            // A side that throws makes no agent, so the other side counts.
            None if throws(Some(&one.consequent)) => false,
            None if throws(one.alternate.as_ref()) => true,
            None => {
                let site = SourceSpan::new(scope.module, one.test.span());
                let reason = "depends on a condition that is known at run time only";
                return Ok(Flow::Return(propagate_or(test, site, reason)));
            }
        };
        match (taken, &one.alternate) {
            (true, _) => self.statement(scope, &one.consequent),
            (false, Some(alternate)) => self.statement(scope, alternate),
            (false, None) => Ok(Flow::Next),
        }
    }

    fn attempt(&self, scope: &ScopeRef<'a>, one: &'a TryStatement<'a>) -> Result<Flow<'a>> {
        let flow = self.statements(&EvalScope::inside(scope, None), &one.block.body)?;
        let Some(last) = &one.finalizer else { return Ok(flow) };
        Ok(match self.statements(&EvalScope::inside(scope, None), &last.body)? {
            Flow::Next => flow,
            other => other,
        })
    }

    /// A statement did something that is not known to the names that it begins with.
    fn taint(
        &self,
        scope: &ScopeRef<'a>,
        statement: &Statement<'a>,
        unknown: &Value<'a>,
    ) -> Result<()> {
        for root in names::roots(statement) {
            if let Some(value) = self.name(scope, root)? {
                value.taint(unknown.clone());
            }
        }
        Ok(())
    }

    fn local_declaration(
        &self,
        scope: &ScopeRef<'a>,
        declaration: &'a Declaration<'a>,
    ) -> Result<()> {
        match declaration {
            Declaration::VariableDeclaration(variables) => self.variables(scope, variables)?,
            Declaration::ClassDeclaration(class) => {
                let value = self.class(scope, class)?;
                if let Some(id) = &class.id {
                    scope.names.borrow_mut().insert(id.name.as_str(), value);
                }
            }
            Declaration::TSEnumDeclaration(one) => {
                let value = self.enumeration(scope, one)?;
                scope.names.borrow_mut().insert(one.id.name.as_str(), value);
            }
            Declaration::TSNamespaceDeclaration(one) => {
                let value = self.namespace(scope, one)?;
                scope.names.borrow_mut().insert(one.id.name.as_str(), value);
            }
            _ => {}
        }
        Ok(())
    }

    /// The names that variables get in a scope.
    pub fn variables(
        &self,
        scope: &ScopeRef<'a>,
        variables: &'a VariableDeclaration<'a>,
    ) -> Result<()> {
        for one in &variables.declarations {
            let value = match &one.init {
                Some(init) => self.expression(scope, init)?,
                None => Value::Undefined,
            };
            self.bind(scope, &one.id, value)?;
        }
        Ok(())
    }

    /// `namespace Texts { export const a = …; }` as the object it is at run time.
    pub fn namespace(
        &self,
        scope: &ScopeRef<'a>,
        node: &'a TSNamespaceDeclaration<'a>,
    ) -> Result<Value<'a>> {
        let site = SourceSpan::new(scope.module, node.span);
        let value = Value::object(Vec::new(), site);
        let Value::Object(object) = &value else { return Ok(value) };
        let inner = EvalScope::inside(scope, None);
        inner.names.borrow_mut().insert(node.id.name.as_str(), value.clone());
        let statements = match &node.body {
            TSNamespaceDeclarationBody::TSModuleBlock(block) => &block.body,
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(deeper) => {
                let deeper_value = self.namespace(&inner, deeper)?;
                object.set(deeper.id.name.as_str(), deeper_value);
                return Ok(value);
            }
        };
        let made =
            self.within(&[ReachRoot::declaration(site)], || self.statements(&inner, statements))?;
        if let Flow::Return(stopped) = made {
            return Ok(propagate(stopped, site));
        }
        for statement in statements {
            let Statement::ExportDeclaration(export) = statement else { continue };
            for name in declared_names(&export.declaration) {
                if let Some(field) = inner.find(name) {
                    object.set(name, field);
                }
            }
        }
        Ok(value)
    }

    /// Gives the names of a pattern their parts of a value.
    pub fn bind(
        &self,
        scope: &ScopeRef<'a>,
        pattern: &'a BindingPattern<'a>,
        value: Value<'a>,
    ) -> Result<()> {
        let site = SourceSpan::new(scope.module, pattern.span());
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                scope.names.borrow_mut().insert(id.name.as_str(), value);
            }
            BindingPattern::AssignmentPattern(one) => {
                let value = match value {
                    Value::Undefined => self.expression(scope, &one.right)?,
                    value => value,
                };
                self.bind(scope, &one.left, value)?;
            }
            BindingPattern::ObjectPattern(object) => {
                let mut taken = Vec::new();
                for property in &object.properties {
                    let part = match self.key(scope, &property.key, property.computed)? {
                        Some(key) => {
                            let part = self.member(&value, &key, site)?;
                            taken.push(key);
                            part
                        }
                        None => propagate(value.clone(), site),
                    };
                    self.bind(scope, &property.value, part)?;
                }
                if let Some(rest) = &object.rest {
                    self.bind(scope, &rest.argument, rest_of_object(&value, &taken, site))?;
                }
            }
            BindingPattern::ArrayPattern(list) => {
                for (at, element) in list.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.member(&value, &at.to_string(), site)?;
                        self.bind(scope, element, part)?;
                    }
                }
                if let Some(rest) = &list.rest {
                    let left = rest_of_list(&value, list.elements.len(), site);
                    self.bind(scope, &rest.argument, left)?;
                }
            }
        }
        Ok(())
    }
}

fn declared_names<'a>(declaration: &'a Declaration<'a>) -> Vec<&'a str> {
    let one = |id: &'a BindingIdentifier<'a>| vec![id.name.as_str()];
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            let names =
                variables.declarations.iter().flat_map(|one| one.id.get_binding_identifiers());
            names.into_iter().map(|name| name.name.as_str()).collect()
        }
        Declaration::FunctionDeclaration(function) => {
            function.id.as_ref().map(one).unwrap_or_default()
        }
        Declaration::ClassDeclaration(class) => class.id.as_ref().map(one).unwrap_or_default(),
        Declaration::TSEnumDeclaration(node) => one(&node.id),
        Declaration::TSNamespaceDeclaration(node) => one(&node.id),
        _ => Vec::new(),
    }
}

/// True for a statement that always throws.
fn throws(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(throws),
        _ => false,
    }
}
