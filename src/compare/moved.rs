//! Files that moved: reached under one path before, and under another now.

use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// From the path before to the path now.
pub type Moves = BTreeMap<String, String>;

/// Definition and reach of a primitive.
pub type PrimitiveJson<'v> = (&'v Value, &'v Value);

/// True if two primitives are equal up to the places of their files.
pub fn is_same(old: PrimitiveJson<'_>, new: PrimitiveJson<'_>) -> bool {
    let moves = between(old.1, new.1);
    if moves.is_empty() {
        return old == new;
    }
    reach(old.1, &moves) == *new.1 && definition(old.0, &moves) == *new.0
}

/// The files that one reach has under another path than the other: gone from there, new here, and half or more of
/// their declarations are equal, or have equal names in files of one name.
pub fn between(old: &Value, new: &Value) -> Moves {
    let (old, new) = (modules(old), modules(new));
    let mut came: Vec<(&String, &Value)> =
        new.iter().filter(|(path, _)| !old.contains_key(*path)).collect();
    let mut moves = Moves::new();
    for (path, before) in old.iter().filter(|(path, _)| !new.contains_key(*path)) {
        let alike = |(at, (other, after)): (usize, &(&String, &Value))| {
            let (equal, named, all) = common(before, after);
            let is_named = name(path) == name(other);
            let alike = equal.max(if is_named { named } else { 0 });
            (alike > 0 && alike * 2 >= all).then_some((equal, is_named, Reverse(at)))
        };
        if let Some((.., Reverse(at))) = came.iter().enumerate().filter_map(alike).max() {
            moves.insert(path.clone(), came.remove(at).0.clone());
        }
    }
    moves
}

fn modules(reach: &Value) -> Map<String, Value> {
    reach.get("modules").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Numbers of equal declarations of two files, of equal names, and of all.
fn common(old: &Value, new: &Value) -> (usize, usize, usize) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let equal = old.iter().filter(|(name, hash)| new.get(*name) == Some(*hash)).count();
            let named = old.keys().filter(|name| new.contains_key(*name)).count();
            (equal, named, old.len().max(new.len()))
        }
        _ => (usize::from(old == new), 0, 1),
    }
}

/// A reach with its files under their new paths.
pub fn reach(reach: &Value, moves: &Moves) -> Value {
    let mut reach = reach.clone();
    for part in ["modules", "imports"] {
        let Some(files) = reach.get_mut(part).and_then(Value::as_object_mut) else { continue };
        *files =
            std::mem::take(files).into_iter().map(|(path, one)| (now(&path, moves), one)).collect();
    }
    for file in reach
        .get_mut("imports")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
    {
        for target in file.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let Some(text) = target.as_str() else { continue };
            let (path, declaration) = text.split_at(text.rfind('#').unwrap_or(text.len()));
            *target = Value::String(now(path, moves) + declaration);
        }
    }
    reach
}

/// A definition that names the files of its tools by their new paths.
fn definition(definition: &Value, moves: &Moves) -> Value {
    let mut definition = definition.clone();
    for tool in definition.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(path) = tool.get_mut("path")
            && let Some(text) = path.as_str()
        {
            *path = Value::String(now(text, moves));
        }
    }
    definition
}

fn now(path: &str, moves: &Moves) -> String {
    moves.get(path).map_or(path, String::as_str).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn skill(path: &str) -> Value {
        json!({"name": "s", "tools": [{"name": "t", "path": path}]})
    }

    fn reach_of(path: &str, hash: &str) -> Value {
        json!({"modules": {path: {"f": hash, "g": "2"}, "src/t.ts": {"T": "1"}},
            "imports": {"src/t.ts": {"f": format!("{path}#f"), "z": "zod#z"}, path: {"all": "src/t.ts"}}})
    }

    #[test]
    fn what_only_moved_is_the_same() {
        let (old, new) = (reach_of("src/a.ts", "1"), reach_of("src/b.ts", "1"));
        assert!(is_same((&skill("src/a.ts"), &old), (&skill("src/b.ts"), &new)));
        assert!(!is_same((&skill("src/a.ts"), &old), (&skill("src/c.ts"), &new)));
        let edited = reach_of("src/b.ts", "3");
        assert_eq!(
            between(&old, &edited),
            Moves::from([("src/a.ts".to_owned(), "src/b.ts".to_owned())])
        );
        assert!(!is_same((&skill("src/a.ts"), &old), (&skill("src/b.ts"), &edited)));
    }

    #[test]
    fn another_file_beside_one_that_stays_is_no_move() {
        let old = json!({"modules": {"src/a.ts": {"f": "1"}}});
        let both = json!({"modules": {"src/a.ts": {"f": "1"}, "src/b.ts": {"f": "1"}}});
        assert!(between(&old, &both).is_empty() && between(&both, &old).is_empty());
        let other = json!({"modules": {"src/b.ts": {"f": "2"}}});
        assert!(between(&old, &other).is_empty());
        let same_name = json!({"modules": {"lib/a.ts": {"f": "2"}}});
        assert_eq!(between(&old, &same_name)["src/a.ts"], "lib/a.ts");
    }

    #[test]
    fn of_several_the_most_alike_is_the_one_then_the_one_of_the_same_name() {
        let old = json!({"modules": {"a/x.ts": {"f": "1", "g": "2"}}});
        let new = json!({"modules": {"b/w.ts": {"f": "1", "g": "2"}, "b/x.ts": {"f": "1", "g": "2"}, "c/x.ts": {"f": "1", "g": "3"}}});
        assert_eq!(between(&old, &new)["a/x.ts"], "b/x.ts");
    }
}
