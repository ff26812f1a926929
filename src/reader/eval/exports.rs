//! What modules export: names followed through re-exports to the module that has the value.

use super::{Evaluator, Found};
use crate::error::Result;
use crate::reader::eval::imported_json::{json, packaged};
use crate::reader::eval::value::{Code, Scope, Site, Value};
use crate::reader::syntax::module::{Content, Export, Imported, Link, Module, ModuleId};
use crate::reader::syntax::modules::Target;
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
    ) -> Result<Found<'a>> {
        let file = match self.modules.follow(from, link)? {
            Target::Package(package) => {
                return Ok(Found::Value(packaged(&package, link.specifier, name)));
            }
            Target::Module(file) => file,
            Target::Missing => {
                return Ok(Found::Value(Value::unknown(
                    Site::new(from.id, link.span),
                    "cannot be found",
                )));
            }
        };
        let module = self.modules.open(&file)?;
        match name {
            Imported::Everything if module.script().is_some() => {
                Ok(Found::Value(Value::Namespace(module.id)))
            }
            Imported::Everything => self.export(module, "default"),
            Imported::Name(name) => self.export(module, name),
        }
    }

    /// The value of an export of a module.
    pub fn exported(&self, module: ModuleId, name: &'a str) -> Result<Value<'a>> {
        match self.export(self.modules.get(module), name)? {
            Found::Local(module, name) => self.local(module, name),
            Found::Value(value) => Ok(value),
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
                if let Target::Module(file) = self.modules.follow(&here, star)? {
                    todo.push(self.modules.open(&file)?.id);
                }
            }
        }
        Ok(names)
    }

    /// Where an export of a module ends: re-exports and `export *` are followed in a loop.
    pub fn export(&self, module: Rc<Module<'a>>, name: &'a str) -> Result<Found<'a>> {
        let mut todo = vec![(module.clone(), name)];
        let mut seen = HashSet::new();
        while let Some((at, name)) = todo.pop() {
            if !seen.insert((at.id, name)) {
                continue;
            }
            let script = match &at.content {
                Content::Script(script) => script,
                Content::Json(value) => return Ok(Found::Value(json(value, name, at.id))),
                Content::Text if name == "default" => {
                    return Ok(Found::Value(Value::text(at.text)));
                }
                Content::Text => continue,
            };
            match script.exports.get(name) {
                Some(&Export::Local(local)) => return Ok(Found::Local(at, local)),
                Some(&Export::Expression(expression)) => {
                    return self.default_value(&at, expression);
                }
                Some(&Export::Function(node)) => {
                    let function = self.function(&Scope::module(at.id), Code::Function(node));
                    return Ok(Found::Value(function));
                }
                Some(&Export::Class(node)) => {
                    let class = self.at_top(|| self.class(&Scope::module(at.id), node));
                    return class.map(Found::Value);
                }
                Some(&Export::From { link, name }) => match self.modules.follow(&at, link)? {
                    Target::Module(file) => match name {
                        Imported::Name(name) => todo.push((self.modules.open(&file)?, name)),
                        Imported::Everything => {
                            return Ok(Found::Value(Value::Namespace(
                                self.modules.open(&file)?.id,
                            )));
                        }
                    },
                    Target::Package(package) => {
                        return Ok(Found::Value(packaged(&package, link.specifier, name)));
                    }
                    Target::Missing => {}
                },
                // `export *` passes everything on but the default; the first one wins.
                None if name != "default" => {
                    for &star in script.stars.iter().rev() {
                        if let Target::Module(file) = self.modules.follow(&at, star)? {
                            todo.push((self.modules.open(&file)?, name));
                        }
                    }
                }
                None => {}
            }
        }
        let reason = format!("needs \"{name}\", which \"{}\" does not export", module.path);
        Ok(Found::Value(Value::unknown(Site::new(module.id, Span::default()), reason)))
    }

    fn default_value(
        &self,
        module: &Rc<Module<'a>>,
        expression: &'a Expression<'a>,
    ) -> Result<Found<'a>> {
        if let Expression::Identifier(name) = expression
            && module
                .script()
                .is_some_and(|script| script.bindings.contains_key(name.name.as_str()))
        {
            return Ok(Found::Local(module.clone(), name.name.as_str()));
        }
        if let Some(value) = self.defaults.borrow().get(&module.id) {
            return Ok(Found::Value(value.clone()));
        }
        let site = Site::new(module.id, expression.span());
        if !self.busy.borrow_mut().insert((module.id, "export default")) {
            return Ok(Found::Value(Value::unknown(
                site,
                "needs the default export, which needs itself",
            )));
        }
        let value = self.at_top(|| self.expression(&Scope::module(module.id), expression));
        self.busy.borrow_mut().remove(&(module.id, "export default"));
        let value = value?;
        self.defaults.borrow_mut().insert(module.id, value.clone());
        Ok(Found::Value(value))
    }
}
