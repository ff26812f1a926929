//! Where a name leads: through imports, re-exports and namespaces to a declaration or a package.

use crate::error::Result;
use crate::reader::reach::Reacher;
use crate::reader::syntax::module::{Binding, Export, Imported, Link, Module, ModuleId};
use crate::reader::syntax::modules::Target;
use crate::reader::syntax::names::Use;
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

/// What a name stands for in the end.
pub enum Place {
    /// A declaration of a module, by its place among the module's parts.
    Part(ModuleId, usize),
    /// Everything a module has: it is passed around whole, or something unknown is taken of it.
    Whole(ModuleId),
    Outside(Outside),
    /// A name of the language.
    Nothing,
}

/// What a package or a part of Node exports.
pub struct Outside {
    /// `None` for a part of Node, which has no version of its own here.
    pub package: Option<String>,
    /// `zod#z`, `lodash/get#default`.
    pub export: String,
}

/// A name within a module, or one of its exports.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Name<'a> {
    Local(&'a str),
    Export(&'a str),
}

enum Step<'a> {
    Done(Place),
    Go(Rc<Module<'a>>, Name<'a>),
    /// Nowhere, or to a module that passes on all of others.
    Lost,
}

impl<'a> Reacher<'_, 'a> {
    /// Where a use of a name in a module leads; for what is imported, with the name as it is written there.
    pub fn place(&self, module: &Rc<Module<'a>>, one: Use<'a>) -> Result<(Place, Option<String>)> {
        let script = module.script();
        let is_declared = script.is_some_and(|script| script.bindings.contains_key(one.name))
            || self.parts(module).named(one.name).is_some();
        if !is_declared {
            // Code that is made of text can name anything.
            let is_eval = one.name == "eval";
            return Ok((if is_eval { Place::Whole(module.id) } else { Place::Nothing }, None));
        }
        if !script.is_some_and(|script| {
            matches!(script.bindings.get(one.name), Some(Binding::Import { .. }))
        }) {
            return Ok((self.follow(module, Name::Local(one.name), one.member)?, None));
        }
        let place = self.follow(module, Name::Local(one.name), None)?;
        match (&place, one.member) {
            // A member of a namespace is what it leads to, not all of the module.
            (Place::Whole(_), Some(member)) => {
                let place = self.follow(module, Name::Local(one.name), Some(member))?;
                Ok((place, Some(format!("{}.{member}", one.name))))
            }
            _ => Ok((place, Some(one.name.to_owned()))),
        }
    }

    /// A place in words, for what was made of it to be compared: `src/prices.ts#net`, `zod#z`.
    pub fn told(&self, place: &Place) -> Option<String> {
        match place {
            Place::Part(id, part) => {
                let module = self.modules.get(*id);
                Some(format!("{}#{}", module.path, self.parts(&module).all[*part].name))
            }
            Place::Whole(id) => Some(self.modules.get(*id).path.clone()),
            Place::Outside(outside) => Some(outside.export.clone()),
            Place::Nothing => None,
        }
    }

    /// Where an export leads.
    pub fn exported(&self, module: &Rc<Module<'a>>, name: &'a str) -> Result<Place> {
        self.follow(module, Name::Export(name), None)
    }

    /// What a link leads to as a whole.
    pub fn linked(&self, from: &Module<'a>, link: Link<'a>) -> Result<Place> {
        Ok(match self.modules.follow(from, link)? {
            Target::Module(file) => Place::Whole(self.modules.open(&file)?.id),
            Target::Package(name) => outside(name, link, "*"),
            Target::Missing => Place::Nothing,
        })
    }

    fn follow(
        &self,
        start: &Rc<Module<'a>>,
        name: Name<'a>,
        member: Option<&'a str>,
    ) -> Result<Place> {
        let mut todo = vec![(start.clone(), name)];
        let mut seen = HashSet::new();
        let mut last = start.clone();
        let mut outside = None;
        while let Some((module, name)) = todo.pop() {
            if !seen.insert((module.id, name)) {
                continue;
            }
            match self.step(&module, name, member)? {
                Step::Done(place) => return Ok(place),
                Step::Go(module, name) => todo.push((module, name)),
                Step::Lost => {
                    let Some(script) = module.script() else { continue };
                    for &star in script.stars.iter().rev() {
                        match (self.modules.follow(&module, star)?, name) {
                            (Target::Module(file), Name::Export(_)) => {
                                todo.push((self.modules.open(&file)?, name));
                            }
                            (Target::Package(package), Name::Export(name) | Name::Local(name)) => {
                                outside = Some(self::outside(package, star, name));
                            }
                            _ => {}
                        }
                    }
                    last = module;
                }
            }
        }
        Ok(outside.unwrap_or(Place::Whole(last.id)))
    }

    fn step(
        &self,
        module: &Rc<Module<'a>>,
        name: Name<'a>,
        member: Option<&'a str>,
    ) -> Result<Step<'a>> {
        let Some(script) = module.script() else {
            return Ok(Step::Done(Place::Part(module.id, 0)));
        };
        let part = |name: &str| match self.parts(module).named(name) {
            Some(at) => Step::Done(Place::Part(module.id, at)),
            None => Step::Lost,
        };
        Ok(match name {
            Name::Local(name) => match script.bindings.get(name) {
                Some(&Binding::Import { link, name }) => self.import(module, link, name, member)?,
                _ => part(name),
            },
            Name::Export(name) => match script.exports.get(name) {
                Some(&Export::Local(local)) => Step::Go(module.clone(), Name::Local(local)),
                Some(&Export::From { link, name }) => self.import(module, link, name, member)?,
                Some(Export::Expression(_) | Export::Function(_) | Export::Class(_)) => part(name),
                None => Step::Lost,
            },
        })
    }

    fn import(
        &self,
        from: &Module<'a>,
        link: Link<'a>,
        name: Imported<'a>,
        member: Option<&'a str>,
    ) -> Result<Step<'a>> {
        let to = |file: &Path| self.modules.open(file);
        Ok(match (self.modules.follow(from, link)?, name, member) {
            (Target::Package(package), Imported::Name(name), _) => {
                Step::Done(outside(package, link, name))
            }
            (Target::Package(package), Imported::Everything, _) => {
                Step::Done(outside(package, link, "*"))
            }
            (Target::Missing, ..) => Step::Done(Place::Nothing),
            (Target::Module(file), Imported::Name(name), _) => {
                Step::Go(to(&file)?, Name::Export(name))
            }
            (Target::Module(file), Imported::Everything, Some(member)) => {
                Step::Go(to(&file)?, Name::Export(member))
            }
            (Target::Module(file), Imported::Everything, None) => {
                Step::Done(Place::Whole(to(&file)?.id))
            }
        })
    }
}

/// An export of what a link leads out of the project to.
fn outside(package: String, link: Link<'_>, name: &str) -> Place {
    let specifier = link.specifier.strip_prefix("node:").unwrap_or(link.specifier);
    let export = format!("{specifier}#{name}");
    Place::Outside(Outside { package: (!is_node(&package)).then_some(package), export })
}

/// Whether a name is a part of Node, which has no version of its own here.
pub fn is_node(name: &str) -> bool {
    const PARTS: [&str; 26] = [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "crypto",
        "dns",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "querystring",
        "readline",
        "stream",
        "timers",
        "tls",
        "url",
        "util",
    ];
    name.starts_with("node:")
        || PARTS.contains(&name)
        || ["zlib", "vm", "worker_threads"].contains(&name)
}
