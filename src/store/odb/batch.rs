//! A batch: the new objects of one command, on their way into one pack.
//!
//! Nothing of it can be seen until [`Batch::commit`]; dropped before, it leaves nothing. Hashing and
//! compression happen outside the lock, so that several threads can share a batch.

use super::Odb;
use super::big::{self, BlobSpool};
use super::find::MAX_CHAIN;
use crate::error::{At, Error, Result};
use crate::fs::{self, AtomicFile};
use crate::object::{Id, ObjectKind, ReadBlob, ReadLarge, Sink, Source};
use crate::pack::{EncodedEntry, EntryBase, EntryContent, PackEntry, PackId, PackWriter};
use crate::store::{PurgedIds, StoreLock};
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Fast; compaction squeezes later.
const LEVEL: i32 = 1;

pub struct Batch {
    odb: Odb,
    /// Folder of the file, where the packs are a fixed list.
    folder: Option<PathBuf>,
    state: Mutex<BatchState>,
    /// Number of objects that were stored again because the copy in the store is damaged.
    healed: AtomicUsize,
    /// Something that was read on the way is damaged.
    suspicious: AtomicBool,
    /// Objects that must not be stored again; a failure to read the list comes with the first object.
    purged: Result<PurgedIds>,
}

/// Pack of the batch so far. The file is made with the first object.
#[derive(Default)]
struct BatchState {
    writer: Option<PackWriter<AtomicFile>>,
    places: HashMap<Id, EntryLocation>,
    /// A write failed: the file ends somewhere in an entry and must never be published.
    broken: bool,
}

/// Location of an object of this batch.
#[derive(Clone, Copy)]
struct EntryLocation {
    position: u32,
    offset: u64,
    len: u64,
    /// Length of its delta chain.
    chain: u32,
}

/// Base candidate for a new object.
struct Candidate {
    base: EntryBase,
    bytes: Vec<u8>,
    chain: u32,
}

/// Bytes of a pack after which the system begins to write it to the disk, while the next are compressed.
const STARTED: u64 = 8 << 20;

impl Batch {
    pub(super) fn new(odb: Odb) -> Batch {
        // So that what others stored is not stored again; a failure comes back with the first object.
        let _ = odb.look_again();
        let purged = odb.purged();
        Batch {
            odb,
            folder: None,
            purged,
            state: Mutex::default(),
            healed: AtomicUsize::new(0),
            suspicious: AtomicBool::new(false),
        }
    }

    /// A batch beside a fixed list of packs. Its file is made in a folder of the caller, who sweeps it, and is
    /// published by nobody: see [`Batch::into_file`].
    pub(super) fn beside(odb: Odb, folder: &Path) -> Batch {
        Batch { folder: Some(folder.to_owned()), ..Batch::new(odb) }
    }

    fn dir(&self) -> Result<&Path> {
        self.folder.as_deref().map_or_else(|| self.odb.dir(), Ok)
    }

    /// Number of new objects in it.
    pub fn len(&self) -> usize {
        self.state().places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, BatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, id: &Id) -> Option<EntryLocation> {
        self.state().places.get(id).copied()
    }

    /// Number of objects in it although they are stored: the copy there is damaged.
    pub fn healed(&self) -> usize {
        self.healed.load(Ordering::Relaxed)
    }

    /// True if damage was met, be it healed or not.
    pub fn met_damage(&self) -> bool {
        self.healed() > 0 || self.suspicious.load(Ordering::Relaxed)
    }

