//! Execution of a restore plan. Each file is written under a temporary name, checked against its
//! id, synced, and renamed: at every moment each path is old or new, and an interrupted restore is
//! finished by running it again.

use super::alike::AlikePaths;
use super::clear;
use super::leftover;
use super::place::{self, changed};
use super::plan::{RestorePlan, RestoreStep};
use super::walk::{FolderWalk, WalkEnd, above, split};
use super::write::{ContentWriter, WrittenName};
use crate::error::Result;
use crate::fs::{self, CAN_SYNC_ALL, FileKind, FileSystem, Folder, NameFolding, SyncLimits};
use crate::object::{Id, Source};
use crate::progress::Progress;
use crate::workspace::scan::join;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// Limit on files that are written before the file system is synced and they are renamed. Until then the disk has room for
/// both the old files and these.
const BATCH: usize = 8192;

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
    source: &(dyn Source + Sync),
    progress: &Progress,
) -> Result<RestoreCount> {
    let steps = clear::check(root, plan)?;
    progress.expect(steps.len() as u64);
    let written = steps.iter().filter(|step| step.action.leaf().is_some()).count();
    let removed = steps.len() - written;
    let mut restore = Restorer::new(root, source, progress, written)?;
    restore.run(steps)?;
    restore.touch_all(plan.target)?;
    restore.sync()?;
    Ok(RestoreCount { written, removed })
}

/// Separates the steps that must come first: a file where a folder is needed, the content of a
/// folder where a file is needed, a name that is written in another spelling. All other removals come last, so that a full disk is met while
/// everything is still there.
fn in_the_way<'p>(
    removes: &[&'p RestoreStep],
    writes: &[&RestoreStep],
    alike: &AlikePaths<'_>,
) -> (Vec<&'p RestoreStep>, Vec<&'p RestoreStep>) {
    let files: HashSet<&str> = writes.iter().map(|step| step.path.as_str()).collect();
    let folders: HashSet<&str> = writes.iter().flat_map(|step| above(&step.path)).collect();
    removes.iter().partition(|step| {
        folders.contains(step.path.as_str())
            || above(&step.path).any(|folder| files.contains(folder))
            || alike.is_respelled(&step.path)
    })
}

pub struct Restorer<'r> {
    pub walk: FolderWalk,
    pub source: &'r (dyn Source + Sync),
    pub progress: &'r Progress,
    /// The file system, where it can be synced as a whole: opened before the first write.
    whole: Option<FileSystem>,
    pub folding: NameFolding,
    pub limits: SyncLimits,
    /// The file system is synced as a whole at the end, for the files too.
    pub ends_whole: bool,
    /// No folder had to be emptied where a file is to be: a name that the plan takes for free mostly is, and is taken without a
    /// question.
    is_clear: bool,
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

