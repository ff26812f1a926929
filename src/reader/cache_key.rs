//! Key of the cached agent: its files, and all else that decides whether reading again would give the same.

use crate::error::Result;
use crate::fs;
use crate::reader::lockfile;
use crate::reader::primitives::entry;
use crate::reader::syntax::modules::{ImportTarget, Modules, package};
use serde::{Deserialize, Serialize};
use std::path::Path;

const TSCONFIG: &str = "tsconfig.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheKey {
    /// The project's files that were read, relative to it.
    pub files: Vec<String>,
    /// Names that were found to be packages, and would be files if they were linked into the project.
    packages: Vec<String>,
    /// Files that would count if they were there: read before another one, or in its place.
    absent: Vec<String>,
    /// A hash of `package.json`, `tsconfig.json` and the lock file, wherever that is.
    fingerprint: String,
}

impl CacheKey {
    /// `None` where files count that neither a tree of the project nor the stamp holds. `fingerprint` was
    /// taken before the reading.
    pub fn of(root: &Path, modules: &Modules<'_>, fingerprint: Option<String>) -> Option<CacheKey> {
        let files = modules.paths();
        let mut packages = Vec::new();
        for (specifier, target) in modules.targets() {
            match target {
                ImportTarget::Package(name) => packages.push(name),
                ImportTarget::Module(_)
                    if !specifier.starts_with('.') && is_installed(root, &package(&specifier)) =>
                {
                    return None;
                }
                ImportTarget::Module(_) | ImportTarget::Missing => {}
            }
        }
        packages.sort_unstable();
        packages.dedup();
        let is_inside = files.iter().all(|file| !file.starts_with("../"));
        let absent = absent(root, modules);
        Some(CacheKey { files, packages, absent, fingerprint: fingerprint? }).filter(|_| is_inside)
    }
}

/// Files that are not there, and would be taken before those that were read: an ignore rule can keep them
/// out of the tree that says whether anything changed.
fn absent(root: &Path, modules: &Modules<'_>) -> Vec<String> {
    let mut absent = modules.missing();
    let read = modules.paths();
    absent.extend(entry::USUAL.iter().map(|name| (*name).to_owned()));
    absent.sort_unstable();
    absent.dedup();
    absent.retain(|path| !read.contains(path) && !root.join(path).exists());
    absent
}

/// True if reading the same files again would give the same agent.
pub fn still_holds(root: &Path, cache_key: &CacheKey) -> bool {
    let Ok(root) = root.canonicalize() else { return false };
    matches!(fingerprint(&root), Ok(Some(fingerprint)) if fingerprint == cache_key.fingerprint)
        && cache_key.packages.iter().all(|name| !is_linked(&root, name))
        && cache_key.absent.iter().all(|path| !root.join(path).exists())
}

/// `None` where `tsconfig.json` extends another file.
pub fn fingerprint(root: &Path) -> Result<Option<String>> {
    let config = root.join(TSCONFIG);
    let config = if config.is_file() {
        fs::read_if_exists(&config)?.unwrap_or_default()
    } else {
        Vec::new()
    };
    if String::from_utf8_lossy(&config).contains("\"extends\"") {
        return Ok(None);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(blake3::hash(&config).as_bytes()).update(lockfile::fingerprint(root)?.as_bytes());
    Ok(Some(hasher.finalize().to_hex().to_string()))
}

fn is_installed(root: &Path, name: &str) -> bool {
    root.ancestors().any(|folder| folder.join("node_modules").join(name).exists())
}

/// True for a package under development: a link that leads out of `node_modules`. Its files change
/// without a new version, so the lock file says nothing about them.
fn is_linked(root: &Path, name: &str) -> bool {
    let mut places = root.ancestors().map(|folder| folder.join("node_modules").join(name));
    let found = places.find_map(|place| place.canonicalize().ok());
    found.is_some_and(|path| !path.components().any(|part| part.as_os_str() == "node_modules"))
}
