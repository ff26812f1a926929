//! Lists as the stock compiler follows them: it stops at the first thing that it does not know.
//!
//! It marks each name that it follows, and does not follow a name twice in one list: `[all.a, all.b]`
//! ends at `all.b`, and the second `new A()` of one list is looked for in the file of the list.

use super::names::{Decl, Lookup, default_expression, is_default_import};
use crate::reader::eval::value::SourceSpan;
use crate::reader::syntax::module::{Module, ModuleId};
use oxc_ast::ast::{
    ArrayExpressionElement, Expression, NewExpression, ObjectExpression, ObjectPropertyKind,
    PropertyKey, PropertyKind, StaticMemberExpression,
};
use oxc_span::{GetSpan, Span};
use std::collections::HashSet;
use std::rc::Rc;

/// One element that it takes: a name, and the file in which a primitive of this name is looked for.
pub struct ListElement<'a> {
    pub name: &'a str,
    pub module: Rc<Module<'a>>,
    /// `new LuaJob({…})` in the list itself.
    pub inline: bool,
    pub by_default: bool,
    /// The element, and the module it is written in.
    pub element: (Rc<Module<'a>>, &'a Expression<'a>),
}

impl ListElement<'_> {
    pub fn site(&self) -> SourceSpan {
        SourceSpan::new(self.element.0.id, self.element.1.span())
    }
}

/// Elements that it takes of a list, and where it stopped.
#[derive(Default)]
pub struct ListElements<'a> {
    pub refs: Vec<ListElement<'a>>,
    pub stop: Option<(SourceSpan, String)>,
}

pub fn list<'a>(
    lookup: Lookup<'_, 'a>,
    module: &Rc<Module<'a>>,
    value: &'a Expression<'a>,
) -> ListElements<'a> {
    let mut walk =
        ListWalk { lookup, followed: HashSet::new(), list: ListElements::default(), depth: 0 };
    walk.array(module, value);
    walk.list
}

/// Limit on names that refer to names.
const DEPTH_MAX: usize = 200;

struct ListWalk<'l, 'a> {
    lookup: Lookup<'l, 'a>,
    followed: HashSet<(ModuleId, &'a str)>,
    list: ListElements<'a>,
    depth: usize,
}

impl<'a> ListWalk<'_, 'a> {
    fn stop(&mut self, module: &Module<'a>, at: Span, reason: String) {
        self.list.stop.get_or_insert((SourceSpan::new(module.id, at), reason));
    }

