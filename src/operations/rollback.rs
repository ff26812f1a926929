//! `source rollback`: the files of an older source version, restored as the next source version.
//!
//! History only grows: edits in the workspace that were not pushed are kept as a safety snapshot
//! before the first file is overwritten.

use super::{push, unseen, yaml_edit};
use crate::diff::{self, TreeChange};
use crate::error::{Hint, Result};
use crate::history::imported;
use crate::history::project::Project;
use crate::history::record::{Author, SourceRecord};
use crate::history::source::{self, SNAPSHOT_REFS, SourceVersion};
use crate::history::state::State;
use crate::object::{Id, Source, nest};
use crate::progress::Progress;
use crate::store::Batch;
use crate::workspace::{self, RestorePlan, Snapshot, Tracked};

/// Origin of the restored files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollbackSource {
    /// A source version; its state becomes the pushed state again.
    Version(u64),
    /// A workspace kept before an earlier restore; it was never pushed, and is not by coming back.
    Snapshot(u64),
    /// The files of a version, which is no version of this store perhaps. They are not pushed again.
    Files { state: Id, source: Id, is_partial: bool },
}

/// Plan of a rollback.
pub struct Rollback<'a> {
    project: &'a Project,
    from: RollbackSource,
    target: Target,
    previous: Option<SourceVersion>,
    batch: Batch,
    snapshot: Snapshot,
    plan: RestorePlan,
    /// Files that change, from their present content to the restored one.
    pub changes: Vec<TreeChange>,
}

/// State and files to restore.
#[derive(Clone)]
struct Target {
    state: Id,
    source: Id,
    /// As in the record of the version.
    unread: Option<String>,
    /// Files that the stock command does not see are not in it, and stay as they are.
    is_partial: bool,
}

impl Target {
    fn of(version: &SourceVersion) -> Target {
        Target {
            state: version.state,
            source: version.source,
            unread: version.record.unread.clone(),
            is_partial: imported::source_is_partial(version),
        }
    }

    /// Completes the files of a backup with those that it cannot have.
    fn complete(&mut self, batch: &mut Batch, current: Id) -> Result<()> {
        if self.is_partial {
            let list = unseen::complete(batch, current, self.source)?;
            let list: Vec<_> = list.iter().map(|(path, mode, id)| (&**path, *mode, *id)).collect();
            self.source = nest(batch, &list, None)?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// The safety snapshot, where the workspace held anything not pushed.
    pub kept: Option<u64>,
    /// The new source version; `None` where nothing had to change, and for a snapshot.
    pub number: Option<u64>,
}

/// The workspace as it is, in a batch that is not committed yet.
pub struct Captured {
    pub previous: Option<SourceVersion>,
    pub batch: Batch,
    pub snapshot: Snapshot,
}

/// Reads the workspace. A file that the last push has is tracked even where a rule ignores it.
pub fn capture(project: &Project, progress: &Progress) -> Result<Captured> {
    let previous = source::latest(project.store())?;
    let mut batch = project.store().batch();
    let base = previous.as_ref().map(|previous| previous.source);
    let tracked = Tracked::in_tree(&batch, base)?;
    let snapshot = project.snapshot(&mut batch, base, &tracked, progress)?;
    Ok(Captured { previous, batch, snapshot })
}

/// Looks at the workspace and at the target, and changes nothing.
pub fn prepare<'a>(
    project: &'a Project,
    from: RollbackSource,
    progress: &Progress,
) -> Result<Rollback<'a>> {
    let store = project.store();
    let mut target = match from {
        RollbackSource::Version(number) => Target::of(&source::get(store, number)?),
        RollbackSource::Snapshot(number) => Target::of(&source::get_snapshot(store, number)?),
        RollbackSource::Files { state, source, is_partial } => {
            Target { state, source, unread: None, is_partial }
        }
    };
    let Captured { previous, mut batch, snapshot } = capture(project, progress)?;
    target.complete(&mut batch, snapshot.tree)?;
    let changes = diff::trees(&batch, Some(snapshot.tree), Some(target.source))?;
    let plan = workspace::plan(&batch, snapshot.tree, target.source)?;
    Ok(Rollback { project, from, target, previous, batch, snapshot, plan, changes })
}

impl Rollback<'_> {
    /// True if the workspace has edits that were not pushed.
    pub fn has_edits(&self) -> Result<bool> {
        let Some(previous) = &self.previous else { return Ok(true) };
        let mut edits = diff::trees(&self.batch, Some(previous.source), Some(self.snapshot.tree))?;
        let is_yaml_edit = yaml_edit::take_out(self.project.store(), &mut edits)?;
        Ok(!is_yaml_edit && !edits.is_empty())
    }

    /// Takes a safety snapshot, restores the files, and makes the next source version of them.
    pub fn run(self, who: &Author, progress: &Progress) -> Result<RolledBack> {
        // The git guard may write an ignore file, which the plan has not seen: it is made again.
        if self.project.store().guard_from_git()? {
            return prepare(self.project, self.from, progress)?.run(who, progress);
        }
        let Rollback { project, from, target, previous, batch, snapshot, plan, .. } = self;
        project.require_no_merge("restore")?;
        project.store().require_whole()?;
        workspace::check(&plan, project.root())?;
        let kept = match plan.is_empty() {
            true => None,
            false => keep(project, batch, previous.as_ref(), &snapshot, who)?,
        };
        restore(project, &plan, &snapshot, kept, progress)?;
        let number = match from {
            RollbackSource::Snapshot(_) | RollbackSource::Files { .. } => None,
            RollbackSource::Version(number) => {
                append(project, &target, snapshot.tree, (number, who))?
            }
        };
        Ok(RolledBack { kept, number })
    }
}

