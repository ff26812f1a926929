//! Installed packages that have another version than the one that the lock file names.

use super::LOCKS;
use super::LockedVersions;
use crate::error::Result;
use crate::fs;
use crate::reader::syntax::files::Files;
use semver::Version;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherPackage {
    pub name: String,
    pub locked: String,
    /// `None` if it is not installed.
    pub installed: Option<String>,
}

/// Packages that the project itself names in `package.json`. `files` are those of the project.
pub fn other_than_locked(
    root: &Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<OtherPackage>> {
    let given = LOCKS.iter().map(|(name, _)| *name).chain([super::PACKAGE_FILE]);
    let given = given.map(|name| (root.join(name), files.get(name).cloned())).collect();
    let locked = LockedVersions::read(root, &Files::with(given))?;
    let package = files.get(super::PACKAGE_FILE);
    let package: super::PackageFile =
        package.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    let mut names: Vec<&String> =
        package.dependencies.keys().chain(package.dev_dependencies.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut others = Vec::new();
    for name in names {
        let locked = locked.of(name);
        // A range, where no lock file names a version.
        if Version::parse(&locked).is_err() {
            continue;
        }
        let installed = installed(root, name)?;
        if installed.as_ref() != Some(&locked) {
            others.push(OtherPackage { name: name.clone(), locked, installed });
        }
    }
    Ok(others)
}

/// The version that an import finds.
fn installed(root: &Path, name: &str) -> Result<Option<String>> {
    for folder in root.ancestors() {
        let path = folder.join("node_modules").join(name).join("package.json");
        if let Some(bytes) = fs::read_if_exists(&path)? {
            let package: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            return Ok(package.get("version").and_then(Value::as_str).map(str::to_owned));
        }
    }
    Ok(None)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_another_version_and_one_that_is_missing_are_named() {
        let project = tempfile::tempdir().unwrap();
        let package = r#"{"dependencies":{"zod":"^3.24.1","axios":"^1.6.0","ms":"2"},"devDependencies":{"tsx":"^4"}}"#;
        let lock = r#"{"lockfileVersion":3,"packages":{"":{},"node_modules/zod":{"version":"3.25.76"},
            "node_modules/axios":{"version":"1.7.0"},"node_modules/tsx":{"version":"4.0.0"}}}"#;
        let files = BTreeMap::from([
            ("package.json".to_owned(), package.as_bytes().to_vec()),
            ("package-lock.json".to_owned(), lock.as_bytes().to_vec()),
        ]);
        for (name, version) in [("zod", "3.25.76"), ("axios", "1.6.8"), ("ms", "2.1.3")] {
            let folder = project.path().join("node_modules").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            let text = format!("{{\"version\":\"{version}\"}}");
            std::fs::write(folder.join("package.json"), text).unwrap();
        }
        let others = other_than_locked(project.path(), &files).unwrap();
        let shown: Vec<_> = others
            .iter()
            .map(|one| (one.name.as_str(), one.locked.as_str(), one.installed.as_deref()))
            .collect();
        assert_eq!(shown, [("axios", "1.7.0", Some("1.6.8")), ("tsx", "4.0.0", None)]);
    }
}
