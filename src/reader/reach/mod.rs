//! Reach of a primitive: declarations of the project, packages, environment variables.
//!
//! It begins at the roots, the code that the primitive has, and goes from name to declaration. A module
//! that is reached at all is loaded when the code runs, so its own statements count, and those of
//! everything it imports.

pub mod root;
pub mod target;

use crate::error::Result;
use crate::model::agent::Reach;
use crate::reader::eval::value::SourceSpan;
use crate::reader::lockfile::LockedVersions;
use crate::reader::reach::root::ReachRoot;
use crate::reader::reach::target::{ReachTarget, is_node};
use crate::reader::syntax::declarations::{Declarations, EFFECTS};
use crate::reader::syntax::module::{Module, ModuleId, links};
use crate::reader::syntax::modules::{ImportTarget, Modules};
use crate::reader::syntax::normal;
use oxc_span::Span;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Follows names; each declaration is looked at once for the whole project.
pub struct Reacher<'m, 'a> {
    pub modules: &'m Modules<'a>,
    versions: LockedVersions,
    /// Place of the agent. Its own declaration is never entered: otherwise each change of the agent
    /// would be a change of every part that names it.
    agent: SourceSpan,
    declarations: RefCell<HashMap<ModuleId, Rc<Declarations<'a>>>>,
    code_targets: RefCell<HashMap<(ModuleId, usize), Rc<CodeTargets>>>,
    loads: RefCell<HashMap<ModuleId, Rc<Loads>>>,
}

/// Targets of the names in a stretch of code.
#[derive(Default)]
struct CodeTargets {
    targets: Vec<ReachTarget>,
    /// Target of each imported name.
    imports: BTreeMap<String, String>,
    env: BTreeSet<String>,
    hash: String,
}

/// Modules and packages that a module loads.
struct Loads {
    modules: Vec<ModuleId>,
    packages: Vec<String>,
    effects: Option<usize>,
}

impl<'m, 'a> Reacher<'m, 'a> {
    pub fn new(
        modules: &'m Modules<'a>,
        versions: LockedVersions,
        agent: SourceSpan,
    ) -> Reacher<'m, 'a> {
        Reacher {
            modules,
            versions,
            agent,
            declarations: RefCell::default(),
            code_targets: RefCell::default(),
            loads: RefCell::default(),
        }
    }

