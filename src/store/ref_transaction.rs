//! Ref transaction: replaces the refs of both series and the pointer, all in one step.
//!
//! For what is ours alone: versions that nobody else has seen get other numbers when somebody else
//! took theirs. All refs are packed first. The step is the rename of a `packed-refs` that has the new
//! refs and the new pointer; while it holds a pointer, that counts and not `ACTIVE`. Then the file
//! `ACTIVE` gets it, and last `packed-refs` is written without. A writer that comes upon a pointer there
//! finishes this before anything else.

use super::active;
use super::refs::log;
use super::refs::packed::{self, Packed};
use super::{Heads, Store, StoreLock};
use crate::error::{Error, Result};
use crate::fs;
use crate::object::Id;
use std::collections::HashSet;

impl Store {
    /// Makes `before` into `after`, durably and in one step, or refuses because something else is
    /// there. Whatever `after` names must be stored already.
    pub fn replace_refs(&self, lock: &StoreLock, before: &Heads, after: &Heads) -> Result<()> {
        lock.check(self.dir());
        after.check()?;
        if self.heads()? != *before {
            return Err(Error::conflict("cannot rewrite the refs: they are not what they were")
                .hint("somebody else pushed or promoted meanwhile: run the command again"));
        }
        if before.active.is_some() && after.active.is_none() {
            return Err(Error::failed("cannot rewrite the refs: the pointer would be lost"));
        }
        let known: HashSet<Id> = before.roots().into_iter().collect();
        let new: Vec<Id> = after.roots().into_iter().filter(|id| !known.contains(id)).collect();
        self.require_kept(&new)?;
        if after.active != before.active {
            // The new file has no records.
            self.store_records(lock)?;
        }
        self.refs().pack_refs(lock)?;
        // A loose ref that comes back after a power failure would hide the one that takes its number.
        packed::SERIES.iter().try_for_each(|series| fs::sync_dir(&self.dir().join(series)))?;
        let mut packed = Packed::contiguous(&after.source, &after.versions);
        packed.pointer = after.active.filter(|_| after.active != before.active);
        // The log describes the refs before the transaction.
        log::forget(self.dir())?;
        packed.write(self.dir())?;
        active::finish_swap(self.dir())?;
        // Nothing depends on its success.
        drop(log::begin(&self.refs()));
        self.note_heads(before, after);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make what a crash leaves")]
mod tests {
    use super::super::{Active, refs};
    use super::*;
    use crate::error::Kind;

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 32])
    }

    fn active(version: u64, ledger: u8) -> Option<Active> {
        Some(Active { version: Some(version), ledger: id(ledger) })
    }

    fn store() -> (tempfile::TempDir, Store, Heads) {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let lock = store.lock().unwrap();
        for (series, n) in [(refs::SOURCE, 1), (refs::SOURCE, 2), (refs::VERSIONS, 3)] {
            store.refs().append(&lock, series, id(n)).unwrap();
        }
        store.swap_active(&lock, None, &active(1, 9).unwrap()).unwrap();
        drop(lock);
        let before = store.heads().unwrap();
        assert_eq!(
            before,
            Heads { source: vec![id(1), id(2)], versions: vec![id(3)], active: active(1, 9) }
        );
        (project, store, before)
    }

    #[test]
    fn everything_is_as_it_was_asked_for() {
        let (_project, store, before) = store();
        let more = Heads {
            source: vec![id(1), id(5), id(2)],
            versions: vec![id(6), id(3)],
            active: active(2, 8),
        };
        let fewer = Heads { source: vec![id(7)], versions: vec![id(6)], active: active(1, 8) };
        let lock = store.lock().unwrap();
        for (from, to) in [(&before, &more), (&more, &fewer), (&fewer, &fewer), (&fewer, &before)] {
            store.replace_refs(&lock, from, to).unwrap();
            assert_eq!(store.heads().unwrap(), *to);
            assert_eq!(store.refs().check().problems.len(), 0);
            assert_eq!(Packed::read(store.dir()).unwrap().pointer, None);
        }
        assert_eq!(store.refs().append(&lock, refs::SOURCE, id(4)).unwrap(), 3);
    }

    #[test]
    fn what_is_not_as_expected_is_refused() {
        let (_project, store, before) = store();
        let lock = store.lock().unwrap();
        let after = Heads { source: vec![id(5)], ..before.clone() };
        let other = Heads { active: active(1, 8), ..before.clone() };
        for expected in [&after, &other, &Heads::default()] {
            assert_eq!(
                store.replace_refs(&lock, expected, &after).unwrap_err().kind(),
                Kind::Conflict
            );
        }
        for bad in [
            Heads { active: active(2, 9), ..before.clone() },
            Heads { active: None, ..before.clone() },
        ] {
            assert!(store.replace_refs(&lock, &before, &bad).is_err());
        }
        assert_eq!(store.heads().unwrap(), before);
    }

    #[test]
    fn a_pointer_beside_the_refs_counts_until_a_writer_puts_it_into_its_file() {
        let (_project, store, before) = store();
        store.refs().pack_refs(&store.lock().unwrap()).unwrap();
        let mut packed = Packed::contiguous(&before.source, &before.versions);
        packed.pointer = active(1, 7);
        packed.write(store.dir()).unwrap();
        let file = || std::fs::read_to_string(store.dir().join("ACTIVE")).unwrap();
        assert_eq!(store.active().unwrap(), active(1, 7));
        assert!(file().contains("0909"));
        let lock = store.lock().unwrap();
        assert!(file().contains("0707"));
        assert_eq!(Packed::read(store.dir()).unwrap().pointer, None);
        store.swap_active(&lock, active(1, 7).as_ref(), &active(1, 6).unwrap()).unwrap();
        assert_eq!(store.active().unwrap(), active(1, 6));
    }
}
