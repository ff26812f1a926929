//! What a primitive reaches: project modules through imports, packages, environment variables.

use super::lock::Versions;
use super::module::{Content, Module, ModuleId, links};
use super::modules::{Modules, Target};
use super::normal;
use crate::agent::model::Reach;
use crate::error::Result;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Follows imports; each module is looked at once for the whole project.
pub struct Reacher<'m, 'a> {
    modules: &'m Modules<'a>,
    versions: Versions,
    entry: ModuleId,
    known: RefCell<HashMap<ModuleId, Rc<Steps>>>,
}

/// Where one module leads.
struct Steps {
    hash: String,
    modules: Vec<ModuleId>,
    packages: BTreeSet<String>,
    env: BTreeSet<String>,
}

impl<'m, 'a> Reacher<'m, 'a> {
    pub fn new(modules: &'m Modules<'a>, versions: Versions, entry: ModuleId) -> Reacher<'m, 'a> {
        Reacher { modules, versions, entry, known: RefCell::default() }
    }

    /// What a primitive reaches that was made in `made` and has its code in `code`. Without code it
    /// reaches nothing, all of it is in its definition. The file of the agent itself counts only where
    /// code stands in it: otherwise every change of the agent would be one of each part.
    pub fn of(&self, made: &BTreeSet<ModuleId>, code: &BTreeSet<ModuleId>) -> Result<Reach> {
        let mut roots = made | code;
        if code.is_empty() {
            return Ok(Reach::default());
        }
        if !code.contains(&self.entry) {
            roots.remove(&self.entry);
        }
        self.from(&roots)
    }

    /// What these modules reach, the file of the agent aside unless it is one of them.
    pub fn from(&self, roots: &BTreeSet<ModuleId>) -> Result<Reach> {
        let mut reach = Reach::default();
        let mut seen: BTreeSet<ModuleId> = roots.clone();
        let mut todo: Vec<ModuleId> = roots.iter().copied().collect();
        while let Some(id) = todo.pop() {
            let steps = self.steps(id)?;
            reach.modules.insert(self.modules.get(id).path.clone(), steps.hash.clone());
            reach.env.extend(steps.env.iter().cloned());
            for package in &steps.packages {
                reach.packages.insert(package.clone(), self.versions.of(package));
            }
            let next = steps.modules.iter().filter(|&&id| id != self.entry);
            todo.extend(next.copied().filter(|&id| seen.insert(id)));
        }
        Ok(reach)
    }

    fn steps(&self, id: ModuleId) -> Result<Rc<Steps>> {
        if let Some(steps) = self.known.borrow().get(&id) {
            return Ok(steps.clone());
        }
        let steps = Rc::new(self.look(&self.modules.get(id))?);
        self.known.borrow_mut().insert(id, steps.clone());
        Ok(steps)
    }

    fn look(&self, module: &Module<'a>) -> Result<Steps> {
        let text = match &module.content {
            Content::Script(script) => normal::module(script.program),
            Content::Json(value) => value.to_string(),
            Content::Text => module.text.to_owned(),
        };
        let mut steps = Steps {
            hash: normal::hash(&text),
            modules: Vec::new(),
            packages: BTreeSet::new(),
            env: BTreeSet::new(),
        };
        let Some(script) = module.script() else { return Ok(steps) };
        steps.env.clone_from(&script.names.env);
        for link in links(script) {
            match self.modules.follow(module, link)? {
                Target::Module(file) => steps.modules.push(self.modules.open(&file)?.id),
                Target::Package(name) if is_node(&name) => {}
                Target::Package(name) => drop(steps.packages.insert(name)),
                Target::Missing => {}
            }
        }
        Ok(steps)
    }
}

/// Whether a name is a part of Node, which has no version of its own here.
fn is_node(name: &str) -> bool {
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
    name.starts_with("node:") || PARTS.contains(&name) || ["zlib", "vm", "worker_threads"].contains(&name)
}
