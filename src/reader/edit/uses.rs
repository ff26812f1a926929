//! Uses of a declaration: the code that an edit of its value would change, and must leave alone.

use crate::error::Result;
use crate::reader::eval::{Evaluator, ResolvedExport};
use crate::reader::syntax::module::{Binding, Imported, Link, Module, Script};
use crate::reader::syntax::modules::ImportTarget;
use oxc_ast::ast::Statement;
use oxc_span::Span;
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    /// Number of uses of a declaration in the project. Files that cannot be read use nothing.
    pub fn uses(&self, declared_in: &Module<'a>, name: &str) -> Result<usize> {
        let mut count = 0;
        for file in self.modules.files().sources(self.modules.root()) {
            let Ok(module) = self.modules.open(&file) else { continue };
            let Some(script) = module.script() else { continue };
            for one in script.names.uses.iter().filter(|one| !is_export(script, one.at)) {
                let is_it = match script.bindings.get(one.name) {
                    Some(&Binding::Import { link, name: imported }) => {
                        let imported = match imported {
                            Imported::Everything => one.member.map_or(imported, Imported::Name),
                            name => name,
                        };
                        match self.imported(&module, link, imported) {
                            Ok(Some((from, export))) => match self.export(from, export) {
                                Ok(ResolvedExport::Local(from, local)) => {
                                    from.id == declared_in.id && local == name
                                }
                                _ => false,
                            },
                            _ => false,
                        }
                    }
                    Some(_) => module.id == declared_in.id && one.name == name,
                    None => false,
                };
                count += usize::from(is_it);
            }
        }
        Ok(count)
    }

    /// The module that an import leads to, and the export it takes; `None` for a package.
    pub fn imported(
        &self,
        from: &Module<'a>,
        link: Link<'a>,
        name: Imported<'a>,
    ) -> Result<Option<(Rc<Module<'a>>, &'a str)>> {
        let ImportTarget::Module(file) = self.modules.follow(from, link)? else { return Ok(None) };
        let module = self.modules.open(&file)?;
        Ok(match name {
            Imported::Name(name) => Some((module, name)),
            Imported::Everything if module.script().is_none() => Some((module, "default")),
            Imported::Everything => None,
        })
    }

    /// Module that a name refers to: `import * as name`.
    pub fn module_named(&self, module: &Module<'a>, name: &str) -> Result<Option<Rc<Module<'a>>>> {
        match module.script().and_then(|script| script.bindings.get(name)) {
            Some(&Binding::Import { link, name: Imported::Everything }) => {
                match self.modules.follow(module, link)? {
                    ImportTarget::Module(file) => self.modules.open(&file).map(Some),
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }
}

/// True inside `export { a, b }`, which passes names on and uses none.
fn is_export(script: &Script<'_>, at: u32) -> bool {
    let inside = |span: Span| (span.start..span.end).contains(&at);
    script.program.body.iter().any(
        |statement| matches!(statement, Statement::ExportNamedDeclaration(export) if inside(export.span)),
    )
}
