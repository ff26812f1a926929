//! Top-level declarations of a module: the parts that other code can reach one by one.

use super::module::{Binding, Module, ModuleContent, Script};
use super::{names, normal};
use oxc_ast::ast::{
    Class, Declaration, ExportDefaultDeclarationKind, Expression, Function, Statement,
    TSEnumDeclaration, VariableDeclarator,
};
use oxc_span::{GetSpan, Span};
use std::collections::HashMap;

/// Name of a module's own statements, which run at every import of it.
pub const EFFECTS: &str = "*";
/// The name of a default export that has none of its own, and of a document.
pub const DEFAULT: &str = "default";

/// A declaration with the top-level statements that change it: `skill.addTool(…)`.
pub struct TopLevelDeclaration<'a> {
    pub name: &'a str,
    nodes: Vec<DeclarationNode<'a>>,
    pub spans: Vec<Span>,
}

#[derive(Clone, Copy)]
enum DeclarationNode<'a> {
    Variable(&'a VariableDeclarator<'a>),
    Function(&'a Function<'a>),
    Class(&'a Class<'a>),
    Enum(&'a TSEnumDeclaration<'a>),
    Expression(&'a Expression<'a>),
    Statement(&'a Statement<'a>),
}

/// All declarations of a module.
#[derive(Default)]
pub struct Declarations<'a> {
    pub all: Vec<TopLevelDeclaration<'a>>,
    by_name: HashMap<&'a str, usize>,
}

impl<'a> Declarations<'a> {
    /// The declarations of a module. `agent` is where the agent is made, if it is here: the statement
    /// that makes it is no side effect.
    pub fn of(module: &Module<'a>, agent: Option<Span>) -> Declarations<'a> {
        let mut declarations = Declarations::default();
        match &module.content {
            ModuleContent::Script(script) => {
                for statement in &script.program.body {
                    declarations.statement(script, statement, agent);
                }
            }
            ModuleContent::Json(_) | ModuleContent::Text => {
                declarations.add(&[DEFAULT], Span::default(), None)
            }
        }
        declarations
    }

    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The declaration that holds a place, and whether the place is all of it.
    pub fn around(&self, span: Span) -> Option<(usize, bool)> {
        let holds = |part: &TopLevelDeclaration<'a>| {
            part.spans.iter().any(|one| one.contains_inclusive(span))
        };
        let at = self.all.iter().position(holds)?;
        Some((at, self.all[at].spans.first() == Some(&span)))
    }

    fn statement(
        &mut self,
        script: &Script<'a>,
        statement: &'a Statement<'a>,
        agent: Option<Span>,
    ) {
        match statement {
            Statement::ImportDeclaration(_)
            | Statement::ExportNamedDeclaration(_)
            | Statement::ExportFromDeclaration(_)
            | Statement::ExportAllDeclaration(_)
            | Statement::EmptyStatement(_) => {}
            Statement::ExportDeclaration(export) => {
                self.declaration(&export.declaration, statement)
            }
            Statement::ExportDefaultDeclaration(export) => self.default_export(&export.declaration),
            Statement::TSExportAssignment(export) => {
                let node = DeclarationNode::Expression(&export.expression);
                self.add(&[DEFAULT], export.expression.span(), Some(node));
            }
            other => match other.as_declaration() {
                Some(declaration) => self.declaration(declaration, statement),
                None => self.effect(script, other, agent),
            },
        }
    }

    /// A statement that only changes declarations of this module belongs to them.
    fn effect(&mut self, script: &Script<'a>, statement: &'a Statement<'a>, agent: Option<Span>) {
        let (span, roots) = (statement.span(), names::roots(statement));
        let is_own = |root: &&str| {
            matches!(script.bindings.get(root), Some(Binding::Variable { .. } | Binding::Class(_)))
        };
        if !roots.is_empty() && roots.iter().all(is_own) {
            roots.iter().for_each(|root| {
                self.add(&[root], span, Some(DeclarationNode::Statement(statement)))
            });
        } else if !agent.is_some_and(|agent| span.contains_inclusive(agent)) {
            self.add(&[EFFECTS], span, Some(DeclarationNode::Statement(statement)));
        }
    }

