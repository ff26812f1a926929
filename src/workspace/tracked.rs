//! Files that a snapshot keeps although an ignore rule names them, as git goes on to track what it tracks: those that
//! the agent needs, or that the version before has.

use crate::error::Result;
use crate::fs;
use crate::object::{self, Id, Source};
use std::collections::BTreeSet;

/// Paths of files, whether or not they are there, or ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracked(BTreeSet<String>);

impl Tracked {
    /// Of these the ones that can be part of a project.
    pub fn of<'p>(paths: impl IntoIterator<Item = &'p str>) -> Tracked {
        let fits = |path: &&str| {
            path.split('/').all(|name| name != ".." && fs::untrackable(name).is_none())
        };
        Tracked(paths.into_iter().filter(fits).map(str::to_owned).collect())
    }

    /// The files of a tree.
    pub fn in_tree(source: &dyn Source, tree: Option<Id>) -> Result<Tracked> {
        let leaves = tree.map_or_else(|| Ok(Vec::new()), |tree| object::leaves(source, tree))?;
        Ok(Tracked::of(leaves.iter().map(|(path, ..)| &**path)))
    }

    /// Equal digests: the same paths.
    pub fn digest(&self) -> Id {
        let paths: Vec<&str> = self.0.iter().map(String::as_str).collect();
        Id::of_blob(paths.join("\0").as_bytes())
    }

    pub fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    /// The names in a folder that lead to such files, sorted. With each whether it is a folder.
    pub fn names_in<'t>(&'t self, folder: &str) -> Vec<(&'t str, bool)> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.0.range(start.clone()..).take_while(|path| path.starts_with(&start));
        let mut names: Vec<(&str, bool)> = below
            .map(|path| {
                let rest = &path[start.len()..];
                rest.split_once('/').map_or((rest, false), |(name, _)| (name, true))
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_on_the_way_to_a_file() {
        let paths = [
            "dist/a.ts",
            "dist/deep/b.ts",
            "dist-x",
            "z",
            "../shared/c.ts",
            "node_modules/d.js",
            ".git/e",
        ];
        let tracked = Tracked::of(paths);
        assert_eq!(tracked.names_in(""), [("dist", true), ("dist-x", false), ("z", false)]);
        assert_eq!(tracked.names_in("dist"), [("a.ts", false), ("deep", true)]);
        assert_eq!(tracked.names_in("dist-x"), []);
        assert!(
            tracked.has("dist/deep/b.ts")
                && !tracked.has("dist")
                && !tracked.has("node_modules/d.js")
        );
    }
}
