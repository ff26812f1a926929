//! Key of the cached agent: its files, and all else that decides whether reading again would give the same.

use super::syntax::files::{Accesses, Files};
use crate::error::Result;
use crate::fs;
use crate::object::{Id, PathFinder, Source};
use crate::reader::lockfile;
use crate::reader::primitives::entry;
use crate::reader::syntax::modules::{ImportTarget, Modules, package};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const TSCONFIG: &str = "tsconfig.json";

/// Everything in a project that an agent was read from. Paths are relative to the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFiles {
    /// Modules and texts of the agent, some of which are only named.
    pub paths: Vec<String>,
    /// Ids of all files that were read, of those that configure the reading too.
    files: BTreeMap<String, Id>,
    /// Names in the folders that were listed.
    folders: BTreeMap<String, Vec<String>>,
    /// Paths that would count if something existed there: a file that is read before another one, or a folder of it.
    absent: Vec<String>,
    /// Folders that would count if they were files.
    no_files: Vec<String>,
    /// True if the whole project was searched for an agent, so that any new file can change it.
    is_search: bool,
}

/// Result of comparing the reads of an agent with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Same,
    Different,
    /// It was read from more than the snapshot contains.
    Unknown,
}

impl ReadFiles {
    pub fn of(modules: &Modules<'_>) -> ReadFiles {
        let accesses = modules.files().accesses();
        let (absent, no_files) = no_files(modules, &accesses);
        let is_inside = |path: &String| !path.starts_with("../");
        let files =
            accesses.files.iter().map(|(path, id)| (modules.relative(Path::new(path)), *id));
        let folders =
            accesses.folders.into_iter().map(|(path, names)| (modules.relative(&path), names));
        ReadFiles {
            paths: modules.paths(),
            files: files.filter(|(path, _)| is_inside(path)).collect(),
            folders: folders.filter(|(path, _)| is_inside(path)).collect(),
            absent,
            no_files,
            is_search: accesses.is_search,
        }
    }

    /// Compares the reads with the files of a tree.
    pub fn agreement(&self, source: &dyn Source, tree: Id) -> Result<Agreement> {
        let mut finder = PathFinder::new(tree);
        let mut is_known = !self.is_search;
        for (path, id) in &self.files {
            match finder.find(source, path)? {
                Some(entry) if entry.mode.is_file() && entry.id == *id => {}
                Some(entry) if entry.mode.is_file() => return Ok(Agreement::Different),
                // A link, or a file that is ignored.
                _ => is_known &= is_configuration(path),
            }
        }
        for path in self.paths.iter().filter(|path| !self.files.contains_key(*path)) {
            is_known &= finder.find(source, path)?.is_some_and(|entry| entry.mode.is_file());
        }
        let mut is_file =
            |path: &str| Ok(finder.find(source, path)?.map(|entry| !entry.mode.is_directory()));
        if self.is_preceded(&mut is_file)? {
            return Ok(Agreement::Different);
        }
        for (folder, names) in &self.folders {
            let Some(entry) = finder.find(source, folder)? else { continue };
            let tree = source.tree(&entry.id)?;
            if tree.entries().iter().any(|entry| !names.iter().any(|name| **name == *entry.name)) {
                return Ok(Agreement::Different);
            }
        }
        Ok(if is_known { Agreement::Same } else { Agreement::Unknown })
    }

    /// True if nothing beside the tree of a snapshot differs: files that an ignore rule keeps out of it.
    fn holds_outside(&self, root: &Path) -> Result<bool> {
        let files = Files::default();
        for (folder, names) in &self.folders {
            if files.names(&root.join(folder))? != *names {
                return Ok(false);
            }
        }
        let mut names = KnownNames::of(&self.absent);
        let is_file = |path: &str| {
            let is_absent = names.lacks(root, path);
            let found = if is_absent { None } else { root.join(path).metadata().ok() };
            Ok(found.map(|found| found.is_file()))
        };
        Ok(!self.is_preceded(is_file)?)
    }