    fn declaration(&mut self, declaration: &'a Declaration<'a>, statement: &'a Statement<'a>) {
        if declaration.declare() {
            return;
        }
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                for one in &variables.declarations {
                    let names: Vec<&'a str> = one
                        .id
                        .get_binding_identifiers()
                        .iter()
                        .map(|name| name.name.as_str())
                        .collect();
                    let names = if names.is_empty() { vec![EFFECTS] } else { names };
                    self.add(&names, one.span, Some(DeclarationNode::Variable(one)));
                }
            }
            Declaration::FunctionDeclaration(one) => {
                if let (Some(id), Some(_)) = (&one.id, &one.body) {
                    self.add(&[id.name.as_str()], one.span, Some(DeclarationNode::Function(one)));
                }
            }
            Declaration::ClassDeclaration(one) => {
                if let Some(id) = &one.id {
                    self.add(&[id.name.as_str()], one.span, Some(DeclarationNode::Class(one)));
                }
            }
            Declaration::TSEnumDeclaration(one) => {
                self.add(&[one.id.name.as_str()], one.span, Some(DeclarationNode::Enum(one)));
            }
            Declaration::TSNamespaceDeclaration(one) => {
                self.add(
                    &[one.id.name.as_str()],
                    one.span,
                    Some(DeclarationNode::Statement(statement)),
                );
            }
            Declaration::TSImportEqualsDeclaration(one) => {
                self.add(
                    &[one.id.name.as_str()],
                    one.span,
                    Some(DeclarationNode::Statement(statement)),
                );
            }
            _ => {}
        }
    }

    fn default_export(&mut self, declaration: &'a ExportDefaultDeclarationKind<'a>) {
        match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(one) => {
                let name = one.id.as_ref().map_or(DEFAULT, |id| id.name.as_str());
                self.add(&[name], one.span, Some(DeclarationNode::Function(one)));
            }
            ExportDefaultDeclarationKind::ClassDeclaration(one) => {
                let name = one.id.as_ref().map_or(DEFAULT, |id| id.name.as_str());
                self.add(&[name], one.span, Some(DeclarationNode::Class(one)));
            }
            other => {
                if let Some(expression) = other.as_expression() {
                    self.add(
                        &[DEFAULT],
                        expression.span(),
                        Some(DeclarationNode::Expression(expression)),
                    );
                }
            }
        }
    }

    /// Adds a declaration. One of several names is one part, under the first of them.
    fn add(&mut self, names: &[&'a str], span: Span, node: Option<DeclarationNode<'a>>) {
        let Some(&name) = names.first() else { return };
        let at = *self.by_name.entry(name).or_insert_with(|| {
            self.all.push(TopLevelDeclaration { name, nodes: Vec::new(), spans: Vec::new() });
            self.all.len() - 1
        });
        for name in names {
            self.by_name.entry(name).or_insert(at);
        }
        self.all[at].spans.push(span);
        self.all[at].nodes.extend(node);
    }
}

impl<'a> TopLevelDeclaration<'a> {
    /// The normalised statements that change the declaration.
    pub fn normal_changes(&self) -> String {
        self.nodes.iter().skip(1).map(|node| node.normal()).collect()
    }

    /// The normalised source.
    pub fn normal(&self, module: &Module<'a>) -> String {
        match &module.content {
            ModuleContent::Json(value) => value.to_string(),
            ModuleContent::Text => module.text.to_owned(),
            ModuleContent::Script(_) => self.nodes.iter().map(|node| node.normal()).collect(),
        }
    }
}

impl DeclarationNode<'_> {
    fn normal(self) -> String {
        match self {
            DeclarationNode::Variable(one) => normal::variable(one),
            DeclarationNode::Function(one) => normal::declared(one),
            DeclarationNode::Class(one) => normal::class(one, &|_| false),
            DeclarationNode::Enum(one) => normal::enumeration(one),
            DeclarationNode::Statement(one) => normal::statement(one),
            DeclarationNode::Expression(one) => normal::expression(one),
        }
    }
}
