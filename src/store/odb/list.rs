//! List of the packs in `objects/`.

use super::Odb;
use super::combined::LazyIndex;
use super::hints::PackHints;
use super::indexed::IndexedPacks;
use super::tree_cache::TreeCache;
use crate::error::{At, Error, Result};
use crate::fs::{self, Map};
use crate::object::Id;
use crate::pack::{PackBytes, PackId, PackReader};
use crate::store::active_pack::ActivePacks;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

/// A pack file, mapped, or an active pack.
pub(super) struct Pack {
    pub id: PackId,
    pub reader: PackReader<Map>,
    /// File that contains it, in the folder of the store. `None`: it is a file of its own.
    pub container: Option<&'static str>,
    /// No other one has it: of two files with the same name one may be damaged.
    pub number: u64,
}

static OPENED: AtomicU64 = AtomicU64::new(0);

impl Pack {
    pub fn open(path: &Path, id: PackId) -> Result<Arc<Pack>> {
        Pack::over(fs::map(path)?, id, None)
    }

    pub fn over(bytes: Map, id: PackId, container: Option<&'static str>) -> Result<Arc<Pack>> {
        let (reader, number) = (PackReader::open(bytes)?, OPENED.fetch_add(1, Ordering::Relaxed));
        Ok(Arc::new(Pack { id, reader, container, number }))
    }

    /// True if it is a file of its own.
    pub fn is_file(&self) -> bool {
        self.container.is_none()
    }

    /// Name for a person.
    pub fn name(&self) -> String {
        self.container.map_or_else(|| self.id.file_name(), str::to_owned)
    }

    /// Time of the file. Nothing depends on the clock being right.
    pub fn written(&self, dir: &Path) -> SystemTime {
        let path = match self.container {
            Some(container) => dir.with_file_name(container),
            None => dir.join(self.id.file_name()),
        };
        path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn is_torn(&self) -> bool {
        self.reader.source().is_torn()
    }
}

impl PackBytes for Map {
    fn count_read(&self, bytes: usize) {
        Map::count_read(self, bytes);
    }
}

/// A pack file that was opened where it lies, to be read with others by [`Odb::over`]. Cheap to clone.
#[derive(Clone)]
pub struct Mapped(pub(super) Arc<Pack>);

impl Mapped {
    /// Maps the file, whatever its name. Nothing is proven: each object is when it is read.
    pub fn open(path: &Path, id: PackId) -> Result<Mapped> {
        Pack::open(path, id).map(Mapped)
    }

    pub fn id(&self) -> PackId {
        self.0.id
    }

    /// True if the disk could not give some of it. To see whether it can now, it has to be opened again.
    pub fn is_torn(&self) -> bool {
        self.0.is_torn()
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        self.0.reader.bytes()
    }

    /// The whole file, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.0.reader.pieces()
    }

    /// The id that its bytes have.
    pub fn hash(&self) -> PackId {
        self.0.reader.hash()
    }

    /// Counts bytes that somebody is about to read of [`Mapped::bytes`].
    pub(super) fn count_read(&self, bytes: usize) {
        self.0.reader.source().count_read(bytes);
    }

    /// The ids of its objects.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.0.reader.ids()
    }

    /// Number of its objects.
    pub fn count(&self) -> u32 {
        self.0.reader.count()
    }
}

/// The packs at one moment: the files in the order of their names, then the active packs.
#[derive(Default)]
pub(super) struct Packs {
    pub good: Vec<Arc<Pack>>,
    pub damaged: Vec<DamagedPack>,
    pub active: Arc<ActivePacks>,
    hints: PackHints,
    pub(super) index: LazyIndex,
    /// Goes with the list: what a later one has no more is not remembered.
    pub(super) trees: TreeCache,
}

/// A file that has the name of a pack and cannot be opened as one.
pub(super) struct DamagedPack {
    pub name: String,
    pub reason: String,
}

impl Packs {
    pub fn fixed(packs: impl IntoIterator<Item = Mapped>) -> Packs {
        let good = packs.into_iter().map(|mapped| mapped.0).collect();
        Packs { good, ..Packs::default() }
    }

    pub fn get(&self, id: PackId) -> Option<&Arc<Pack>> {
        self.good.iter().find(|pack| pack.id == id)
    }

    pub fn without(&self, id: PackId) -> Packs {
        let good = self.good.iter().filter(|pack| pack.id != id).cloned().collect();
        Packs { good, active: self.active.clone(), ..Packs::default() }
    }

    /// The packs that are files.
    pub fn files(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.good.iter().filter(|pack| pack.is_file())
    }

    /// The packs that have an object, each with the position in it, the one that had it last first.
    pub fn copies<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = (&'a Arc<Pack>, u32)> {
        let index = self.index.get(&self.good);
        let listed = index.into_iter().flat_map(|index| index.find(id));
        let is_it = |(pack, position): &(&Arc<Pack>, u32)| pack.reader.id(*position) == Some(*id);
        let listed = listed.map(|(at, position)| (&self.good[at], position)).filter(is_it);
        listed.chain(index.is_none().then(|| self.search(id)).into_iter().flatten())
    }

