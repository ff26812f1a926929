//! Finder of conflicts: what clashes in a plan, which primitives that is about, and what the result would lack.
//!
//! A clash is about the primitives that differ between the two ways to decide it: the plan is read as an agent both
//! ways. Before anything is stored the result is read too: it must be an agent, and where code was merged by its
//! structure no change of either side may be missing in it.

use super::conflict::{Conflict, ConflictReason, SideEdit};
use super::file::{FileSides, Side};
use super::items::{AgentItems, ItemKey, who};
use crate::error::Result;
use crate::merge::plan::{FileMerge, MergePlan, PathContent};
use crate::merge::views::AgentViews;
use crate::operations::leak;
use std::collections::BTreeSet;

pub struct ConflictFinder<'a> {
    views: &'a AgentViews<'a>,
    /// `None` where the agent of a side cannot be read.
    known: Option<ThreeAgents<'a>>,
}

/// The agents of all three.
struct ThreeAgents<'a> {
    base: &'a AgentItems,
    ours: &'a AgentItems,
    theirs: &'a AgentItems,
}

/// A conflict, with its place in the plan.
pub struct FoundConflict {
    pub conflict: Conflict,
    pub file: usize,
    /// Number of the clash in a text.
    clash: Option<usize>,
    /// False where another conflict names it already.
    pub is_shown: bool,
}

/// Result of reading the merged agent.
#[derive(Default)]
pub struct MergeCheck {
    /// Conflicts because of which nothing is stored.
    pub wrong: Vec<Conflict>,
    /// Changes of a side that are not in the result, where lines merged all the same.
    pub missing: Vec<Conflict>,
}

/// Empty agent in the place of a base that cannot be read: then both sides added everything.
static NOTHING: std::sync::LazyLock<AgentItems> = std::sync::LazyLock::new(AgentItems::default);

impl ThreeAgents<'_> {
    fn why(&self, key: &ItemKey) -> ConflictReason {
        match (self.base.get(key), self.ours.get(key), self.theirs.get(key)) {
            (None, ..) => ConflictReason::Added,
            (_, None, _) => ConflictReason::Removed(Side::Ours),
            (_, _, None) => ConflictReason::Removed(Side::Theirs),
            _ => ConflictReason::Changed,
        }
    }

    fn conflict(&self, key: &ItemKey, path: Option<&str>, why: ConflictReason) -> Conflict {
        // Masked, as a conflict is shown and may hold a secret: it was not pushed yet.
        let base = self.base.get(key).map(leak::masked);
        let edit = |side: &AgentItems| SideEdit::Item {
            from: base.clone(),
            to: side.get(key).map(leak::masked),
        };
        let (ours, theirs) = (edit(self.ours), edit(self.theirs));
        Conflict { path: path.map(str::to_owned), item: Some(who(key)), why, ours, theirs }
    }
}

