//! Whether a primitive reaches the same code although `reach.json` tells it in another way.
//!
//! A newer reader may name what is reached more finely. That is no change of the agent: equal files,
//! in equal versions of the same packages, are the same code, whoever reads them.

use super::json;
use super::state::{Content, MODULES};
use crate::error::Result;
use crate::object::{self, Finder, Id, Source};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether every file that the stored primitive reached stands in the project byte for byte, and no
/// package that both reach moved. `packages` are those that are reached now.
pub fn code<S: Source>(
    source: &S,
    files: &mut Finder,
    tree: &Id,
    stored: &Content,
    packages: &BTreeMap<String, String>,
) -> Result<bool> {
    let reach: Map<String, Value> = json::decode(&source.blob(&stored.reach)?, super::state::REACH)?;
    let before = reach.get("packages").and_then(Value::as_object);
    let moved = |(name, version): (&String, &Value)| {
        packages.get(name).is_some_and(|now| version.as_str() != Some(now.as_str()))
    };
    if before.is_some_and(|before| before.iter().any(moved)) {
        return Ok(false);
    }
    let leaves = match source.tree(tree)?.get(MODULES) {
        Some(entry) => object::leaves(source, entry.id)?,
        None => Vec::new(),
    };
    // A file that was not kept, since it holds a secret, can be compared by its declarations only.
    let reached = reach.get("modules").and_then(Value::as_object);
    let is_kept = |path: &String| leaves.iter().any(|(kept, ..)| kept == path);
    if reached.is_some_and(|reached| !reached.keys().all(is_kept)) {
        return Ok(false);
    }
    for (path, _, id) in leaves {
        if files.find(source, &path)?.map(|entry| entry.id) != Some(id) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::state::{DEFINITION, REACH};
    use crate::object::{Entry, Memory, Mode, Sink, Tree, nest};

    /// A stored primitive that reaches `a.ts` and zod, beside a project whose `a.ts` holds `now`.
    fn is_same(now: &str, zod: &str) -> bool {
        let mut memory = Memory::default();
        let mut blob = |text: &str| memory.put_blob(text.as_bytes().to_vec(), None).unwrap();
        let (then, now) = (blob("one"), blob(now));
        let definition = blob("{}");
        let reach = blob(r#"{"modules":{"src/a.ts":"x"},"packages":{"zod":"3.0.0","old":"1.0.0"},"env":[]}"#);
        let modules = nest(&mut memory, &[("src/a.ts", Mode::File, then)], None).unwrap();
        let entries = vec![
            Entry::file(DEFINITION, definition),
            Entry::file(REACH, reach),
            Entry::directory(MODULES, modules),
        ];
        let tree = memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
        let root =
            nest(&mut memory, &[("b.ts", Mode::File, then), ("src/a.ts", Mode::File, now)], None).unwrap();
        let packages =
            BTreeMap::from([("zod".to_owned(), zod.to_owned()), ("new".to_owned(), "2.0.0".to_owned())]);
        code(&memory, &mut Finder::new(root), &tree, &Content { definition, reach }, &packages).unwrap()
    }

    #[test]
    fn equal_files_and_packages_are_the_same_code() {
        assert!(is_same("one", "3.0.0"));
    }

    #[test]
    fn a_changed_file_or_a_moved_package_is_not() {
        assert!(!is_same("two", "3.0.0"));
        assert!(!is_same("one", "3.0.1"));
    }
}
