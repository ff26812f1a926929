//! Target of a name: a declaration or a package, found through imports, re-exports and namespaces.
//! Reach is the closure of these targets.

use crate::error::Result;
use crate::reader::reach::Reacher;
use crate::reader::syntax::module::{Binding, Export, Imported, Link, Module, ModuleId};
use crate::reader::syntax::modules::ImportTarget;
use crate::reader::syntax::names::NameUse;
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

/// Target of a name, all imports followed.
pub enum ReachTarget {
    /// A declaration of a module, by its place among the module's parts.
    Declaration(ModuleId, usize),
    /// Everything a module has: it is passed around whole, or something unknown is taken of it.
    Whole(ModuleId),
    Export(PackageExport),
    /// A name of the language.
    Nothing,
}

/// Export of a package or of a part of Node.
pub struct PackageExport {
    /// `None` for a part of Node, which has no version of its own here.
    pub package: Option<String>,
    /// `zod#z`, `lodash/get#default`.
    pub export: String,
}

/// A name within a module, or one of its exports.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum ScopedName<'a> {
    Local(&'a str),
    Export(&'a str),
}

enum FollowStep<'a> {
    Done(ReachTarget),
    Go(Rc<Module<'a>>, ScopedName<'a>),
    /// Nowhere, or to a module that passes on all of others.
    Lost,
}