    /// Reach of these roots.
    pub fn of(&self, roots: &[ReachRoot<'a>]) -> Result<Reach> {
        let mut walk = ReachWalk::new(self);
        for root in roots {
            walk.root(root)?;
        }
        walk.finish()
    }

    pub fn declarations(&self, module: &Module<'a>) -> Rc<Declarations<'a>> {
        let mut known = self.declarations.borrow_mut();
        let agent = (module.id == self.agent.module).then(|| self.agent.span());
        known.entry(module.id).or_insert_with(|| Rc::new(Declarations::of(module, agent))).clone()
    }

    /// Targets of the code in these spans of a module.
    fn targets_in(&self, module: &Rc<Module<'a>>, spans: &[Span]) -> Result<CodeTargets> {
        let mut code_targets = CodeTargets::default();
        let Some(script) = module.script() else { return Ok(code_targets) };
        let names = &script.names;
        for span in spans {
            let inside = |at: u32| (span.start..span.end).contains(&at);
            let first = names.uses.partition_point(|one| one.at < span.start);
            for one in names.uses[first..].iter().take_while(|one| one.at < span.end) {
                let (target, name) = self.target(module, *one)?;
                code_targets
                    .imports
                    .extend(name.and_then(|name| Some((name, self.describe(&target)?))));
                code_targets.targets.push(target);
            }
            code_targets
                .env
                .extend(names.env.iter().filter(|one| inside(one.0)).map(|one| one.1.to_owned()));
            for link in names.dynamic.iter().filter(|link| inside(link.span.start)) {
                let target = self.linked(module, *link)?;
                code_targets.imports.extend(
                    self.describe(&target).map(|to| (format!("import {}", link.specifier), to)),
                );
                code_targets.targets.push(target);
            }
            if names.anything.iter().any(|&at| inside(at)) {
                code_targets.targets.push(ReachTarget::Whole(module.id));
            }
        }
        Ok(code_targets)
    }

    fn code_targets(&self, id: ModuleId, declaration: usize) -> Result<Rc<CodeTargets>> {
        if let Some(code_targets) = self.code_targets.borrow().get(&(id, declaration)) {
            return Ok(code_targets.clone());
        }
        let module = self.modules.get(id);
        let declarations = self.declarations(&module);
        let mut code_targets = self.targets_in(&module, &declarations.all[declaration].spans)?;
        code_targets.hash = normal::hash(&declarations.all[declaration].normal(&module));
        let code_targets = Rc::new(code_targets);
        self.code_targets.borrow_mut().insert((id, declaration), code_targets.clone());
        Ok(code_targets)
    }

    fn loads(&self, id: ModuleId) -> Result<Rc<Loads>> {
        if let Some(loads) = self.loads.borrow().get(&id) {
            return Ok(loads.clone());
        }
        let module = self.modules.get(id);
        let effects = self.declarations(&module).named(EFFECTS);
        let mut loads = Loads { modules: Vec::new(), packages: Vec::new(), effects };
        for (link, is_bare) in module.script().map(links).unwrap_or_default() {
            match self.modules.follow(&module, link)? {
                ImportTarget::Module(file) => loads.modules.push(self.modules.open(&file)?.id),
                ImportTarget::Package(name) if is_bare && !is_node(&name) => {
                    loads.packages.push(name)
                }
                ImportTarget::Package(_) | ImportTarget::Missing => {}
            }
        }
        let loads = Rc::new(loads);
        self.loads.borrow_mut().insert(id, loads.clone());
        Ok(loads)
    }

    fn makes_agent(&self, id: ModuleId, declaration: usize) -> bool {
        id == self.agent.module && {
            let declarations = self.declarations(&self.modules.get(id));
            declarations.all[declaration]
                .spans
                .iter()
                .any(|span| span.contains_inclusive(self.agent.span()))
        }
    }
}

/// One walk from the roots of a primitive.
struct ReachWalk<'r, 'm, 'a> {
    reacher: &'r Reacher<'m, 'a>,
    reach: Reach,
    seen: BTreeSet<(ModuleId, usize)>,
    whole: BTreeSet<ModuleId>,
    loaded: BTreeSet<ModuleId>,
    todo: Vec<(ModuleId, usize)>,
    /// Normalised parts by the declaration around them, for declarations that are not reached
    /// whole.
    roots: BTreeMap<(ModuleId, &'a str), BTreeMap<SourceSpan, String>>,
}

impl<'r, 'm, 'a> ReachWalk<'r, 'm, 'a> {
    fn new(reacher: &'r Reacher<'m, 'a>) -> ReachWalk<'r, 'm, 'a> {
        ReachWalk {
            reacher,
            reach: Reach::default(),
            seen: BTreeSet::new(),
            whole: BTreeSet::new(),
            loaded: BTreeSet::new(),
            todo: Vec::new(),
            roots: BTreeMap::new(),
        }
    }

    fn root(&mut self, root: &ReachRoot<'a>) -> Result<()> {
        let id = root.site.module;
        if root.is_module() {
            return self.go(&ReachTarget::Whole(id));
        }
        let module = self.reacher.modules.get(id);
        let span = root.site.span();
        let declarations = self.reacher.declarations(&module);
        let (mut spans, mut changes) =
            (root.counted().unwrap_or_else(|| vec![span]), String::new());
        let name = match declarations.around(span) {
            // Of a class that makes the primitive the rest counts, with the statements that change the class.
            Some((declaration, is_all)) if root.counted().is_some() => {
                if is_all {
                    spans.extend(&declarations.all[declaration].spans[1..]);
                    changes = declarations.all[declaration].normal_changes();
                }
                declarations.all[declaration].name
            }
            Some((declaration, is_all)) if is_all || root.is_declaration() => {
                return self.go(&ReachTarget::Declaration(id, declaration));
            }
            Some((declaration, _)) => declarations.all[declaration].name,
            None => EFFECTS,
        };
        let text = root.normal(module.text) + &changes;
        self.roots.entry((id, name)).or_default().insert(root.site, text);
        self.load(id)?;
        let code_targets = self.reacher.targets_in(&module, &spans)?;
        self.take(&module, &code_targets)
    }

    fn take(&mut self, module: &Module<'a>, code_targets: &CodeTargets) -> Result<()> {
        if !code_targets.imports.is_empty() {
            let imports = self.reach.imports.entry(module.path.clone()).or_default();
            imports
                .extend(code_targets.imports.iter().map(|(name, to)| (name.clone(), to.clone())));
        }
        self.reach.env.extend(code_targets.env.iter().cloned());
        code_targets.targets.iter().try_for_each(|target| self.go(target))
    }

    fn go(&mut self, target: &ReachTarget) -> Result<()> {
        match target {
            &ReachTarget::Declaration(id, declaration) => {
                if !self.reacher.makes_agent(id, declaration) && self.seen.insert((id, declaration))
                {
                    self.todo.push((id, declaration));
                    self.load(id)?;
                }
                Ok(())
            }
            &ReachTarget::Whole(id) => self.whole(id),
            ReachTarget::Export(outside) => {
                outside.package.iter().for_each(|name| self.package(name));
                Ok(())
            }
            ReachTarget::Nothing => Ok(()),
        }
    }

    fn package(&mut self, name: &str) {
        if !self.reach.packages.contains_key(name) {
            self.reach.packages.extend(self.reacher.versions.with(name));
        }
    }

    /// Everything a module declares, and everything it passes on.
    fn whole(&mut self, start: ModuleId) -> Result<()> {
        let mut todo = vec![start];
        while let Some(id) = todo.pop() {
            if !self.whole.insert(id) {
                continue;
            }
            let module = self.reacher.modules.get(id);
            for declaration in 0..self.reacher.declarations(&module).all.len() {
                self.go(&ReachTarget::Declaration(id, declaration))?;
            }
            self.load(id)?;
            let Some(script) = module.script() else { continue };
            let exports = script.exports.keys().map(|name| self.reacher.exported(&module, name));
            let stars = script.stars.iter().map(|star| self.reacher.linked(&module, *star));
            for target in exports.chain(stars).collect::<Result<Vec<_>>>()? {
                match target {
                    ReachTarget::Whole(next) => todo.push(next),
                    target => self.go(&target)?,
                }
            }
        }
        Ok(())
    }

    /// Loading a module runs its own statements, and those of all it imports.
    fn load(&mut self, start: ModuleId) -> Result<()> {
        let mut todo = vec![start];
        while let Some(id) = todo.pop() {
            if !self.loaded.insert(id) {
                continue;
            }
            let loads = self.reacher.loads(id)?;
            todo.extend(&loads.modules);
            loads.packages.iter().for_each(|name| self.package(name));
            if let Some(effects) = loads.effects
                && self.seen.insert((id, effects))
            {
                self.todo.push((id, effects));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Reach> {
        while let Some((id, declaration)) = self.todo.pop() {
            let code_targets = self.reacher.code_targets(id, declaration)?;
            let module = self.reacher.modules.get(id);
            let name = self.reacher.declarations(&module).all[declaration].name;
            let declarations = self.reach.modules.entry(module.path.clone()).or_default();
            declarations.insert(name.to_owned(), code_targets.hash.clone());
            self.take(&module, &code_targets)?;
        }
        for ((id, name), texts) in self.roots {
            let module = self.reacher.modules.get(id);
            let declarations = self.reach.modules.entry(module.path.clone()).or_default();
            let text = || texts.values().map(String::as_str).collect::<Vec<_>>().join("\n");
            declarations.entry(name.to_owned()).or_insert_with(|| normal::hash(&text()));
        }
        Ok(self.reach)
    }
}
