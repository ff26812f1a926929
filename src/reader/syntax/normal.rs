//! Normalised source: code as the printer writes it, so that comments and layout do not matter, and
//! without types, which do not run.
//!
//! A change of its output needs the next number of [`RULES`](crate::model::agent::RULES), or every
//! stored reach would look changed.

use super::layout::Layout;
use crate::reader::eval::value::Code;
use crate::reader::reach::root::is_field;
use crate::reader::syntax::strip_types::TypeStripper;
use oxc_allocator::{Allocator, CloneIn, TakeIn};
use oxc_ast::ast::{
    Argument, Class, Expression, Function, Program, Statement, TSEnumDeclaration,
    VariableDeclarator,
};
use oxc_ast_visit::{VisitMut, walk_mut};
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions, Context, Gen, GenExpr};
use oxc_parser::Parser;
use oxc_span::SourceType;
use oxc_syntax::precedence::Precedence;
use oxc_syntax::scope::ScopeFlags;

fn printer<'a>() -> Codegen<'a> {
    let comments = CommentOptions::disabled();
    Codegen::new().with_options(CodegenOptions { comments, ..CodegenOptions::default() })
}

/// BLAKE3 of a text, 64 digits.
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

pub fn module(program: &Program<'_>) -> String {
    let arena = Allocator::default();
    let mut program = program.clone_in(&arena);
    Layout(&arena).visit_program(&mut program);
    printer().build(&program).code
}

fn print(node: &impl Gen) -> String {
    let mut printer = printer();
    node.r#gen(&mut printer, Context::default());
    printer.into_source_text()
}

fn print_expression(node: &Expression<'_>) -> String {
    let mut printer = printer();
    printer.print_expression(node);
    printer.into_source_text()
}

pub fn statement(node: &Statement<'_>) -> String {
    let arena = Allocator::default();
    let mut node = node.clone_in(&arena);
    Layout(&arena).visit_statement(&mut node);
    TypeStripper(&arena).visit_statement(&mut node);
    print(&node)
}

pub fn variable(node: &VariableDeclarator<'_>) -> String {
    let arena = Allocator::default();
    let mut node = node.clone_in(&arena);
    Layout(&arena).visit_variable_declarator(&mut node);
    TypeStripper(&arena).visit_variable_declarator(&mut node);
    print(&node)
}

pub fn enumeration(node: &TSEnumDeclaration<'_>) -> String {
    print(node)
}

/// A class without the fields that go by some names.
pub fn class(node: &Class<'_>, left_out: &dyn Fn(&str) -> bool) -> String {
    made_class(node, left_out, &|_| false)
}

/// The same of a class that makes a definition: `schemas` are fields whose descriptions are in the definition too, and
/// are no code.
pub fn made_class(
    node: &Class<'_>,
    left_out: &dyn Fn(&str) -> bool,
    schemas: &dyn Fn(&str) -> bool,
) -> String {
    let arena = Allocator::default();
    let mut node = node.clone_in(&arena);
    node.body.body.retain(|element| !is_field(element, left_out));
    for element in node.body.body.iter_mut().filter(|element| is_field(element, schemas)) {
        Undescribed(&arena).visit_class_element(element);
    }
    Layout(&arena).visit_class(&mut node);
    TypeStripper(&arena).visit_class(&mut node);
    print(&node)
}

/// Removes `.describe('…')`: a description does not change the values that a schema accepts.
struct Undescribed<'a>(&'a Allocator);

impl<'a> VisitMut<'a> for Undescribed<'a> {
    fn visit_expression(&mut self, it: &mut Expression<'a>) {
        while let Some(described) = described(it) {
            *it = described.take_in(&self.0);
        }
        walk_mut::walk_expression(self, it);
    }
}

/// Expression under a description by a literal text.
fn described<'a, 'b>(it: &'b mut Expression<'a>) -> Option<&'b mut Expression<'a>> {
    let Expression::CallExpression(call) = it else { return None };
    let is_literal = match call.arguments.as_slice() {
        [Argument::StringLiteral(_)] => true,
        [Argument::TemplateLiteral(text)] => text.expressions.is_empty(),
        _ => false,
    };
    match &mut call.callee {
        Expression::StaticMemberExpression(member)
            if is_literal && member.property.name == "describe" =>
        {
            Some(&mut member.object)
        }
        _ => None,
    }
}

pub fn declared(node: &Function<'_>) -> String {
    let arena = Allocator::default();
    let mut node = node.clone_in(&arena);
    Layout(&arena).visit_function(&mut node, ScopeFlags::Function);
    TypeStripper(&arena).visit_function(&mut node, ScopeFlags::Function);
    print(&node)
}

pub fn function(node: Code<'_>) -> String {
    let arena = Allocator::default();
    match node {
        Code::Arrow(node) => {
            let mut node = node.clone_in(&arena);
            Layout(&arena).visit_arrow_function_expression(&mut node);
            TypeStripper(&arena).visit_arrow_function_expression(&mut node);
            let mut printer = printer();
            node.gen_expr(&mut printer, Precedence::Lowest, Context::default());
            printer.into_source_text()
        }
        Code::Function(node) => declared(node),
    }
}

pub fn expression(node: &Expression<'_>) -> String {
    let arena = Allocator::default();
    let mut node = node.clone_in(&arena);
    Layout(&arena).visit_expression(&mut node);
    TypeStripper(&arena).visit_expression(&mut node);
    print_expression(&node)
}

/// Normalised code of an expression given as text; the text itself if it is no expression.
pub fn code(text: &str) -> String {
    parsed(text, expression)
}

/// The same with its types, to be shown.
pub fn source(text: &str) -> String {
    parsed(text, |node| {
        let arena = Allocator::default();
        let mut node = node.clone_in(&arena);
        Layout(&arena).visit_expression(&mut node);
        print_expression(&node)
    })
}

fn parsed(text: &str, print: impl FnOnce(&Expression<'_>) -> String) -> String {
    let arena = Allocator::default();
    match Parser::new(&arena, text, SourceType::ts()).parse_expression() {
        Ok(expression) => print(&expression),
        Err(_) => text.trim().to_owned(),
    }
}
