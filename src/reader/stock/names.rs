//! Name lookup of the stock compiler: through imports and exports to one declaration.

use crate::reader::eval::Evaluator;
use crate::reader::syntax::module::{Binding, Export, Imported, Link, Module, ModuleId};
use crate::reader::syntax::modules::ImportTarget;
use oxc_ast::ast::{
    BindingPattern, Class, Declaration, ExportDefaultDeclarationKind, Expression,
    ImportDeclarationSpecifier, Statement, VariableDeclarator,
};
use oxc_span::GetSpan;
use std::collections::HashSet;
use std::rc::Rc;

/// Declaration of a name.
#[derive(Clone)]
pub enum Decl<'a> {
    Variable(Rc<Module<'a>>, Option<&'a Expression<'a>>),
    Class(Rc<Module<'a>>, &'a Class<'a>),
    Function(Rc<Module<'a>>),
}

impl<'a> Decl<'a> {
    pub fn module(&self) -> &Rc<Module<'a>> {
        match self {
            Decl::Variable(module, _) | Decl::Class(module, _) | Decl::Function(module) => module,
        }
    }
}

/// The values that a walk through names looked at: a ring of names ends there.
#[derive(Default)]
pub struct Visited(HashSet<(ModuleId, u32)>);

impl Visited {
    /// True the first time that a value is met.
    pub fn is_new(&mut self, module: &Module<'_>, value: &Expression<'_>) -> bool {
        self.0.insert((module.id, value.span().start))
    }
}

/// Lookup of names. A name that cannot be followed has no value; broken imports are reported by the
/// reader.
#[derive(Clone, Copy)]
pub struct Lookup<'l, 'a> {
    pub evaluator: &'l Evaluator<'a>,
}

impl<'a> Lookup<'_, 'a> {
    pub fn local(self, module: &Rc<Module<'a>>, name: &str) -> Option<Decl<'a>> {
        self.find(module, name, false, &mut HashSet::new())
    }

    pub fn exported(self, module: &Rc<Module<'a>>, name: &str) -> Option<Decl<'a>> {
        self.find(module, name, true, &mut HashSet::new())
    }

    fn find(
        self,
        module: &Rc<Module<'a>>,
        name: &str,
        exported: bool,
        seen: &mut HashSet<(ModuleId, String, bool)>,
    ) -> Option<Decl<'a>> {
        if !seen.insert((module.id, name.to_owned(), exported)) {
            return None;
        }
        let script = module.script()?;
        let mut take = |link: Link<'a>, name: Imported<'a>| match name {
            Imported::Name(name) => self.find(&self.target(module, link)?, name, true, seen),
            Imported::Everything => None,
        };
        if exported {
            return match script.exports.get(name) {
                Some(&Export::Local(local)) => self.find(module, local, false, seen),
                Some(&Export::From { link, name }) => take(link, name),
                Some(Export::Expression(Expression::Identifier(other))) => {
                    self.find(module, other.name.as_str(), false, seen)
                }
                Some(Export::Class(class)) => Some(Decl::Class(module.clone(), class)),
                Some(Export::Function(_)) => Some(Decl::Function(module.clone())),
                Some(Export::Expression(_)) => None,
                None if name == "default" => None,
                None => script.stars.iter().find_map(|&star| {
                    let target = self.target(module, star)?;
                    self.find(&target, name, true, seen)
                }),
            };
        }
        match script.bindings.get(name) {
            Some(&Binding::Variable { pattern: BindingPattern::BindingIdentifier(_), init }) => {
                Some(Decl::Variable(module.clone(), init))
            }
            Some(Binding::Class(class)) => Some(Decl::Class(module.clone(), class)),
            Some(Binding::Function(_)) => Some(Decl::Function(module.clone())),
            Some(&Binding::Import { link, name }) => take(link, name),
            Some(_) => None,
            None => inner(module, name),
        }
    }

    /// The project file that a link leads to.
    pub fn target(self, from: &Module<'a>, link: Link<'a>) -> Option<Rc<Module<'a>>> {
        match self.evaluator.modules.follow(from, link) {
            Ok(ImportTarget::Module(file)) => self.evaluator.modules.open(&file).ok(),
            _ => None,
        }
    }

    /// The import of a name: its link, and whether it is a default import.
    pub fn import(self, module: &Module<'a>, name: &str) -> Option<(Link<'a>, bool)> {
        match module.script()?.bindings.get(name) {
            Some(&Binding::Import { link, name: Imported::Name(_) }) => {
                Some((link, is_default_import(module, name)))
            }
            _ => None,
        }
    }

    /// The module that `import * as name` leads to.
    pub fn namespace(self, module: &Module<'a>, name: &str) -> Option<Rc<Module<'a>>> {
        match module.script()?.bindings.get(name) {
            Some(&Binding::Import { link, name: Imported::Everything }) => {
                self.target(module, link)
            }
            _ => None,
        }
    }
}

/// `import name from '…'`.
pub fn is_default_import(module: &Module<'_>, name: &str) -> bool {
    let Some(script) = module.script() else { return false };
    let imports = script.program.body.iter().filter_map(|statement| match statement {
        Statement::ImportDeclaration(import) => import.specifiers.as_ref(),
        _ => None,
    });
    imports.flatten().any(|one| {
        matches!(one, ImportDeclarationSpecifier::ImportDefaultSpecifier(one) if one.local.name == name)
    })
}

/// `export default EXPRESSION`.
pub fn default_expression<'a>(module: &Module<'a>) -> Option<&'a Expression<'a>> {
    module.script()?.program.body.iter().find_map(|statement| match statement {
        Statement::ExportDefaultDeclaration(one) => match &one.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
            | ExportDefaultDeclarationKind::ClassDeclaration(_) => None,
            other => other.as_expression(),
        },
        _ => None,
    })
}

/// A name that is declared inside a function: some make their agent in `main`.
fn inner<'a>(module: &Rc<Module<'a>>, name: &str) -> Option<Decl<'a>> {
    let functions = module.script()?.program.body.iter().filter_map(|statement| match statement {
        Statement::FunctionDeclaration(function) => function.body.as_ref(),
        _ => None,
    });
    let mut variables = functions.flat_map(|body| &body.statements).flat_map(declarators);
    let found = variables.find(|one| is_named(one, name))?;
    Some(Decl::Variable(module.clone(), found.init.as_ref()))
}

/// The variables that a statement declares.
pub fn declarators<'a>(statement: &'a Statement<'a>) -> &'a [VariableDeclarator<'a>] {
    match statement {
        Statement::VariableDeclaration(variables) => &variables.declarations,
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::VariableDeclaration(variables) => &variables.declarations,
            _ => &[],
        },
        _ => &[],
    }
}

pub fn is_named(one: &VariableDeclarator<'_>, name: &str) -> bool {
    matches!(&one.id, BindingPattern::BindingIdentifier(id) if id.name == name)
}

/// The import of a name as the other file exports it, or of a default import as it is named here.
pub fn import_as<'a>(module: &Module<'a>, name: &str) -> Option<Link<'a>> {
    module.script()?.program.body.iter().find_map(|statement| {
        let Statement::ImportDeclaration(import) = statement else { return None };
        let fits = import.specifiers.iter().flatten().any(|one| match one {
            ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => one.local.name == name,
            ImportDeclarationSpecifier::ImportSpecifier(one) => one.imported.name() == name,
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => false,
        });
        fits.then_some(Link { specifier: import.source.value.as_str(), span: import.source.span })
    })
}
