//! Outline of a file: its lists (statements, imported names, properties, elements, members), each item with the key
//! that it keeps while its text changes. What two sides changed in different items of a list can be merged.

use super::limits;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, ClassBody, ClassElement, Declaration,
    Expression, FunctionBody, ImportDeclaration, ImportDeclarationSpecifier, ObjectExpression,
    ObjectPropertyKind, Program, PropertyKind, Statement, StringLiteral, TemplateLiteral,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};
use std::ops::Range;
use std::path::Path;

/// A stretch of a file, and the lists and texts in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub span: Range<usize>,
    /// Name of an item among its neighbours.
    pub key: String,
    pub shape: OutlineShape,
    pub parts: Vec<Outline>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineShape {
    /// Code around its parts.
    Code,
    /// A string or a template.
    Text,
    /// Items with commas between them; the span is that between the brackets.
    Commas,
    /// Statements or members of a class.
    Lines,
}

/// The outline of a script, by the name of its file; `None` where it does not parse or is none.
pub fn outline(path: &str, text: &str) -> Option<Outline> {
    let kind = SourceType::from_path(Path::new(path)).ok()?;
    if limits::too_deep(text).is_some() {
        return None;
    }
    let arena = Allocator::default();
    let parsed = Parser::new(&arena, text, kind).parse();
    if parsed.diagnostics.iter().next().is_some() {
        return None;
    }
    let mut outliner = Outliner { text, open: vec![Vec::new()] };
    outliner.visit_program(&parsed.program);
    outliner.open.pop()?.pop()
}

struct Outliner<'t> {
    text: &'t str,
    /// Parts found so far of each stretch that is open.
    open: Vec<Vec<Outline>>,
}

impl<'t> Outliner<'t> {
    fn text(&self, span: Span) -> &'t str {
        &self.text[range(span)]
    }

    fn add(&mut self, outline: Outline) {
        if let Some(parts) = self.open.last_mut() {
            parts.push(outline);
        }
    }

    /// An item with what is in it.
    fn item(&mut self, key: String, span: Span, walk: impl FnOnce(&mut Self)) -> Outline {
        self.open.push(Vec::new());
        walk(self);
        let parts = self.open.pop().unwrap_or_default();
        Outline { span: range(span), key, shape: OutlineShape::Code, parts }
    }

    fn list(&mut self, span: Range<usize>, shape: OutlineShape, parts: Vec<Outline>) {
        self.add(Outline { span, key: String::new(), shape, parts });
    }

    fn statement_key(&self, statement: &Statement<'_>) -> String {
        match statement {
            Statement::ImportDeclaration(it) => {
                let kind = if it.import_kind.is_type() { "type " } else { "" };
                format!("import {kind}{}", it.source.value)
            }
            Statement::ExportDeclaration(it) => self.declaration_key(&it.declaration),
            Statement::ExportDefaultDeclaration(_) => "export default".to_owned(),
            other => match other.as_declaration() {
                Some(declaration) => self.declaration_key(declaration),
                None => self.text(other.span()).to_owned(),
            },
        }
    }

    fn declaration_key(&self, declaration: &Declaration<'_>) -> String {
        let name = match declaration {
            Declaration::VariableDeclaration(it) => {
                let names: Vec<_> =
                    it.declarations.iter().map(|one| self.text(one.id.span())).collect();
                names.join(",")
            }
            other => match other.id() {
                Some(id) => id.name.to_string(),
                None => self.text(other.span()).to_owned(),
            },
        };
        format!("declare {name}")
    }

    /// The name that an element gives itself, `{ name: 'a' }` or `make({ name: 'a' })`, or else its text.
    fn element_key(&self, element: &ArrayExpressionElement<'_>) -> String {
        let object = match element {
            ArrayExpressionElement::ObjectExpression(it) => Some(&**it),
            ArrayExpressionElement::CallExpression(it) => first_object(&it.arguments),
            ArrayExpressionElement::NewExpression(it) => first_object(&it.arguments),
            _ => None,
        };
        let name = object.and_then(|object| {
            object.properties.iter().find_map(|one| match one {
                ObjectPropertyKind::ObjectProperty(it)
                    if !it.computed && self.text(it.key.span()) == "name" =>
                {
                    Some(self.text(it.value.span()))
                }
                _ => None,
            })
        });
        match name {
            Some(name) => format!("name {name}"),
            None => self.text(element.span()).to_owned(),
        }
    }

    fn member_key(&self, element: &ClassElement<'_>) -> String {
        let name = element.property_key().map(|key| self.text(key.span()));
        let kind = element.method_definition_kind().map(|kind| format!("{kind:?}"));
        match name {
            Some(name) => format!("{} {} {name}", element.r#static(), kind.unwrap_or_default()),
            None => self.text(element.span()).to_owned(),
        }
    }
}

