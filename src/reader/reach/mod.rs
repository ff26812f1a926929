//! What a primitive reaches: declarations of the project, packages, environment variables.
//!
//! It begins at the pieces of code that the primitive has, and goes from name to declaration. A module
//! that is reached at all is loaded when the code runs, so its own statements count, and those of
//! everything it imports.

pub mod piece;
pub mod place;

use crate::error::Result;
use crate::model::agent::Reach;
use crate::reader::eval::value::Site;
use crate::reader::lockfile::Versions;
use crate::reader::reach::piece::Piece;
use crate::reader::reach::place::{Place, is_node};
use crate::reader::syntax::module::{Module, ModuleId, links};
use crate::reader::syntax::modules::{Modules, Target};
use crate::reader::syntax::normal;
use crate::reader::syntax::parts::{EFFECTS, Parts};
use oxc_span::Span;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Follows names; each declaration is looked at once for the whole project.
pub struct Reacher<'m, 'a> {
    pub modules: &'m Modules<'a>,
    versions: Versions,
    /// Where the agent is made. Its own declaration is never gone into: a change of the agent would
    /// be one of each part that names it.
    agent: Site,
    parts: RefCell<HashMap<ModuleId, Rc<Parts<'a>>>>,
    steps: RefCell<HashMap<(ModuleId, usize), Rc<Steps>>>,
    loads: RefCell<HashMap<ModuleId, Rc<Loads>>>,
}

/// Where a stretch of code leads.
#[derive(Default)]
struct Steps {
    places: Vec<Place>,
    /// What each imported name leads to.
    imports: BTreeMap<String, String>,
    env: BTreeSet<String>,
    hash: String,
}

/// What a module loads.
struct Loads {
    modules: Vec<ModuleId>,
    packages: Vec<String>,
    effects: Option<usize>,
}

impl<'m, 'a> Reacher<'m, 'a> {
    pub fn new(modules: &'m Modules<'a>, versions: Versions, agent: Site) -> Reacher<'m, 'a> {
        Reacher {
            modules,
            versions,
            agent,
            parts: RefCell::default(),
            steps: RefCell::default(),
            loads: RefCell::default(),
        }
    }

