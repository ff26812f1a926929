//! External references of a pack: the objects that its trees link to and its deltas build on, and that it does not
//! have.
//!
//! A pack is proven once, with the packs of one moment. What it needs is looked for again whenever these
//! became others.

use crate::error::Result;
use crate::object::{Id, ObjectKind, Source, Tree};
use crate::pack::{EntryBase, EntryContent, PackReader};
use crate::store::{Mapped, Odb};
use std::collections::HashSet;

/// Bases of the deltas of a pack.
pub fn bases(pack: &Mapped) -> Result<Vec<Id>> {
    let reader = PackReader::open(pack.bytes())?;
    let base = |number| match reader.entry(number).map(|entry| entry.base()) {
        Ok(Some(EntryBase::Id(base))) => Some(base),
        _ => None,
    };
    Ok((0..reader.entries()).filter_map(base).collect())
}

/// Ascending. `objects` has what is in the pack, and its bases.
pub fn of(pack: &Mapped, objects: &Odb) -> Result<Vec<Id>> {
    let reader = PackReader::open(pack.bytes())?;
    let mut needs = HashSet::new();
    for number in 0..reader.entries() {
        let entry = reader.entry(number)?;
        if let Some(EntryBase::Id(base)) = entry.base() {
            needs.insert(base);
        }
        if entry.content() == EntryContent::Object(ObjectKind::Blob) {
            continue;
        }
        for id in reader.positions(number).filter_map(|position| reader.id(position)) {
            if let Some((ObjectKind::Tree, bytes)) = objects.find(&id)? {
                needs.extend(Tree::decode(&bytes)?.entries().iter().map(|entry| entry.id));
            }
        }
    }
    let mut needs: Vec<Id> = needs.into_iter().filter(|id| reader.position(id).is_none()).collect();
    needs.sort_unstable();
    Ok(needs)
}