impl<'a> Visit<'a> for Outliner<'_> {
    fn visit_program(&mut self, it: &Program<'a>) {
        let mut items = Vec::new();
        for statement in &it.body {
            let key = self.statement_key(statement);
            items.push(self.item(key, statement.span(), |inner| inner.visit_statement(statement)));
        }
        self.list(0..self.text.len(), OutlineShape::Lines, items);
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        let names = it.specifiers.iter().flatten();
        let named: Vec<_> = names
            .filter_map(|one| match one {
                ImportDeclarationSpecifier::ImportSpecifier(one) => Some(one),
                _ => None,
            })
            .collect();
        let (Some(first), Some(last)) = (named.first(), named.last()) else { return };
        let before = &self.text[it.span.start as usize..first.span.start as usize];
        let after = &self.text[last.span.end as usize..it.span.end as usize];
        let (Some(open), Some(close)) = (before.rfind('{'), after.find('}')) else { return };
        let span = it.span.start as usize + open + 1..last.span.end as usize + close;
        let items = named
            .iter()
            .map(|one| self.item(self.text(one.local.span).to_owned(), one.span, |_| {}))
            .collect();
        self.list(span, OutlineShape::Commas, items);
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        let mut items = Vec::new();
        for property in &it.properties {
            let key = match property {
                ObjectPropertyKind::ObjectProperty(one) => {
                    let name = self.text(one.key.span()).trim_matches(['\'', '"']);
                    let kind = match one.kind {
                        PropertyKind::Init => "",
                        PropertyKind::Get => "get ",
                        PropertyKind::Set => "set ",
                    };
                    format!("{kind}{name}")
                }
                ObjectPropertyKind::SpreadProperty(one) => self.text(one.span).to_owned(),
            };
            items.push(
                self.item(key, property.span(), |inner| inner.visit_object_property_kind(property)),
            );
        }
        self.list(inside(it.span), OutlineShape::Commas, items);
    }

    fn visit_array_expression(&mut self, it: &ArrayExpression<'a>) {
        let is_hole =
            |one: &ArrayExpressionElement<'_>| matches!(one, ArrayExpressionElement::Elision(_));
        if it.elements.iter().any(is_hole) {
            return;
        }
        let mut items = Vec::new();
        for element in &it.elements {
            let key = self.element_key(element);
            items.push(
                self.item(key, element.span(), |inner| {
                    inner.visit_array_expression_element(element)
                }),
            );
        }
        self.list(inside(it.span), OutlineShape::Commas, items);
    }

    fn visit_class_body(&mut self, it: &ClassBody<'a>) {
        let mut items = Vec::new();
        for element in &it.body {
            let key = self.member_key(element);
            items.push(self.item(key, element.span(), |inner| inner.visit_class_element(element)));
        }
        self.list(inside(it.span), OutlineShape::Lines, items);
    }

    /// Statements of a function depend on each other.
    fn visit_function_body(&mut self, _: &FunctionBody<'a>) {}

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.list(range(it.span), OutlineShape::Text, Vec::new());
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        self.list(range(it.span), OutlineShape::Text, Vec::new());
    }

    fn visit_expression(&mut self, it: &Expression<'a>) {
        walk::walk_expression(self, it);
    }
}

fn first_object<'b, 'a>(arguments: &'b [Argument<'a>]) -> Option<&'b ObjectExpression<'a>> {
    match arguments.first()? {
        Argument::ObjectExpression(object) => Some(object),
        _ => None,
    }
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// The stretch between the brackets.
fn inside(span: Span) -> Range<usize> {
    span.start as usize + 1..span.end as usize - 1
}
