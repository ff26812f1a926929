//! Verification of a foreign pack, before anything of it is seen: its own hash, its index, every object, and that
//! everything it leads to is in it or here already.
//!
//! Nothing that the pack says is believed: what it claims is held against what may be before room is
//! made for it, and what it makes this program decompress is counted.

use super::find::{self, ReadCost};
use super::list::{Mapped, Pack};
use super::{Odb, big};
use crate::error::{Error, Result};
use crate::object::{Id, ObjectKind, Source, Tree};
use crate::pack::{EntryBase, EntryContent, Group, PackEntry};
use crate::parallel::{self, Spread};
use crate::progress::Progress;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most missing objects that are named.
const MOST_NAMED: usize = 100;

/// Most bytes of an object that has to be held to be read: a tree, a base, what has a base. No writer comes near.
const MOST_HELD: u64 = 64 << 20;

/// Longest delta chain of an object. Writers stop at ten in one pack; a chain that
/// goes on through several packs may be longer, and reading stops at a hundred.
const LONGEST_CHAIN: u32 = 80;

/// Below this many entries threads cost more than they bring.
const MANY: usize = 64;

/// Entries per task of a thread.
const SHARE: usize = 16;

/// Limits for verifying a foreign pack.
#[derive(Clone, Copy, Debug)]
pub struct VerifyLimits {
    /// Most bytes that are decompressed, all in all.
    pub decoded: u64,
}

/// Result of verifying a pack.
#[derive(Debug)]
pub enum PackCheck {
    /// All of it is what it must be, and whole with what is here.
    Sound { objects: u64, decoded: u64 },
    /// These are neither in it nor here: at most a hundred, and whether there are more.
    Missing { ids: Vec<Id>, more: bool },
    /// A rule is broken.
    Bad(String),
}

/// Reason why it goes no further.
enum Stop {
    Bad(String),
    Missing,
    /// Something of ours failed: the disk, the memory.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        if error.io_kind().is_some() {
            Stop::Failed(error)
        } else {
            Stop::Bad(error.message().to_owned())
        }
    }
}

impl Stop {
    /// Says which object it was.
    fn verify_at(id: &Id, error: Error) -> Stop {
        match Stop::from(error) {
            Stop::Bad(reason) => Stop::Bad(format!("object {id}: {reason}")),
            other => other,
        }
    }
}

fn bad<T>(reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Bad(reason.into()))
}

/// Flags of an object, one byte per position: its kind, and the kinds that trees name it as.
const IS_BLOB: u8 = 1;
const IS_TREE: u8 = 2;
const NAMED_BLOB: u8 = 4;
const NAMED_TREE: u8 = 8;

struct PackVerifier<'a> {
    pack: &'a Arc<Pack>,
    /// The store's own objects.
    here: Odb,
    /// The pack and what is here, read as one.
    both: Odb,
    limits: VerifyLimits,
    seen: Vec<AtomicU8>,
    missing: Mutex<BTreeSet<Id>>,
    decoded: AtomicU64,
    progress: &'a Progress,
}

impl Odb {
    /// Proves a pack that was not made here, with what is here. It is not added. An `Err` says
    /// nothing about the pack: something else failed, or what it leans on here is damaged.
    pub fn verify_pack(
        &self,
        pack: &Mapped,
        limits: &VerifyLimits,
        progress: &Progress,
    ) -> Result<PackCheck> {
        let both = self.with(pack)?;
        let here = Odb::over(self.packs()?.good.iter().cloned().map(Mapped));
        let proof = PackVerifier {
            pack: &pack.0,
            here,
            both,
            limits: *limits,
            seen: (0..pack.count()).map(|_| AtomicU8::new(0)).collect(),
            missing: Mutex::default(),
            decoded: AtomicU64::new(0),
            progress,
        };
        let result = proof.run();
        let PackVerifier { missing, decoded, .. } = proof;
        let mut ids: Vec<Id> =
            missing.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect();
        match result {
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Bad(reason)) => Ok(PackCheck::Bad(reason)),
            Ok(()) if ids.is_empty() => Ok(PackCheck::Sound {
                objects: u64::from(pack.count()),
                decoded: decoded.into_inner(),
            }),
            Ok(()) | Err(Stop::Missing) => {
                // A changed index may not list all that the pack has.
                let packs = self.packs()?;
                packs.good.iter().try_for_each(|pack| pack.reader.check_index())?;
                let more = ids.len() > MOST_NAMED;
                ids.truncate(MOST_NAMED);
                Ok(PackCheck::Missing { ids, more })
            }
        }
    }
}

