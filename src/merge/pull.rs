//! `pull`, after the fetch: the versions of a remote are merged into the project's files, and
//! placed before our unpushed versions.
//!
//! Files first, refs second. The base of the merge is the newest common source version, and it
//! stays the base until the refs change: a pull that was interrupted finds the files partly merged,
//! and completes them.

use super::open;
use super::rebase::{self, Rebased, rebase};
use crate::diff::{self, TreeChange};
use crate::error::Result;
use crate::history::ledger::LedgerEntry;
use crate::history::project::Project;
use crate::history::published;
use crate::history::record::Author;
use crate::history::source::{self, SourceVersion};
use crate::merge::incoming::{Incoming, LedgerChange};
use crate::merge::{self, Choices, Conflict, Side, Trees};
use crate::object::Id;
use crate::operations::{inherit, push, rollback, yaml_edit};
use crate::progress::Progress;
use crate::store::{Batch, Heads, common};
use crate::workspace::{self, RestorePlan, Snapshot, Tracked};

/// Outcome of a pull.
#[derive(Debug)]
pub enum PullOutcome {
    /// The remote has nothing that we lack.
    UpToDate,
    Pulled(Box<Pulled>),
    /// Markers are in the files, and the merge is open.
    Open(Box<PullMarkers>),
    /// Nothing was changed.
    Refused(Box<PullConflicts>),
}

#[derive(Debug)]
pub struct Pulled {
    pub incoming: Incoming,
    /// Ours behind theirs: which number became which.
    pub rebased: Rebased,
    /// Files of the project that changed.
    pub files: Vec<TreeChange>,
    /// Files with changes of both sides.
    pub texts: Vec<String>,
    /// Conflicts that the choice decided.
    pub decided: Vec<Conflict>,
    /// Changes of a side that the merged files lack.
    pub missing: Vec<Conflict>,
    /// Paths that look like secrets and may be kept now, as theirs contains them.
    pub allowed: Vec<String>,
    /// The safety snapshot, where the project held anything that was not pushed.
    pub kept: Option<u64>,
}

#[derive(Debug)]
pub struct PullConflicts {
    pub incoming: Incoming,
    pub conflicts: Vec<Conflict>,
    /// Ledger records of each side since the last common one, where both have some: ours, theirs.
    pub diverged: Option<(Vec<LedgerChange>, Vec<LedgerChange>)>,
}

#[derive(Debug)]
pub struct PullMarkers {
    pub incoming: Incoming,
    pub conflicts: Vec<Conflict>,
    /// Files with markers.
    pub paths: Vec<String>,
    /// The safety snapshot, where the project held anything that was not pushed.
    pub kept: Option<u64>,
}

/// Request of the person who pulls.
#[derive(Clone, Debug, Default)]
pub struct PullRequest {
    pub choices: Choices,
    /// Name of the remote, where conflicts are to be marked in the files.
    pub markers: Option<String>,
}

/// New files of the project.
pub(super) struct PullFiles {
    pub snapshot: Snapshot,
    pub plan: RestorePlan,
    changes: Vec<TreeChange>,
    merged: Result<merge::MergedTree, merge::MarkedTree>,
    pub allowed: Vec<String>,
}

/// Merges the versions of a remote. Its objects must be here, whole.
pub fn pull(
    project: &Project,
    remote: &Heads,
    request: &PullRequest,
    who: &Author,
    progress: &Progress,
) -> Result<PullOutcome> {
    project.require_no_merge("pull")?;
    let merge = |batch: &mut Batch, local: &Heads| {
        files(project, batch, (local, remote), request, (who, progress))
    };
    take_over(project, remote, request.choices.side_of_all(), merge, |files, previous| match &files
        .merged
    {
        Ok(_) => restore(project, files, previous, who, progress),
        Err(marked) => {
            let name = request.markers.clone().unwrap_or_default();
            open::begin(project, (name, remote), files, marked, (who, progress))
        }
    })
}

/// Places our unpushed versions behind those of a remote, and leaves the files as they are: the
/// next push is ours, and theirs is history.
pub fn overtake(project: &Project, remote: &Heads, choice: Option<Side>) -> Result<PullOutcome> {
    take_over(project, remote, choice, |_, _| Ok(None), |_, _| Ok(None))
}

type PullMerge = Option<Result<PullFiles, Vec<Conflict>>>;

fn take_over(
    project: &Project,
    remote: &Heads,
    choice: Option<Side>,
    merge: impl FnOnce(&mut Batch, &Heads) -> Result<PullMerge>,
    restore: impl FnOnce(&PullFiles, Option<&SourceVersion>) -> Result<Option<u64>>,
) -> Result<PullOutcome> {
    let store = project.store();
    let local = store.heads()?;
    let incoming = Incoming::of(store.objects(), &local, remote)?;
    if incoming.is_empty() {
        store.confirm_heads()?;
        return Ok(PullOutcome::UpToDate);
    }
    let mut batch = store.batch();
    let (rebased, diverged) = match rebase(&mut batch, &local, remote, choice)? {
        rebase::RebaseOutcome::Rebased(rebased) => {
            published::check(store, &local, &rebased.heads)?;
            (Some(rebased), None)
        }
        rebase::RebaseOutcome::Diverged(diverged) => (None, Some(diverged)),
    };
    let previous = source::latest(store)?;
    let (files, conflicts) = match merge(&mut batch, &local)? {
        Some(Ok(files)) => (Some(files), Vec::new()),
        Some(Err(conflicts)) => (None, conflicts),
        None => (None, Vec::new()),
    };
    let Some(rebased) = rebased.filter(|_| conflicts.is_empty()) else {
        let diverged =
            diverged.map(|diverged| (moved(diverged.ours, &local), moved(diverged.theirs, remote)));
        return Ok(PullOutcome::Refused(Box::new(PullConflicts { incoming, conflicts, diverged })));
    };
    batch.commit()?;
    let kept = match &files {
        Some(files) => restore(files, previous.as_ref())?,
        None => None,
    };
    if let Some(PullFiles { merged: Err(marked), .. }) = files {
        let merge::MarkedTree { open: conflicts, paths, .. } = marked;
        let markers = PullMarkers { incoming, conflicts, paths, kept };
        return Ok(PullOutcome::Open(Box::new(markers)));
    }
    put_in_force(project, &local, &rebased.heads, files.is_some())?;
    Ok(pulled(incoming, rebased, files, kept))
}