impl<'a> ConflictFinder<'a> {
    pub fn new(views: &'a AgentViews<'a>) -> ConflictFinder<'a> {
        let known = match (&views.ours, &views.theirs) {
            (Ok(ours), Ok(theirs)) => {
                let base = views.base.as_ref().unwrap_or(&NOTHING);
                Some(ThreeAgents { base, ours, theirs })
            }
            _ => None,
        };
        ConflictFinder { views, known }
    }

    /// Files that both agents are made of; `None` where one of them cannot be read.
    pub fn agent_files(&self) -> Option<BTreeSet<String>> {
        let known = self.known.as_ref()?;
        Some(known.ours.files() & known.theirs.files())
    }

    /// Changes of the two sides that exclude each other.
    pub fn conflicts(&self, plan: &MergePlan) -> Result<Vec<FoundConflict>> {
        let mut found = Vec::new();
        for (file, planned) in plan.files.iter().enumerate() {
            match &planned.how {
                FileMerge::Whole(_) => {}
                FileMerge::Clash(why, _) => found.push(self.whole(plan, file, why)),
                FileMerge::Text { merge, .. } => {
                    for clash in 0..merge.clashes() {
                        found.extend(self.clash(plan, file, clash)?);
                    }
                }
            }
        }
        let mut named = BTreeSet::new();
        for one in &mut found {
            if let Some(item) = &one.conflict.item {
                one.is_shown = named.insert((one.file, item.kind, item.name.clone()));
            }
        }
        Ok(found)
    }

    /// A file that only one side can have. What is in a folder goes with the file in the place of that folder.
    fn whole(&self, plan: &MergePlan, file: usize, why: &ConflictReason) -> FoundConflict {
        let path = &plan.files[file].file.path;
        let is_folder = |other: &FileSides| {
            path.strip_prefix(&other.path).is_some_and(|rest| rest.starts_with('/'))
        };
        let above = plan
            .files
            .iter()
            .filter(|_| matches!(why, ConflictReason::Folder(_)))
            .find(|one| is_folder(&one.file) && matches!(one.how, FileMerge::Clash(..)));
        let conflict = file_conflict(above.map_or(&plan.files[file].file, |one| &one.file), why);
        FoundConflict { conflict, file, clash: None, is_shown: above.is_none() }
    }

    /// Conflicts of one clash: those of each primitive in it, or the lines.
    fn clash(&self, plan: &MergePlan, file: usize, clash: usize) -> Result<Vec<FoundConflict>> {
        let planned = &plan.files[file];
        let FileMerge::Text { merge, sides, .. } = &planned.how else { return Ok(Vec::new()) };
        let found = |conflict| FoundConflict { conflict, file, clash: Some(clash), is_shown: true };
        let path = &planned.file.path;
        if let Some(known) = &self.known {
            let keys = self.touched(plan, file, clash)?;
            let conflict = |key| found(known.conflict(key, Some(path), known.why(key)));
            if !keys.is_empty() {
                return Ok(keys.iter().map(conflict).collect());
            }
        }
        let lines = merge.lines(&sides.base, clash);
        let last = lines.first + lines.ours.len().max(1);
        Ok(vec![found(Conflict {
            path: Some(path.clone()),
            item: None,
            why: ConflictReason::Lines(lines.first..last),
            ours: SideEdit::Lines { from: lines.base.clone(), to: lines.ours },
            theirs: SideEdit::Lines { from: lines.base, to: lines.theirs },
        })])
    }

    /// Primitives that differ between the two ways to decide a clash.
    fn touched(&self, plan: &MergePlan, file: usize, clash: usize) -> Result<BTreeSet<ItemKey>> {
        let planned = &plan.files[file];
        for open in Side::BOTH {
            let mut files = plan.file_overrides(self.views, open)?;
            let Ok(one) = self.views.project_with(&files)? else { continue };
            let PathContent::Text(_, text) = planned.flipped(open, clash) else { continue };
            files.insert(planned.file.path.clone(), Some(text));
            if let Ok(other) = self.views.project_with(&files)? {
                return Ok(one.differing(&other));
            }
        }
        Ok(BTreeSet::new())
    }

    /// Decides the conflicts that a side wins. A clash of several primitives is decided where the same side wins all.
    pub fn decide(
        &self,
        plan: &mut MergePlan,
        found: &[FoundConflict],
        winner: impl Fn(&Conflict) -> Option<Side>,
    ) {
        for one in found {
            let of_it =
                found.iter().filter(|other| (other.file, other.clash) == (one.file, one.clash));
            let mut winners = of_it.map(|other| winner(&other.conflict));
            let first = winners.next().flatten();
            let Some(side) = first.filter(|first| winners.all(|other| other == Some(*first)))
            else {
                continue;
            };
            match (&mut plan.files[one.file].how, one.clash) {
                (FileMerge::Clash(_, decided), _) => *decided = Some(side),
                (FileMerge::Text { merge, .. }, Some(clash)) => merge.decide(clash, side),
                _ => {}
            }
        }
    }

    /// Reads the merged agent.
    pub fn check(&self, plan: &MergePlan, decided: &[&Conflict]) -> Result<MergeCheck> {
        if let Some(path) = plan.blocked() {
            let path = Some(path.to_owned());
            let wrong = vec![Conflict { path, ..Conflict::of_all(ConflictReason::Entangled) }];
            return Ok(MergeCheck { wrong, ..MergeCheck::default() });
        }
        if self.views.ours.is_err() && self.views.theirs.is_err() {
            return Ok(MergeCheck::default());
        }
        let merged = self.views.project_with(&plan.file_overrides(self.views, Side::Ours)?)?;
        let (Some(known), Ok(merged)) = (&self.known, &merged) else {
            let wrong = match merged {
                Ok(_) => Vec::new(),
                Err(why) => self.unreadable(plan, why),
            };
            return Ok(MergeCheck { wrong, ..MergeCheck::default() });
        };
        let decided: BTreeSet<_> = decided.iter().filter_map(|one| one.item.as_ref()).collect();
        let all: BTreeSet<&ItemKey> = [known.base, known.ours, known.theirs, merged]
            .iter()
            .flat_map(|agent| agent.keys())
            .filter(|key| !decided.contains(&who(key)))
            .collect();
        let is_missing = |key: &&&ItemKey| {
            let [base, ours, theirs] =
                [known.base, known.ours, known.theirs].map(|agent| agent.get(key));
            super::items::lacks(base, ours, theirs, merged.get(key))
        };
        let missing = all.iter().filter(is_missing);
        let conflict = |key: &&ItemKey| known.conflict(key, None, known.why(key));
        Ok(MergeCheck { wrong: Vec::new(), missing: missing.map(conflict).collect() })
    }

    /// Conflicts of a result that is no agent. Where the agent of a side was none before, only files that hold
    /// changes of both sides are.
    fn unreadable(&self, plan: &MergePlan, why: crate::reader::Unreadable) -> Vec<Conflict> {
        let (side, why) = match (&self.views.ours, &self.views.theirs) {
            (Err(why), _) => (Side::Ours, why.clone()),
            (_, Err(why)) => (Side::Theirs, why.clone()),
            _ => return vec![Conflict::of_all(ConflictReason::Broken(why))],
        };
        let mixed = plan.files.iter().filter(|one| matches!(one.how, FileMerge::Text { .. }));
        let why = ConflictReason::Unreadable(side, why);
        mixed.map(|one| file_conflict(&one.file, &why)).collect()
    }
}

fn file_conflict(file: &FileSides, why: &ConflictReason) -> Conflict {
    let edit = |side| SideEdit::File { from: file.base, to: file.leaf(side) };
    let (ours, theirs) = (edit(Side::Ours), edit(Side::Theirs));
    Conflict { path: Some(file.path.clone()), item: None, why: why.clone(), ours, theirs }
}
