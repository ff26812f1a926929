//! Execution of a restore plan. Each file is written under a temporary name, checked against its
//! id, synced, and renamed: at every moment each path is old or new, and an interrupted restore is
//! finished by running it again.

use super::clear;
use super::leftover;
use super::place::{self, changed};
use super::plan::{RestorePlan, RestoreStep};
use super::walk::{FolderWalk, WalkEnd, above, split};
use crate::error::{Error, Hint, Result};
use crate::fs::{self, CAN_SYNC_ALL, FileKind, Folder, Unsynced};
use crate::object::{Id, Leaf, Mode, Source};
use crate::progress::Progress;
use crate::workspace::scan::join;
use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::Path;

/// Number of files from which the file system is synced as a whole. Below, each file is synced,
/// several at once, which does not wait for the writes of other programs.
const MANY: usize = 64;

/// Limit on files that are written and synced before they are renamed: one sync of a folder then
/// serves all of them.
const BATCH: usize = 1024;

/// Numbers of files that a restore wrote and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreCount {
    pub written: usize,
    pub removed: usize,
}

/// True if [`apply`] would refuse; checked before a safety snapshot is taken.
pub fn check(plan: &RestorePlan, root: &Path) -> Result<()> {
    clear::check(root, plan).map(drop)
}

/// Number of the plan's steps that [`apply`] would still have to take.
pub fn remaining(root: &Path, plan: &RestorePlan) -> Result<usize> {
    clear::check(root, plan).map(|steps| steps.len())
}

/// Makes the files of a project those of the plan's target. Refuses before the first change if an
/// untracked file is in the way.
pub fn apply(
    plan: &RestorePlan,
    root: &Path,
    source: &dyn Source,
    progress: &Progress,
) -> Result<RestoreCount> {
    let steps = clear::check(root, plan)?;
    progress.expect(steps.len() as u64);
    let (removes, writes): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| step.action.leaf().is_none());
    let (blocking, rest) = in_the_way(&removes, &writes);
    let mut restore = Restorer {
        walk: FolderWalk::new(root)?,
        source,
        progress,
        all_at_once: CAN_SYNC_ALL && writes.len() > MANY,
        swept: HashSet::new(),
        touched: BTreeSet::new(),
    };
    blocking.iter().try_for_each(|step| restore.remove(step))?;
    writes.chunks(BATCH).try_for_each(|batch| restore.write(batch))?;
    rest.iter().try_for_each(|step| restore.remove(step))?;
    restore.remove_emptied(&removes)?;
    restore.touch_all(plan.target)?;
    restore.sync()?;
    Ok(RestoreCount { written: writes.len(), removed: removes.len() })
}

/// Separates the steps that must come first: a file where a folder is needed, the content of a
/// folder where a file is needed. All other removals come last, so that a full disk is met while
/// everything is still there.
fn in_the_way<'p>(
    removes: &[&'p RestoreStep],
    writes: &[&RestoreStep],
) -> (Vec<&'p RestoreStep>, Vec<&'p RestoreStep>) {
    let files: HashSet<&str> = writes.iter().map(|step| step.path.as_str()).collect();
    let folders: HashSet<&str> = writes.iter().flat_map(|step| above(&step.path)).collect();
    removes.iter().partition(|step| {
        folders.contains(step.path.as_str())
            || above(&step.path).any(|folder| files.contains(folder))
    })
}

struct Restorer<'r> {
    walk: FolderWalk,
    source: &'r dyn Source,
    progress: &'r Progress,
    all_at_once: bool,
    /// Folders in which leftovers of an interrupted restore were looked for.
    swept: HashSet<String>,
    /// Folders whose names have to be made durable.
    touched: BTreeSet<String>,
}

/// A complete file under a temporary name, before its rename.
struct ReadyFile<'p> {
    step: &'p RestoreStep,
    draft: String,
}

