//! The members of a TypeScript enum, of which the compiler has one more: it gives each enum a function `toString`.

use super::names::{Decl, Lookup, Visited};
use super::values::LossReason;
use crate::reader::eval::value::SourceSpan;
use crate::reader::syntax::module::{Binding, Export, Imported, Module};
use oxc_ast::ast::{
    BindingIdentifier, CallExpression, Class, Expression, IdentifierReference, TSType,
    TSTypeAnnotation,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use std::rc::Rc;

/// Methods that list the members of an object.
const LISTS: [&str; 3] = ["keys", "values", "entries"];
/// Methods that pass each member of a list on. The result of others (`filter`, `find`) may lack the
/// function.
const PASSES: [&str; 8] =
    ["map", "flatMap", "flat", "join", "concat", "reverse", "sort", "toString"];
const HOPS: usize = 10;

impl<'a> Lookup<'_, 'a> {
    /// Loss from a value that lists the members of an enum, itself or in a part: the compiler sees
    /// one member more.
    pub fn extra_members(
        self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
    ) -> Option<LossReason> {
        self.swollen_in(module, value, &mut Visited::default())
    }

    fn swollen_in(
        self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
        seen: &mut Visited,
    ) -> Option<LossReason> {
        if !seen.is_new(module, value) {
            return None;
        }
        let mut members = Members::default();
        members.visit_expression(value);
        for (call, name, at) in members.listed {
            if self.is_enum(module, name, HOPS) {
                let reason =
                    format!("`{call}({name})` has the function `toString` of the enum too there");
                return Some((SourceSpan::new(module.id, at), reason));
            }
        }
        let outer = members.used.iter().filter(|name| !members.declared.contains(*name));
        outer.copied().find_map(|name| match self.local(module, name)? {
            Decl::Variable(there, Some(init)) => self.swollen_in(&there, init, seen),
            _ => None,
        })
    }

    fn is_enum(self, module: &Rc<Module<'a>>, name: &str, hops: usize) -> bool {
        let Some((hops, script)) = hops.checked_sub(1).zip(module.script()) else { return false };
        match script.bindings.get(name) {
            Some(Binding::Enum(_)) => true,
            Some(&Binding::Import { link, name: Imported::Name(name) }) => {
                self.target(module, link).is_some_and(|there| self.exports_enum(&there, name, hops))
            }
            _ => false,
        }
    }

    fn exports_enum(self, module: &Rc<Module<'a>>, name: &str, hops: usize) -> bool {
        let Some((hops, script)) = hops.checked_sub(1).zip(module.script()) else { return false };
        let there = |link, name: &str| {
            self.target(module, link).is_some_and(|there| self.exports_enum(&there, name, hops))
        };
        match script.exports.get(name) {
            Some(&Export::Local(local)) => self.is_enum(module, local, hops),
            Some(&Export::From { link, name: Imported::Name(name) }) => there(link, name),
            Some(_) => false,
            None => script.stars.iter().any(|&star| there(star, name)),
        }
    }
}

/// Lists of members in an expression: method, object and place of each.
#[derive(Default)]
struct Members<'a> {
    listed: Vec<(String, &'a str, Span)>,
    used: Vec<&'a str>,
    declared: Vec<&'a str>,
}

impl<'a> Visit<'a> for Members<'a> {
    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
    fn visit_ts_type_annotation(&mut self, _: &TSTypeAnnotation<'a>) {}
    fn visit_class(&mut self, _: &Class<'a>) {}

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.used.push(it.name.as_str());
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        self.declared.push(it.name.as_str());
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let Expression::StaticMemberExpression(member) = &it.callee else {
            return walk::walk_call_expression(self, it);
        };
        let method = member.property.name.as_str();
        let of = it.arguments.first().and_then(|one| one.as_expression());
        if let (Expression::Identifier(object), Some(Expression::Identifier(of))) =
            (&member.object, of)
            && object.name == "Object"
            && LISTS.contains(&method)
        {
            return self.listed.push((format!("Object.{method}"), of.name.as_str(), it.span));
        }
        // A builder of schemas is such a call, too: its arguments count.
        if PASSES.contains(&method) || !is_list(&member.object) {
            self.visit_expression(&member.object);
        }
        self.visit_arguments(&it.arguments);
    }
}

/// True if an expression may be a list from which a method takes an element.
fn is_list(value: &Expression<'_>) -> bool {
    match value.get_inner_expression() {
        Expression::Identifier(name) => name.name != "z",
        Expression::CallExpression(call) => match &call.callee {
            Expression::StaticMemberExpression(member) => {
                matches!(&member.object, Expression::Identifier(name) if name.name == "Object")
                    || is_list(&member.object)
            }
            _ => false,
        },
        Expression::ArrayExpression(_) => true,
        _ => false,
    }
}
