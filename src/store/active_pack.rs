//! Active pack: the pack at the end of `ACTIVE`, with the newest records of the ledger.
//!
//! A promotion is one durable step because its record is in the file that names it. The next promotion carries the
//! records over, and when there are many, all of them get a pack in `objects/` first. So a record leaves `ACTIVE` only
//! after a durable pack in the folder has it.
//!
//! A copy in `cache/` is never synced. It is for the case that somebody removes or overwrites `ACTIVE`, and is ignored
//! where it is damaged.

use super::odb::Odb;
use super::{Active, Store, StoreLock, active, layout};
use crate::error::{At, Error, Result};
use crate::fs::{self, CachedFile};
use crate::object::{Id, Memory, Sink, Source};
use crate::pack::{EncodedEntry, EntryContent, PackReader, PackWriter};
use std::io;
use std::path::{Path, PathBuf};

/// Most objects that are carried over: each record has two. All of them are written with every promotion.
const MOST_OBJECTS: u32 = 64;

/// Most bytes that are carried over. Reasons may be long.
const MOST_BYTES: usize = 32 << 10;

/// Records are small, and stay in `ACTIVE` for a while only.
const LEVEL: i32 = 1;

/// Files that contain an active pack, as they were at one moment: `ACTIVE`, and the copy.
#[derive(Default)]
pub(super) struct ActivePacks {
    pointer: Option<CachedFile>,
    copy: Option<CachedFile>,
}

impl ActivePacks {
    /// Reads them. One that cannot be read contains nothing: whoever needs the pointer says what is wrong with it.
    pub fn read(dir: &Path) -> ActivePacks {
        let open = |path: PathBuf| CachedFile::open(&path).ok().flatten();
        ActivePacks { pointer: open(active::path(dir)), copy: open(dir.join(layout::RECORDS)) }
    }

    /// True if both files are still the same.
    pub fn is_current(&self, dir: &Path) -> bool {
        let is_same = |file: &Option<CachedFile>, path: PathBuf| match file {
            Some(file) => file.is_at(&path),
            None => !path.exists(),
        };
        is_same(&self.pointer, active::path(dir)) && is_same(&self.copy, dir.join(layout::RECORDS))
    }

    /// The pointer of `ACTIVE`; `None` where there is no such file, or it is not well formed.
    pub fn active(&self) -> Option<Active> {
        active::pointer_in(self.pointer.as_ref()?.bytes())
    }

    fn in_pointer(&self) -> Option<&[u8]> {
        active::pack_in(self.pointer.as_ref()?.bytes()).filter(|pack| !pack.is_empty())
    }

    /// Pack of the copy, if it has an object that the pack in `ACTIVE` lacks.
    fn in_copy(&self) -> Option<&[u8]> {
        let copy = self.copy.as_ref()?.bytes();
        let reader = PackReader::open(copy).ok()?;
        reader.check_index().ok()?;
        let pointer = self.in_pointer().and_then(|pack| PackReader::open(pack).ok());
        let is_there = |id: Id| pointer.as_ref().is_some_and(|pack| pack.position(&id).is_some());
        (!reader.ids().all(is_there)).then_some(copy)
    }

    /// The packs, each with the name of its file.
    pub fn packs(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let pointer = self.in_pointer().map(|pack| (active::NAME, pack));
        pointer.into_iter().chain(self.in_copy().map(|pack| (layout::RECORDS, pack)))
    }
}

/// The pack for `ACTIVE` with another record; `None` if the earlier records must be stored first.
fn with_record(files: &ActivePacks, record: &Memory) -> Result<Option<Vec<u8>>> {
    if files.in_copy().is_some() {
        return Ok(None);
    }
    let Some(before) = files.in_pointer() else { return pack(None, record).map(Some) };
    let before = PackReader::open(before)?;
    // An index that is damaged gets no new checksum.
    let is_full = before.count() >= MOST_OBJECTS || before.bytes().len() >= MOST_BYTES;
    match is_full || before.check_index().is_err() {
        true => Ok(None),
        false => pack(Some(&before), record).map(Some),
    }
}

/// A pack with the entries of another one, and a record.
fn pack(before: Option<&PackReader<&[u8]>>, record: &Memory) -> Result<Vec<u8>> {
    let mut writer = PackWriter::new(Vec::new());
    if let Some(before) = before {
        for number in 0..before.entries() {
            let entry = before.entry(number)?;
            let ids: Vec<Id> =
                before.positions(number).filter_map(|position| before.id(position)).collect();
            in_memory(writer.append_stored(&ids, &entry.head(), entry.payload()))?;
        }
    }
    let mut objects: Vec<_> = record.iter().collect();
    // In memory they have no order, and the same record gives the same bytes.
    objects.sort_by_key(|(id, (kind, _))| (*kind, **id));
    for (id, (kind, bytes)) in objects {
        if before.is_some_and(|before| before.position(id).is_some()) {
            continue;
        }
        let entry = EncodedEntry::new(EntryContent::Object(*kind), bytes, None, LEVEL);
        in_memory(writer.append(&[*id], &entry))?;
    }
    in_memory(writer.finish()).map(|(bytes, _)| bytes)
}

fn in_memory<T>(written: io::Result<T>) -> Result<T> {
    written.at("write", Path::new(active::NAME))
}

/// Writes the copy, or removes it where `ACTIVE` has no pack. Nothing depends on its success.
pub(super) fn write_copy(dir: &Path, pack: &[u8]) {
    let path = dir.join(layout::RECORDS);
    let _ = match pack.is_empty() {
        true if !path.exists() => Ok(()),
        true => fs::remove(&path),
        false => fs::create_dir_all(&dir.join(layout::CACHE))
            .and_then(|()| fs::replace_unsynced(&path, pack)),
    };
}

impl Store {
    /// The pack for `ACTIVE` with a new record. Records that it does not carry over are durable in `objects/`.
    pub(super) fn active_pack(&self, lock: &StoreLock, record: &Memory) -> Result<Vec<u8>> {
        let purged = self.purged()?;
        for (id, _) in record.iter() {
            purged.refuse(id, self.objects())?;
        }
        let files = self.objects().active_files();
        if files.in_pointer().is_none() {
            layout::require_records(self.dir())?;
        }
        match with_record(&files, record)? {
            Some(pack) => Ok(pack),
            None => {
                self.store_records(lock)?;
                pack(None, record)
            }
        }
    }

    /// Stores what only `ACTIVE` or the copy has in a pack of its own, durably.
    pub(super) fn store_records(&self, lock: &StoreLock) -> Result<()> {
        lock.check(self.dir());
        let ids = self.objects().ids_in_active_packs()?;
        if ids.is_empty() {
            return Ok(());
        }
        // It sees the packs in the folder only: what it finds there is stored.
        let mut batch = Odb::of_folder(self.dir()).batch();
        for id in ids {
            let found = self.objects().find(&id)?;
            let missing = || Error::corrupt(format!("object {id} is missing"));
            let (kind, bytes) = found.ok_or_else(missing)?;
            batch.put(kind, bytes, None)?;
        }
        batch.commit_under(Some(lock)).map(drop)
    }

    /// The same, and takes them out of `ACTIVE`.
    pub fn empty_active_pack(&self, lock: &StoreLock) -> Result<()> {
        self.store_records(lock)?;
        match active::read(self.dir()) {
            Ok(Some(active)) => active::drop_pack(self.dir(), &active),
            // A command that needs the pointer says what is wrong with it.
            Ok(None) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests;