    /// Stops where names lead in a circle.
    fn deeper(&mut self, module: &Module<'a>, at: Span) -> bool {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            self.stop(module, at, "it does not follow names so far".to_owned());
        }
        self.list.stop.is_none()
    }

    fn array(&mut self, module: &Rc<Module<'a>>, value: &'a Expression<'a>) {
        if !self.deeper(module, value.span()) {
            return;
        }
        match value {
            Expression::ArrayExpression(array) => {
                for element in &array.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(spread) => {
                            self.array(module, &spread.argument)
                        }
                        ArrayExpressionElement::Elision(hole) => {
                            self.stop(
                                module,
                                hole.span,
                                "it does not accept a hole in a list".to_owned(),
                            );
                        }
                        other => match other.as_expression() {
                            Some(one) => self.element(module, one),
                            None => return,
                        },
                    }
                    if self.list.stop.is_some() {
                        return;
                    }
                }
            }
            Expression::Identifier(name) => {
                self.named_array(module, name.name.as_str(), value.span())
            }
            Expression::StaticMemberExpression(member) => match self.property(module, member) {
                Some((module, value)) => self.array(&module, value),
                None => self.stop(
                    module,
                    value.span(),
                    format!("it does not follow {}", text(module, value)),
                ),
            },
            other => match typed(other) {
                Some(inner) => self.array(module, inner),
                None => self.stop(module, value.span(), unknown(module, value)),
            },
        }
    }

    fn named_array(&mut self, module: &Rc<Module<'a>>, name: &'a str, at: Span) {
        match self.follow(module, name) {
            Some(Decl::Variable(module, Some(init))) => self.array(&module, init),
            Some(_) => self.stop(module, at, format!("`{name}` is not a list for it")),
            // `export default [a, b]` of the file that is imported.
            None => match self.default_of(module, name) {
                Some((module, value)) => self.array(&module, value),
                None => self.stop(module, at, format!("it does not find what `{name}` is")),
            },
        }
    }

    fn element(&mut self, module: &Rc<Module<'a>>, element: &'a Expression<'a>) {
        if !self.deeper(module, element.span()) {
            return;
        }
        match element {
            Expression::NewExpression(new) => self.made(module, element, new),
            Expression::Identifier(name) => self.named(module, element, name.name.as_str()),
            Expression::StaticMemberExpression(member) => match self.property(module, member) {
                Some((module, value)) => self.element(&module, value),
                None => {
                    self.stop(
                        module,
                        element.span(),
                        format!("it does not follow {}", text(module, element)),
                    );
                }
            },
            other => match typed(other) {
                Some(inner) => self.element(module, inner),
                None => self.stop(module, element.span(), unknown(module, element)),
            },
        }
    }

    fn made(
        &mut self,
        module: &Rc<Module<'a>>,
        element: &'a Expression<'a>,
        new: &'a NewExpression<'a>,
    ) {
        let at = (module.clone(), element);
        let span = new.callee.span();
        let name = &module.text[span.start as usize..span.end as usize];
        if let Expression::Identifier(class) = &new.callee {
            let by_default = is_default_import(module, class.name.as_str());
            if let Some(Decl::Class(there, _)) = self.follow(module, class.name.as_str()) {
                let one =
                    ListElement { name, module: there, inline: false, by_default, element: at };
                return self.list.refs.push(one);
            }
        }
        self.list.refs.push(ListElement {
            name,
            module: module.clone(),
            inline: true,
            by_default: false,
            element: at,
        });
    }

    fn named(&mut self, module: &Rc<Module<'a>>, element: &'a Expression<'a>, name: &'a str) {
        let by_default = is_default_import(module, name);
        let at = (module.clone(), element);
        let Some(decl) = self.follow(module, name) else {
            // The file itself, in which the primitive is looked for.
            let import = self.lookup.import(module, name);
            match import.and_then(|(link, _)| self.lookup.target(module, link)) {
                Some(there) => {
                    self.list.refs.push(ListElement {
                        name,
                        module: there,
                        inline: false,
                        by_default,
                        element: at,
                    });
                }
                None => {
                    self.stop(module, element.span(), format!("it does not find what `{name}` is"))
                }
            }
            return;
        };
        match &decl {
            Decl::Variable(_, None) => {
                self.stop(module, element.span(), format!("`{name}` has no value"))
            }
            Decl::Variable(there, Some(init @ Expression::ArrayExpression(_))) => {
                self.array(there, init)
            }
            Decl::Variable(there, Some(init @ Expression::Identifier(_))) => {
                self.element(there, init)
            }
            _ => {
                let module = decl.module().clone();
                self.list.refs.push(ListElement {
                    name,
                    module,
                    inline: false,
                    by_default,
                    element: at,
                });
            }
        }
    }

    /// Declaration of a name, once for each name of a file.
    fn follow(&mut self, module: &Rc<Module<'a>>, name: &'a str) -> Option<Decl<'a>> {
        if !self.followed.insert((module.id, name)) {
            return None;
        }
        self.lookup.local(module, name)
    }

    fn default_of(
        &self,
        module: &Rc<Module<'a>>,
        name: &str,
    ) -> Option<(Rc<Module<'a>>, &'a Expression<'a>)> {
        let (link, by_default) = self.lookup.import(module, name)?;
        let there = self.lookup.target(module, link).filter(|_| by_default)?;
        let value = default_expression(&there)?;
        Some((there, value))
    }

    /// `all.tools`: of an object that is written out, or of `import * as all`.
    fn property(
        &mut self,
        module: &Rc<Module<'a>>,
        member: &'a StaticMemberExpression<'a>,
    ) -> Option<(Rc<Module<'a>>, &'a Expression<'a>)> {
        let key = member.property.name.as_str();
        let (there, object) = match &member.object {
            Expression::Identifier(name) => {
                if let Some(there) = self.lookup.namespace(module, name.name.as_str()) {
                    return match self.lookup.exported(&there, key) {
                        Some(Decl::Variable(module, Some(init))) => Some((module, init)),
                        _ => None,
                    };
                }
                match self.follow(module, name.name.as_str()) {
                    Some(Decl::Variable(there, Some(init))) => (there, init),
                    _ => return None,
                }
            }
            Expression::StaticMemberExpression(inner) => self.property(module, inner)?,
            _ => return None,
        };
        let Expression::ObjectExpression(object) = object else { return None };
        assigned(object, key).map(|value| (there, value))
    }
}

/// `key: VALUE` of an object; neither in short, nor of a key in quotes, nor of another object that is spread.
pub fn assigned<'a>(object: &'a ObjectExpression<'a>, key: &str) -> Option<&'a Expression<'a>> {
    object.properties.iter().find_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(one)
            if one.kind == PropertyKind::Init
                && !one.shorthand
                && !one.method
                && is_plain(&one.key, key) =>
        {
            Some(&one.value)
        }
        _ => None,
    })
}

fn is_plain(key: &PropertyKey<'_>, name: &str) -> bool {
    matches!(key, PropertyKey::StaticIdentifier(key) if key.name == name)
}

/// True if an object has a property of this name, in short or full form.
pub fn mentions(object: &ObjectExpression<'_>, key: &str) -> bool {
    object.properties.iter().any(
        |property| matches!(property, ObjectPropertyKind::ObjectProperty(one) if is_plain(&one.key, key)),
    )
}

/// Value inside a type assertion.
fn typed<'a>(value: &'a Expression<'a>) -> Option<&'a Expression<'a>> {
    match value {
        Expression::TSAsExpression(one) => Some(&one.expression),
        Expression::TSSatisfiesExpression(one) => Some(&one.expression),
        Expression::TSTypeAssertion(one) => Some(&one.expression),
        Expression::ParenthesizedExpression(one) => Some(&one.expression),
        _ => None,
    }
}

fn unknown(module: &Module<'_>, value: &Expression<'_>) -> String {
    match value {
        Expression::CallExpression(_) => {
            format!("it does not run the call {}", text(module, value))
        }
        Expression::ObjectExpression(_) => {
            "it does not accept an object that is written into a list".to_owned()
        }
        _ => format!("it does not evaluate {}", text(module, value)),
    }
}

/// An expression as it is written, cut where it is long or has lines.
pub fn text(module: &Module<'_>, value: &Expression<'_>) -> String {
    const LETTERS: usize = 50;
    let span = value.span();
    let all = &module.text[span.start as usize..span.end as usize];
    let line = all.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(LETTERS).collect();
    let more = if cut.len() < all.len() { " …" } else { "" };
    format!("`{}{more}`", cut.trim_end())
}
