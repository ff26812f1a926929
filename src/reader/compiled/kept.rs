//! `code/` of a primitive: what is kept of a compile beside the primitive's content.
//!
//! It holds the bundle of the primitive and those of its tools, byte for byte, and the values that are
//! source text in its definition. None of it makes a primitive another one.

use super::{Bundle, Output, values as known};
use crate::error::Result;
use crate::model::agent::{Agent, Primitive};
use crate::model::json;
use crate::model::kind::TOOL;
use crate::model::names::{self, CODE};
use crate::object::{self, Id, Mode, Sink, Source, nest};
use crate::reader::leak::{Guard, Leak};
use serde_json::{Map, Value};
use std::path::Path;

/// The values that the compiler knew.
pub const VALUES: &str = "values.json";

impl Output {
    /// The bundles of a primitive, by their path in `code/`, in the order of a tree.
    fn of(&self, primitive: &Primitive) -> Vec<(String, &Bundle)> {
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

    /// The secrets among the values that only the compiler knows. A push that would keep one is refused.
    pub fn leaks(&self, root: &Path, agent: &Agent, guard: &Guard<'_>) -> Result<Vec<Leak>> {
        let mut leaks = Vec::new();
        for one in agent.primitives.iter().filter(|one| known::has_source(&one.definition)) {
            let mut found = known::of(&self.manifest(root)?.primitives, agent, one);
            leaks.extend(guard.clean_compiled(agent, one, &mut found));
        }
        Ok(leaks)
    }

    /// The bundle of this kind and name; of several the one from this file.
    fn bundle(&self, kind: &str, name: &str, source: &str) -> Option<&Bundle> {
        let mut named =
            self.bundles.iter().filter(|bundle| bundle.kind == kind && bundle.name == name);
        let of_file = |bundle: &&Bundle| is_below(&bundle.source_path, source);
        named.clone().find(of_file).or_else(|| named.next())
    }
}

/// Whether an absolute path ends with this one.
pub fn is_below(absolute: &str, path: &str) -> bool {
    absolute.strip_suffix(path).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Stores what is kept with a primitive; `None` where there is nothing. `old` is the tree before.
pub fn store<S: Source + Sink>(
    sink: &mut S,
    root: &Path,
    output: &Output,
    (agent, primitive): (&Agent, &Primitive),
    guard: &Guard<'_>,
    old: Option<Id>,
) -> Result<Option<Id>> {
    let before = match old {
        Some(old) => object::leaves(sink, old)?,
        None => Vec::new(),
    };
    let base = |path: &str| before.iter().find(|(known, ..)| known == path).map(|(.., id)| *id);
    let mut files: Vec<(String, Mode, Id)> = Vec::new();
    for (path, bundle) in output.of(primitive) {
        let id = sink.put_blob(bundle.bytes(root)?, base(&path))?;
        files.push((path, Mode::File, id));
    }
    if known::has_source(&primitive.definition) {
        let mut found = known::of(&output.manifest(root)?.primitives, agent, primitive);
        // Who only looks stores none either; a push was refused.
        found.retain(|place, value| {
            let mut one = Map::from_iter([(place.clone(), value.clone())]);
            guard.clean_compiled(agent, primitive, &mut one).is_empty()
        });
        if !found.is_empty() {
            let id = sink.put_blob(json::encode(&found)?, base(VALUES))?;
            files.push((VALUES.to_owned(), Mode::File, id));
        }
    }
    files.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    let files: Vec<(&str, Mode, Id)> =
        files.iter().map(|(path, mode, id)| (&**path, *mode, *id)).collect();
    if files.is_empty() { Ok(None) } else { nest(sink, &files, old).map(Some) }
}

/// The values that are kept beside a definition.
pub fn values<S: Source + ?Sized>(source: &S, primitive: &Id) -> Result<Map<String, Value>> {
    let Some(code) = source.tree(primitive)?.get(CODE).map(|entry| entry.id) else {
        return Ok(Map::new());
    };
    match source.tree(&code)?.get(VALUES) {
        Some(entry) => json::decode(&source.blob(&entry.id)?, VALUES),
        None => Ok(Map::new()),
    }
}

/// Whether the compiler's code of a primitive is another than the one that is kept in its tree.
pub fn is_rebundled<S: Source>(
    source: &S,
    output: &Output,
    primitive: &Primitive,
    tree: &Id,
) -> Result<bool> {
    let Some(code) = source.tree(tree)?.get(CODE).map(|entry| entry.id) else { return Ok(false) };
    let kept = object::leaves(source, code)?;
    let mut now = output.of(primitive).into_iter();
    Ok(now.any(|(path, bundle)| {
        kept.iter().any(|(known, _, id)| *known == path && id.to_string() != bundle.id)
    }))
}
