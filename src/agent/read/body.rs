//! Bodies of functions: statements, local names, patterns. Only what computes a value is known.

use super::eval::Evaluator;
use super::expression::again;
use super::operator::operate;
use super::piece::Piece;
use super::value::{Code, Function, Scope, Site, Value};
use crate::error::Result;
use oxc_ast::ast::{
    ArrowFunctionBody, AssignmentExpression, AssignmentTarget, BindingIdentifier, BindingPattern,
    Declaration, FormalParameters, SimpleAssignmentTarget, Statement, TSNamespaceDeclaration,
    TSNamespaceDeclarationBody, UpdateExpression, VariableDeclaration,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::UpdateOperator;
use std::rc::Rc;

type Names<'a> = Rc<Scope<'a>>;

/// Where a statement leaves the body.
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
        site: Site,
    ) -> Result<Value<'a>> {
        match function.node {
            Code::Arrow(node) if !node.r#async => {
                let scope = Scope::inside(&function.scope, None);
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
                let scope = Scope::inside(&function.scope, this);
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
        scope: &Names<'a>,
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
    pub fn body(&self, scope: &Names<'a>, statements: &'a [Statement<'a>]) -> Result<Value<'a>> {
        match self.statements(scope, statements)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::Undefined),
        }
    }

    pub fn statements(&self, scope: &Names<'a>, statements: &'a [Statement<'a>]) -> Result<Flow<'a>> {
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

    pub fn statement(&self, scope: &Names<'a>, statement: &'a Statement<'a>) -> Result<Flow<'a>> {
        let site = Site::new(scope.module, statement.span());
        // Statements nest as well; an unknown in their place ends the body.
        let mut flow = Flow::Next;
        let stopped = self.deeper(site, || {
            flow = self.run(scope, statement, site)?;
            Ok(Value::Undefined)
        })?;
        Ok(if stopped.is_unknown() { Flow::Return(stopped) } else { flow })
    }

    fn run(&self, scope: &Names<'a>, statement: &'a Statement<'a>, site: Site) -> Result<Flow<'a>> {
        Ok(match statement {
            Statement::ReturnStatement(one) => Flow::Return(match &one.argument {
                Some(argument) => self.expression(scope, argument)?,
                None => Value::Undefined,
            }),
            Statement::ExpressionStatement(one) => {
                self.expression(scope, &one.expression)?;
                Flow::Next
            }
            Statement::BlockStatement(block) => self.statements(&Scope::inside(scope, None), &block.body)?,
            Statement::IfStatement(one) => match self.expression(scope, &one.test)?.truth() {
                None => {
                    let reason = "depends on a condition that is known at run time only";
                    Flow::Return(Value::unknown(Site::new(scope.module, one.test.span()), reason))
                }
                Some(true) => self.statement(scope, &one.consequent)?,
                Some(false) => match &one.alternate {
                    Some(alternate) => self.statement(scope, alternate)?,
                    None => Flow::Next,
                },
            },
            Statement::ForOfStatement(one) => self.for_of(scope, one, site)?,
            Statement::ForInStatement(one) => self.for_in(scope, one, site)?,
            Statement::ForStatement(one) => self.for_loop(scope, one)?,
            Statement::WhileStatement(one) => self.while_loop(scope, &one.test, &one.body, false)?,
            Statement::DoWhileStatement(one) => self.while_loop(scope, &one.test, &one.body, true)?,
            Statement::SwitchStatement(one) => self.switch(scope, one, site)?,
            Statement::TryStatement(one) => self.statements(&Scope::inside(scope, None), &one.block.body)?,
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

    fn local_declaration(&self, scope: &Names<'a>, declaration: &'a Declaration<'a>) -> Result<()> {
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
    pub fn variables(&self, scope: &Names<'a>, variables: &'a VariableDeclaration<'a>) -> Result<()> {
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
    pub fn namespace(&self, scope: &Names<'a>, node: &'a TSNamespaceDeclaration<'a>) -> Result<Value<'a>> {
        let site = Site::new(scope.module, node.span);
        let value = Value::object(Vec::new(), site);
        let Value::Object(object) = &value else { return Ok(value) };
        let inner = Scope::inside(scope, None);
        inner.names.borrow_mut().insert(node.id.name.as_str(), value.clone());
        let statements = match &node.body {
            TSNamespaceDeclarationBody::TSModuleBlock(block) => &block.body,
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(deeper) => {
                let deeper_value = self.namespace(&inner, deeper)?;
                object.set(deeper.id.name.as_str(), deeper_value);
                return Ok(value);
            }
        };
        let made = self.within(&[Piece::declaration(site)], || self.statements(&inner, statements))?;
        if let Flow::Return(stopped) = made {
            return Ok(again(stopped, site));
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
    pub fn bind(&self, scope: &Names<'a>, pattern: &'a BindingPattern<'a>, value: Value<'a>) -> Result<()> {
        let site = Site::new(scope.module, pattern.span());
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
                        None => again(value.clone(), site),
                    };
                    self.bind(scope, &property.value, part)?;
                }
                if let Some(rest) = &object.rest {
                    let left = match &value {
                        Value::Object(object) => {
                            let mut fields = object.fields.borrow().clone();
                            fields.retain(|(name, _)| !taken.contains(name));
                            Value::object(fields, site)
                        }
                        other => again(other.clone(), site),
                    };
                    self.bind(scope, &rest.argument, left)?;
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
                    let left = match &value {
                        Value::List(items) => {
                            Value::list(items.borrow().iter().skip(list.elements.len()).cloned().collect())
                        }
                        other => again(other.clone(), site),
                    };
                    self.bind(scope, &rest.argument, left)?;
                }
            }
        }
        Ok(())
    }

    /// `i++` of a local name.
    pub fn update(&self, scope: &Names<'a>, one: &'a UpdateExpression<'a>, site: Site) -> Result<Value<'a>> {
        let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = &one.argument else {
            return Ok(Value::unknown(site, "is not evaluated"));
        };
        let old = scope.find(name.name.as_str()).unwrap_or(Value::Undefined);
        let step = if one.operator == UpdateOperator::Increment { 1.0 } else { -1.0 };
        let new = match &old {
            Value::Number(number) => Value::Number(number + step),
            other => again(other.clone(), site),
        };
        scope.assign(name.name.as_str(), &new);
        Ok(if one.prefix { new } else { old })
    }

    /// An assignment to a local name or to a member of a known object.
    pub fn assign(
        &self,
        scope: &Names<'a>,
        one: &'a AssignmentExpression<'a>,
        site: Site,
    ) -> Result<Value<'a>> {
        let mut value = self.expression(scope, &one.right)?;
        if let AssignmentTarget::AssignmentTargetIdentifier(name) = &one.left {
            if let Some(operator) = one.operator.to_binary_operator() {
                let old = self.name(scope, name.name.as_str())?.unwrap_or(Value::Undefined);
                value = operate(operator, old, value, site);
            } else if !one.operator.is_assign() {
                value = Value::unknown(site, "is a logical assignment");
            }
            scope.assign(name.name.as_str(), &value);
            return Ok(value);
        }
        if let Some(member) = one.left.as_member_expression()
            && let Value::Object(object) = self.expression(scope, member.object())?
        {
            let key: Option<Rc<str>> = match member.static_property_name() {
                Some(name) => Some(name.into()),
                None => match member {
                    oxc_ast::ast::MemberExpression::PrivateFieldExpression(field) => {
                        Some(format!("#{}", field.field.name).into())
                    }
                    _ => None,
                },
            };
            if let Some(key) = key {
                if !one.operator.is_assign() {
                    value = Value::unknown(site, "is a compound assignment");
                }
                object.set(&key, value.clone());
            }
        }
        Ok(value)
    }
}

fn declared_names<'a>(declaration: &'a Declaration<'a>) -> Vec<&'a str> {
    let one = |id: &'a BindingIdentifier<'a>| vec![id.name.as_str()];
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            let names = variables.declarations.iter().flat_map(|one| one.id.get_binding_identifiers());
            names.into_iter().map(|name| name.name.as_str()).collect()
        }
        Declaration::FunctionDeclaration(function) => function.id.as_ref().map(one).unwrap_or_default(),
        Declaration::ClassDeclaration(class) => class.id.as_ref().map(one).unwrap_or_default(),
        Declaration::TSEnumDeclaration(node) => one(&node.id),
        Declaration::TSNamespaceDeclaration(node) => one(&node.id),
        _ => Vec::new(),
    }
}
