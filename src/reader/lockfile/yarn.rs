//! `yarn.lock`: the form of version 1, and the YAML of later ones. Both are read line by line.

use super::graph::{Graph, GraphNode};
use std::collections::HashMap;

/// A package, and the names and ranges that it is there for.
#[derive(Default)]
struct YarnEntry<'t> {
    asked: Vec<(&'t str, &'t str)>,
    version: &'t str,
    needs: Vec<(&'t str, &'t str)>,
}

/// Versions of a lock file by name, and the dependencies of each package. Of several versions of a
/// package the one for the project's own range counts.
pub fn read(text: &str, ranges: &HashMap<String, String>) -> (HashMap<String, String>, Graph) {
    let (mut versions, mut graph) = (HashMap::new(), Graph::default());
    let key = |(name, range): &(&str, &str)| format!("{name}@{range}");
    let mut roots: HashMap<&str, String> = HashMap::new();
    for entry in entries(text) {
        for one in &entry.asked {
            let asked =
                ranges.get(one.0).is_some_and(|asked| asked.trim_start_matches("npm:") == one.1);
            if asked || !versions.contains_key(one.0) {
                versions.insert(one.0.to_owned(), entry.version.to_owned());
                roots.insert(one.0, key(one));
            }
        }
        let needs = entry.needs.iter().map(|one| (one.0.to_owned(), key(one))).collect();
        graph.add(
            entry.asked.iter().map(key),
            GraphNode { version: entry.version.to_owned(), needs },
        );
    }
    // A name that only packages request is no root: which version it gets is chance.
    roots.retain(|name, _| ranges.contains_key(*name));
    roots.iter().for_each(|(name, key)| graph.root(name, key));
    (versions, graph)
}

fn entries(text: &str) -> Vec<YarnEntry<'_>> {
    let (mut all, mut in_needs) = (Vec::<YarnEntry<'_>>::new(), false);
    for line in text.lines() {
        let field = line.trim_start();
        match (line.len() - field.len(), all.last_mut()) {
            (0, _) => {
                if let Some(head) = field.strip_suffix(':').filter(|head| !head.starts_with('#')) {
                    let asked =
                        head.split(", ").filter_map(|one| package(one.trim_matches('"'))).collect();
                    all.push(YarnEntry { asked, ..YarnEntry::default() });
                }
            }
            (2, Some(entry)) => {
                in_needs = ["dependencies:", "optionalDependencies:"].contains(&field);
                if let Some((_, version)) = pair(field).filter(|(name, _)| *name == "version") {
                    entry.version = version;
                }
            }
            (4, Some(entry)) if in_needs => entry.needs.extend(pair(field)),
            _ => {}
        }
    }
    all.retain(|entry| !entry.version.is_empty());
    all
}

/// `ms "^2.1.3"` or `"@s/p": "npm:^2.1.3"`, without quotes and `npm:`.
fn pair(field: &str) -> Option<(&str, &str)> {
    let (name, value) = field.split_once(' ')?;
    let name = name.trim_end_matches(':').trim_matches('"');
    let value = value.trim().trim_matches('"');
    Some((name, value.strip_prefix("npm:").unwrap_or(value)))
}

/// Name and range of `@scope/name@npm:^1.0.0`; none for a package of the workspace itself.
fn package(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    let (name, range) = (&text[..at], &text[at + 1..]);
    (!range.starts_with("workspace:")).then(|| (name, range.strip_prefix("npm:").unwrap_or(range)))
}
