//! Packing: loose refs become records of `packed-refs`, and new refs can be created there in one step.

use super::packed::{self, Packed};
use super::packed_file::PackedFile;
use super::{MOST_LOOSE, RefName, Refs, already_exists};
use crate::error::{Kind, Result};
use crate::fs;
use crate::object::Id;
use crate::store::{StoreLock, layout};

/// Most refs of a `packed-refs` that is written again for a few new ones. It then has about 45 kB, and writing that takes less
/// time than two syncs.
const MOST_REWRITTEN: u64 = 1024;

impl Refs {
    /// Moves the loose refs of `refs/source` and `refs/versions` into `packed-refs`. A crash in
    /// between leaves refs that are both loose and packed, with the same id: the next run removes
    /// them. It also removes what killed processes left in the folders. A file of an older program becomes a table.
    pub fn pack_refs(&self, lock: &StoreLock) -> Result<()> {
        lock.check(&self.dir);
        let is_old = PackedFile::open(&self.dir)?.is_text();
        self.pack_onto(Packed::read(&self.dir)?, is_old)
    }

    /// `anew` writes the file even where there is nothing to add to it.
    pub(super) fn pack_onto(&self, mut packed: Packed, anew: bool) -> Result<()> {
        let folded = self.fold(&mut packed)?;
        self.sweep()?;
        if folded.is_empty() && !anew {
            return Ok(());
        }
        packed.write(&self.dir)?;
        folded.iter().try_for_each(|name| fs::remove(&self.path(name)))
    }

    /// Creates the next refs of both series in one durable step: all that are files go to `packed-refs` with them. `false`:
    /// that is much to write, or a damaged ref prevents it, and nothing was created.
    pub fn create_packed(&self, lock: &StoreLock, new: &[(RefName, Id)]) -> Result<bool> {
        lock.check(&self.dir);
        if PackedFile::open(&self.dir)?.count() > MOST_REWRITTEN && !self.are_many_loose()? {
            return Ok(false);
        }
        let read = Packed::read(&self.dir)
            .and_then(|mut packed| self.fold(&mut packed).map(|folded| (packed, folded)));
        let (mut packed, folded) = match read {
            Err(error) if error.kind() == Kind::Corrupt => return Ok(false),
            read => read?,
        };
        for (name, id) in new {
            match packed::position(name.series()) {
                Some(at) if packed.get(name).is_none() => packed.insert(at, name.number(), *id)?,
                _ => return Err(already_exists(&name.to_string())),
            }
        }
        if !folded.is_empty() {
            self.sweep()?;
        }
        packed.write(&self.dir)?;
        // They are created. A file that stays has the id of its record, and the next packing removes it.
        folded.iter().for_each(|name| drop(fs::remove(&self.path(name))));
        Ok(true)
    }

    /// True if the next ref would pack them anyway.
    fn are_many_loose(&self) -> Result<bool> {
        let counts = packed::SERIES.map(|series| self.loose_numbers(series).map(|all| all.len()));
        let counts = counts.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(counts.into_iter().any(|count| count >= MOST_LOOSE))
    }

    fn sweep(&self) -> Result<()> {
        layout::folders(&self.dir).try_for_each(|folder| fs::sweep(&folder))
    }

    /// Adds all loose refs to packed ones, and gives their names.
    fn fold(&self, packed: &mut Packed) -> Result<Vec<RefName>> {
        let mut folded = Vec::new();
        for (at, series) in packed::SERIES.into_iter().enumerate() {
            let mut numbers = self.loose_numbers(series)?;
            numbers.sort_unstable();
            for number in numbers {
                let name = RefName::new(series, number)?;
                let Some(id) = self.loose(&name)? else { continue };
                packed.insert(at, number, id)?;
                folded.push(name);
            }
        }
        Ok(folded)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests;