impl PackVerifier<'_> {
    fn run(&self) -> Result<(), Stop> {
        let reader = &self.pack.reader;
        if reader.hash() != self.pack.id {
            return bad("its bytes have another hash than its name says");
        }
        reader.check_index()?;
        self.heads()?;
        self.objects()?;
        self.kinds()
    }

    /// Looks at what each entry claims. Only then is anything decompressed.
    fn heads(&self) -> Result<(), Stop> {
        let reader = &self.pack.reader;
        let mut total = 0u64;
        for number in 0..reader.entries() {
            let entry = reader.entry(number)?;
            let positions = reader.positions(number);
            total = total.saturating_add(entry.raw_len());
            if total > self.limits.decoded {
                return self.too_much();
            }
            let group = entry.content() == EntryContent::Group;
            if !group && positions.len() != 1 {
                return bad("an entry has another number of objects than the index says");
            }
            let most = if group { Group::MAX_LEN } else { MOST_HELD };
            if !big::is_big(&entry) && entry.raw_len() > most {
                return bad(format!(
                    "an entry of {} bytes is too large to be held",
                    entry.raw_len()
                ));
            }
            self.base(&entry, positions.start)?;
        }
        if self.is_whole() { Ok(()) } else { Err(Stop::Missing) }
    }

    fn base(&self, entry: &PackEntry<'_>, own: u32) -> Result<(), Stop> {
        let reader = &self.pack.reader;
        let len_at =
            |position| Ok::<u64, Stop>(reader.entry(reader.place(position)?.entry)?.raw_len());
        let len = match entry.base() {
            None => return Ok(()),
            Some(EntryBase::Position(position)) if position < own => len_at(position)?,
            Some(EntryBase::Position(_)) => return bad("the base of an entry comes after it"),
            Some(EntryBase::Id(id)) => match (reader.position(&id), self.here.head(&id)) {
                (Some(position), _) => len_at(position)?,
                (None, Ok(Some((_, len)))) => len,
                (None, Ok(None)) => {
                    self.miss(id);
                    return Ok(());
                }
                (None, Err(error)) => return Err(Stop::Failed(error)),
            },
        };
        if len > MOST_HELD { bad(format!("a base of {len} bytes is too large")) } else { Ok(()) }
    }

    /// Decodes everything, on several threads where there is much.
    fn objects(&self) -> Result<(), Stop> {
        let entries = self.pack.reader.entries();
        self.progress.expect(u64::from(self.pack.reader.count()));
        let verify = |number| {
            // A pack has no more entries than 32 bits count.
            let number = number as u32;
            self.entry(number).map_err(|stop| self.our_fault(number).unwrap_or(stop))
        };
        let spread = Spread::over(entries as usize, SHARE, MANY);
        parallel::try_map_shares(spread, |mut numbers| numbers.try_for_each(verify)).map(drop)
    }

    fn entry(&self, number: u32) -> Result<(), Stop> {
        let reader = &self.pack.reader;
        let entry = reader.entry(number)?;
        let positions = reader.positions(number);
        if let (true, Some(id)) = (big::is_big(&entry), reader.id(positions.start)) {
            self.charge(entry.raw_len())?;
            big::copy(&entry, &id, &mut io::sink()).map_err(|error| Stop::verify_at(&id, error))?;
            return self.found(positions.start, id, ObjectKind::Blob, &[]);
        }
        let mut spent = ReadCost::default();
        let group = match entry.content() {
            EntryContent::Group => Some(self.both.group(self.pack, number, &mut spent)?),
            EntryContent::Object(_) => None,
        };
        for (position, nth) in positions.zip(0..) {
            let Some(id) = reader.id(position) else { return bad("its index is changed") };
            let (kind, bytes) = match &group {
                Some(group) => find::member(self.pack, group, nth),
                None => self.both.load(self.pack, position, &mut spent),
            }
            .map_err(|error| Stop::verify_at(&id, error))?;
            if kind.id_of(&bytes) != id {
                return bad(format!("the bytes of object {id} have another hash"));
            }
            self.found(position, id, kind, &bytes)?;
        }
        if spent.opened > LONGEST_CHAIN {
            return bad("a chain of bases is too long");
        }
        self.charge(spent.bytes)
    }

    /// Reason why an entry cannot be read, where that is an object of ours that it leans on.
    fn our_fault(&self, number: u32) -> Option<Stop> {
        let reader = &self.pack.reader;
        let mut entry = reader.entry(number).ok()?;
        for _ in 0..LONGEST_CHAIN {
            entry = match entry.base()? {
                // One that is in the pack too would have been read there.
                EntryBase::Id(id) => match reader.position(&id) {
                    Some(_) => return None,
                    None => return self.here.find(&id).err().map(Stop::Failed),
                },
                EntryBase::Position(position) => {
                    reader.entry(reader.place(position).ok()?.entry).ok()?
                }
            };
        }
        None
    }

    /// Takes note of what an object is, and follows the links of a tree.
    fn found(&self, position: u32, id: Id, kind: ObjectKind, bytes: &[u8]) -> Result<(), Stop> {
        self.progress.advance(0);
        let is = if kind == ObjectKind::Tree { IS_TREE } else { IS_BLOB };
        self.seen[position as usize].fetch_or(is, Ordering::Relaxed);
        if kind == ObjectKind::Blob {
            return Ok(());
        }
        let tree = Tree::decode(bytes).or_else(|error| bad(format!("object {id}: {error}")))?;
        for entry in tree.entries() {
            let named = if entry.mode.is_directory() { ObjectKind::Tree } else { ObjectKind::Blob };
            if let Some(position) = self.pack.reader.position(&entry.id) {
                let bit = if named == ObjectKind::Tree { NAMED_TREE } else { NAMED_BLOB };
                self.seen[position as usize].fetch_or(bit, Ordering::Relaxed);
                continue;
            }
            match self.here.head(&entry.id).map_err(Stop::Failed)? {
                Some((kind, _)) if kind == named => {}
                Some((kind, _)) => return disagree(&entry.id, kind),
                None => self.miss(entry.id),
            }
        }
        Ok(())
    }

    /// Checks that trees of the pack name its objects by their right kind.
    fn kinds(&self) -> Result<(), Stop> {
        for (seen, id) in self.seen.iter().zip(self.pack.reader.ids()) {
            let seen = seen.load(Ordering::Relaxed);
            if seen & IS_TREE != 0 && seen & NAMED_BLOB != 0 {
                return disagree(&id, ObjectKind::Tree);
            }
            if seen & IS_BLOB != 0 && seen & NAMED_TREE != 0 {
                return disagree(&id, ObjectKind::Blob);
            }
        }
        Ok(())
    }

    fn charge(&self, bytes: u64) -> Result<(), Stop> {
        let before = self.decoded.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limits.decoded { self.too_much() } else { Ok(()) }
    }

    fn too_much<T>(&self) -> Result<T, Stop> {
        bad(format!("more than {} bytes would have to be decompressed", self.limits.decoded))
    }

    fn miss(&self, id: Id) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.insert(id);
        // The smallest are kept, so that the answer does not depend on the order of the threads.
        if missing.len() > MOST_NAMED + 1 {
            missing.pop_last();
        }
    }

    fn is_whole(&self) -> bool {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

fn disagree<T>(id: &Id, kind: ObjectKind) -> Result<T, Stop> {
    let as_what = if kind == ObjectKind::Tree { "file" } else { "folder" };
    bad(format!("object {id} is a {}, and a tree names it as a {as_what}", kind.word()))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make files as a stranger would")]
mod tests;
