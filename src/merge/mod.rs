//! Merge of two histories: the files of a project merged three ways, by file, by line, by
//! primitive.
//!
//! Different files merge, and so do different primitives of one file. The same primitive changed on
//! both sides in one file is a conflict even if its lines would merge: nobody wrote the result. The
//! merged files are read as an agent before they count, and each primitive must equal that of the
//! side that changed it. So no change of either side is lost silently.

mod conflict;
mod file;
pub mod incoming;
mod items;
pub mod join_history;
mod plan;
mod primitives;
pub mod pull;
pub mod rebase;
#[cfg(test)]
mod tests;
mod views;

pub use conflict::{Conflict, ConflictReason, SideEdit};
pub use file::Side;

use crate::error::Result;
use crate::merge::plan::MergePlan;
use crate::merge::primitives::ConflictFinder;
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
}

/// Merges the changes of both sides. A `choice` decides conflicts, and nothing else. The new
/// objects go to `objects`; no file is touched.
pub fn merge<S: Source + Sink>(
    objects: &mut S,
    root: &Path,
    trees: &Trees,
    choice: Option<Side>,
) -> Result<MergeOutcome> {
    if let Some(tree) = one_sided(trees) {
        return Ok(MergeOutcome::Merged(MergedTree {
            tree,
            texts: Vec::new(),
            decided: Vec::new(),
        }));
    }
    let mut plan = MergePlan::new(objects, trees)?;
    let views = AgentViews::new(objects, root, trees)?;
    let finder = ConflictFinder::new(&views)?;
    let conflicts = finder.conflicts(&plan)?;
    if let (false, Some(winner)) = (conflicts.is_empty(), choice) {
        finder.decide(&mut plan, &conflicts, winner)?;
    } else if !conflicts.is_empty() {
        return Ok(MergeOutcome::Conflicts(conflicts));
    }
    let wrong = finder.check(&plan, &conflicts, choice)?;
    if !wrong.is_empty() {
        return Ok(MergeOutcome::Conflicts(wrong));
    }
    let tree = plan.store(objects, trees.ours)?;
    Ok(MergeOutcome::Merged(MergedTree { tree, texts: plan.texts(), decided: conflicts }))
}

/// The result where only one side did something, or both the same.
fn one_sided(trees: &Trees) -> Option<Id> {
    if trees.ours == trees.theirs || trees.base == Some(trees.theirs) {
        return Some(trees.ours);
    }
    (trees.base == Some(trees.ours)).then_some(trees.theirs)
}
