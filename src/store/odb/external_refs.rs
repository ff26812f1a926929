//! External references of a pack: the objects that its trees link to and its deltas build on, and that it does not
//! have.
//!
//! A pack is proven once, with the packs of one moment. What it needs is looked for again whenever these
//! became others.

use super::{Mapped, Odb};
use crate::error::Result;
use crate::object::{Id, ObjectKind, Source, Tree};
use crate::pack::{EntryBase, EntryContent};
use std::collections::HashSet;

impl Mapped {
    /// Bases of its deltas that are named by id: they may be in other packs.
    pub fn bases(&self) -> Vec<Id> {
        let reader = &self.0.reader;
        let base = |number| match reader.entry(number).map(|entry| entry.base()) {
            Ok(Some(EntryBase::Id(base))) => Some(base),
            _ => None,
        };
        (0..reader.entries()).filter_map(base).collect()
    }

    /// Ascending. `objects` has what is in the pack, and its bases.
    pub fn external_refs(&self, objects: &Odb) -> Result<Vec<Id>> {
        let reader = &self.0.reader;
        let mut needs: HashSet<Id> = self.bases().into_iter().collect();
        for number in 0..reader.entries() {
            if reader.entry(number)?.content() == EntryContent::Object(ObjectKind::Blob) {
                continue;
            }
            for id in reader.positions(number).filter_map(|position| reader.id(position)) {
                if let Some((ObjectKind::Tree, bytes)) = objects.find(&id)? {
                    needs.extend(Tree::decode(&bytes)?.entries().iter().map(|entry| entry.id));
                }
            }
        }
        let mut needs: Vec<Id> =
            needs.into_iter().filter(|id| reader.position(id).is_none()).collect();
        needs.sort_unstable();
        Ok(needs)
    }
}
