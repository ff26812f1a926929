//! Code without its types: the part that runs.

use oxc_allocator::{Allocator, TakeIn, Vec as ArenaVec};
use oxc_ast::ast::{
    ArrowFunctionExpression, CallExpression, CatchParameter, Class, ClassElement, Declaration,
    Expression, FormalParameter, FormalParameterRest, Function, MethodDefinition,
    MethodDefinitionType, NewExpression, PropertyDefinition, PropertyDefinitionType, Statement,
    TSAccessibility, TaggedTemplateExpression, VariableDeclarator,
};
use oxc_ast_visit::{VisitMut, walk_mut};
use oxc_syntax::scope::ScopeFlags;

/// Takes the types out of a tree.
pub struct TypeStripper<'a>(pub &'a Allocator);

impl<'a> VisitMut<'a> for TypeStripper<'a> {
    fn visit_expression(&mut self, it: &mut Expression<'a>) {
        loop {
            let inner = match it {
                Expression::TSAsExpression(one) => &mut one.expression,
                Expression::TSSatisfiesExpression(one) => &mut one.expression,
                Expression::TSNonNullExpression(one) => &mut one.expression,
                Expression::TSTypeAssertion(one) => &mut one.expression,
                Expression::TSInstantiationExpression(one) => &mut one.expression,
                _ => break,
            };
            *it = inner.take_in(&self.0);
        }
        walk_mut::walk_expression(self, it);
    }

    fn visit_statements(&mut self, it: &mut ArenaVec<'a, Statement<'a>>) {
        it.retain(|one| one.as_declaration().is_none_or(runs));
        walk_mut::walk_statements(self, it);
    }

    fn visit_function(&mut self, it: &mut Function<'a>, flags: ScopeFlags) {
        (it.type_parameters, it.return_type, it.this_param) = (None, None, None);
        walk_mut::walk_function(self, it, flags);
    }

    fn visit_arrow_function_expression(&mut self, it: &mut ArrowFunctionExpression<'a>) {
        (it.type_parameters, it.return_type) = (None, None);
        walk_mut::walk_arrow_function_expression(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &mut FormalParameter<'a>) {
        (it.type_annotation, it.optional) = (None, false);
        // `constructor(private x)` makes a field, by whichever word.
        let is_field = it.accessibility.is_some() || it.readonly || it.r#override;
        it.accessibility = is_field.then_some(TSAccessibility::Public);
        (it.readonly, it.r#override) = (false, false);
        walk_mut::walk_formal_parameter(self, it);
    }

    fn visit_formal_parameter_rest(&mut self, it: &mut FormalParameterRest<'a>) {
        it.type_annotation = None;
        walk_mut::walk_formal_parameter_rest(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &mut VariableDeclarator<'a>) {
        (it.type_annotation, it.definite) = (None, false);
        walk_mut::walk_variable_declarator(self, it);
    }

    fn visit_catch_parameter(&mut self, it: &mut CatchParameter<'a>) {
        it.type_annotation = None;
        walk_mut::walk_catch_parameter(self, it);
    }

    fn visit_class(&mut self, it: &mut Class<'a>) {
        (it.type_parameters, it.r#abstract) = (None, false);
        it.implements.clear();
        if let Some(heritage) = &mut it.heritage {
            heritage.type_arguments = None;
        }
        it.body.body.retain(|element| match element {
            ClassElement::MethodDefinition(one) => {
                one.r#type == MethodDefinitionType::MethodDefinition && one.value.body.is_some()
            }
            ClassElement::PropertyDefinition(one) => {
                one.r#type == PropertyDefinitionType::PropertyDefinition && !one.declare
            }
            ClassElement::TSIndexSignature(_) => false,
            _ => true,
        });
        walk_mut::walk_class(self, it);
    }

    fn visit_property_definition(&mut self, it: &mut PropertyDefinition<'a>) {
        (it.type_annotation, it.accessibility) = (None, None);
        (it.optional, it.definite, it.readonly, it.r#override) = (false, false, false, false);
        walk_mut::walk_property_definition(self, it);
    }

    fn visit_method_definition(&mut self, it: &mut MethodDefinition<'a>) {
        (it.accessibility, it.optional, it.r#override) = (None, false, false);
        walk_mut::walk_method_definition(self, it);
    }

    fn visit_call_expression(&mut self, it: &mut CallExpression<'a>) {
        it.type_arguments = None;
        walk_mut::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &mut NewExpression<'a>) {
        it.type_arguments = None;
        walk_mut::walk_new_expression(self, it);
    }

    fn visit_tagged_template_expression(&mut self, it: &mut TaggedTemplateExpression<'a>) {
        it.type_arguments = None;
        walk_mut::walk_tagged_template_expression(self, it);
    }
}

/// True if a declaration leaves code to run.
fn runs(declaration: &Declaration<'_>) -> bool {
    match declaration {
        Declaration::TSInterfaceDeclaration(_) | Declaration::TSTypeAliasDeclaration(_) => false,
        Declaration::FunctionDeclaration(one) => one.body.is_some(),
        other => !other.declare(),
    }
}
