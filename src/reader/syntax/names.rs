//! Names in a module: the ones that its code uses, assigns and reads from the environment. `reach`
//! follows them, so a missed use would be a missed change: whatever is doubtful counts as used.

use super::module::Link;
use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentTarget, AssignmentTargetPropertyIdentifier,
    BindingIdentifier, BindingPattern, CallExpression, Class, ComputedMemberExpression, Expression,
    Function, IdentifierReference, ImportExpression, Program, PropertyKey, SimpleAssignmentTarget,
    Statement, StaticMemberExpression, TSType, TSTypeAnnotation, TSTypeParameterDeclaration,
    UnaryExpression, UpdateExpression, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::operator::UnaryOperator;
use oxc_syntax::scope::{ScopeFlags, ScopeId};
use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

/// Names that one walk over a module finds.
#[derive(Default)]
pub struct ModuleNames<'a> {
    /// Identifiers in the position of a value.
    pub used: HashSet<&'a str>,
    /// Identifiers that are assigned after their declaration.
    pub assigned: HashSet<&'a str>,
    /// The same with their places, in source order.
    pub uses: Vec<NameUse<'a>>,
    /// Environment variables read: `env('X')`, `process.env.X`, `const { X } = process.env`.
    pub env: Vec<(u32, &'a str)>,
    /// `import("…")` and `require("…")` of a literal.
    pub dynamic: Vec<Link<'a>>,
    /// Places of `import(x)` and `require(x)` that could be of anything.
    pub anything: Vec<u32>,
}

/// Identifier in the position of a value, with the member that is taken of it directly:
/// `prices.net`.
#[derive(Clone, Copy)]
pub struct NameUse<'a> {
    pub at: u32,
    pub name: &'a str,
    pub member: Option<&'a str>,
}

pub fn collect<'a>(program: &'a Program<'a>) -> ModuleNames<'a> {
    let mut walker = Walker { names: ModuleNames::default(), scopes: Vec::new(), class: None };
    walker.visit_program(program);
    walker.names.uses.sort_by_key(|one| one.at);
    walker.names
}

/// The identifier whose value a call may change: `skill` of `skill.addTool(x)`.
fn root_of_call<'a>(call: &CallExpression<'a>) -> Option<&'a str> {
    let object = call.callee.as_member_expression()?.object();
    match named(object) {
        // `Object.assign(target, …)` changes its first argument.
        Some("Object") => root(call.arguments.first()?.as_expression()?),
        _ => root(object),
    }
}

/// The identifier that an expression begins with.
fn root<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    let mut at = expression;
    loop {
        at = match at {
            Expression::Identifier(name) => return Some(name.name.as_str()),
            Expression::CallExpression(call) => &call.callee,
            _ => at.as_member_expression()?.object(),
        };
    }
}

/// Names that a top-level statement may change: those of its expressions, of its blocks, and of
/// functions that a `forEach` in it calls.
pub fn roots<'a>(statement: &Statement<'a>) -> BTreeSet<&'a str> {
    let mut roots = Roots::default();
    roots.visit_statement(statement);
    roots.0
}

#[derive(Default)]
struct Roots<'a>(BTreeSet<&'a str>);

impl<'a> Visit<'a> for Roots<'a> {
    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}
    fn visit_class(&mut self, _: &Class<'a>) {}
    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        self.0.extend(root_of_call(it));
        let each =
            it.callee.as_member_expression().and_then(|member| member.static_property_name());
        for argument in &it.arguments {
            if let (Some("forEach"), Argument::ArrowFunctionExpression(function)) = (each, argument)
            {
                walk::walk_arrow_function_expression(self, function);
            }
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        self.0.extend(it.as_member_expression().and_then(|member| root(member.object())));
        walk::walk_assignment_target(self, it);
    }

    fn visit_update_expression(&mut self, it: &UpdateExpression<'a>) {
        self.0.extend(it.argument.as_member_expression().and_then(|member| root(member.object())));
        walk::walk_update_expression(self, it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator == UnaryOperator::Delete {
            self.0.extend(
                it.argument.as_member_expression().and_then(|member| root(member.object())),
            );
        }
        walk::walk_unary_expression(self, it);
    }
}

fn named<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match expression {
        Expression::Identifier(name) => Some(name.name.as_str()),
        _ => None,
    }
}

struct Walker<'a> {
    names: ModuleNames<'a>,
    /// The scopes that the walk is in, that of the module first.
    scopes: Vec<ScopeNames<'a>>,
    /// The place of a class expression's name, which only the class itself knows.
    class: Option<u32>,
}

