//! Purged objects: those that must not be stored again, in the file `purged`, and what an interrupted purge left of them.

use super::odb::Compacted;
use super::roots::Reached;
use super::{Store, StoreLock, layout};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::object::{Id, ObjectKind, Source, Tombstone};
use crate::progress::Progress;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Most compactions of one purge: each looks again at what others stored meanwhile.
const RACES: usize = 8;

/// Purged objects, each with its tombstone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurgedIds(BTreeMap<Id, Id>);

impl PurgedIds {
    /// The list of the store in `dir`; empty where nothing was purged.
    pub(super) fn read(dir: &Path) -> Result<PurgedIds> {
        let path = dir.join(layout::PURGED);
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(PurgedIds::default()) };
        let parse = |line: &str| {
            let (object, tombstone) = line.split_once(' ')?;
            Some((object.parse().ok()?, tombstone.parse().ok()?))
        };
        let text = std::str::from_utf8(&bytes).ok();
        let ids = text.and_then(|text| text.lines().map(parse).collect());
        let list = ids.map(PurgedIds).filter(|list| list.encode().as_bytes() == bytes);
        list.ok_or_else(|| {
            let shown = layout::show(&bytes);
            Error::corrupt(format!("\"{}\" is damaged: it contains {shown}", path.display()))
                .hint("each line is the id of an object, a space, and the id of its tombstone")
        })
    }

    fn encode(&self) -> String {
        self.0.iter().map(|(object, tombstone)| format!("{object} {tombstone}\n")).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn insert(&mut self, object: Id, tombstone: Id) {
        self.0.insert(object, tombstone);
    }

    /// Takes an object out; `false` where it is not on the list.
    pub fn remove(&mut self, object: &Id) -> bool {
        self.0.remove(object).is_some()
    }

    pub fn contains(&self, object: &Id) -> bool {
        self.0.contains_key(object)
    }

    /// Objects and tombstones, by the ids of the objects.
    pub fn pairs(&self) -> impl Iterator<Item = (Id, Id)> {
        self.0.iter().map(|(object, tombstone)| (*object, *tombstone))
    }

    /// Refuses an object that was purged. Its tombstone says what it was, where that is here.
    pub(super) fn refuse<S: Source + ?Sized>(&self, object: &Id, source: &S) -> Result<()> {
        let Some(tombstone) = self.0.get(object) else { return Ok(()) };
        let bytes = source.find(tombstone).ok().flatten().map(|(_, bytes)| bytes);
        let what = match bytes.and_then(|bytes| Tombstone::parse(&bytes)) {
            Some(tombstone) => format!("\"{}\", {}", tombstone.path, tombstone.sentence()),
            None => format!("object {object}, which was purged"),
        };
        Err(Error::failed(format!("cannot store the bytes of {what}"))
            .hint(Hint::Purged { object: object.to_string() }))
    }
}

impl Store {
    /// Objects that must not be stored again.
    pub fn purged(&self) -> Result<PurgedIds> {
        PurgedIds::read(self.dir())
    }

    /// Replaces that list, durably.
    pub fn set_purged(&self, lock: &StoreLock, list: &PurgedIds) -> Result<()> {
        lock.check(self.dir());
        fs::replace(&self.path(layout::PURGED), list.encode().as_bytes())
    }

    /// Purged objects that are stored nevertheless: an interrupted purge left them.
    pub fn purged_and_stored(&self) -> Result<Vec<Id>> {
        let purged = self.purged()?;
        match purged.is_empty() {
            true => Ok(Vec::new()),
            false => self.objects().those_stored(purged.pairs().map(|(object, _)| object)),
        }
    }

    /// Refuses a new name for what leads to a purged object that is not removed yet: the writer found it stored before the
    /// purge began. For writers, under the lock.
    pub(super) fn require_unpurged(&self, new: &Id) -> Result<()> {
        let stored = self.purged_and_stored()?;
        if stored.is_empty() {
            return Ok(());
        }
        let mut reached = Reached::default();
        reached.add(self.objects(), &[*new])?;
        match stored.iter().find(|id| reached.contains(id)) {
            Some(id) => Err(Error::unavailable(format!("cannot continue: object {id} was purged"))
                .hint("run the command again")
                .also(Hint::FinishPurge)),
            None => Ok(()),
        }
    }

    /// Removes purged objects and every tree that leads to one, at once, and everything else that may hold their bytes.
    /// Refuses while a root leads to one.
    pub fn drop_purged(&self, progress: &Progress) -> Result<Option<Compacted>> {
        // One of the caches is a copy of records.
        self.empty_active_pack(&self.lock()?)?;
        self.clear_caches()?;
        let mut done: Option<Compacted> = None;
        // Again where somebody stored something meanwhile.
        for _ in 0..RACES {
            let stored = self.purged_and_stored()?;
            let Some(left) = stored.first() else { return Ok(done) };
            if done.is_some_and(|done| done.kept > 0) {
                let what = format!("object {left} was purged, and is in a damaged pack");
                return Err(Error::corrupt(what).hint(Hint::FsckAffected));
            }
            done = self.drop_leading_to(&stored, progress)?.or(done);
        }
        Err(Error::conflict("cannot remove purged objects: others store objects all the time")
            .hint(Hint::PurgeAgain))
    }

    /// `None`: others wrote meanwhile, and nothing was removed.
    fn drop_leading_to(&self, stored: &[Id], progress: &Progress) -> Result<Option<Compacted>> {
        let dropped = self.leading_to(stored)?;
        let guard = || {
            let lock = self.lock()?;
            if self.first_reached(&dropped)?.is_some() {
                // A command that began before the purge wrote down what it did.
                self.clear_operations()?;
            }
            match self.first_reached(&dropped)? {
                Some(id) => Err(Error::conflict(format!(
                    "cannot remove object {id}: something names it again"
                ))
                .hint(Hint::PurgeAgain)),
                None => Ok(lock),
            }
        };
        self.objects().compact_without(&dropped, guard, progress)
    }

    /// One of the objects that a root leads to.
    fn first_reached(&self, objects: &HashSet<Id>) -> Result<Option<Id>> {
        let mut reached = Reached::default();
        reached.add(self.objects(), &self.roots()?)?;
        Ok(objects.iter().find(|id| reached.contains(id)).copied())
    }

    /// These objects and all stored trees above them. What a tree lacks besides keeps it from nothing.
    fn leading_to(&self, objects: &[Id]) -> Result<HashSet<Id>> {
        let mut above: HashMap<Id, Vec<Id>> = HashMap::new();
        for id in self.objects().ids()? {
            if let Some((ObjectKind::Tree, _)) = self.objects().kind_and_len(&id)? {
                let tree = self.objects().tree(&id)?;
                tree.entries().iter().for_each(|one| above.entry(one.id).or_default().push(id));
            }
        }
        let (mut found, mut open) = (HashSet::new(), objects.to_vec());
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(above.get(&id).into_iter().flatten());
            }
        }
        Ok(found)
    }

    /// Caches have what was read, and packs on their way in what others sent.
    fn clear_caches(&self) -> Result<()> {
        for folder in [layout::CACHE, layout::INCOMING] {
            let folder = self.path(folder);
            if folder.exists() {
                fs::remove_tree(&folder)?;
            }
        }
        Ok(())
    }
}
