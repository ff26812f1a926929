//! Normalised source: code as the printer writes it, so that comments and layout do not matter.

use super::value::Code;
use oxc_allocator::Allocator;
use oxc_ast::ast::{Class, Expression, Program};
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions, Context, Gen, GenExpr};
use oxc_parser::Parser;
use oxc_span::SourceType;
use oxc_syntax::precedence::Precedence;

fn printer<'a>() -> Codegen<'a> {
    let comments = CommentOptions::disabled();
    Codegen::new().with_options(CodegenOptions { comments, ..CodegenOptions::default() })
}

/// BLAKE3 of a text, 64 digits.
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

pub fn module(program: &Program<'_>) -> String {
    printer().build(program).code
}

/// A statement or a declaration.
pub fn print(node: &impl Gen) -> String {
    let mut printer = printer();
    node.r#gen(&mut printer, Context::default());
    printer.into_source_text()
}

pub fn print_expression(node: &Expression<'_>) -> String {
    let mut printer = printer();
    printer.print_expression(node);
    printer.into_source_text()
}

pub fn function(node: Code<'_>) -> String {
    let mut printer = printer();
    match node {
        Code::Arrow(node) => node.gen_expr(&mut printer, Precedence::Lowest, Context::default()),
        Code::Function(node) => node.r#gen(&mut printer, Context::default()),
    }
    printer.into_source_text()
}

pub fn class(node: &Class<'_>) -> String {
    print(node)
}

/// An expression given as text; as it is, where it does not stand for itself.
pub fn expression(text: &str) -> String {
    let arena = Allocator::default();
    match Parser::new(&arena, text, SourceType::ts()).parse_expression() {
        Ok(expression) => print_expression(&expression),
        Err(_) => text.trim().to_owned(),
    }
}
