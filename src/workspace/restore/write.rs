//! Writing of restored files, on several threads: each under a temporary name, or under its own where that is free and
//! nothing relies on the file before all of them are synced.

use super::plan::RestoreStep;
use super::walk::{FolderWalk, WalkEnd, split};
use crate::error::{Error, Hint, Result};
use crate::fs::{Draft, Folder, Unsynced};
use crate::object::{Id, Leaf, Mode, Source};
use crate::parallel::{self, Spread};
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

/// Files that a thread writes before it takes others: neighbours, which are often compressed together. Of many it takes more,
/// because the folders on the way are opened again for each share.
const SHARE: RangeInclusive<usize> = 16..=128;

/// Shares of files between those bounds: with more, the threads end at about the same time.
const SHARES: usize = 64;

/// Below this many files a second thread costs more than it saves.
const FEW: usize = 48;

/// Name that a file gets while it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenName {
    Temporary,
    Own,
}

/// Writer of the contents of files, in folders that exist.
pub struct ContentWriter<'w> {
    pub root: &'w Folder,
    pub source: &'w (dyn Source + Sync),
    pub name: WrittenName,
}

/// A complete file under the name that it was written by, and what is to be synced: nothing of a link.
pub struct WrittenFile<'p> {
    pub step: &'p RestoreStep,
    pub name: String,
    pub unsynced: Option<Unsynced>,
}

impl ContentWriter<'_> {
    /// Writes the files of these steps, and passes each on when it is complete, also when another fails then.
    pub fn write<'p>(
        &self,
        steps: &[&'p RestoreStep],
        written: impl FnMut(WrittenFile<'p>) + Send,
    ) -> Result<()> {
        let written = Mutex::new(written);
        let share = (steps.len() / SHARES).clamp(*SHARE.start(), *SHARE.end());
        let spread = Spread::over(steps.len(), share, FEW);
        parallel::try_map_shares(spread, |numbers| {
            let mut walk = FolderWalk::from(self.root.reopen()?);
            steps[numbers].iter().try_for_each(|step| {
                let Some(leaf) = step.action.leaf() else { return Ok(()) };
                let file = self
                    .one(&mut walk, step, leaf)
                    .map_err(|error| error.context(format!("cannot restore \"{}\"", step.path)))?;
                written.lock().unwrap_or_else(PoisonError::into_inner)(file);
                Ok(())
            })
        })
        .map(drop)
    }

    fn one<'p>(
        &self,
        walk: &mut FolderWalk,
        step: &'p RestoreStep,
        leaf: Leaf,
    ) -> Result<WrittenFile<'p>> {
        let (folder, name) = split(&step.path);
        if walk.go(folder, false)? != WalkEnd::Folder {
            return Err(Error::conflict(format!("\"{folder}\" changed meanwhile")));
        }
        let (name, unsynced) = self.draft(walk.here(), name, leaf)?.keep();
        Ok(WrittenFile { step, name, unsynced })
    }

    fn draft<'f>(&self, here: &'f Folder, name: &str, (mode, id): Leaf) -> Result<Draft<'f>> {
        let own = || name.to_owned();
        if mode == Mode::Symlink {
            let mut target = Vec::new();
            self.source.copy_blob(&id, &mut target)?;
            let target = String::from_utf8(target).map_err(|_| damaged(&id))?;
            return match self.name {
                WrittenName::Temporary => here.draft_link(&target),
                WrittenName::Own => here.begin_link(own(), &target),
            };
        }
        let executable = mode == Mode::Executable;
        let mut draft = match self.name {
            WrittenName::Temporary => here.draft(executable)?,
            WrittenName::Own => here.begin(own(), executable)?,
        };
        self.source.copy_blob(&id, &mut draft)?;
        Ok(draft)
    }
}

fn damaged(id: &Id) -> Error {
    Error::corrupt(format!("object {id} is damaged")).hint(Hint::FsckAffected)
}
