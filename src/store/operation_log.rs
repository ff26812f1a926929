//! Operation log: what each command did to the refs and the files, one line for each. For `undo` and `op log`.
//!
//! A line has what a command added and took away, so that its length does not grow with the history. It is added once,
//! when the command ends, and not synced: a line that a loss of power took away makes `undo` refuse, and nothing else.

use super::lock::StoreLock;
use super::{LOCK_WAIT, Operation, Store, layout};
use crate::error::Result;
use crate::fs;
use crate::object::{Id, Source};
use std::path::Path;

/// Operations that `undo` looks at, and whose objects are kept.
pub const MOST_OPERATIONS: usize = 5000;

/// The newest line is in so many bytes, mostly.
const END: u64 = 4096;

/// Adds an operation under the next number. The lock keeps two commands from taking the same one.
pub(super) fn append(dir: &Path, operation: &Operation) -> Result<()> {
    let _lock = StoreLock::acquire(dir, LOCK_WAIT)?;
    let path = dir.join(layout::OPERATIONS);
    let newest = newest(&path, 1)?;
    let number = newest.last().map_or(0, |last| last.number) + 1;
    let line = Operation { number, ..operation.clone() }.encode();
    // A torn line before it must not take it along.
    let line = format!("\n{line}");
    match newest.is_empty() {
        true => fs::append(&path, line.as_bytes()),
        false => fs::append_unsynced(&path, line.as_bytes()),
    }
}

/// The newest operations, oldest first, from the end of the file.
fn newest(path: &Path, most: usize) -> Result<Vec<Operation>> {
    let mut window = END;
    loop {
        let Some(end) = fs::read_end(path, window)? else { return Ok(Vec::new()) };
        let is_all = (end.len() as u64) < window;
        // The first line may be half of one: its sum says so.
        let lines = end.split(|byte| *byte == b'\n').rev();
        let mut found: Vec<_> = lines.filter_map(Operation::decode).take(most).collect();
        if is_all || found.len() == most {
            found.reverse();
            return Ok(found);
        }
        window = window.saturating_mul(8);
    }
}

impl Store {
    /// The newest operations, oldest first. Lines that are not whole are passed over.
    pub fn operations(&self, most: usize) -> Result<Vec<Operation>> {
        newest(&self.path(layout::OPERATIONS), most)
    }

    /// Makes the log durable: before an operation is taken back, whose objects nothing else names then.
    pub fn confirm_operations(&self) -> Result<()> {
        fs::confirm(&self.path(layout::OPERATIONS))
    }

    /// Removes the log after a purge: it names what is no longer stored.
    pub fn clear_operations(&self) -> Result<()> {
        fs::remove(&self.path(layout::OPERATIONS))?;
        self.note_purge();
        Ok(())
    }

    /// Everything that the newest operations name and that is stored.
    pub(super) fn roots_of_operations(&self) -> Result<Vec<Id>> {
        let mut roots = Vec::new();
        for id in self.operations(MOST_OPERATIONS)?.iter().flat_map(Operation::ids) {
            if self.objects.contains(&id)? {
                roots.push(id);
            }
        }
        Ok(roots)
    }
}
