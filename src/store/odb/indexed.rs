//! Indexed packs: the packs of a store for a command that reads a few objects. A pack that the multi-pack index covers
//! is opened when an object in it is read, and only the others at once.
//!
//! Nothing is decided here: an object that is not found or cannot be read is looked for in all packs, opened one by one.

use super::Odb;
use super::find::{FoundObject, ReadCost};
use super::list::{self, Mapped, Pack, Packs};
use super::multi_pack_index::{self, MultiPackIndex};
use super::tree_cache::TreeCache;
use crate::error::Result;
use crate::fs;
use crate::object::Id;
use crate::pack::PackId;
use crate::store::layout;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError};

/// Packs that may be outside of the index, so that it is not written with every pack. As many are opened without one.
const OUTSIDE: usize = 16;

/// The packs at the moment when the first object was needed.
pub(super) struct IndexedPacks {
    dir: PathBuf,
    index: MultiPackIndex,
    /// The packs of the index; `None` if one is gone, or cannot be opened.
    covered: Vec<OnceLock<Option<Arc<Pack>>>>,
    /// The packs that the index does not cover, and the active packs.
    others: Packs,
}

impl IndexedPacks {
    /// `names` are the files in the folder with the packs, and `others` opens some of them.
    fn new(
        dir: &Path,
        index: MultiPackIndex,
        names: Vec<String>,
        others: impl FnOnce(Vec<String>) -> Result<Packs>,
    ) -> Option<IndexedPacks> {
        let mut is_there = vec![false; index.packs().len()];
        let mut is_other = |name: &String| {
            let number = PackId::from_file_name(name).and_then(|id| index.number_of(id));
            number.is_none_or(|number| {
                is_there[number] = true;
                false
            })
        };
        let names: Vec<String> = names.into_iter().filter(|name| is_other(name)).collect();
        if !is_there.contains(&true) {
            return None;
        }
        let gone_or_closed =
            |is_there| if is_there { OnceLock::new() } else { OnceLock::from(None) };
        let covered = is_there.into_iter().map(gone_or_closed).collect();
        Some(IndexedPacks { dir: dir.to_owned(), index, covered, others: others(names).ok()? })
    }

    /// The pack, opened if it is not yet.
    fn pack(&self, number: usize) -> Option<&Arc<Pack>> {
        let id = *self.index.packs().get(number)?;
        let open = || Pack::open(&self.dir.join(id.file_name()), id).ok();
        self.covered.get(number)?.get_or_init(open).as_ref()
    }

    /// A pack that has the object, and the position in it.
    pub fn copy<'a>(&'a self, id: &'a Id) -> Option<(&'a Arc<Pack>, u32)> {
        let listed = self.index.find(id).find_map(|(number, position)| {
            let pack = self.pack(number)?;
            (pack.reader.id(position) == Some(*id)).then_some((pack, position))
        });
        listed.or_else(|| self.others.copies(id).next())
    }

    /// Trees that were read.
    pub fn trees(&self) -> &TreeCache {
        &self.others.trees
    }

    /// The packs that are open, all of which somebody may have found an object in.
    pub fn opened(&self) -> Packs {
        let covered = self.covered.iter().filter_map(|pack| pack.get()?.clone());
        Packs::fixed(covered.chain(self.others.good.iter().cloned()).map(Mapped))
    }
}

impl Odb {
    /// The packs by their index, until somebody needed all of them.
    pub(super) fn indexed(&self) -> Option<&IndexedPacks> {
        let store = self.0.store.as_deref()?;
        if self.0.packs.read().unwrap_or_else(PoisonError::into_inner).is_some() {
            return None;
        }
        self.0.indexed.get_or_init(|| self.open_indexed(store)).as_ref()
    }

    /// A copy of the object that is found without opening every pack.
    pub(super) fn indexed_copy<'a>(&'a self, id: &'a Id) -> Option<(&'a Arc<Pack>, u32)> {
        self.indexed()?.copy(id)
    }

    /// The object, if such a copy is sound.
    pub(super) fn find_indexed(&self, id: &Id, spent: &mut ReadCost) -> Option<FoundObject> {
        let (pack, position) = self.indexed_copy(id)?;
        let opened = spent.opened;
        let found = self.load(pack, position, spent);
        // It is read again from all packs, with the whole budget.
        found.inspect_err(|_| spent.opened = opened).ok()
    }

    pub(super) fn with_trees<T>(&self, use_trees: impl FnOnce(&TreeCache) -> T) -> Result<T> {
        match self.indexed() {
            Some(indexed) => Ok(use_trees(indexed.trees())),
            None => Ok(use_trees(&self.packs()?.trees)),
        }
    }

    fn open_indexed(&self, store: &Path) -> Option<IndexedPacks> {
        let index = MultiPackIndex::open(&store.join(layout::MULTI_PACK_INDEX))?;
        // Before the folder: a record leaves `ACTIVE` after a pack in the folder has it.
        let active = self.active_files();
        let dir = self.dir().ok()?;
        let names = list::names(dir).ok()?;
        IndexedPacks::new(dir, index, names, |others| {
            let mut packs = list::open_all(dir, others, &Packs::default())?;
            packs.add_active(active, &Packs::default());
            Ok(packs)
        })
    }

    /// Writes the index again if too many packs are outside, and removes it if there are few packs. With `is_verified`
    /// it is read to its end first. Commands need no index, so a failure is none of theirs.
    pub(super) fn keep_index(&self, is_verified: bool) {
        drop(self.try_keep_index(is_verified));
    }

    fn try_keep_index(&self, is_verified: bool) -> Result<()> {
        let Some(store) = &self.0.store else { return Ok(()) };
        let path = store.join(layout::MULTI_PACK_INDEX);
        let packs = self.latest()?;
        if packs.files().count() <= OUTSIDE {
            return if path.exists() { fs::remove(&path) } else { Ok(()) };
        }
        let index = MultiPackIndex::open(&path).filter(|index| !is_verified || index.is_sound());
        let covered: HashSet<&PackId> = index.iter().flat_map(MultiPackIndex::packs).collect();
        if packs.files().filter(|pack| !covered.contains(&pack.id)).count() <= OUTSIDE {
            return Ok(());
        }
        let with_ids = packs.files().map(|pack| (pack.id, pack.reader.ids()));
        let Some(bytes) = multi_pack_index::encode(with_ids) else { return Ok(()) };
        fs::create_dir_all(&store.join(layout::CACHE))?;
        fs::replace_unsynced(&path, &bytes)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage and remove files on purpose")]
mod tests;