    /// What these pieces reach.
    pub fn of(&self, pieces: &[Piece<'a>]) -> Result<Reach> {
        let mut walk = Walk::new(self);
        for piece in pieces {
            walk.piece(piece)?;
        }
        walk.finish()
    }

    pub fn parts(&self, module: &Module<'a>) -> Rc<Parts<'a>> {
        let mut known = self.parts.borrow_mut();
        let agent = (module.id == self.agent.module).then(|| self.agent.span());
        known.entry(module.id).or_insert_with(|| Rc::new(Parts::of(module, agent))).clone()
    }

    /// Where the code in these spans of a module leads.
    fn look(&self, module: &Rc<Module<'a>>, spans: &[Span]) -> Result<Steps> {
        let mut steps = Steps::default();
        let Some(script) = module.script() else { return Ok(steps) };
        let names = &script.names;
        for span in spans {
            let inside = |at: u32| (span.start..span.end).contains(&at);
            let first = names.uses.partition_point(|one| one.at < span.start);
            for one in names.uses[first..].iter().take_while(|one| one.at < span.end) {
                let (place, name) = self.place(module, *one)?;
                steps.imports.extend(name.and_then(|name| Some((name, self.told(&place)?))));
                steps.places.push(place);
            }
            steps
                .env
                .extend(names.env.iter().filter(|one| inside(one.0)).map(|one| one.1.to_owned()));
            for link in names.dynamic.iter().filter(|link| inside(link.span.start)) {
                let place = self.linked(module, *link)?;
                steps
                    .imports
                    .extend(self.told(&place).map(|to| (format!("import {}", link.specifier), to)));
                steps.places.push(place);
            }
            if names.anything.iter().any(|&at| inside(at)) {
                steps.places.push(Place::Whole(module.id));
            }
        }
        Ok(steps)
    }

    fn steps(&self, id: ModuleId, part: usize) -> Result<Rc<Steps>> {
        if let Some(steps) = self.steps.borrow().get(&(id, part)) {
            return Ok(steps.clone());
        }
        let module = self.modules.get(id);
        let parts = self.parts(&module);
        let mut steps = self.look(&module, &parts.all[part].spans)?;
        steps.hash = normal::hash(&parts.all[part].normal(&module));
        let steps = Rc::new(steps);
        self.steps.borrow_mut().insert((id, part), steps.clone());
        Ok(steps)
    }

    fn loads(&self, id: ModuleId) -> Result<Rc<Loads>> {
        if let Some(loads) = self.loads.borrow().get(&id) {
            return Ok(loads.clone());
        }
        let module = self.modules.get(id);
        let effects = self.parts(&module).named(EFFECTS);
        let mut loads = Loads { modules: Vec::new(), packages: Vec::new(), effects };
        for (link, is_bare) in module.script().map(links).unwrap_or_default() {
            match self.modules.follow(&module, link)? {
                Target::Module(file) => loads.modules.push(self.modules.open(&file)?.id),
                Target::Package(name) if is_bare && !is_node(&name) => loads.packages.push(name),
                Target::Package(_) | Target::Missing => {}
            }
        }
        let loads = Rc::new(loads);
        self.loads.borrow_mut().insert(id, loads.clone());
        Ok(loads)
    }

    fn makes_agent(&self, id: ModuleId, part: usize) -> bool {
        id == self.agent.module && {
            let parts = self.parts(&self.modules.get(id));
            parts.all[part].spans.iter().any(|span| span.contains_inclusive(self.agent.span()))
        }
    }
}

/// One walk from the pieces of a primitive.
struct Walk<'r, 'm, 'a> {
    reacher: &'r Reacher<'m, 'a>,
    reach: Reach,
    seen: BTreeSet<(ModuleId, usize)>,
    whole: BTreeSet<ModuleId>,
    loaded: BTreeSet<ModuleId>,
    todo: Vec<(ModuleId, usize)>,
    /// Normalised pieces by the declaration they stand in, for those that are not reached whole.
    pieces: BTreeMap<(ModuleId, &'a str), BTreeMap<Site, String>>,
}

impl<'r, 'm, 'a> Walk<'r, 'm, 'a> {
    fn new(reacher: &'r Reacher<'m, 'a>) -> Walk<'r, 'm, 'a> {
        Walk {
            reacher,
            reach: Reach::default(),
            seen: BTreeSet::new(),
            whole: BTreeSet::new(),
            loaded: BTreeSet::new(),
            todo: Vec::new(),
            pieces: BTreeMap::new(),
        }
    }

    fn piece(&mut self, piece: &Piece<'a>) -> Result<()> {
        let id = piece.site.module;
        if piece.is_module() {
            return self.go(&Place::Whole(id));
        }
        let module = self.reacher.modules.get(id);
        let span = piece.site.span();
        let parts = self.reacher.parts(&module);
        let (mut spans, mut changes) =
            (piece.counted().unwrap_or_else(|| vec![span]), String::new());
        let name = match parts.around(span) {
            // Of a class that makes the primitive the rest counts, with the statements that change the class.
            Some((part, is_all)) if piece.counted().is_some() => {
                if is_all {
                    spans.extend(&parts.all[part].spans[1..]);
                    changes = parts.all[part].normal_changes();
                }
                parts.all[part].name
            }
            Some((part, is_all)) if is_all || piece.is_declaration() => {
                return self.go(&Place::Part(id, part));
            }
            Some((part, _)) => parts.all[part].name,
            None => EFFECTS,
        };
        let text = piece.normal(module.text) + &changes;
        self.pieces.entry((id, name)).or_default().insert(piece.site, text);
        self.load(id)?;
        let steps = self.reacher.look(&module, &spans)?;
        self.take(&module, &steps)
    }

    fn take(&mut self, module: &Module<'a>, steps: &Steps) -> Result<()> {
        if !steps.imports.is_empty() {
            let imports = self.reach.imports.entry(module.path.clone()).or_default();
            imports.extend(steps.imports.iter().map(|(name, to)| (name.clone(), to.clone())));
        }
        self.reach.env.extend(steps.env.iter().cloned());
        steps.places.iter().try_for_each(|place| self.go(place))
    }

    fn go(&mut self, place: &Place) -> Result<()> {
        match place {
            &Place::Part(id, part) => {
                if !self.reacher.makes_agent(id, part) && self.seen.insert((id, part)) {
                    self.todo.push((id, part));
                    self.load(id)?;
                }
                Ok(())
            }
            &Place::Whole(id) => self.whole(id),
            Place::Outside(outside) => {
                outside.package.iter().for_each(|name| self.package(name));
                Ok(())
            }
            Place::Nothing => Ok(()),
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
            for part in 0..self.reacher.parts(&module).all.len() {
                self.go(&Place::Part(id, part))?;
            }
            self.load(id)?;
            let Some(script) = module.script() else { continue };
            let exports = script.exports.keys().map(|name| self.reacher.exported(&module, name));
            let stars = script.stars.iter().map(|star| self.reacher.linked(&module, *star));
            for place in exports.chain(stars).collect::<Result<Vec<_>>>()? {
                match place {
                    Place::Whole(next) => todo.push(next),
                    place => self.go(&place)?,
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
        while let Some((id, part)) = self.todo.pop() {
            let steps = self.reacher.steps(id, part)?;
            let module = self.reacher.modules.get(id);
            let name = self.reacher.parts(&module).all[part].name;
            let declarations = self.reach.modules.entry(module.path.clone()).or_default();
            declarations.insert(name.to_owned(), steps.hash.clone());
            self.take(&module, &steps)?;
        }
        for ((id, name), texts) in self.pieces {
            let module = self.reacher.modules.get(id);
            let declarations = self.reach.modules.entry(module.path.clone()).or_default();
            let text = || texts.values().map(String::as_str).collect::<Vec<_>>().join("\n");
            declarations.entry(name.to_owned()).or_insert_with(|| normal::hash(&text()));
        }
        Ok(self.reach)
    }
}