    /// True if something appeared where it would count. `is_file` says of a path if it is a file, or `None` if nothing
    /// is there.
    fn is_preceded(&self, mut is_file: impl FnMut(&str) -> Result<Option<bool>>) -> Result<bool> {
        for path in &self.absent {
            if is_file(path)?.is_some() {
                return Ok(true);
            }
        }
        for path in &self.no_files {
            if is_file(path)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Names in the folders of many paths: a folder that is listed answers for all of them.
struct KnownNames<'p> {
    /// Number of paths in each folder.
    counts: HashMap<&'p str, usize>,
    /// In lower case, as some file systems take names; `None` where the names decide nothing.
    folders: HashMap<&'p str, Option<HashSet<String>>>,
}

/// Below this many paths in a folder each is looked up.
const FEW: usize = 8;

impl<'p> KnownNames<'p> {
    fn of(paths: &'p [String]) -> KnownNames<'p> {
        let mut counts = HashMap::new();
        for (folder, _) in paths.iter().filter_map(|path| path.rsplit_once('/')) {
            *counts.entry(folder).or_default() += 1;
        }
        KnownNames { counts, folders: HashMap::new() }
    }

    /// True if there is certainly nothing at a path.
    fn lacks(&mut self, root: &Path, path: &str) -> bool {
        let Some((folder, name)) = path.rsplit_once('/') else { return false };
        let Some((&folder, &count)) = self.counts.get_key_value(folder) else { return false };
        if count < FEW || !name.is_ascii() {
            return false;
        }
        let listed = self.folders.entry(folder);
        let names = listed.or_insert_with(|| listed_names(&root.join(folder), 8 * count));
        names.as_ref().is_some_and(|names| !names.contains(&name.to_ascii_lowercase()))
    }
}

/// The names in a folder; `None` where there are too many, or where a name can be another one to the file system.
fn listed_names(folder: &Path, most: usize) -> Option<HashSet<String>> {
    // Windows gives a file a second, short name.
    if cfg!(windows) {
        return None;
    }
    let mut names = HashSet::new();
    for entry in std::fs::read_dir(folder).ok()? {
        let name = entry.ok()?.file_name().into_string().ok().filter(|name| name.is_ascii())?;
        names.insert(name.to_ascii_lowercase());
        if names.len() > most {
            return None;
        }
    }
    Some(names)
}

/// True for the files that the fingerprint contains.
fn is_configuration(path: &str) -> bool {
    path == TSCONFIG || lockfile::is_name(path)
}

/// Paths at which nothing is, and folders, that would be taken before the files that were read: an ignore rule can keep
/// them out of the tree that says whether anything changed. What was found absent is not looked at again.
fn no_files(modules: &Modules<'_>, accesses: &Accesses) -> (Vec<String>, Vec<String>) {
    let read: HashSet<String> = modules.paths().into_iter().collect();
    let relative = |path: &OsString| modules.relative(Path::new(path));
    let mut absent: BTreeSet<String> = accesses.absent.iter().map(relative).collect();
    let mut others: BTreeSet<String> = accesses.no_files.iter().map(relative).collect();
    others.extend(entry::USUAL.iter().map(|name| (*name).to_owned()));
    others.retain(|path| !absent.contains(path) && !read.contains(path));
    let mut no_files = Vec::new();
    for path in others {
        match modules.root().join(&path).metadata() {
            Ok(found) if found.is_file() => {}
            Ok(_) => no_files.push(path),
            Err(_) => drop(absent.insert(path)),
        }
    }
    (absent.into_iter().filter(|path| !read.contains(path)).collect(), no_files)
}

/// All else that an agent depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheKey {
    /// Names that were found to be packages, and would be files if they were linked into the project.
    packages: Vec<String>,
    /// A hash of `package.json`, `tsconfig.json` and the lock file, wherever that is.
    fingerprint: String,
}

impl CacheKey {
    /// `None` where files count that neither a tree of the project nor the fingerprint contains. `fingerprint`
    /// was taken before the reading.
    pub fn of(root: &Path, modules: &Modules<'_>, fingerprint: Option<String>) -> Option<CacheKey> {
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
        let is_inside = modules.paths().iter().all(|file| !file.starts_with("../"));
        Some(CacheKey { packages, fingerprint: fingerprint? }).filter(|_| is_inside)
    }

    /// True if reading the same files again would give the same agent.
    pub fn still_holds(&self, root: &Path, read: &ReadFiles) -> bool {
        let Ok(root) = root.canonicalize() else { return false };
        let installed = root.ancestors().map(|folder| folder.join("node_modules"));
        // Mostly one of them exists, for all packages.
        let installed: Vec<PathBuf> = installed.filter(|folder| folder.is_dir()).collect();
        matches!(fingerprint(&root), Ok(Some(fingerprint)) if fingerprint == self.fingerprint)
            && self.packages.iter().all(|name| !is_linked(&installed, name))
            && read.holds_outside(&root).unwrap_or(false)
    }
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
fn is_linked(installed: &[PathBuf], name: &str) -> bool {
    let mut places = installed.iter().map(|folder| folder.join(name));
    let found = places.find_map(|place| place.canonicalize().ok());
    found.is_some_and(|path| !path.components().any(|part| part.as_os_str() == "node_modules"))
}