impl<'r> Restorer<'r> {
    /// A restore that makes so many files durable.
    pub fn new(
        root: &Path,
        source: &'r (dyn Source + Sync),
        progress: &'r Progress,
        files: usize,
    ) -> Result<Restorer<'r>> {
        let walk = FolderWalk::new(root)?;
        let whole = CAN_SYNC_ALL.then(|| walk.root().file_system()).transpose()?;
        let (folding, limits) = (NameFolding::of(root), SyncLimits::get());
        let ends_whole = whole.is_some() && files > limits.each;
        // The root, in which the first folder on the way to each file may be new.
        let (swept, touched) = (HashSet::new(), BTreeSet::from([String::new()]));
        let is_clear = true;
        Ok(Restorer {
            walk,
            source,
            progress,
            whole,
            folding,
            limits,
            ends_whole,
            is_clear,
            swept,
            touched,
        })
    }

    /// Takes the steps of a plan. The names are not durable yet.
    pub fn run(&mut self, steps: Vec<&RestoreStep>) -> Result<()> {
        let alike = AlikePaths::new(self.folding, steps.iter().copied())?;
        let (removes, writes): (Vec<_>, Vec<_>) =
            steps.into_iter().partition(|step| step.action.leaf().is_none());
        let (blocking, rest) = in_the_way(&removes, &writes, &alike);
        self.is_clear = blocking.is_empty();
        blocking.iter().try_for_each(|step| self.remove(step))?;
        if blocking.iter().any(|step| alike.is_respelled(&step.path)) {
            // Of a folder, too, the old spelling must go.
            self.remove_emptied(&blocking)?;
            self.walk.reset();
        }
        let batch = if self.ends_whole { BATCH } else { self.limits.open };
        writes.chunks(batch).try_for_each(|batch| self.write(batch))?;
        rest.iter().try_for_each(|step| self.remove(step))?;
        self.remove_emptied(&removes)
    }

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
        for step in batch {
            let (folder, _) = split(&step.path);
            self.go(folder)?;
            self.sweep(folder)?;
        }
        let (root, source, name) = (self.walk.root(), self.source, WrittenName::Temporary);
        let whole = self.whole.as_ref().filter(|_| batch.len() > self.limits.open);
        let mut unsynced = Vec::new();
        let written = ContentWriter { root, source, name }.write(batch, |file| {
            ready.push(ReadyFile { step: file.step, draft: file.name });
            // Of many the handles are not kept.
            unsynced.extend(file.unsynced.filter(|_| whole.is_none()));
        });
        ready.sort_unstable_by_key(|file| &file.step.path);
        written?;
        whole.map_or_else(|| fs::sync_each(unsynced), FileSystem::sync)
    }

    /// Renamed files leave the list at once, even if a later rename fails.
    fn publish(&mut self, ready: &mut Vec<ReadyFile<'_>>) -> Result<()> {
        ready.reverse();
        while let Some(ReadyFile { step, .. }) = ready.last() {
            self.go(split(&step.path).0)?;
            // From here on a file of somebody else's can have the name of the draft.
            let Some(ReadyFile { step, draft }) = ready.pop() else { break };
            let sweep = |here: &Folder, path: &str| {
                leftover::sweep_in(here, path, self.source, self.progress)
            };
            let is_put = self.is_clear
                && step.old.is_none()
                && self.walk.here().claim(&draft, split(&step.path).1)?;
            if !is_put {
                place::put(self.walk.here(), &draft, step, &sweep)?;
            }
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
        if self.swept.contains(folder) {
            return Ok(());
        }
        self.swept.insert(folder.to_owned());
        leftover::sweep_in(self.walk.here(), folder, self.source, self.progress)
    }

    /// Remembers that a folder holds no leftovers.
    pub fn consider_swept(&mut self, folder: &str) {
        if !self.swept.contains(folder) {
            self.swept.insert(folder.to_owned());
        }
    }

    /// Goes to a folder that shall be there from now on.
    pub fn go(&mut self, folder: &str) -> Result<()> {
        if let WalkEnd::Blocked(path) = self.walk.go(folder, true)? {
            return Err(changed(&path));
        }
        if !self.touched.contains(folder) {
            self.touched.insert(folder.to_owned());
            self.touched.extend(above(folder).map(str::to_owned));
        }
        Ok(())
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

    /// Makes the names durable, and files that have been written under them.
    pub fn sync(&mut self) -> Result<()> {
        if let Some(whole) = &self.whole
            && (self.ends_whole || self.touched.len() > self.limits.each)
        {
            return whole.sync();
        }
        self.walk.reset();
        let mut unsynced = Vec::new();
        for folder in std::mem::take(&mut self.touched) {
            if self.walk.go(&folder, false)? == WalkEnd::Folder {
                unsynced.push(self.walk.here().unsynced()?);
            }
            if unsynced.len() >= self.limits.open {
                fs::sync_each(std::mem::take(&mut unsynced))?;
            }
        }
        fs::sync_each(unsynced)
    }
}
