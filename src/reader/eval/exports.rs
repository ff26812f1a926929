//! Exports of modules: names followed through re-exports to the module that has the value.

use super::{Evaluator, ResolvedExport};
use crate::error::Result;
use crate::reader::eval::imported_json::{json, packaged};
use crate::reader::eval::value::{Code, EvalScope, SourceSpan, Value};
use crate::reader::syntax::module::{Export, Imported, Link, Module, ModuleContent, ModuleId};
use crate::reader::syntax::modules::ImportTarget;
use oxc_ast::ast::Expression;
use oxc_span::{GetSpan, Span};
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    pub fn import(
        &self,
        from: &Module<'a>,
        link: Link<'a>,
        name: Imported<'a>,
    ) -> Result<ResolvedExport<'a>> {
        let file = match self.modules.follow(from, link)? {
            ImportTarget::Package(package) => {
                return Ok(ResolvedExport::Value(packaged(&package, link.specifier, name)));
            }
            ImportTarget::Module(file) => file,
            ImportTarget::Missing => {
                return Ok(ResolvedExport::Value(Value::unknown(
                    SourceSpan::new(from.id, link.span),
                    "cannot be found",
                )));
            }
        };
        let module = self.modules.open(&file)?;
        match name {
            Imported::Everything if module.script().is_some() => {
                Ok(ResolvedExport::Value(Value::Namespace(module.id)))
            }
            Imported::Everything => self.export(module, "default"),
            Imported::Name(name) => self.export(module, name),
        }
    }

    /// The value of an export of a module.
    pub fn exported(&self, module: ModuleId, name: &'a str) -> Result<Value<'a>> {
        match self.export(self.modules.get(module), name)? {
            ResolvedExport::Local(module, name) => self.local(module, name),
            ResolvedExport::Value(value) => Ok(value),
        }
    }

    /// The names a module exports, those it passes on included.
    pub fn export_names(&self, module: ModuleId) -> Result<BTreeSet<&'a str>> {
        let mut names = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut todo = vec![module];
        while let Some(at) = todo.pop() {
            let here = self.modules.get(at);
            let Some(script) = here.script() else { continue };
            if !seen.insert(at) {
                continue;
            }
            names.extend(script.exports.keys().filter(|&&name| name != "default" || at == module));
            for &star in &script.stars {
                if let ImportTarget::Module(file) = self.modules.follow(&here, star)? {
                    todo.push(self.modules.open(&file)?.id);
                }
            }
        }
        Ok(names)
    }

    /// Declaration behind an export of a module. Re-exports and `export *` are followed in a loop,
    /// not by recursion: a project may chain thousands.
    pub fn export(&self, module: Rc<Module<'a>>, name: &'a str) -> Result<ResolvedExport<'a>> {
        let mut todo = vec![(module.clone(), name)];
        let mut seen = HashSet::new();
        while let Some((at, name)) = todo.pop() {
            if !seen.insert((at.id, name)) {
                continue;
            }
            let script = match &at.content {
                ModuleContent::Script(script) => script,
                ModuleContent::Json(value) => {
                    return Ok(ResolvedExport::Value(json(value, name, at.id)));
                }
                ModuleContent::Text if name == "default" => {
                    return Ok(ResolvedExport::Value(Value::text(at.text)));
                }
                ModuleContent::Text => continue,
            };
            match script.exports.get(name) {
                Some(&Export::Local(local)) => return Ok(ResolvedExport::Local(at, local)),
                Some(&Export::Expression(expression)) => {
                    return self.default_value(&at, expression);
                }
                Some(&Export::Function(node)) => {
                    let function = self.function(&EvalScope::module(at.id), Code::Function(node));
                    return Ok(ResolvedExport::Value(function));
                }
                Some(&Export::Class(node)) => {
                    let class = self.at_top(|| self.class(&EvalScope::module(at.id), node));
                    return class.map(ResolvedExport::Value);
                }
                Some(&Export::From { link, name }) => match self.modules.follow(&at, link)? {
                    ImportTarget::Module(file) => match name {
                        Imported::Name(name) => todo.push((self.modules.open(&file)?, name)),
                        Imported::Everything => {
                            return Ok(ResolvedExport::Value(Value::Namespace(
                                self.modules.open(&file)?.id,
                            )));
                        }
                    },
                    ImportTarget::Package(package) => {
                        return Ok(ResolvedExport::Value(packaged(&package, link.specifier, name)));
                    }
                    ImportTarget::Missing => {}
                },
                // `export *` passes everything on but the default; the first one wins.
                None if name != "default" => {
                    for &star in script.stars.iter().rev() {
                        if let ImportTarget::Module(file) = self.modules.follow(&at, star)? {
                            todo.push((self.modules.open(&file)?, name));
                        }
                    }
                }
                None => {}
            }
        }
        let reason = format!("needs \"{name}\", which \"{}\" does not export", module.path);
        let site = SourceSpan::new(module.id, Span::default());
        Ok(ResolvedExport::Value(Value::unknown(site, reason)))
    }

    fn default_value(
        &self,
        module: &Rc<Module<'a>>,
        expression: &'a Expression<'a>,
    ) -> Result<ResolvedExport<'a>> {
        if let Expression::Identifier(name) = expression
            && module
                .script()
                .is_some_and(|script| script.bindings.contains_key(name.name.as_str()))
        {
            return Ok(ResolvedExport::Local(module.clone(), name.name.as_str()));
        }
        if let Some(value) = self.defaults.borrow().get(&module.id) {
            return Ok(ResolvedExport::Value(value.clone()));
        }
        let site = SourceSpan::new(module.id, expression.span());
        if !self.busy.borrow_mut().insert((module.id, "export default")) {
            return Ok(ResolvedExport::Value(Value::unknown(
                site,
                "needs the default export, which needs itself",
            )));
        }
        let value = self.at_top(|| self.expression(&EvalScope::module(module.id), expression));
        self.busy.borrow_mut().remove(&(module.id, "export default"));
        let value = value?;
        self.defaults.borrow_mut().insert(module.id, value.clone());
        Ok(ResolvedExport::Value(value))
    }
}
