//! Refs: names for objects that are created once and never changed or removed.
//!
//! A ref is a file of 64 hexadecimal digits and a newline, or a record of `packed-refs`. Readers look
//! at the file first and at `packed-refs` second; packing writes `packed-refs` first and removes
//! the files second. So a ref that moves while somebody looks is seen in at least one of the two.

mod find;
mod fsck;
pub(super) mod log;
mod look;
mod mend;
mod name;
pub(super) mod packed;
pub(super) mod packed_file;
mod packed_table;
mod packed_text;
mod packing;
mod series_view;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests;

pub use crate::store::refs::fsck::{RefCheck, RefProblem};
pub use log::{LoggedRefs, RefTips};
pub use look::RefsLook;
pub use name::RefName;
pub use series_view::RefsView;

pub use super::layout::{SNAPSHOTS, SOURCE, VERSIONS};
use super::{StoreLock, layout};
use crate::error::{At, Error, Hint, Kind, Result};
use crate::fs::{self, Published};
use crate::object::Id;
use packed_file::PackedFile;
use std::io;
use std::path::{Path, PathBuf};

/// Most files of a series before they are packed. A command that shows the newest versions opens each of theirs.
const MOST_LOOSE: usize = 16;

/// The refs of one store.
#[derive(Clone, Debug)]
pub struct Refs {
    dir: PathBuf,
}

impl Refs {
    pub(super) fn new(dir: &Path) -> Refs {
        Refs { dir: dir.to_owned() }
    }

    /// Creates a ref, durably, and gives the newest refs, where they could be logged. A name that is taken, loose or
    /// packed, is a conflict.
    pub fn create(&self, lock: &StoreLock, name: &str, id: Id) -> Result<Option<RefTips>> {
        lock.check(&self.dir);
        let parsed: RefName = name.parse()?;
        // Before the new ref, so that a failure to pack means that nothing was created, and before the look at
        // `packed-refs`, which must see a ref of this name that was a file until now.
        if self.loose_numbers(parsed.series())?.len() >= MOST_LOOSE {
            match self.pack_refs(lock) {
                // Packing saves time only, and a damaged ref is no reason to refuse a new one.
                Err(error) if error.kind() != Kind::Corrupt => return Err(error),
                _ => {}
            }
        }
        if PackedFile::open(&self.dir)?.get(&parsed)?.0.is_some() {
            return Err(already_exists(name));
        }
        self.make_folder(parsed.series())?;
        match fs::create(&self.path(&parsed), format!("{id}\n").as_bytes())? {
            Published::Done => Ok(log::add_refs(self, &[(parsed, id)])),
            Published::Exists => Err(already_exists(name)),
        }
    }

    /// Makes the files of a series durable. Whatever came after a name was made synced its folder, so that only
    /// the newest file can be in doubt.
    pub fn confirm(&self, series: &str) -> Result<()> {
        let folder = self.dir.join(name::check_series(series)?);
        if let Some(number) = self.loose_numbers(series)?.into_iter().max() {
            fs::confirm(&self.path(&RefName::new(series, number)?))?;
        }
        fs::confirm_dir(&folder)
    }

    /// Creates the next ref of a series and gives its number.
    pub fn append(&self, lock: &StoreLock, series: &str, id: Id) -> Result<u64> {
        self.append_logged(lock, series, id).map(|(number, _)| number)
    }

    /// The same, with the newest refs after it, where they could be logged.
    pub fn append_logged(
        &self,
        lock: &StoreLock,
        series: &str,
        id: Id,
    ) -> Result<(u64, Option<RefTips>)> {
        let last = self.latest(series)?.map_or(0, |(number, _)| number);
        let full = || Error::failed(format!("there is no number after v{last} in \"{series}\""));
        let next = RefName::new(series, last.checked_add(1).ok_or_else(full)?)?;
        let tips = self.create(lock, &next.to_string(), id)?;
        Ok((next.number(), tips))
    }

    /// Makes a snapshot another object, for a purge: nobody else has seen it.
    pub fn replace_snapshot(&self, lock: &StoreLock, number: u64, id: Id) -> Result<()> {
        lock.check(&self.dir);
        let name = RefName::new(SNAPSHOTS, number)?;
        fs::replace(&self.path(&name), format!("{id}\n").as_bytes())
    }

    /// The folder of the snapshots comes with the first of them, and whoever made it may have died before its
    /// name was durable.
    fn make_folder(&self, series: &str) -> Result<()> {
        if packed::SERIES.contains(&series) {
            return Ok(());
        }
        fs::create_dir_all(&self.dir.join(series))?;
        fs::sync_dir(&self.dir.join(layout::REFS))
    }

    fn path(&self, name: &RefName) -> PathBuf {
        self.dir.join(name.to_string())
    }

    fn loose(&self, name: &RefName) -> Result<Option<Id>> {
        let path = self.path(name);
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n'));
        let damaged = || {
            Error::corrupt(format!(
                "the ref \"{}\" is damaged: it contains {}",
                path.display(),
                layout::show(&bytes)
            ))
            .hint(self.repair_hint(name, log::read_all(&self.dir).refs.get(name)))
        };
        text.and_then(|text| text.parse().ok()).map(Some).ok_or_else(damaged)
    }

    /// The numbers of the loose refs of a series, in no order. Other names in the folder are nothing
    /// of ours: temporary files, and what file managers leave.
    fn loose_numbers(&self, series: &str) -> Result<Vec<u64>> {
        let dir = self.dir.join(series);
        let entries = match std::fs::read_dir(&dir) {
            // The folders that every store has from its beginning do not vanish by themselves: an
            // empty history must not be taken for what is left of a lost one.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && packed::SERIES.contains(&series) =>
            {
                return Err(missing(&dir));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.at("read", &dir)?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let file = entry.at("read", &dir)?.file_name();
            numbers.extend(file.to_str().and_then(name::number_of));
        }
        Ok(numbers)
    }
}

fn already_exists(name: &str) -> Error {
    Error::conflict(format!("cannot create the ref \"{name}\": it exists"))
        .hint("somebody else took this number: run the command again")
}

fn missing(dir: &Path) -> Error {
    Error::corrupt(format!("the folder \"{}\" is missing", dir.display())).hint(Hint::RecoverRefs)
}