    /// True if it is stored already, or will be with this batch. The copy that is there is read: whoever asks holds
    /// the bytes, and nobody may hold them again.
    fn known(&self, id: &Id) -> Result<bool> {
        let purged = self.purged.as_ref().map_err(Error::repeat)?;
        purged.refuse(id, &self.odb)?;
        if self.place(id).is_some() {
            return Ok(true);
        }
        let is_sound = self.odb.has(id)? && self.odb.is_sound(id)?;
        if !is_sound && self.odb.has(id)? {
            self.healed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(is_sound)
    }

    /// [`Sink::put`] for threads that share the batch.
    pub fn add(&self, kind: ObjectKind, bytes: &[u8], base: Option<Id>) -> Result<Id> {
        let id = kind.id_of(bytes);
        if self.known(&id)? {
            return Ok(id);
        }
        let base = base.and_then(|base| self.candidate(&base, bytes.len()));
        let prefix = base.as_ref().map(|base| (base.base, &base.bytes[..]));
        let entry = EncodedEntry::new(EntryContent::Object(kind), bytes, prefix, LEVEL);
        let chain = base.filter(|_| entry.has_base()).map_or(0, |base| base.chain + 1);
        self.append(id, chain, |writer| writer.append(&[id], &entry))?;
        Ok(id)
    }

    /// [`Sink::put_blob_from`] for threads that share the batch. Large blobs have no base: it would
    /// have to be held to read them.
    pub fn add_from(&self, reader: &mut dyn Read, base: Option<Id>) -> Result<Id> {
        let mut start = Vec::new();
        let read = (&mut *reader).take(big::HELD + 1).read_to_end(&mut start);
        read.map_err(|error| Error::failed(format!("cannot read: {error}")))?;
        if start.len() as u64 <= big::HELD {
            return self.add(ObjectKind::Blob, &start, base);
        }
        let spool = BlobSpool::fill(self.dir()?, &mut start.chain(reader), LEVEL)?;
        if !self.known(&spool.id)? {
            let mut frame = spool.frame()?;
            self.append(spool.id, 0, |writer| {
                writer.append_from(spool.id, &spool.head(), &mut frame)
            })?;
        }
        Ok(spool.id)
    }

    /// The base, when it is worth reading. It only saves space, so one that cannot be read is no
    /// reason to fail.
    fn candidate(&self, id: &Id, len: usize) -> Option<Candidate> {
        let found = self.read_candidate(id, len);
        let is_corrupt =
            found.as_ref().is_err_and(|error| error.kind() == crate::error::Kind::Corrupt);
        self.suspicious.fetch_or(is_corrupt, Ordering::Relaxed);
        found.ok().flatten()
    }

    fn read_candidate(&self, id: &Id, len: usize) -> Result<Option<Candidate>> {
        let fits = |bytes: &Vec<u8>| {
            bytes.len() / 16 <= len.max(4 << 10) && bytes.len().max(len) as u64 <= big::HELD
        };
        if let Some(place) = self.place(id) {
            let Some((_, bytes)) = self.find(id)? else { return Ok(None) };
            let base = EntryBase::Position(place.position);
            return Ok(Some(Candidate { base, bytes, chain: place.chain })
                .filter(|c| c.chain < MAX_CHAIN && fits(&c.bytes)));
        }
        let chain = self.odb.chain(id)?;
        if chain >= MAX_CHAIN || self.odb.kind_and_len(id)?.is_none_or(|(_, len)| len > big::HELD) {
            return Ok(None);
        }
        let Some((_, bytes)) = self.odb.find(id)? else { return Ok(None) };
        Ok(fits(&bytes).then_some(Candidate { base: EntryBase::Id(*id), bytes, chain }))
    }

    /// Appends one object unless another thread did so meanwhile.
    fn append(
        &self,
        id: Id,
        chain: u32,
        write: impl FnOnce(&mut PackWriter<AtomicFile>) -> io::Result<u64>,
    ) -> Result<()> {
        let mut guard = self.state();
        let state = &mut *guard;
        if state.places.contains_key(&id) {
            return Ok(());
        }
        let writer = match &mut state.writer {
            Some(writer) => writer,
            none => none.insert(self.begin()?),
        };
        let position = writer.count();
        let written = write(writer).at("write", writer.get_ref().path());
        state.broken |= written.is_err();
        let offset = written?;
        let len = writer.offset() - offset;
        if offset / STARTED != writer.offset() / STARTED {
            writer.get_ref().start_write_back();
        }
        state.places.insert(id, EntryLocation { position, offset, len, chain });
        Ok(())
    }

    /// Makes the file, after what dead processes left was cleared away.
    fn begin(&self) -> Result<PackWriter<AtomicFile>> {
        let dir = self.dir()?;
        if self.folder.is_none() {
            fs::sweep(dir)?;
        }
        Ok(PackWriter::new(AtomicFile::create_in(dir)?))
    }

    /// Makes all new objects durable and visible at once, as one pack. `None`: there was nothing new, and what
    /// was found stored is durable. Takes the lock of the store for a moment.
    pub fn commit(self) -> Result<Option<PackId>> {
        self.commit_under(None)
    }

    /// The same for who may hold the lock of the store already.
    pub fn commit_under(self, held: Option<&StoreLock>) -> Result<Option<PackId>> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if state.broken {
            return Err(Error::failed("cannot store the new objects: an earlier write failed"));
        }
        let dir = self.odb.dir()?;
        let Some(writer) = state.writer else {
            // Packs that others stored; who of them died may not have made the name durable.
            self.odb.confirm()?;
            return Ok(None);
        };
        let (temp, id) = writer.finish().at("write", dir)?;
        self.odb.publish(temp, id, &self.purged?, held)?;
        // For who reads on in this process: what was stored again is sound there only.
        self.odb.look_again()?;
        Ok(Some(id))
    }