impl Restorer<'_> {
    fn write(&mut self, batch: &[&RestoreStep]) -> Result<()> {
        let mut ready = Vec::with_capacity(batch.len());
        let result = self.prepare(batch, &mut ready).and_then(|()| self.publish(&mut ready));
        if result.is_err() {
            self.abandon(&ready);
        }
        result
    }

    fn prepare<'p>(
        &mut self,
        batch: &[&'p RestoreStep],
        ready: &mut Vec<ReadyFile<'p>>,
    ) -> Result<()> {
        let mut unsynced = Vec::new();
        for step in batch {
            let Some(leaf) = step.action.leaf() else { continue };
            let (folder, _) = split(&step.path);
            self.go(folder, true)?;
            self.sweep(folder)?;
            let made = draft(self.walk.here(), self.source, leaf);
            let (draft, file) =
                made.map_err(|error| error.context(format!("cannot restore \"{}\"", step.path)))?;
            ready.push(ReadyFile { step, draft });
            // Of many the handles are not kept: the file system is synced as a whole.
            unsynced.extend(file.filter(|_| !self.all_at_once));
        }
        if self.all_at_once { self.walk.root().sync_all() } else { fs::sync_each(unsynced) }
    }

    /// Renamed files leave the list at once, even if a later rename fails.
    fn publish(&mut self, ready: &mut Vec<ReadyFile<'_>>) -> Result<()> {
        ready.reverse();
        while let Some(ReadyFile { step, .. }) = ready.last() {
            self.go(split(&step.path).0, true)?;
            // From here on a file of somebody else's can have the name of the draft.
            let Some(ReadyFile { step, draft }) = ready.pop() else { break };
            let sweep = |here: &Folder, path: &str| {
                leftover::sweep_in(here, path, self.source, self.progress)
            };
            place::put(self.walk.here(), &draft, step, &sweep)?;
            self.progress.advance(0);
        }
        Ok(())
    }

    /// Best effort: a leftover is swept by the next restore, and taken by no snapshot.
    fn abandon(&mut self, ready: &[ReadyFile<'_>]) {
        for ReadyFile { step, draft } in ready {
            if let Ok(WalkEnd::Folder) = self.walk.go(split(&step.path).0, false) {
                let _ = self.walk.here().remove(draft);
            }
        }
    }

    fn remove(&mut self, step: &RestoreStep) -> Result<()> {
        let (folder, _) = split(&step.path);
        match self.walk.go(folder, false)? {
            WalkEnd::Folder => {
                self.sweep(folder)?;
                place::take(self.walk.here(), step)?;
            }
            WalkEnd::Nothing => {}
            WalkEnd::Blocked(path) => return Err(changed(&path)),
        }
        self.touched.insert(folder.to_owned());
        self.progress.advance(0);
        Ok(())
    }

    /// Removes temporary files of an interrupted restore from the present folder.
    fn sweep(&mut self, folder: &str) -> Result<()> {
        match self.swept.insert(folder.to_owned()) {
            true => leftover::sweep_in(self.walk.here(), folder, self.source, self.progress),
            false => Ok(()),
        }
    }

    /// Goes to a folder that shall be there from now on.
    fn go(&mut self, folder: &str, make: bool) -> Result<()> {
        match self.walk.go(folder, make)? {
            WalkEnd::Blocked(path) => Err(changed(&path)),
            WalkEnd::Folder | WalkEnd::Nothing => {
                self.touched.insert(folder.to_owned());
                self.touched.extend(above(folder).map(str::to_owned));
                Ok(())
            }
        }
    }

    /// Folders from which the last file went go as well, the deepest first.
    fn remove_emptied(&mut self, removes: &[&RestoreStep]) -> Result<()> {
        let folders: BTreeSet<&str> = removes.iter().flat_map(|step| above(&step.path)).collect();
        for folder in folders.into_iter().rev() {
            let (parent, name) = split(folder);
            self.walk.reset();
            if self.walk.go(parent, false)? != WalkEnd::Folder {
                continue;
            }
            let here = self.walk.here();
            if here.file_kind(name)? == Some(FileKind::Folder) && here.remove_empty(name)? {
                self.touched.remove(folder);
                self.touched.insert(parent.to_owned());
            }
        }
        Ok(())
    }

    /// Makes durable the files that an interrupted restore put in place: they are no steps of this
    /// one. Also those that it put aside, beside files that are not written again.
    fn touch_all(&mut self, tree: Id) -> Result<()> {
        let mut folders = vec![(String::new(), tree)];
        while let Some((path, id)) = folders.pop() {
            let tree = self.source.tree(&id)?;
            let below = tree.entries().iter().filter(|entry| entry.mode.is_directory());
            folders.extend(below.map(|entry| (join(&path, &entry.name), entry.id)));
            if self.walk.go(&path, false)? == WalkEnd::Folder {
                self.sweep(&path)?;
            }
            self.touched.insert(path);
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        if self.all_at_once || (CAN_SYNC_ALL && self.touched.len() > MANY) {
            return self.walk.root().sync_all();
        }
        self.walk.reset();
        let mut unsynced = Vec::new();
        for folder in std::mem::take(&mut self.touched) {
            if self.walk.go(&folder, false)? == WalkEnd::Folder {
                unsynced.push(self.walk.here().unsynced()?);
            }
            if unsynced.len() >= MANY {
                fs::sync_each(std::mem::take(&mut unsynced))?;
            }
        }
        fs::sync_each(unsynced)
    }
}

/// Writes a file or link beside its place and gives the name it has there.
fn draft(
    folder: &Folder,
    source: &dyn Source,
    (mode, id): Leaf,
) -> Result<(String, Option<Unsynced>)> {
    if mode == Mode::Symlink {
        let target = source.blob(&id)?;
        if Id::of_blob(&target) != id {
            return Err(damaged(&id));
        }
        let target = String::from_utf8(target).map_err(|_| damaged(&id))?;
        return Ok(folder.draft_link(&target)?.keep());
    }
    let mut draft = folder.draft(mode == Mode::Executable)?;
    let mut hashing = Hashing { out: &mut draft, hasher: Id::blob_hasher() };
    source.copy_blob(&id, &mut hashing)?;
    if Id::from(hashing.hasher.finalize()) != id {
        return Err(damaged(&id));
    }
    Ok(draft.keep())
}

fn damaged(id: &Id) -> Error {
    Error::corrupt(format!("object {id} is damaged")).hint(Hint::FsckAffected)
}

/// Writer that hashes the bytes.
struct Hashing<'w> {
    out: &'w mut dyn Write,
    hasher: blake3::Hasher,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
