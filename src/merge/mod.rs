//! Merge of two histories: the files of a project merged three ways, by file, by line, by
//! structure.
//!
//! Whatever `git merge` merges and is an agent merges here with the same bytes. Where lines clash, the structure of
//! the code decides: different properties, elements and declarations merge. The merged files are read as an agent
//! before they count.

mod choice;
mod conflict;
mod file;
mod finder;
pub mod incoming;
mod items;
pub mod join_history;
mod list_items;
pub mod open;
mod plan;
pub mod pull;
pub mod rebase;
mod renames;
mod structure;
#[cfg(test)]
mod tests;
mod text_merge;
mod views;

pub use choice::{ChoiceTarget, Choices};
pub use conflict::{Conflict, ConflictReason, SideEdit};
pub use file::Side;
pub use pull::PullRequest;

use crate::error::Result;
use crate::merge::finder::{ConflictFinder, FoundConflict};
use crate::merge::plan::{MergePlan, PlannedFile};
use crate::merge::views::AgentViews;
use crate::object::{Id, Sink, Source};
use std::path::Path;

/// Trees of files: the base, and the two sides.
#[derive(Clone, Copy, Debug)]
pub struct Trees {
    /// `None` where the sides have nothing in common.
    pub base: Option<Id>,
    /// Tree of the project's folder, from its snapshot.
    pub ours: Id,
    pub theirs: Id,
}

#[derive(Debug)]
pub enum MergeOutcome {
    Merged(MergedTree),
    /// Files with markers around what is not decided.
    Marked(MarkedTree),
    /// Nothing was decided, and nothing is to be written.
    Conflicts(Vec<Conflict>),
}

#[derive(Debug)]
pub struct MergedTree {
    pub tree: Id,
    /// Files with changes of both sides.
    pub texts: Vec<String>,
    /// Conflicts that the choice decided.
    pub decided: Vec<Conflict>,
    /// Changes of a side that the result lacks although lines merged: both set one value, or one removed what the
    /// other changed.
    pub missing: Vec<Conflict>,
}

#[derive(Debug)]
pub struct MarkedTree {
    pub tree: Id,
    /// Files with markers.
    pub paths: Vec<String>,
    pub open: Vec<Conflict>,
}

impl MergedTree {
    fn of(tree: Id) -> MergedTree {
        MergedTree { tree, texts: Vec::new(), decided: Vec::new(), missing: Vec::new() }
    }
}

/// Merges the changes of both sides. Choices decide conflicts, and nothing else. The new
/// objects go to `objects`; no file is touched.
pub fn merge<S: Source + Sink>(
    objects: &mut S,
    root: &Path,
    trees: &Trees,
    choices: &Choices,
    labels: Option<&[String; 2]>,
) -> Result<MergeOutcome> {
    if let Some(tree) = one_sided(trees) {
        return Ok(MergeOutcome::Merged(MergedTree::of(tree)));
    }
    let mut plan = MergePlan::new(objects, trees)?;
    let solved = {
        let views = AgentViews::new(objects, root, trees)?;
        solve(&mut plan, &ConflictFinder::new(&views), choices)?
    };
    let (decided, missing) = match solved {
        Solved::Open(open) => {
            return match labels.filter(|_| plan.files.iter().all(PlannedFile::can_be_marked)) {
                Some(labels) => mark(objects, &plan, trees, labels, open).map(MergeOutcome::Marked),
                None => Ok(MergeOutcome::Conflicts(open)),
            };
        }
        Solved::All { decided, missing } => (decided, missing),
    };
    let tree = plan.store(objects, trees.ours, |planned| planned.content(Side::Ours))?;
    Ok(MergeOutcome::Merged(MergedTree { tree, texts: plan.texts(), decided, missing }))
}

fn mark<S: Source + Sink>(
    objects: &mut S,
    plan: &MergePlan,
    trees: &Trees,
    labels: &[String; 2],
    open: Vec<Conflict>,
) -> Result<MarkedTree> {
    let tree = plan.store(objects, trees.ours, |planned| planned.marked(labels))?;
    let with_markers = plan.files.iter().filter(|one| one.is_open());
    Ok(MarkedTree { tree, paths: with_markers.map(|one| one.file.path.clone()).collect(), open })
}

enum Solved {
    Open(Vec<Conflict>),
    All { decided: Vec<Conflict>, missing: Vec<Conflict> },
}

/// Decides the conflicts of a plan and reads the result: by structure where lines clash, and by lines alone where
/// that would lose a change.
fn solve(plan: &mut MergePlan, finder: &ConflictFinder<'_>, choices: &Choices) -> Result<Solved> {
    if let Some(files) = finder.agent_files() {
        plan.merge_structures(&files);
    }
    loop {
        let found = finder.conflicts(plan)?;
        finder.decide(plan, &found, |conflict| choices.winner(conflict));
        let is_open = |one: &FoundConflict| plan.files[one.file].is_open();
        let (open, decided): (Vec<_>, Vec<_>) = found.into_iter().partition(is_open);
        let shown = |found: Vec<FoundConflict>| {
            let shown = found.into_iter().filter(|one| one.is_shown);
            shown.map(|one| one.conflict).collect::<Vec<_>>()
        };
        if !open.is_empty() {
            return Ok(Solved::Open(shown(open)));
        }
        let all: Vec<&Conflict> = decided.iter().map(|one| &one.conflict).collect();
        let check = finder.check(plan, &all)?;
        let is_wrong = !check.wrong.is_empty() || !check.missing.is_empty();
        if is_wrong && plan.merge_lines() {
            continue;
        }
        if !check.wrong.is_empty() {
            return Ok(Solved::Open(check.wrong));
        }
        return Ok(Solved::All { decided: shown(decided), missing: check.missing });
    }
}

/// The result where only one side did something, or both the same.
fn one_sided(trees: &Trees) -> Option<Id> {
    if trees.ours == trees.theirs || trees.base == Some(trees.theirs) {
        return Some(trees.ours);
    }
    (trees.base == Some(trees.ours)).then_some(trees.theirs)
}