/// Makes the files those of the plan. Where it stops half way, the error says how to go back as well.
pub fn restore(
    project: &Project,
    plan: &RestorePlan,
    from: &Snapshot,
    kept: Option<u64>,
    progress: &Progress,
) -> Result<()> {
    restore_from(project, project.store().objects(), plan, from, kept, progress)
}

/// The same with files from another source.
pub fn restore_from(
    project: &Project,
    objects: &(dyn Source + Sync),
    plan: &RestorePlan,
    from: &Snapshot,
    kept: Option<u64>,
    progress: &Progress,
) -> Result<()> {
    let root = project.root();
    let paths = plan.steps.iter().map(|step| &*step.path);
    project.store().note_files(root, plan.current, paths);
    let done = workspace::sweep(root, &from.leftovers, objects, progress)
        .and_then(|()| workspace::apply(plan, root, objects, progress));
    done.map(drop).map_err(|error| {
        let is_begun =
            workspace::remaining(root, plan).map_or(true, |left| left < plan.steps.len());
        if !is_begun {
            project.store().forget_files();
        }
        let Some(kept) = kept else { return error };
        error.also(Hint::RestoreSnapshot(kept))
    })
}

/// Keeps the workspace as it is, before some files of it are edited.
pub fn keep_workspace<'p>(
    project: &Project,
    paths: impl Iterator<Item = &'p str>,
    who: &Author,
    progress: &Progress,
) -> Result<Option<u64>> {
    let Captured { previous, batch, snapshot } = capture(project, progress)?;
    let kept = keep(project, batch, previous.as_ref(), &snapshot, who)?;
    project.store().note_files(project.root(), snapshot.tree, paths);
    Ok(kept)
}

/// Takes a safety snapshot of the workspace, unless it equals the last push. One from an earlier,
/// interrupted rollback is not repeated.
pub fn keep(
    project: &Project,
    mut batch: Batch,
    previous: Option<&SourceVersion>,
    snapshot: &Snapshot,
    who: &Author,
) -> Result<Option<u64>> {
    if previous.is_some_and(|previous| previous.source == snapshot.tree) {
        return Ok(None);
    }
    if let Some((number, id)) = project.store().refs().latest(SNAPSHOT_REFS)?
        && SourceVersion::load(&batch, number, id)?.source == snapshot.tree
    {
        project.store().confirm()?;
        return Ok(Some(number));
    }
    let state = match previous {
        Some(previous) => previous.state,
        None => State::default().store(&mut batch, None)?,
    };
    let record = SourceRecord {
        by: who.by.clone(),
        at_ms: who.at_ms,
        triggered_by: "safety snapshot".to_owned(),
        message: None,
        highest: Default::default(),
        unread: None,
    };
    let id = source::put(&mut batch, &record, state, snapshot.tree, previous)?;
    batch.commit()?;
    let lock = project.store().lock()?;
    project.store().append_ref(&lock, SNAPSHOT_REFS, id).map(Some)
}

/// The target's state and files become the next source version; `None` when they are the newest.
fn append(
    project: &Project,
    target: &Target,
    current: Id,
    (number, who): (u64, &Author),
) -> Result<Option<u64>> {
    loop {
        let previous = source::latest(project.store())?;
        if previous.as_ref().is_some_and(|p| (p.state, p.source) == (target.state, target.source)) {
            project.store().confirm_heads()?;
            return Ok(None);
        }
        let mut batch = project.store().batch();
        let old = match &previous {
            Some(previous) => State::load(&batch, &previous.state)?,
            None => State::default(),
        };
        let record = SourceRecord {
            by: who.by.clone(),
            at_ms: who.at_ms,
            triggered_by: format!("rollback to v{number}"),
            message: None,
            highest: source::highest(previous.as_ref(), &old, &State::load(&batch, &target.state)?),
            unread: target.unread.clone(),
        };
        // Its trees were in a batch that is gone.
        target.clone().complete(&mut batch, current)?;
        let content = (target.state, target.source);
        let id = source::put_next(project.store(), &mut batch, record, content, previous.as_ref())?;
        batch.commit()?;
        if let Some(number) = push::publish(project, id, previous.as_ref())? {
            return Ok(Some(number));
        }
    }
}
