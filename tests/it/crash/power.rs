//! Power that fails: names that were made and whose folder was not synced since are gone, or are again what they were.

use super::{copy_folder, is_passing};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Names that a loss of power takes back, from the steps that were taken.
#[derive(Debug, Default)]
pub struct Unsynced {
    names: BTreeSet<PathBuf>,
    /// Names that were made durable earlier: what they held then is not known any more.
    settled: BTreeSet<PathBuf>,
    /// Files of a project that were written under their own names, and not synced since: what they hold is lost.
    contents: BTreeSet<PathBuf>,
}

impl Unsynced {
    /// Takes in the steps of a process, in their order. The last step of one that was killed was not taken.
    pub fn follow(&mut self, steps: &[(String, PathBuf)]) {
        for (word, path) in steps {
            match word.as_str() {
                "Rename" | "Link" | "Mkdir" if !is_draft(path) => {
                    if !self.settled.contains(path) {
                        self.names.insert(path.clone());
                    }
                    // Another file, that was synced before.
                    self.contents.remove(path);
                }
                "Create" if !is_draft(path) && !is_in_store(path) => {
                    self.contents.insert(path.clone());
                    if !self.settled.contains(path) {
                        self.names.insert(path.clone());
                    }
                }
                "SyncDir" => self.settle(|name| name.parent() == Some(path)),
                // The whole file system, through one of its folders.
                "Sync" if path.is_dir() => {
                    self.settle(|_| true);
                    self.contents.clear();
                }
                "Sync" => drop(self.contents.remove(path)),
                "Remove" => {
                    self.names.remove(path);
                    self.contents.remove(path);
                }
                _ => {}
            }
        }
    }

    fn settle(&mut self, is_durable: impl Fn(&Path) -> bool) {
        let (durable, rest) =
            std::mem::take(&mut self.names).into_iter().partition(|name| is_durable(name));
        self.names = rest;
        self.settled.extend::<BTreeSet<PathBuf>>(durable);
    }

    /// Lets the power fail: each of the names is what it was in `before`, of which `copy` was a copy.
    pub fn fail(&self, copy: &Path, before: &Path) {
        for file in self.contents.iter().filter(|file| file.is_file()) {
            std::fs::write(file, "").unwrap();
        }
        for name in &self.names {
            let Ok(path) = name.strip_prefix(copy) else { continue };
            if is_uncertain(path) || !name.exists() {
                continue;
            }
            let old = before.join(path);
            if name.is_dir() {
                if !old.exists() {
                    std::fs::remove_dir_all(name).unwrap();
                }
            } else if old.is_dir() {
                std::fs::remove_file(name).unwrap();
                copy_folder(&old, name);
            } else if old.exists() {
                std::fs::copy(old, name).unwrap();
            } else {
                std::fs::remove_file(name).unwrap();
            }
        }
    }
}

/// Caches and uploads, of a store or of a remote store, which promise nothing.
fn is_uncertain(path: &Path) -> bool {
    let store = path.iter().position(|part| part == ".lua");
    let in_store: PathBuf = path.iter().skip(store.map_or(usize::MAX, |at| at + 1)).collect();
    (store.is_some() && is_passing(&in_store))
        || path.iter().any(|part| part == "incoming" || part == "cache")
}

/// True of the files of a store or of a remote store, which have their own names when they are complete.
pub fn is_in_store(path: &Path) -> bool {
    path.iter().any(|part| part == ".lua" || part == "depot")
}

pub fn is_draft(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    name.starts_with("tmp-") || name.starts_with(".lua-store-tmp-")
}
