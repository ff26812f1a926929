//! `code/` of a primitive: the part of a compile that is kept beside the primitive's content.
//!
//! It holds the bundle of the primitive and those of its tools, byte for byte, and the values that are
//! source text in its definition. None of it makes a primitive another one.

use super::leak::{Leak, SecretGuard};
use crate::compare::compiled_values::VALUES;
use crate::error::Result;
use crate::model::agent::{Agent, Primitive};
use crate::model::json;
use crate::model::names::CODE;
use crate::object::{self, Id, Mode, Sink, Source, nest};
use crate::reader::compiled::CompileOutput;
use serde_json::Map;
use std::path::Path;

/// The secrets among the values that only the compiler knows. A push that would keep one is refused.
pub fn leaks(
    root: &Path,
    output: &CompileOutput,
    agent: &Agent,
    guard: &SecretGuard<'_>,
) -> Result<Vec<Leak>> {
    let mut leaks = Vec::new();
    for one in &agent.primitives {
        leaks.extend(guard.clean_compiled(agent, one, &mut output.values(root, agent, one)?));
    }
    Ok(leaks)
}

/// Stores the compiled code of a primitive; `None` without any. `old` is the tree before.
pub fn store<S: Source + Sink>(
    sink: &mut S,
    root: &Path,
    output: &CompileOutput,
    (agent, primitive): (&Agent, &Primitive),
    guard: &SecretGuard<'_>,
    old: Option<Id>,
) -> Result<Option<Id>> {
    let before = match old {
        Some(old) => object::leaves(sink, old)?,
        None => Vec::new(),
    };
    let base = |path: &str| before.iter().find(|(known, ..)| known == path).map(|(.., id)| *id);
    let mut files: Vec<(String, Mode, Id)> = Vec::new();
    for (path, bundle) in output.bundles_of(primitive) {
        let id = sink.put_blob(bundle.bytes(root)?, base(&path))?;
        files.push((path, Mode::File, id));
    }
    let mut values = output.values(root, agent, primitive)?;
    // A preview keeps no secrets either; a push was refused for them already.
    values.retain(|place, value| {
        let mut one = Map::from_iter([(place.clone(), value.clone())]);
        guard.clean_compiled(agent, primitive, &mut one).is_empty()
    });
    if !values.is_empty() {
        let id = sink.put_blob(json::encode(&values)?, base(VALUES))?;
        files.push((VALUES.to_owned(), Mode::File, id));
    }
    files.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    let files: Vec<(&str, Mode, Id)> =
        files.iter().map(|(path, mode, id)| (&**path, *mode, *id)).collect();
    if files.is_empty() { Ok(None) } else { nest(sink, &files, old).map(Some) }
}

/// True if the compiler's code of a primitive differs from the code in its tree.
pub fn is_rebundled<S: Source>(
    source: &S,
    output: &CompileOutput,
    primitive: &Primitive,
    tree: &Id,
) -> Result<bool> {
    let Some(code) = source.tree(tree)?.get(CODE).map(|entry| entry.id) else { return Ok(false) };
    let kept = object::leaves(source, code)?;
    let mut now = output.bundles_of(primitive).into_iter();
    Ok(now.any(|(path, bundle)| {
        kept.iter().any(|(known, _, id)| *known == path && id.to_string() != bundle.id())
    }))
}