/// Declarations and uses of one scope. A name that it declares hides the module's.
#[derive(Default)]
struct ScopeNames<'a> {
    declared: HashSet<&'a str>,
    uses: Vec<NameUse<'a>>,
    assigned: Vec<&'a str>,
}

impl<'a> Walker<'a> {
    fn used(&mut self, it: &IdentifierReference<'a>, member: Option<&'a str>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.uses.push(NameUse { at: it.span.start, name: it.name.as_str(), member });
        }
    }

    fn declared(&mut self, name: &'a str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.declared.insert(name);
        }
    }

    fn assigns(&mut self, name: &'a str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.assigned.push(name);
        }
    }

    fn env(&mut self, at: Span, name: &'a str) {
        self.names.env.push((at.start, name));
    }

    fn assigned(&mut self, target: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = target {
            self.assigns(name.name.as_str());
        }
    }
}

impl<'a> Visit<'a> for Walker<'a> {
    fn enter_scope(&mut self, _: ScopeFlags, _: &Cell<Option<ScopeId>>) {
        self.scopes.push(ScopeNames::default());
    }

    // A declaration may follow its use, so uses are resolved at the end of the scope.
    fn leave_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        match self.scopes.last_mut() {
            Some(around) => {
                let own = |name: &str| scope.declared.contains(name);
                around.uses.extend(scope.uses.into_iter().filter(|one| !own(one.name)));
                around.assigned.extend(scope.assigned.into_iter().filter(|name| !own(name)));
            }
            None => {
                self.names.used.extend(scope.uses.iter().map(|one| one.name));
                self.names.uses.extend(scope.uses);
                self.names.assigned.extend(scope.assigned);
            }
        }
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        if self.class.take() != Some(it.span.start) {
            self.declared(it.name.as_str());
        }
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        // The walk sees the name inside; a declaration gives it to the scope around, too.
        if let (true, Some(id)) = (it.is_declaration(), &it.id) {
            self.declared(id.name.as_str());
        }
        walk::walk_function(self, it, flags);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        self.class = it.id.as_ref().filter(|_| it.is_expression()).map(|id| id.span.start);
        walk::walk_class(self, it);
    }

    // A type's name hides no value.
    fn visit_ts_type_parameter_declaration(&mut self, _: &TSTypeParameterDeclaration<'a>) {}

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.used(it, None);
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

    fn visit_assignment_target_property_identifier(
        &mut self,
        it: &AssignmentTargetPropertyIdentifier<'a>,
    ) {
        self.assigns(it.binding.name.as_str());
        walk::walk_assignment_target_property_identifier(self, it);
    }

    fn visit_update_expression(&mut self, it: &UpdateExpression<'a>) {
        self.assigned(&it.argument);
        walk::walk_update_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let first = it.arguments.first().and_then(|one| one.as_expression());
        match (named(&it.callee), first) {
            (Some("env"), Some(Expression::StringLiteral(text))) => {
                self.env(text.span, text.value.as_str());
            }
            (Some("require"), Some(Expression::StringLiteral(text))) => {
                self.names.dynamic.push(Link { specifier: text.value.as_str(), span: text.span });
            }
            (Some("require"), _) => self.names.anything.push(it.span.start),
            _ => {}
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match &it.source {
            Expression::StringLiteral(text) => {
                self.names.dynamic.push(Link { specifier: text.value.as_str(), span: text.span });
            }
            _ => self.names.anything.push(it.span.start),
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if is_environment(&it.object) {
            self.env(it.span, it.property.name.as_str());
        }
        match &it.object {
            Expression::Identifier(name) => self.used(name, Some(it.property.name.as_str())),
            _ => walk::walk_static_member_expression(self, it),
        }
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if let (true, Expression::StringLiteral(text)) =
            (is_environment(&it.object), &it.expression)
        {
            self.env(it.span, text.value.as_str());
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (BindingPattern::ObjectPattern(pattern), Some(init)) = (&it.id, &it.init)
            && is_environment(init)
        {
            for property in &pattern.properties {
                if let PropertyKey::StaticIdentifier(name) = &property.key {
                    self.env(it.span, name.name.as_str());
                }
            }
        }
        walk::walk_variable_declarator(self, it);
    }
}

/// `process.env` or `import.meta.env`.
pub fn is_environment(expression: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(member) = expression else { return false };
    let object = matches!(&member.object, Expression::Identifier(name) if name.name == "process")
        || matches!(&member.object, Expression::ImportMeta(_));
    object && member.property.name == "env"
}
