//! The lock file of npm: packages by the folder they are installed in, and the dependencies of
//! each.

use super::{LockFile, json};
use crate::error::Result;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

const MODULES: &str = "node_modules/";

#[derive(Default, Deserialize)]
#[serde(default)]
struct NpmLock {
    /// Versions 2 and 3: folder → package.
    packages: HashMap<String, NpmPackage>,
    /// Version 1: name → package.
    dependencies: HashMap<String, OldNpmPackage>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NpmPackage {
    version: Option<String>,
    dependencies: HashMap<String, String>,
    optional_dependencies: HashMap<String, String>,
    peer_dependencies: HashMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OldNpmPackage {
    version: Option<String>,
}

/// Installed packages.
#[derive(Default)]
pub struct NpmTree {
    file: NpmLock,
    /// The project's folder in that of the lock file, with `/` behind it where it has one.
    project: String,
}

impl NpmTree {
    pub fn read(lock: &LockFile) -> Result<NpmTree> {
        let project =
            if lock.project.is_empty() { String::new() } else { format!("{}/", lock.project) };
        Ok(NpmTree { file: json(lock.name, &lock.text)?, project })
    }

    /// The versions of the packages that the project itself can import.
    pub fn versions(&self) -> HashMap<String, String> {
        let mut versions = HashMap::new();
        let mut add = |name: &str, version: &Option<String>| {
            versions.extend(version.as_ref().map(|version| (name.to_owned(), version.clone())));
        };
        self.file.dependencies.iter().for_each(|(name, one)| add(name, &one.version));
        // Packages installed beside the project itself win over those that a workspace shares.
        for folder in ["", &self.project] {
            for (path, one) in &self.file.packages {
                let name = path.strip_prefix(folder).and_then(|path| path.strip_prefix(MODULES));
                // `node_modules/a/node_modules/b` is the version that `a` has of `b`.
                if let Some(name) = name.filter(|name| !name.contains(MODULES)) {
                    add(name, &one.version);
                }
            }
        }
        versions
    }

    /// Everything that a package needs, directly or through others: place → version. A place is a name, or
    /// `a/node_modules/b` for the copy of `b` that only `a` has.
    pub fn below(&self, package: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut todo: Vec<&str> = self.find(&self.project, package).into_iter().collect();
        let mut seen = todo.clone();
        while let Some(place) = todo.pop() {
            let one = &self.file.packages[place];
            let names = one.dependencies.keys().chain(one.optional_dependencies.keys());
            for name in names.chain(one.peer_dependencies.keys()) {
                // A missing package is optional, or not installed yet.
                let Some(next) =
                    self.find(&format!("{place}/"), name).filter(|next| !seen.contains(next))
                else {
                    continue;
                };
                seen.push(next);
                todo.push(next);
                let short = next.strip_prefix(MODULES).unwrap_or(next);
                found.extend(
                    self.file.packages[next]
                        .version
                        .clone()
                        .map(|version| (short.to_owned(), version)),
                );
            }
        }
        found
    }

    /// Place at which a folder finds a package, by Node's rule: its own `node_modules`, then those
    /// of each folder above.
    fn find(&self, folder: &str, name: &str) -> Option<&str> {
        let mut folder = folder;
        loop {
            if let Some((place, _)) =
                self.file.packages.get_key_value(&format!("{folder}{MODULES}{name}"))
            {
                return Some(place.as_str());
            }
            // `node_modules/a/` is below "", `node_modules/a/node_modules/b/` below `node_modules/a/`.
            folder = match folder.trim_end_matches('/').rfind(MODULES) {
                Some(at) => &folder[..at],
                None if folder.is_empty() => return None,
                None => "",
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_needs_is_found_as_node_finds_it() {
        let text = r#"{"packages": {
            "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "*", "c": "*"}, "peerDependencies": {"none": "*"}},
            "node_modules/a/node_modules/b": {"version": "2.0.0", "dependencies": {"c": "*"}},
            "node_modules/b": {"version": "3.0.0", "dependencies": {"d": "*"}},
            "node_modules/c": {"version": "4.0.0", "dependencies": {"a": "*", "@s/d": "*"}},
            "node_modules/@s/d": {"version": "5.0.0"}, "node_modules/d": {"version": "6.0.0"}}}"#;
        let lock =
            LockFile { name: "package-lock.json", text: text.to_owned(), project: String::new() };
        let below = NpmTree::read(&lock).unwrap().below("a");
        let below: Vec<_> =
            below.iter().map(|(place, version)| format!("{place} {version}")).collect();
        assert_eq!(below, ["@s/d 5.0.0", "a/node_modules/b 2.0.0", "c 4.0.0"]);
        assert!(NpmTree::default().below("a").is_empty());
    }
}