/// The outcome with what became of the files.
fn pulled(
    incoming: Incoming,
    rebased: Rebased,
    files: Option<PullFiles>,
    kept: Option<u64>,
) -> PullOutcome {
    let (changes, merged, allowed) = match files {
        Some(files) => (files.changes, files.merged.ok(), files.allowed),
        None => Default::default(),
    };
    let (texts, decided, missing) =
        merged.map(|merged| (merged.texts, merged.decided, merged.missing)).unwrap_or_default();
    PullOutcome::Pulled(Box::new(Pulled {
        incoming,
        rebased,
        files: changes,
        texts,
        decided,
        missing,
        allowed,
        kept,
    }))
}

fn moved(steps: Vec<LedgerEntry>, heads: &Heads) -> Vec<LedgerChange> {
    steps.into_iter().map(|step| LedgerChange::of(step, heads)).collect()
}

/// Merges the files, where the remote has any that we lack, and looks whether they could be restored.
fn files(
    project: &Project,
    batch: &mut Batch,
    (local, remote): (&Heads, &Heads),
    request: &PullRequest,
    (who, progress): (&Author, &Progress),
) -> Result<PullMerge> {
    let both = common(&local.source, &remote.source);
    let Some(theirs) = remote.source.last().filter(|_| remote.source.len() > both) else {
        return Ok(None);
    };
    let version = |id: &Id| SourceVersion::load(project.store().objects(), 0, *id);
    let base = both.checked_sub(1).map(|at| version(&local.source[at])).transpose()?;
    let theirs = version(theirs)?;
    // Else the files that they allowed would count as removed here.
    let allowed = inherit::inherit(project, base.as_ref(), &theirs)?;
    let their_author = theirs.record.by.clone();
    let (base, theirs) = (base.map(|base| base.source), theirs.source);
    // Before the snapshot, since it may write into the project's `.gitignore`.
    project.store().guard_from_git()?;
    let newest = source::latest(project.store())?;
    let pushed = newest.as_ref().map(|newest| newest.source);
    let tracked = Tracked::in_tree(batch, pushed)?;
    let snapshot = project.snapshot(batch, base, &tracked, progress)?;
    // The merge takes the files for what became of the newest push.
    if let Some(newest) = newest.filter(|_| pushed != Some(snapshot.tree)) {
        project.require_base(&newest, "pull")?;
    }
    let ours = yaml_edit::give_way(project.store(), batch, base, (snapshot.tree, theirs))?;
    let trees = Trees { base, ours, theirs };
    let labels = request.markers.as_ref().map(|name| {
        let (ours, theirs) = (local.source.len(), remote.source.len());
        [
            format!("yours: source/v{ours} and edits ({})", who.by),
            format!("{name}: source/v{theirs} ({their_author})"),
        ]
    });
    let outcome = merge::merge(batch, project.root(), &trees, &request.choices, labels.as_ref())?;
    let merged = match outcome {
        merge::MergeOutcome::Merged(merged) => Ok(merged),
        merge::MergeOutcome::Marked(marked) => Err(marked),
        merge::MergeOutcome::Conflicts(conflicts) => {
            inherit::forget(project, &allowed)?;
            return Ok(Some(Err(conflicts)));
        }
    };
    let tree = match &merged {
        Ok(merged) => merged.tree,
        Err(marked) => marked.tree,
    };
    let changes = diff::trees(batch, Some(snapshot.tree), Some(tree))?;
    let plan = workspace::plan(batch, snapshot.tree, tree)?;
    workspace::check(&plan, project.root())?;
    Ok(Some(Ok(PullFiles { snapshot, plan, changes, merged, allowed })))
}

/// Takes a safety snapshot of edits that were not pushed, then replaces the files by the merged
/// ones.
fn restore(
    project: &Project,
    files: &PullFiles,
    previous: Option<&SourceVersion>,
    who: &Author,
    progress: &Progress,
) -> Result<Option<u64>> {
    let (store, plan, snapshot) = (project.store(), &files.plan, &files.snapshot);
    let kept = match plan.is_empty() {
        true => None,
        false => rollback::keep(project, store.batch(), previous, snapshot, who)?,
    };
    // Nothing to write means that a pull which was cut off wrote it, and perhaps not for good.
    rollback::restore(project, plan, snapshot, kept, progress)?;
    Ok(kept)
}

/// Commit point of a pull: compare-and-swap of all refs. A push since the merge began makes it
/// fail, and nothing is changed. `is_merged`: the files contain the newest push now.
fn put_in_force(project: &Project, seen: &Heads, new: &Heads, is_merged: bool) -> Result<()> {
    if seen == new {
        return project.store().confirm_heads();
    }
    let lock = project.store().lock()?;
    project.store().replace_refs(&lock, seen, new)?;
    let newest = new.source.last().filter(|_| is_merged);
    newest.into_iter().for_each(|newest| push::remember_base(project, *newest));
    Ok(())
}
