//! Open merge: begun with markers in the files, continued when a person has edited them, or aborted.

use super::pull::{PullFiles, PullOutcome, overtake};
use super::{MarkedTree, Side};
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::source::{self, SourceVersion};
use crate::merge::incoming::Incoming;
use crate::operations::{inherit, push, rollback};
use crate::progress::Progress;
use crate::reader;
use crate::store::{Heads, MOST_OPERATIONS, OpenMerge, Operation, RemoteTracking};
use crate::workspace::{self, Tracked};

/// Writes the files with markers. The record of the merge comes first, so that no moment has markers without it.
pub(super) fn begin(
    project: &Project,
    (remote, theirs): (String, &Heads),
    files: &PullFiles,
    marked: &MarkedTree,
    (who, progress): (&Author, &Progress),
) -> Result<Option<u64>> {
    let store = project.store();
    let previous = source::latest(store)?;
    let snapshot = rollback::keep(project, store.batch(), previous.as_ref(), &files.snapshot, who)?;
    let theirs = RemoteTracking { heads: theirs.clone(), ..RemoteTracking::default() };
    let mut merge = OpenMerge {
        remote,
        work_tree: store.other_work_tree(project.root()),
        is_written: false,
        before: files.snapshot.tree,
        snapshot,
        paths: marked.paths.clone(),
        allowed: files.allowed.clone(),
        theirs,
    };
    store.set_open_merge(&merge)?;
    rollback::restore(project, &files.plan, &files.snapshot, snapshot, progress)?;
    merge.is_written = true;
    store.set_open_merge(&merge)?;
    Ok(snapshot)
}

/// The merge that is open in the files of this project.
fn require(project: &Project, action: &str) -> Result<OpenMerge> {
    let merge = project.store().open_merge()?;
    let merge = merge.ok_or_else(|| {
        Error::usage(format!("cannot {action}: no merge is open")).hint(Hint::OpenMergeWithMarkers)
    })?;
    if merge.work_tree == project.store().other_work_tree(project.root()) {
        return Ok(merge);
    }
    let root = merge.work_tree.unwrap_or_else(|| project.store().project().to_owned());
    let root = root.display();
    Err(Error::conflict(format!("cannot {action}: the merge is open in \"{root}\""))
        .hint(format!("run the command in \"{root}\"")))
}

/// Makes the merge of the files as they are now. Where it was made already, only its record is removed.
pub fn finish(project: &Project) -> Result<PullOutcome> {
    let merge = require(project, "continue")?;
    if !merge.is_written {
        return Err(
            Error::conflict("cannot continue: not all markers were written").hint(Hint::AbortMerge)
        );
    }
    let left = workspace::find_markers(project.root(), &merge.paths)?;
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        let left = left.join(", ");
        return Err(Error::conflict(format!("cannot continue: markers are left at {left}"))
            .hint(Hint::OpenMerge));
    }
    let store = project.store();
    let newest = merge.theirs.heads.source.last();
    let newest = newest.map(|id| SourceVersion::load(store.objects(), 0, *id)).transpose()?;
    if newest.is_none_or(|newest| newest.record.unread.is_none()) {
        reader::project(project.root())?;
    }
    let outcome = overtake(project, &merge.theirs.heads, Some(Side::Ours))?;
    if let PullOutcome::Refused(_) = outcome {
        return Ok(outcome);
    }
    if let Some(newest) = source::latest(store)? {
        push::remember_base(project, newest.id);
    }
    store.close_merge()?;
    Ok(outcome)
}

/// Brings back the files as they were before the merge. Edits since become a safety snapshot; its number is the answer.
pub fn abort(project: &Project, who: &Author, progress: &Progress) -> Result<Option<u64>> {
    let merge = require(project, "abort")?;
    let store = project.store();
    if Incoming::of(store.objects(), &store.heads()?, &merge.theirs.heads)?.is_empty() {
        return Err(Error::conflict("cannot abort: the merge is complete already")
            .hint(Hint::ContinueMerge));
    }
    let previous = source::latest(store)?;
    let mut batch = store.batch();
    let base = previous.as_ref().map(|previous| previous.source);
    let tracked = Tracked::in_tree(&batch, base)?;
    let snapshot = project.snapshot(&mut batch, base, &tracked, progress)?;
    let plan = workspace::plan(&batch, snapshot.tree, merge.before)?;
    workspace::check(&plan, project.root())?;
    let kept = match plan.is_empty() {
        true => None,
        false => rollback::keep(project, batch, previous.as_ref(), &snapshot, who)?,
    };
    rollback::restore(project, &plan, &snapshot, kept, progress)?;
    if let Some(begun) = begun(project, &merge)? {
        store.note_undo(begun);
    }
    inherit::forget(project, &merge.allowed)?;
    store.close_merge()?;
    Ok(kept)
}

/// The operation that wrote the markers, which an abort takes back.
fn begun(project: &Project, merge: &OpenMerge) -> Result<Option<u64>> {
    let operations = project.store().operations(MOST_OPERATIONS)?;
    let is_it = |one: &&Operation| {
        let files = one.files.as_ref();
        files.is_some_and(|files| files.before == merge.before) && one.undoes.is_none()
    };
    Ok(operations.iter().rev().find(is_it).map(|one| one.number))
}
