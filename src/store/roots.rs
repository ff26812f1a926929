//! Roots: everything that a store must keep, with all that is below. The one list of them; what is in no root, and
//! below none, is garbage.

use super::odb::Odb;
use super::{Store, refs};
use crate::error::{Kind, Result};
use crate::object::{Id, Source, Tree};
use std::collections::HashSet;

impl Store {
    /// Every id that something beside the objects names: the refs of all series, the newest record of the ledger, and
    /// what remotes had when they were last asked, the other side of an open merge. Caches name none.
    pub fn roots(&self) -> Result<Vec<Id>> {
        let mut roots = Vec::new();
        for series in [refs::SOURCE, refs::VERSIONS, refs::SNAPSHOTS] {
            roots.extend(self.refs().list(series)?.into_iter().map(|(_, id)| id));
        }
        for name in self.tracked()? {
            roots.extend(self.remote(&name)?.into_iter().flat_map(|known| known.heads.roots()));
        }
        roots.extend(self.open_merge()?.into_iter().flat_map(|merge| merge.theirs.heads.roots()));
        roots.extend(self.roots_of_operations()?);
        // After the refs: a version that it names was created before it.
        roots.extend(self.active()?.map(|active| active.ledger));
        Ok(roots)
    }
}

/// Objects that roots lead to.
#[derive(Debug, Default)]
pub(super) struct Reached {
    ids: HashSet<Id>,
}

impl Reached {
    /// Adds roots, and all that is below. A tree that cannot be read is an error: what is below it is unknown.
    pub fn add(&mut self, objects: &Odb, roots: &[Id]) -> Result<()> {
        self.walk(roots, |id| objects.tree(id).map(Some))
    }

    /// The same, but for trees that are missing or damaged.
    pub fn add_readable(&mut self, objects: &Odb, roots: &[Id]) -> Result<()> {
        self.walk(roots, |id| match objects.tree(id) {
            Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::Unavailable) => Ok(None),
            read => read.map(Some),
        })
    }

    fn walk(&mut self, roots: &[Id], read: impl Fn(&Id) -> Result<Option<Tree>>) -> Result<()> {
        let mut open: Vec<Id> = roots.to_vec();
        while let Some(id) = open.pop() {
            if !self.ids.insert(id) {
                continue;
            }
            for entry in read(&id)?.iter().flat_map(Tree::entries) {
                match entry.mode.is_directory() {
                    true => open.push(entry.id),
                    false => drop(self.ids.insert(entry.id)),
                }
            }
        }
        Ok(())
    }

    pub fn contains(&self, id: &Id) -> bool {
        self.ids.contains(id)
    }
}
