//! Garbage collection: a compaction that leaves out what nothing reaches, after a grace period.
//!
//! An object is old when every pack that has it is, or when an earlier collection saw long ago that nothing reaches it: a
//! compaction gives old objects a new pack. Nothing is safe because of an age. A writer that relied on an object which
//! is gone finds that out under the lock, before it makes a ref ([`Store::require_kept`]).

use super::odb::Compacted;
use super::roots::Reached;
use super::{Depth, Store, layout};
use crate::error::{Error, Result};
use crate::fs;
use crate::object::{Id, ObjectKind};
use crate::progress::Progress;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HEADER: &str = "lua-store unreached 1";

/// Objects by number, and the bytes of their content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectCounts {
    pub objects: u64,
    pub bytes: u64,
}

/// Objects that nothing reaches.
#[derive(Debug, Default)]
pub struct Garbage {
    pub old: HashSet<Id>,
    /// Younger than the grace period, or below something that is.
    pub young: HashSet<Id>,
    /// When it was first seen that nothing reaches an object, in milliseconds since 1970-01-01 UTC.
    since: HashMap<Id, u64>,
    reached: Reached,
}

impl Store {
    /// Finds what nothing reaches. Refuses in a damaged store, where that is not known.
    pub fn garbage(&self, now: SystemTime, grace: Duration) -> Result<Garbage> {
        self.require_whole()?;
        let objects = self.objects();
        let written = objects.written()?;
        let mut reached = Reached::default();
        reached.add(objects, &self.roots()?)?;
        let first_seen = self.first_seen();
        let limit = millis(now).saturating_sub(grace.as_millis() as u64);
        let (mut garbage, mut young_trees) = (Garbage::default(), Vec::new());
        for (id, written) in written.into_iter().filter(|(id, _)| !reached.contains(id)) {
            let since = first_seen.get(&id).copied().unwrap_or_else(|| millis(now));
            garbage.since.insert(id, since);
            match millis(written) <= limit || since <= limit {
                true => drop(garbage.old.insert(id)),
                false => {
                    garbage.young.insert(id);
                    let kind = objects.kind_and_len(&id)?.map(|(kind, _)| kind);
                    young_trees.extend((kind == Some(ObjectKind::Tree)).then_some(id));
                }
            }
        }
        // A stored tree has everything below it: whoever finds one relies on that.
        let mut below = Reached::default();
        for tree in young_trees {
            // One that is not whole keeps what it has.
            below.add_readable(objects, &[tree])?;
        }
        let kept: Vec<Id> = garbage.old.iter().filter(|id| below.contains(id)).copied().collect();
        garbage.old.retain(|id| !below.contains(id));
        garbage.young.extend(kept);
        Ok(Garbage { reached, ..garbage })
    }

    /// Number and size of some objects.
    pub fn measure(&self, ids: &HashSet<Id>) -> Result<ObjectCounts> {
        let mut counts = ObjectCounts::default();
        for id in ids {
            counts.objects += 1;
            counts.bytes += self.objects().kind_and_len(id)?.map_or(0, |(_, len)| len);
        }
        Ok(counts)
    }

    /// Compacts all packs without the old garbage. `None`: there are no packs. What reached a piece of it meanwhile
    /// makes it a conflict, and nothing is removed.
    pub fn remove_garbage(
        &self,
        mut garbage: Garbage,
        progress: &Progress,
    ) -> Result<Option<Compacted>> {
        self.empty_active_pack(&self.lock()?)?;
        let Garbage { old, reached, .. } = &mut garbage;
        let guard = || {
            let lock = self.lock()?;
            reached.add(self.objects(), &self.roots()?)?;
            match old.iter().any(|id| reached.contains(id)) {
                true => Err(needed_again()),
                false => Ok(lock),
            }
        };
        let done = self.objects().compact_without(old, guard, progress)?;
        if done.is_none() && !old.is_empty() {
            return Err(needed_again());
        }
        if !garbage.old.is_empty() {
            self.note_collection();
        }
        // Costs the next collection a grace period, and nothing else.
        drop(self.remember_unreached(&garbage));
        Ok(done)
    }

    /// Refuses to build on objects that a collection removed since this process first looked for them. For writers, under
    /// the lock, before they make a ref.
    pub(in crate::store) fn require_kept(&self, new: &[Id]) -> Result<()> {
        if !self.objects().lost_objects()? || self.broken_trees(new, Depth::Read)?.is_empty() {
            return Ok(());
        }
        Err(removed_meanwhile())
    }

    fn first_seen(&self) -> HashMap<Id, u64> {
        let text = fs::read_if_exists(&self.path(layout::UNREACHED)).ok().flatten();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let Some(lines) = text.strip_prefix(HEADER) else { return HashMap::new() };
        let parse = |line: &str| {
            let (id, since) = line.split_once(' ')?;
            Some((id.parse().ok()?, since.parse().ok()?))
        };
        lines.lines().filter_map(parse).collect()
    }

    fn remember_unreached(&self, garbage: &Garbage) -> Result<()> {
        let mut lines: Vec<String> = garbage
            .young
            .iter()
            .filter_map(|id| Some(format!("{id} {}\n", garbage.since.get(id)?)))
            .collect();
        lines.sort_unstable();
        fs::create_dir_all(&self.path(layout::CACHE))?;
        let text = format!("{HEADER}\n{}", lines.concat());
        fs::replace_unsynced(&self.path(layout::UNREACHED), text.as_bytes())
    }
}

fn needed_again() -> Error {
    Error::conflict("cannot remove unreachable objects: a new ref reaches one of them")
        .hint("somebody pushed meanwhile: run the command again")
}

pub(in crate::store) fn removed_meanwhile() -> Error {
    Error::unavailable(
        "cannot continue: a garbage collection removed objects that this command needs",
    )
    .hint("run the command again")
}

fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
