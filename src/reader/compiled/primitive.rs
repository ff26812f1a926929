//! The part of the compiler's output that is of one primitive: its bundle, those of its tools, and values.

use super::values::{self, has_source};
use super::{CompileOutput, CompiledBundle};
use crate::error::Result;
use crate::model::agent::{Agent, Primitive};
use crate::model::kind::TOOL;
use crate::model::names;
use serde_json::{Map, Value};
use std::path::Path;

impl CompileOutput {
    /// The bundles of a primitive, by their path in `code/`, in the order of a tree.
    pub fn bundles_of(&self, primitive: &Primitive) -> Vec<(String, &CompiledBundle)> {
        let own = self.bundle(primitive.kind.word, &primitive.name, &primitive.source.path);
        let mut found: Vec<_> =
            own.map(|bundle| ("bundle.js".to_owned(), bundle)).into_iter().collect();
        let tools = primitive.definition.get("tools").and_then(Value::as_array);
        for tool in tools.into_iter().flatten() {
            let text = |key: &str| tool.get(key).and_then(Value::as_str).unwrap_or_default();
            if let Some(bundle) = self.bundle(TOOL.word, text("name"), text("path")) {
                found.push((format!("tools/{}.js", names::encode(text("name"))), bundle));
            }
        }
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// The values that only the compiler knows, by the places of source text in the definition.
    pub fn values(
        &self,
        root: &Path,
        agent: &Agent,
        primitive: &Primitive,
    ) -> Result<Map<String, Value>> {
        match has_source(&primitive.definition) {
            true => Ok(values::of(&self.manifest(root)?.primitives, agent, primitive)),
            false => Ok(Map::new()),
        }
    }

    /// The bundle of this kind and name; of several the one from this file.
    fn bundle(&self, kind: &str, name: &str, source: &str) -> Option<&CompiledBundle> {
        let mut named =
            self.bundles.iter().filter(|bundle| bundle.kind == kind && bundle.name == name);
        let of_file = |bundle: &&CompiledBundle| is_below(&bundle.source_path, source);
        named.clone().find(of_file).or_else(|| named.next())
    }
}

/// True if an absolute path ends with this one.
pub fn is_below(absolute: &str, path: &str) -> bool {
    absolute.strip_suffix(path).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}
