//! The source tree of the version before: where the older bytes of a path are found.

use super::scan::join;
use crate::error::{Kind, Result};
use crate::object::{Id, Source, Tree};
use std::collections::HashMap;

/// Opens only the folders that are asked for, each once.
#[derive(Default)]
pub struct PreviousTree {
    root: Option<Id>,
    folders: HashMap<String, Option<Tree>>,
}

impl PreviousTree {
    pub fn new(root: Option<Id>) -> PreviousTree {
        PreviousTree { root, folders: HashMap::new() }
    }

    /// Id of this name in this folder of the previous tree.
    pub fn id(&mut self, source: &dyn Source, folder: &str, name: &str) -> Result<Option<Id>> {
        self.load(source, folder)?;
        let tree = self.folders.get(folder).and_then(Option::as_ref);
        Ok(tree.and_then(|tree| tree.get(name)).map(|entry| entry.id))
    }

    fn load(&mut self, source: &dyn Source, folder: &str) -> Result<()> {
        let mut path = String::new();
        let mut id = self.root;
        for name in std::iter::once("").chain(folder.split('/').filter(|name| !name.is_empty())) {
            if !name.is_empty() {
                let above = self.folders.get(&path).and_then(Option::as_ref);
                let entry = above.and_then(|tree| tree.get(name));
                id = entry.filter(|entry| entry.mode.is_directory()).map(|entry| entry.id);
                path = join(&path, name);
            }
            if !self.folders.contains_key(&path) {
                // It saves room only: one that is damaged is none.
                let tree = match id.map(|id| source.tree(&id)).transpose() {
                    Err(error) if error.kind() == Kind::Corrupt => None,
                    tree => tree?,
                };
                self.folders.insert(path.clone(), tree);
            }
        }
        Ok(())
    }
}
