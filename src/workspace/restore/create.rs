//! Creation of the files of a clone: each is written under its own name at once, because no ref exists before all of them
//! are synced. A clone that is interrupted leaves incomplete files, and the next one replaces them.

use super::alike::AlikePaths;
use super::apply::Restorer;
use super::clear;
use super::plan::{RestoreAction, RestorePlan, RestoreStep};
use super::walk::{WalkEnd, split};
use super::write::{ContentWriter, WrittenName};
use crate::error::Result;
use crate::fs::{self, CAN_SYNC_ALL};
use crate::object::{self, Source};
use crate::progress::Progress;
use std::collections::HashSet;
use std::path::Path;

/// Makes the files of a new project those of the plan's target, and returns their number.
///
/// No file that exists is written to: those that an interrupted run began are replaced as in a restore. Complete ones of that
/// run are synced. Where the file system cannot be synced as a whole, all files are restored that way.
pub fn create(
    plan: &RestorePlan,
    root: &Path,
    source: &(dyn Source + Sync),
    progress: &Progress,
) -> Result<usize> {
    let steps = clear::check(root, plan)?;
    let leaves = object::leaves(source, plan.target)?;
    progress.expect(steps.len() as u64);
    let planned: HashSet<&str> = steps.iter().map(|step| &*step.path).collect();
    let in_place =
        leaves.iter().filter(|(path, mode, _)| !planned.contains(&**path) && mode.is_file());
    let in_place: Vec<&str> = in_place.map(|(path, ..)| &**path).collect();
    let is_new = |step: &&RestoreStep| matches!(step.action, RestoreAction::Create(_));
    let (new, rest): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| CAN_SYNC_ALL && is_new(step));
    let mut restore = Restorer::new(root, source, progress, leaves.len())?;
    // First what is removed, as it may be in the way of the new files.
    restore.run(rest)?;
    restore.create(&new)?;
    restore.sync_in_place(&in_place)?;
    restore.sync()?;
    Ok(leaves.len())
}

/// Makes the files of a plan in a new folder that nobody relies on yet, and that has nothing in it. Returns their number.
pub fn create_in_new(
    plan: &RestorePlan,
    root: &Path,
    source: &(dyn Source + Sync),
    progress: &Progress,
) -> Result<usize> {
    let steps: Vec<&RestoreStep> = plan.steps.iter().collect();
    progress.expect(steps.len() as u64);
    let mut restore = Restorer::new(root, source, progress, steps.len())?;
    AlikePaths::new(restore.folding, &plan.steps)?;
    restore.create(&steps)?;
    restore.sync()?;
    Ok(steps.len())
}

impl Restorer<'_> {
    fn create(&mut self, steps: &[&RestoreStep]) -> Result<()> {
        for step in steps {
            let (folder, _) = split(&step.path);
            self.go(folder)?;
            // The leftovers of an earlier run are cleared.
            self.consider_swept(folder);
        }
        let (root, source, name) = (self.walk.root(), self.source, WrittenName::Own);
        let batch = if self.ends_whole { steps.len().max(1) } else { self.limits.open };
        for batch in steps.chunks(batch) {
            let mut unsynced = Vec::new();
            ContentWriter { root, source, name }.write(batch, |file| {
                self.progress.advance(0);
                unsynced.extend(file.unsynced.filter(|_| !self.ends_whole));
            })?;
            fs::sync_each(unsynced)?;
        }
        Ok(())
    }

    /// Makes complete files durable that an earlier run put in place.
    fn sync_in_place(&mut self, paths: &[&str]) -> Result<()> {
        for path in paths {
            let (folder, _) = split(path);
            self.go(folder)?;
        }
        if self.ends_whole {
            return Ok(());
        }
        for batch in paths.chunks(self.limits.open) {
            let mut unsynced = Vec::new();
            for path in batch {
                let (folder, name) = split(path);
                if self.walk.go(folder, false)? == WalkEnd::Folder {
                    unsynced.push(self.walk.here().unsynced_file(name)?);
                }
            }
            fs::sync_each(unsynced)?;
        }
        Ok(())
    }
}
