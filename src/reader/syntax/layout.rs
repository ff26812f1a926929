//! Code without the choices of layout that a tree still shows: quotes around names of properties, empty statements.

use crate::reader::eval::value::number_text;
use oxc_allocator::{Allocator, Box, Dummy, Vec as ArenaVec};
use oxc_ast::ast::{
    BindingProperty, IdentifierName, MethodDefinition, NumericLiteral, ObjectProperty,
    PropertyDefinition, PropertyKey, Statement,
};
use oxc_ast_visit::{VisitMut, walk_mut};
use oxc_syntax::identifier::is_identifier_name;

/// Writes every such choice in one way.
pub struct Layout<'a>(pub &'a Allocator);

impl<'a> Layout<'a> {
    /// `"a"` is `a` and `"1"` is `1`, but in brackets, where a name is looked up.
    fn key(&self, key: &mut PropertyKey<'a>, is_computed: bool) {
        let PropertyKey::StringLiteral(text) = &*key else { return };
        if is_computed || text.lone_surrogates {
            return;
        }
        let text = text.value.as_str();
        let number = text.parse().ok().filter(|number| number_text(*number) == text);
        *key = match number {
            _ if is_identifier_name(text) => {
                let mut name = IdentifierName::dummy(self.0);
                name.name = text.into();
                PropertyKey::StaticIdentifier(Box::new_in(name, &self.0))
            }
            Some(number) if number.is_finite() && number.is_sign_positive() => {
                let mut literal = NumericLiteral::dummy(self.0);
                literal.value = number;
                PropertyKey::NumericLiteral(Box::new_in(literal, &self.0))
            }
            _ => return,
        };
    }
}

impl<'a> VisitMut<'a> for Layout<'a> {
    fn visit_statements(&mut self, it: &mut ArenaVec<'a, Statement<'a>>) {
        it.retain(|one| !matches!(one, Statement::EmptyStatement(_)));
        walk_mut::walk_statements(self, it);
    }

    fn visit_object_property(&mut self, it: &mut ObjectProperty<'a>) {
        self.key(&mut it.key, it.computed);
        walk_mut::walk_object_property(self, it);
    }

    fn visit_binding_property(&mut self, it: &mut BindingProperty<'a>) {
        self.key(&mut it.key, it.computed);
        walk_mut::walk_binding_property(self, it);
    }

    fn visit_property_definition(&mut self, it: &mut PropertyDefinition<'a>) {
        self.key(&mut it.key, it.computed);
        walk_mut::walk_property_definition(self, it);
    }

    fn visit_method_definition(&mut self, it: &mut MethodDefinition<'a>) {
        self.key(&mut it.key, it.computed);
        walk_mut::walk_method_definition(self, it);
    }
}