    /// The same, from the index of each pack.
    fn search<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = (&'a Arc<Pack>, u32)> {
        let (hint, count) =
            (self.hints.get(id).filter(|at| *at < self.good.len()), self.good.len());
        let others = (0..count).filter(move |at| Some(*at) != hint);
        hint.into_iter().chain(others).filter_map(move |at| {
            self.index.count_search();
            let position = self.good[at].reader.position(id)?;
            self.hints.note(id, at, count);
            Some((&self.good[at], position))
        })
    }

    /// A damaged one may have been replaced under its name.
    fn is_still(&self, names: &[String], active: &Arc<ActivePacks>) -> bool {
        self.damaged.is_empty()
            && Arc::ptr_eq(&self.active, active)
            && !self.good.iter().any(|pack| pack.is_torn())
            && self.files().map(|pack| pack.id.file_name()).eq(names.iter().cloned())
    }
}

impl Odb {
    /// The packs as they were when somebody last looked.
    pub(super) fn packs(&self) -> Result<Arc<Packs>> {
        let known = self.0.packs.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(packs) => Ok(packs),
            None => self.latest(),
        }
    }

    /// The packs as they are now.
    pub(super) fn latest(&self) -> Result<Arc<Packs>> {
        self.look_again()?;
        let known = self.0.packs.read().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(known.unwrap_or_default())
    }

    /// True if an object that this process once saw is gone now: a pack that had it was removed, and no other has it. A
    /// compaction alone loses none.
    pub(in crate::store) fn lost_objects(&self) -> Result<bool> {
        self.look_again()?;
        Ok(!self.0.lost.lock().unwrap_or_else(PoisonError::into_inner).is_empty())
    }

    /// True if this process once saw the object, and it is gone now.
    pub(super) fn is_lost(&self, id: &Id) -> bool {
        self.0.lost.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Every object, with the time when the newest pack that has it was written.
    pub(in crate::store) fn written(&self) -> Result<HashMap<Id, SystemTime>> {
        let dir = self.dir()?;
        let mut newest: HashMap<Id, SystemTime> = HashMap::new();
        for pack in &self.latest()?.good {
            let written = pack.written(dir);
            for id in pack.reader.ids() {
                let newest = newest.entry(id).or_insert(written);
                *newest = written.max(*newest);
            }
        }
        Ok(newest)
    }

    /// The packs that were opened one by one before all were.
    fn opened_by_index(&self) -> Packs {
        self.0.indexed.get().and_then(Option::as_ref).map(IndexedPacks::opened).unwrap_or_default()
    }

    /// Lists the folder; `None` when nothing is new.
    pub(super) fn look_again(&self) -> Result<Option<Arc<Packs>>> {
        let Some(dir) = &self.0.dir else { return Ok(None) };
        let mut known = self.0.packs.write().unwrap_or_else(PoisonError::into_inner);
        // Before the folder: a record leaves `ACTIVE` after a pack in the folder has it.
        let active = self.active_files();
        let names = names(dir)?;
        let old = match &*known {
            Some(packs) if packs.is_still(&names, &active) => return Ok(None),
            Some(packs) => packs.clone(),
            None => Arc::new(self.opened_by_index()),
        };
        let mut packs = open_all(dir, names, &old)?;
        packs.add_active(active, &old);
        let packs = Arc::new(packs);
        let gone = old.good.iter().filter(|pack| packs.get(pack.id).is_none());
        let lost = gone.flat_map(|pack| pack.reader.ids()).filter(|id| !packs.holds(id));
        self.0.lost.lock().unwrap_or_else(PoisonError::into_inner).extend(lost);
        *known = Some(packs.clone());
        Ok(Some(packs))
    }
}

/// Names of the packs in a folder, ascending.
pub(super) fn names(dir: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).at("read", dir)? {
        let name = entry.at("read", dir)?.file_name();
        names.extend(name.to_str().filter(|name| name.starts_with("pack-")).map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

/// Opens what is not open yet. One that was removed after it was listed was merged into another
/// pack before, so the folder is listed again.
pub(super) fn open_all(dir: &Path, mut names: Vec<String>, old: &Packs) -> Result<Packs> {
    loop {
        let mut packs = Packs::default();
        let mut removed = false;
        for name in &names {
            match open(dir, name, old) {
                Ok(pack) => packs.good.push(pack),
                Err(error) if error.io_kind() == Some(ErrorKind::NotFound) => removed = true,
                Err(error) => {
                    packs
                        .damaged
                        .push(DamagedPack { name: name.clone(), reason: error.to_string() });
                }
            }
        }
        if !removed {
            return Ok(packs);
        }
        names = self::names(dir)?;
    }
}

fn open(dir: &Path, name: &str, old: &Packs) -> Result<Arc<Pack>> {
    let id = PackId::from_file_name(name)
        .ok_or_else(|| Error::corrupt("it is not named like a pack"))?;
    if let Some(pack) = old.files().find(|pack| pack.id == id).filter(|pack| !pack.is_torn()) {
        return Ok(pack.clone());
    }
    Pack::open(&dir.join(name), id)
}
