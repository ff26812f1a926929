//! The object database: every pack in `objects/`, read as one.
//!
//! Packs are found when they are first needed and again, once, when an object is missing: another
//! process may have added packs, or put many together into one. Readers take no lock. A command that reads a few objects
//! of a store with many packs opens only those that an index names ([`indexed`]).
//!
//! A database over a fixed list of packs reads those and no others, and is never written to.

mod active;
mod batch;
mod big;
mod cache;
mod check;
mod combined;
mod compact;
mod confirm;
mod external_refs;
mod find;
mod graph;
mod heads;
mod hints;
mod indexed;
mod list;
mod many;
mod mapped_reader;
mod multi_pack_index;
mod publish;
mod thin_pack;
mod tree_cache;
mod verify_pack;

pub use crate::store::odb::thin_pack::ThinPack;
pub use crate::store::odb::verify_pack::{PackCheck, VerifyLimits};
pub use batch::Batch;
pub use cache::GroupCache;
pub use check::{Checked, Damage};
pub use compact::{CompactScope, Compacted};
pub use graph::ObjectGraph;
pub use list::Mapped;

use crate::error::{Error, Result};
use crate::object::{Id, IdPrefix};
use crate::pack::PackId;
use crate::store::active_pack::ActivePacks;
use crate::store::{PurgedIds, layout};
use indexed::IndexedPacks;
use list::Packs;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Object database: packs to read objects from. Cheap to clone; may be used from many threads.
#[derive(Clone)]
pub struct Odb(Arc<OdbInner>);

struct OdbInner {
    /// `None`: a fixed list of packs, wherever they are.
    dir: Option<PathBuf>,
    /// Store that they belong to: its lock is held where a pack gets its name, and its list says what was purged.
    store: Option<PathBuf>,
    /// True if the active packs of that store are read too.
    has_active: bool,
    /// The files with the active packs, as they were read last.
    active: Mutex<Arc<ActivePacks>>,
    packs: RwLock<Option<Arc<Packs>>>,
    /// The packs until then.
    indexed: OnceLock<Option<IndexedPacks>>,
    /// Objects of packs that were listed before and are gone.
    lost: Mutex<HashSet<Id>>,
    /// Packs whose names this process made durable.
    durable: Mutex<HashSet<PackId>>,
    groups: GroupCache,
}

impl fmt::Debug for Odb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.dir {
            Some(dir) => write!(f, "Odb({dir:?})"),
            None => write!(f, "Odb(a list of packs)"),
        }
    }
}

/// Totals of `objects/`. An object that lies in two packs counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PackCounts {
    pub packs: u64,
    pub objects: u64,
    /// Bytes of all pack files.
    pub bytes: u64,
    /// Files that are named like packs and cannot be opened as such.
    pub damaged: u64,
}

impl Odb {
    /// The objects in a folder. Nothing is read yet.
    pub fn open(dir: &Path) -> Odb {
        Odb::new(Some(dir.to_owned()), None, None, GroupCache::default())
    }

    /// The objects of a store. Nothing is read yet.
    pub(in crate::store) fn of_store(store: &Path) -> Odb {
        let dir = Some(store.join(layout::OBJECTS));
        Odb::new(dir, Some(store.to_owned()), None, GroupCache::default())
    }

    /// The same without the records that only `ACTIVE` has.
    pub(in crate::store) fn of_folder(store: &Path) -> Odb {
        let mut odb = Odb::of_store(store);
        if let Some(inner) = Arc::get_mut(&mut odb.0) {
            inner.has_active = false;
        }
        odb
    }

    fn new(
        dir: Option<PathBuf>,
        store: Option<PathBuf>,
        packs: Option<Packs>,
        groups: GroupCache,
    ) -> Odb {
        Odb(Arc::new(OdbInner {
            dir,
            has_active: store.is_some(),
            store,
            active: Mutex::default(),
            packs: RwLock::new(packs.map(Arc::new)),
            indexed: OnceLock::new(),
            lost: Mutex::default(),
            durable: Mutex::default(),
            groups,
        }))
    }

    /// The objects in exactly these packs. What must be read first comes first.
    pub fn over(packs: impl IntoIterator<Item = Mapped>) -> Odb {
        Odb::over_with(packs, GroupCache::default())
    }

    /// The same with groups that it shares with others.
    pub fn over_with(packs: impl IntoIterator<Item = Mapped>, groups: GroupCache) -> Odb {
        Odb::new(None, None, Some(Packs::fixed(packs)), groups)
    }

    /// These packs as they are now, and one that is none of them.
    pub fn with(&self, pack: &Mapped) -> Result<Odb> {
        let here = self.latest()?;
        Ok(Odb::over(here.good.iter().cloned().map(Mapped).chain([pack.clone()])))
    }

    /// Folder for new packs.
    fn dir(&self) -> Result<&Path> {
        self.0
            .dir
            .as_deref()
            .ok_or_else(|| Error::failed("cannot write into a fixed list of packs"))
    }

    /// Objects that must not be stored again.
    pub(in crate::store) fn purged(&self) -> Result<PurgedIds> {
        match &self.0.store {
            Some(store) => PurgedIds::read(store),
            None => Ok(PurgedIds::default()),
        }
    }

    /// Begins to write objects. They become durable, all at once, with [`Batch::commit`].
    pub fn batch(&self) -> Batch {
        Batch::new(self.clone())
    }

    /// Begins to write objects beside a fixed list of packs, into a file in `folder`.
    pub fn batch_in(&self, folder: &Path) -> Batch {
        Batch::beside(self.clone(), folder)
    }

    /// The ids that begin so, ascending; at most `limit` of them.
    pub fn resolve_prefix(&self, prefix: &IdPrefix, limit: usize) -> Result<Vec<Id>> {
        let mut found = self.matching(&*self.packs()?, prefix, limit);
        if let (true, Some(packs)) = (found.is_empty(), self.look_again()?) {
            found = self.matching(&packs, prefix, limit);
        }
        Ok(found)
    }

    fn matching(&self, packs: &Packs, prefix: &IdPrefix, limit: usize) -> Vec<Id> {
        // The smallest `limit` of all are among the smallest `limit` of each.
        let mut found: Vec<Id> =
            packs.good.iter().flat_map(|pack| pack.reader.matching(prefix).take(limit)).collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        found
    }

    /// Every id, ascending, once.
    pub fn ids(&self) -> Result<Vec<Id>> {
        let packs = self.latest()?;
        let mut ids: Vec<Id> = packs.good.iter().flat_map(|pack| pack.reader.ids()).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    pub fn counts(&self) -> Result<PackCounts> {
        let packs = self.latest()?;
        let mut counts =
            PackCounts { damaged: packs.damaged.len() as u64, ..PackCounts::default() };
        for pack in &packs.good {
            counts.packs += u64::from(pack.is_file());
            counts.objects += u64::from(pack.reader.count());
            counts.bytes += pack.reader.bytes().len() as u64;
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests;
