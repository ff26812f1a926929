//! `bun.lock`: packages by place, `a/b` for the copy of `b` that only `a` has, and the dependencies
//! of each.

use super::graph::{Graph, GraphNode};
use super::{LockFile, json};
use crate::error::Result;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

#[derive(Default, Deserialize)]
#[serde(default)]
struct BunLock {
    packages: HashMap<String, Vec<Value>>,
}

/// Versions of all packages by place, and the dependencies of each.
pub fn read(lock: &LockFile) -> Result<(HashMap<String, String>, Graph)> {
    let file: BunLock = json(lock.name, &plain(&lock.text))?;
    let (mut versions, mut graph) = (HashMap::new(), Graph::default());
    for (place, one) in &file.packages {
        let Some((_, version)) =
            one.first().and_then(Value::as_str).and_then(|id| id.rsplit_once('@'))
        else {
            continue;
        };
        let needs = ["dependencies", "optionalDependencies", "peerDependencies"].into_iter();
        let needs =
            needs.filter_map(|group| one.iter().find_map(|part| part.get(group)?.as_object()));
        let mut needs: Vec<&String> = needs.flat_map(|group| group.keys()).collect();
        needs.sort_unstable();
        let needs =
            needs.into_iter().filter_map(|name| Some((name.clone(), find(&file, place, name)?)));
        graph.add(
            [place.clone()],
            GraphNode { version: version.to_owned(), needs: needs.collect() },
        );
        versions.insert(place.clone(), version.to_owned());
    }
    versions.keys().for_each(|name| graph.root(name, name));
    Ok((versions, graph))
}

/// JSON without the comments and the last commas that Bun writes; places in it stay as they are.
fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    // An error is a lone `/`, which is an error of JSON with its place, too.
    drop(json_strip_comments::strip(&mut plain));
    plain
}

/// The place of a package as another one gets it: its own copy, or that of a package around it.
fn find(file: &BunLock, place: &str, name: &str) -> Option<String> {
    let mut around = place;
    while !around.is_empty() {
        let own = format!("{around}/{name}");
        if file.packages.contains_key(&own) {
            return Some(own);
        }
        around = parent(around);
    }
    file.packages.contains_key(name).then(|| name.to_owned())
}

/// `a` of `a/b` and of `a/@s/b`.
fn parent(place: &str) -> &str {
    let before = |text: &str| text.rfind('/').unwrap_or(0);
    let above = &place[..before(place)];
    let last = above.rsplit('/').next().unwrap_or_default();
    if last.starts_with('@') { &above[..before(above)] } else { above }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_and_last_commas_go_and_strings_stay() {
        let text = "{ // a\n \"b\": [1, /* , */ ], \"c\\\"//\": \",}\", } /* open";
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&plain(text)).unwrap(),
            serde_json::json!({ "b": [1], "c\"//": ",}" })
        );
        let bad = serde_json::from_str::<serde_json::Value>(&plain("{\n // a\n x")).unwrap_err();
        assert_eq!((bad.line(), bad.column()), (3, 2), "lines stay for messages");
        assert!(serde_json::from_str::<serde_json::Value>(&plain("{} / {}")).is_err());
    }
}
