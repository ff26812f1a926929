//! Graph of packages and their dependencies, for lock files that list them by version rather than by folder.

use std::collections::{BTreeMap, HashMap, HashSet};

/// Packages by the keys of their lock file, and the packages that the project itself can import.
#[derive(Default)]
pub struct Graph {
    nodes: Vec<GraphNode>,
    by_key: HashMap<String, usize>,
    roots: HashMap<String, usize>,
}

pub struct GraphNode {
    pub version: String,
    /// The name and the key of each package that it needs.
    pub needs: Vec<(String, String)>,
}

impl Graph {
    /// Several keys can mean one package: `ms@^2.1.1` and `ms@^2.1.3`.
    pub fn add(&mut self, keys: impl IntoIterator<Item = String>, node: GraphNode) {
        let at = self.nodes.len();
        self.nodes.push(node);
        self.by_key.extend(keys.into_iter().map(|key| (key, at)));
    }

    /// Adds the package that the project gets under a name.
    pub fn root(&mut self, name: &str, key: &str) {
        if let Some(&at) = self.by_key.get(key) {
            self.roots.insert(name.to_owned(), at);
        }
    }

    /// Everything that a package needs, directly or through others: place → version. A place is a name, or
    /// `a/node_modules/b` where `a` has another version of `b` than the project or a package before it.
    pub fn below(&self, package: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut todo: Vec<(usize, String)> =
            self.roots.get(package).map(|&at| (at, package.to_owned())).into_iter().collect();
        let mut seen: HashSet<usize> = todo.iter().map(|(at, _)| *at).collect();
        while let Some((at, place)) = todo.pop() {
            for (name, key) in &self.nodes[at].needs {
                // A missing package is optional, or not installed yet.
                let Some(&next) = self.by_key.get(key).filter(|next| seen.insert(**next)) else {
                    continue;
                };
                let is_own = self.roots.get(name).is_none_or(|root| *root == next);
                let short = if is_own && !found.contains_key(name) {
                    name.clone()
                } else {
                    format!("{place}/node_modules/{name}")
                };
                found.insert(short.clone(), self.nodes[next].version.clone());
                todo.push((next, short));
            }
        }
        found
    }
}
