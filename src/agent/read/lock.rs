//! Versions of npm packages: from `package-lock.json`, or the range in `package.json`.

use crate::error::{Error, Result};
use crate::fs;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::path::Path;

/// What is written for a package that neither file names.
const UNKNOWN: &str = "unknown";

#[derive(Default)]
pub struct Versions {
    by_name: HashMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PackageFile {
    dependencies: HashMap<String, String>,
    dev_dependencies: HashMap<String, String>,
    peer_dependencies: HashMap<String, String>,
    optional_dependencies: HashMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LockFile {
    /// Lock files of version 2 and 3: folder → package.
    packages: HashMap<String, Locked>,
    /// Version 1: name → package.
    dependencies: HashMap<String, Locked>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Locked {
    version: Option<String>,
}

impl Versions {
    /// The versions that a project's files name. A project without those files has none.
    pub fn read(root: &Path) -> Result<Versions> {
        let package: PackageFile = read(root, "package.json")?;
        let lock: LockFile = read(root, "package-lock.json")?;
        let mut by_name = package.peer_dependencies;
        by_name.extend(package.optional_dependencies);
        by_name.extend(package.dev_dependencies);
        by_name.extend(package.dependencies);
        let locked = lock.packages.into_iter().filter_map(|(folder, one)| {
            let name = folder.strip_prefix("node_modules/")?;
            // `node_modules/a/node_modules/b` is the version that `a` has of `b`.
            (!name.contains("node_modules/")).then(|| (name.to_owned(), one))
        });
        for (name, one) in lock.dependencies.into_iter().chain(locked) {
            by_name.extend(one.version.map(|version| (name, version)));
        }
        Ok(Versions { by_name })
    }

    pub fn of(&self, package: &str) -> String {
        self.by_name.get(package).map_or_else(|| UNKNOWN.to_owned(), Clone::clone)
    }
}

fn read<T: DeserializeOwned + Default>(root: &Path, name: &str) -> Result<T> {
    match fs::read_if_exists(&root.join(name))? {
        None => Ok(T::default()),
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            let place = format!("{name}:{}:{}", error.line(), error.column());
            Error::usage(format!("cannot read \"{place}\": {error}"))
        }),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use super::*;

    #[test]
    fn the_lock_wins_over_the_range_and_nested_copies_do_not_count() {
        let project = tempfile::tempdir().unwrap();
        let package = r#"{"dependencies":{"zod":"^3.24.1","axios":"^1.6.0"},"devDependencies":{"tsx":"^4"}}"#;
        let lock = r#"{"lockfileVersion":3,"packages":{"":{"name":"x"},"node_modules/zod":{"version":"3.25.76"},
            "node_modules/a/node_modules/zod":{"version":"4.0.0"},"node_modules/@s/p":{"version":"2.0.0"}}}"#;
        std::fs::write(project.path().join("package.json"), package).unwrap();
        std::fs::write(project.path().join("package-lock.json"), lock).unwrap();
        let versions = Versions::read(project.path()).unwrap();
        let of = |name: &str| versions.of(name);
        assert_eq!((of("zod"), of("axios"), of("tsx")), ("3.25.76".into(), "^1.6.0".into(), "^4".into()));
        assert_eq!((of("@s/p"), of("left-pad")), ("2.0.0".into(), "unknown".into()));
    }

    #[test]
    fn a_damaged_lock_is_named() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("package-lock.json"), "{").unwrap();
        let error = Versions::read(project.path()).map(|_| ()).unwrap_err();
        assert!(error.message().starts_with("cannot read \"package-lock.json:1:"), "{}", error.message());
    }
}