impl<'a> Reacher<'_, 'a> {
    /// Target of a name used in a module; for an import, with the name written there.
    pub fn target(
        &self,
        module: &Rc<Module<'a>>,
        one: NameUse<'a>,
    ) -> Result<(ReachTarget, Option<String>)> {
        let script = module.script();
        let is_declared = script.is_some_and(|script| script.bindings.contains_key(one.name))
            || self.declarations(module).named(one.name).is_some();
        if !is_declared {
            // Code that is made of text can name anything.
            let is_eval = one.name == "eval";
            return Ok((
                if is_eval { ReachTarget::Whole(module.id) } else { ReachTarget::Nothing },
                None,
            ));
        }
        if !script.is_some_and(|script| {
            matches!(script.bindings.get(one.name), Some(Binding::Import { .. }))
        }) {
            return Ok((self.follow(module, ScopedName::Local(one.name), one.member)?, None));
        }
        let target = self.follow(module, ScopedName::Local(one.name), None)?;
        match (&target, one.member) {
            // A member of a namespace is its own target, not all of the module.
            (ReachTarget::Whole(_), Some(member)) => {
                let target = self.follow(module, ScopedName::Local(one.name), Some(member))?;
                Ok((target, Some(format!("{}.{member}", one.name))))
            }
            _ => Ok((target, Some(one.name.to_owned()))),
        }
    }

    /// Name of a target, for comparison: `src/prices.ts#net`, `zod#z`.
    pub fn describe(&self, target: &ReachTarget) -> Option<String> {
        match target {
            ReachTarget::Declaration(id, declaration) => {
                let module = self.modules.get(*id);
                Some(format!(
                    "{}#{}",
                    module.path,
                    self.declarations(&module).all[*declaration].name
                ))
            }
            ReachTarget::Whole(id) => Some(self.modules.get(*id).path.clone()),
            ReachTarget::Export(outside) => Some(outside.export.clone()),
            ReachTarget::Nothing => None,
        }
    }

    /// Target of an export.
    pub fn exported(&self, module: &Rc<Module<'a>>, name: &'a str) -> Result<ReachTarget> {
        self.follow(module, ScopedName::Export(name), None)
    }

    /// Target of a link as a whole.
    pub fn linked(&self, from: &Module<'a>, link: Link<'a>) -> Result<ReachTarget> {
        Ok(match self.modules.follow(from, link)? {
            ImportTarget::Module(file) => ReachTarget::Whole(self.modules.open(&file)?.id),
            ImportTarget::Package(name) => outside(name, link, "*"),
            ImportTarget::Missing => ReachTarget::Nothing,
        })
    }

    fn follow(
        &self,
        start: &Rc<Module<'a>>,
        name: ScopedName<'a>,
        member: Option<&'a str>,
    ) -> Result<ReachTarget> {
        let mut todo = vec![(start.clone(), name)];
        let mut seen = HashSet::new();
        let mut last = start.clone();
        let mut outside = None;
        while let Some((module, name)) = todo.pop() {
            if !seen.insert((module.id, name)) {
                continue;
            }
            match self.step(&module, name, member)? {
                FollowStep::Done(target) => return Ok(target),
                FollowStep::Go(module, name) => todo.push((module, name)),
                FollowStep::Lost => {
                    let Some(script) = module.script() else { continue };
                    for &star in script.stars.iter().rev() {
                        match (self.modules.follow(&module, star)?, name) {
                            (ImportTarget::Module(file), ScopedName::Export(_)) => {
                                todo.push((self.modules.open(&file)?, name));
                            }
                            (
                                ImportTarget::Package(package),
                                ScopedName::Export(name) | ScopedName::Local(name),
                            ) => {
                                outside = Some(self::outside(package, star, name));
                            }
                            _ => {}
                        }
                    }
                    last = module;
                }
            }
        }
        Ok(outside.unwrap_or(ReachTarget::Whole(last.id)))
    }

    fn step(
        &self,
        module: &Rc<Module<'a>>,
        name: ScopedName<'a>,
        member: Option<&'a str>,
    ) -> Result<FollowStep<'a>> {
        let Some(script) = module.script() else {
            return Ok(FollowStep::Done(ReachTarget::Declaration(module.id, 0)));
        };
        let declaration = |name: &str| match self.declarations(module).named(name) {
            Some(at) => FollowStep::Done(ReachTarget::Declaration(module.id, at)),
            None => FollowStep::Lost,
        };
        Ok(match name {
            ScopedName::Local(name) => match script.bindings.get(name) {
                Some(&Binding::Import { link, name }) => self.import(module, link, name, member)?,
                _ => declaration(name),
            },
            ScopedName::Export(name) => match script.exports.get(name) {
                Some(&Export::Local(local)) => {
                    FollowStep::Go(module.clone(), ScopedName::Local(local))
                }
                Some(&Export::From { link, name }) => self.import(module, link, name, member)?,
                Some(Export::Expression(_) | Export::Function(_) | Export::Class(_)) => {
                    declaration(name)
                }
                None => FollowStep::Lost,
            },
        })
    }

    fn import(
        &self,
        from: &Module<'a>,
        link: Link<'a>,
        name: Imported<'a>,
        member: Option<&'a str>,
    ) -> Result<FollowStep<'a>> {
        let to = |file: &Path| self.modules.open(file);
        Ok(match (self.modules.follow(from, link)?, name, member) {
            (ImportTarget::Package(package), Imported::Name(name), _) => {
                FollowStep::Done(outside(package, link, name))
            }
            (ImportTarget::Package(package), Imported::Everything, _) => {
                FollowStep::Done(outside(package, link, "*"))
            }
            (ImportTarget::Missing, ..) => FollowStep::Done(ReachTarget::Nothing),
            (ImportTarget::Module(file), Imported::Name(name), _) => {
                FollowStep::Go(to(&file)?, ScopedName::Export(name))
            }
            (ImportTarget::Module(file), Imported::Everything, Some(member)) => {
                FollowStep::Go(to(&file)?, ScopedName::Export(member))
            }
            (ImportTarget::Module(file), Imported::Everything, None) => {
                FollowStep::Done(ReachTarget::Whole(to(&file)?.id))
            }
        })
    }
}

/// Export of a package that a link leads to.
fn outside(package: String, link: Link<'_>, name: &str) -> ReachTarget {
    let specifier = link.specifier.strip_prefix("node:").unwrap_or(link.specifier);
    let export = format!("{specifier}#{name}");
    ReachTarget::Export(PackageExport { package: (!is_node(&package)).then_some(package), export })
}

/// True for a module of Node, which has no version of its own here.
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
