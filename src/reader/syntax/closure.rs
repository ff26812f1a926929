//! Closure of imports: everything that the agent's files import, directly or not: types, unused
//! barrels, modules that only the compiler reads. Reading needs none of it, but without it nothing
//! compiles.

use super::module::ModuleId;
use super::modules::{ImportTarget, Modules};

/// Opens all of it. What is missing or cannot be parsed is no error here: an agent was read without it.
pub fn load(modules: &Modules<'_>) {
    let mut next = 0;
    while next < modules.count() {
        let module = modules.get(ModuleId(next));
        next += 1;
        let Some(script) = module.script() else { continue };
        for link in script.links().into_iter().chain(script.names.dynamic.iter().copied()) {
            if let Ok(ImportTarget::Module(file)) = modules.follow(&module, link) {
                drop(modules.open(&file));
            }
        }
    }
}