    /// The pack of all new objects, as a file that goes when it is dropped. `None`: there was nothing new.
    pub fn into_file(self) -> Result<Option<(AtomicFile, PackId)>> {
        let dir = self.dir()?.to_owned();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if state.broken {
            return Err(Error::failed("cannot store the new objects: an earlier write failed"));
        }
        state.writer.map(|writer| writer.finish().at("write", &dir)).transpose()
    }

    fn id_at(&self, position: u32) -> Option<Id> {
        self.state().writer.as_ref()?.id(position)
    }

    /// The bytes of an entry, from the file or from what is not written to it yet.
    fn read_entry(&self, place: EntryLocation) -> Result<Vec<u8>> {
        let state = self.state();
        let Some(writer) = &state.writer else { return Ok(Vec::new()) };
        let (begin, tail) = writer.tail();
        if place.offset >= begin {
            let start = (place.offset - begin) as usize;
            return Ok(tail[start..start + place.len as usize].to_vec());
        }
        // The lock keeps the file's position ours until it is back at the end.
        let mut file = writer.get_ref().file();
        let mut bytes = vec![0; place.len as usize];
        let read = file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| {
                let in_file = ((begin - place.offset) as usize).min(bytes.len());
                let (written, rest) = bytes.split_at_mut(in_file);
                rest.copy_from_slice(&tail[..rest.len()]);
                file.read_exact(written)
            })
            .and_then(|()| file.seek(SeekFrom::End(0)));
        read.at("read", writer.get_ref().path())?;
        Ok(bytes)
    }
}

impl Source for Batch {
    fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
        let Some(place) = self.place(id) else { return self.odb.find(id) };
        let stored = self.read_entry(place)?;
        let entry = PackEntry::parse(&stored)?;
        let EntryContent::Object(kind) = entry.content() else {
            return Err(Error::corrupt(format!("object {id} is in a group")));
        };
        let base = match entry.base() {
            None => None,
            Some(EntryBase::Id(base)) => self.find(&base)?,
            Some(EntryBase::Position(position)) => match self.id_at(position) {
                Some(base) => self.find(&base)?,
                None => None,
            },
        };
        let bytes = entry.decode(base.as_ref().map(|(_, bytes)| &bytes[..]))?;
        if kind.id_of(&bytes) != *id {
            return Err(Error::corrupt(format!(
                "object {id} was changed while it was being stored"
            )));
        }
        Ok(Some((kind, bytes)))
    }

    fn contains(&self, id: &Id) -> Result<bool> {
        Ok(self.place(id).is_some() || self.odb.contains(id)?)
    }

    fn copy_blob(&self, id: &Id, out: &mut dyn Write) -> Result<u64> {
        if self.place(id).is_none() {
            return self.odb.copy_blob(id, out);
        }
        let bytes = self.blob(id)?;
        out.write_all(&bytes).map_err(|error| big::write_failed(id, &error))?;
        Ok(bytes.len() as u64)
    }
}

impl Sink for Batch {
    fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>, base: Option<Id>) -> Result<Id> {
        self.add(kind, &bytes, base)
    }

    fn put_blob_from(&mut self, reader: &mut dyn Read, base: Option<Id>) -> Result<Id> {
        self.add_from(reader, base)
    }

    fn put_blobs(&mut self, count: usize, read: &ReadBlob<'_>) -> Result<Vec<Option<Id>>> {
        self.add_many(count, read)
    }

    fn put_large(&mut self, count: usize, read: &ReadLarge<'_>) -> Result<()> {
        self.add_large(count, read)
    }
}

/// So that each of several threads can have a sink of its own.
impl Sink for &Batch {
    fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>, base: Option<Id>) -> Result<Id> {
        self.add(kind, &bytes, base)
    }

    fn put_blob_from(&mut self, reader: &mut dyn Read, base: Option<Id>) -> Result<Id> {
        self.add_from(reader, base)
    }

    fn put_blobs(&mut self, count: usize, read: &ReadBlob<'_>) -> Result<Vec<Option<Id>>> {
        self.add_many(count, read)
    }

    fn put_large(&mut self, count: usize, read: &ReadLarge<'_>) -> Result<()> {
        self.add_large(count, read)
    }
}
