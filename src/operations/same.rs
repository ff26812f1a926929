//! Comparison of a primitive with the one in the state that a push is built on.
//!
//! Its reach is compared by the target of each import, found by the same rules on both sides. A
//! state that older rules made is read once more from its files: neither a finer nor a coarser
//! reader is a change of the agent.

use crate::compare::moved;
use crate::error::Result;
use crate::fs;
use crate::history::state::{Content, DEFINITION, MODULES, REACH};
use crate::model::agent::{Agent, Primitive, RULES};
use crate::model::json;
use crate::object::{self, Id, PathFinder, Source};
use crate::reader;
use crate::reader::edit::file_overrides;
use serde_json::{Map, Value};
use std::cell::OnceCell;
use std::path::Path;

/// A state that was stored before, with the files it was made of.
pub struct EarlierState<'a> {
    root: &'a Path,
    /// The project's files as they are.
    files: Id,
    /// Those of the state.
    source: Option<Id>,
    /// Agent that this reader gets from those files; `None` if it cannot read them.
    agent: OnceCell<Option<Agent>>,
}

impl<'a> EarlierState<'a> {
    pub fn new(root: &'a Path, files: Id, source: Option<Id>) -> EarlierState<'a> {
        EarlierState { root, files, source, agent: OnceCell::new() }
    }

    /// True if the stored primitive in this tree equals the one of the project.
    pub fn has<S: Source>(
        &self,
        objects: &S,
        tree: &Id,
        stored: &Content,
        primitive: &Primitive,
    ) -> Result<bool> {
        let reach: Value = json::decode(&objects.blob(&stored.reach)?, REACH)?;
        let now = (&primitive.definition, &primitive.reach.to_json());
        if reach.get("rules").and_then(Value::as_u64) == Some(RULES) {
            let definition: Value = json::decode(&objects.blob(&stored.definition)?, DEFINITION)?;
            return Ok(moved::is_same((&definition, &reach), now));
        }
        let Some(source) = self.source else { return Ok(false) };
        if has_moved_package(&reach, primitive)
            || !self.can_be_read_again(objects, tree, &reach, source)?
        {
            return Ok(false);
        }
        if source == self.files {
            return Ok(true);
        }
        let Some(agent) = self.agent(objects, source)? else { return Ok(false) };
        let then = agent.of_kind(primitive.kind).find(|then| then.name == primitive.name);
        Ok(then.is_some_and(|then| moved::is_same((&then.definition, &then.reach.to_json()), now)))
    }

    /// The order of the lists then; `None` where the files of that time cannot be read.
    pub fn order<S: Source>(
        &self,
        objects: &S,
        now: &Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>> {
        match self.source {
            None => Ok(None),
            Some(source) if source == self.files => Ok(Some(now.clone())),
            Some(source) => Ok(self.agent(objects, source)?.map(Agent::order)),
        }
    }

    fn agent<S: Source>(&self, objects: &S, source: Id) -> Result<Option<&Agent>> {
        if self.agent.get().is_none() {
            let file_overrides = file_overrides::tree_overrides(objects, self.files, source)?;
            drop(self.agent.set(reader::project_with(self.root, &file_overrides).ok()));
        }
        Ok(self.agent.get().and_then(Option::as_ref))
    }

    /// True if everything it reached then can be read again: in the files of that time, or
    /// unchanged in the project. A file that an ignore rule kept out is found beside the primitive;
    /// one that was left out as a secret is nowhere.
    fn can_be_read_again<S: Source>(
        &self,
        objects: &S,
        tree: &Id,
        reach: &Value,
        source: Id,
    ) -> Result<bool> {
        let leaves = match objects.tree(tree)?.get(MODULES) {
            Some(entry) => object::leaves(objects, entry.id)?,
            None => Vec::new(),
        };
        let reached = reach.get("modules").and_then(Value::as_object);
        let is_kept = |path: &String| leaves.iter().any(|(kept, ..)| kept == path);
        if reached.is_some_and(|reached| !reached.keys().all(is_kept)) {
            return Ok(false);
        }
        let mut finder = PathFinder::new(source);
        for (path, _, id) in leaves {
            if finder.find(objects, &path)?.is_none() {
                let bytes = fs::read_if_exists(&self.root.join(&path))?;
                if bytes.map(|bytes| Id::of_blob(&bytes)) != Some(id) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// True if a package that both reach has another version now: the lock file may be outside of the
/// project.
fn has_moved_package(reach: &Value, primitive: &Primitive) -> bool {
    let before = reach.get("packages").and_then(Value::as_object);
    before.into_iter().flatten().any(|(name, version)| {
        primitive.reach.packages.get(name).is_some_and(|now| version.as_str() != Some(now.as_str()))
    })
}
