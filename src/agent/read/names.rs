//! Names in a module: what its code uses, assigns and reads from the environment.

use super::module::Link;
use oxc_ast::ast::{
    AssignmentTarget, BindingPattern, CallExpression, ComputedMemberExpression, Expression,
    IdentifierReference, ImportExpression, Program, PropertyKey, SimpleAssignmentTarget,
    StaticMemberExpression, TSType, TSTypeAnnotation, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use std::collections::{BTreeSet, HashSet};

/// What one walk over a module finds.
#[derive(Default)]
pub struct Names<'a> {
    /// Identifiers that stand where a value stands.
    pub used: HashSet<&'a str>,
    /// Identifiers that are assigned after their declaration.
    pub assigned: HashSet<&'a str>,
    /// Environment variables read: `env('X')`, `process.env.X`, `const { X } = process.env`.
    pub env: BTreeSet<String>,
    /// `import("…")` and `require("…")` of a literal.
    pub dynamic: Vec<Link<'a>>,
}

pub fn collect<'a>(program: &'a Program<'a>) -> Names<'a> {
    let mut walker = Walker { names: Names::default() };
    walker.visit_program(program);
    walker.names
}

/// The identifier at the root of a call or an assignment to a member: `skill` of `skill.addTool(x)`.
pub fn root<'a>(expression: &'a Expression<'a>) -> Option<&'a str> {
    let mut at = match expression {
        Expression::CallExpression(call) => {
            let member = call.callee.as_member_expression()?;
            match named(member.object()) {
                // `Object.assign(target, …)` changes its first argument.
                Some("Object") => call.arguments.first()?.as_expression()?,
                _ => member.object(),
            }
        }
        Expression::AssignmentExpression(assignment) => assignment.left.as_member_expression()?.object(),
        _ => return None,
    };
    loop {
        at = match at {
            Expression::Identifier(name) => return Some(name.name.as_str()),
            Expression::CallExpression(call) => &call.callee,
            _ => at.as_member_expression()?.object(),
        };
    }
}

fn named<'a>(expression: &'a Expression<'a>) -> Option<&'a str> {
    match expression {
        Expression::Identifier(name) => Some(name.name.as_str()),
        _ => None,
    }
}

struct Walker<'a> {
    names: Names<'a>,
}

impl<'a> Walker<'a> {
    fn assigned(&mut self, target: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = target {
            self.names.assigned.insert(name.name.as_str());
        }
    }
}

impl<'a> Visit<'a> for Walker<'a> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.names.used.insert(it.name.as_str());
    }

    // Names inside types are no values.
    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
    fn visit_ts_type_annotation(&mut self, _: &TSTypeAnnotation<'a>) {}
    fn visit_ts_class_implements(&mut self, _: &oxc_ast::ast::TSClassImplements<'a>) {}
    fn visit_ts_interface_declaration(&mut self, _: &oxc_ast::ast::TSInterfaceDeclaration<'a>) {}
    fn visit_ts_type_alias_declaration(&mut self, _: &oxc_ast::ast::TSTypeAliasDeclaration<'a>) {}

    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        if let Some(target) = it.as_simple_assignment_target() {
            self.assigned(target);
        }
        walk::walk_assignment_target(self, it);
    }

    fn visit_update_expression(&mut self, it: &oxc_ast::ast::UpdateExpression<'a>) {
        self.assigned(&it.argument);
        walk::walk_update_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let (Some(name), Some(Expression::StringLiteral(text))) =
            (named_ref(&it.callee), it.arguments.first().and_then(|one| one.as_expression()))
        {
            match name {
                "env" => drop(self.names.env.insert(text.value.to_string())),
                "require" => {
                    self.names.dynamic.push(Link { specifier: text.value.as_str(), span: text.span });
                }
                _ => {}
            }
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        if let Expression::StringLiteral(text) = &it.source {
            self.names.dynamic.push(Link { specifier: text.value.as_str(), span: text.span });
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if is_environment(&it.object) {
            self.names.env.insert(it.property.name.to_string());
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if let (true, Expression::StringLiteral(text)) = (is_environment(&it.object), &it.expression) {
            self.names.env.insert(text.value.to_string());
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (BindingPattern::ObjectPattern(pattern), Some(init)) = (&it.id, &it.init)
            && is_environment(init)
        {
            for property in &pattern.properties {
                if let PropertyKey::StaticIdentifier(name) = &property.key {
                    self.names.env.insert(name.name.to_string());
                }
            }
        }
        walk::walk_variable_declarator(self, it);
    }
}

fn named_ref<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match expression {
        Expression::Identifier(name) => Some(name.name.as_str()),
        _ => None,
    }
}

/// `process.env` or `import.meta.env`.
pub fn is_environment(expression: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(member) = expression else { return false };
    let object = matches!(&member.object, Expression::Identifier(name) if name.name == "process")
        || matches!(&member.object, Expression::ImportMeta(_));
    object && member.property.name == "env"
}
