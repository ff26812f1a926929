//! Merge conflicts per primitive: the primitives that each side changed, those that clash, and a
//! check of the merged agent.
//!
//! Lines that merge are not enough: the merged files are read as an agent, and each primitive must
//! be that of the base, of ours or of theirs. A merge is stored only when this finds nothing.

use super::conflict::{Conflict, ConflictReason, SideEdit};
use super::file::{FileSides, Side, TextSides};
use super::items::{AgentItems, ItemKey, who};
use crate::diff::ChangedBy;
use crate::error::Result;
use crate::merge::plan::{FileMerge, MergePlan, PlannedFile};
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
    /// Items that both sides changed, and not in the same way.
    both: BTreeSet<ItemKey>,
}

/// Empty agent in the place of a base that cannot be read: then both sides added everything.
static NOTHING: std::sync::LazyLock<AgentItems> = std::sync::LazyLock::new(AgentItems::default);

impl ThreeAgents<'_> {
    fn side(&self, side: Side) -> &AgentItems {
        match side {
            Side::Ours => self.ours,
            Side::Theirs => self.theirs,
        }
    }

    fn is_changed_by(&self, key: &ItemKey, side: Side) -> bool {
        self.side(side).get(key) != self.base.get(key)
    }

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
    pub fn new(views: &'a AgentViews<'a>) -> Result<ConflictFinder<'a>> {
        let known = match (&views.ours, &views.theirs) {
            (Ok(ours), Ok(theirs)) => {
                let base = views.base.as_ref().unwrap_or(&NOTHING);
                let differing = ours.differing(theirs);
                let both = &base.differing(ours) & &base.differing(theirs);
                Some(ThreeAgents { base, ours, theirs, both: &both & &differing })
            }
            _ => None,
        };
        Ok(ConflictFinder { views, known })
    }

    /// Changes of the two sides that exclude each other.
    pub fn conflicts(&self, plan: &MergePlan) -> Result<Vec<Conflict>> {
        let mut conflicts = Vec::new();
        let mut named: BTreeSet<ItemKey> = BTreeSet::new();
        for planned in &plan.files {
            match &planned.how {
                FileMerge::Whole(_) => {}
                FileMerge::Clash(ConflictReason::Folder(below))
                    if !below.starts_with(&format!("{}/", planned.file.path)) => {}
                FileMerge::Clash(why) => conflicts.push(file_conflict(&planned.file, why.clone())),
                FileMerge::Text(text, _) => {
                    let keys = self.in_file(&planned.file, text)?;
                    if let Some(known) = &self.known {
                        let path = Some(&*planned.file.path);
                        conflicts.extend(
                            keys.iter().map(|key| known.conflict(key, path, known.why(key))),
                        );
                    }
                    conflicts.extend(self.text_conflicts(planned, text, &keys)?);
                    named.extend(keys);
                }
            }
        }
        if let Some(known) = &self.known {
            let rest = known.both.iter().filter(|key| !named.contains(*key));
            let rest = rest.filter(|key| known.why(key) != ConflictReason::Changed);
            conflicts.extend(rest.map(|key| known.conflict(key, None, known.why(key))));
        }
        Ok(conflicts)
    }

    /// Conflicts in a text besides these primitives, or of the whole file where only one side can be read.
    fn text_conflicts(
        &self,
        planned: &PlannedFile,
        text: &TextSides,
        keys: &BTreeSet<ItemKey>,
    ) -> Result<Vec<Conflict>> {
        let path = &planned.file.path;
        let unreadable = match (&self.views.ours, &self.views.theirs) {
            (Err(why), Ok(_)) => Some((Side::Ours, why)),
            (Ok(_), Err(why)) => Some((Side::Theirs, why)),
            _ => None,
        };
        if let Some((side, why)) = unreadable {
            return Ok(vec![file_conflict(
                &planned.file,
                ConflictReason::Unreadable(side, why.clone()),
            )]);
        }
        let texts = text.compared();
        let mut conflicts = Vec::new();
        for (number, hunk) in
            texts.hunks.iter().enumerate().filter(|(_, hunk)| hunk.changed == ChangedBy::Clash)
        {
            let with = Some(text.hunk(Side::Ours, number).into_bytes());
            let without = Some(text.without(Side::Ours, number).into_bytes());
            if let (Some(known), false) = (&self.known, keys.is_empty())
                && self.concerns(known, keys, Side::Ours, path, with, without)?
            {
                continue;
            }
            let [base, ours, theirs] = texts.lines(hunk);
            conflicts.push(Conflict {
                path: Some(path.clone()),
                item: None,
                why: ConflictReason::Lines(
                    hunk.ours.start + 1..hunk.ours.end.max(hunk.ours.start + 1) + 1,
                ),
                ours: lines_edit(&base, &ours),
                theirs: lines_edit(&base, &theirs),
            });
        }
        Ok(conflicts)
    }

    /// Items that both sides changed by their changes to this one file.
    fn in_file(&self, file: &FileSides, text: &TextSides) -> Result<BTreeSet<ItemKey>> {
        let Some(known) = self.known.as_ref().filter(|known| !known.both.is_empty()) else {
            return Ok(BTreeSet::new());
        };
        let ours = self.touched(known, file, text, Side::Ours)?;
        let theirs = self.touched(known, file, text, Side::Theirs)?;
        Ok(&(&ours & &theirs) & &known.both)
    }

    /// Items that a side's change of one file changes: the base is read with that file alone changed. Where that
    /// makes no agent, the side is read without it; where that makes none either, it may be all.
    fn touched(
        &self,
        known: &ThreeAgents<'_>,
        file: &FileSides,
        text: &TextSides,
        side: Side,
    ) -> Result<BTreeSet<ItemKey>> {
        let put = |text: String| (file.path.clone(), Some(text.into_bytes()));
        if let Ok(with) = self.views.base_with([put(text.only(side))])? {
            return Ok(known.base.differing(&with));
        }
        let other = text.only(side.other());
        if let Ok(without) = self.views.side_with(side, put(other))? {
            return Ok(known.side(side).differing(&without));
        }
        Ok(known.both.clone())
    }

    /// Gives conflicts to one side: the conflicting files and lines, and of conflicting primitives
    /// every change that the other side made to them.
    pub fn decide(&self, plan: &mut MergePlan, conflicts: &[Conflict], winner: Side) -> Result<()> {
        plan.set_winner(winner);
        let keys = keys(conflicts);
        let (Some(known), false) = (&self.known, keys.is_empty()) else { return Ok(()) };
        let loser = winner.other();
        for planned in &mut plan.files {
            let text = match &planned.how {
                FileMerge::Clash(_) => continue,
                _ if !planned.file.is_changed_by(loser) => continue,
                FileMerge::Whole(_) if planned.file.ours == planned.file.theirs => continue,
                FileMerge::Whole(_) => planned.file.text(self.views.objects)?,
                FileMerge::Text(..) => None,
            };
            let is_whole = matches!(planned.how, FileMerge::Whole(_));
            let bytes = self.views.file(&planned.file, loser)?;
            let without = self.views.bytes(planned.file.base)?;
            if !self.concerns(known, &keys, loser, &planned.file.path, bytes, without)? {
                continue;
            }
            if let (true, Some(text)) = (is_whole, text) {
                let mode = planned.file.mode();
                planned.how = FileMerge::Text(text, mode);
            }
            let FileMerge::Text(text, _) = &planned.how else {
                planned.undo();
                continue;
            };
            let mut undone = Vec::new();
            for number in text.hunks(loser) {
                let with = Some(text.hunk(loser, number).into_bytes());
                let without = Some(text.without(loser, number).into_bytes());
                if self.concerns(known, &keys, loser, &planned.file.path, with, without)? {
                    undone.push(number);
                }
            }
            undone.into_iter().for_each(|number| planned.undo_hunk(number));
        }
        Ok(())
    }

    /// True if a part of the loser's changes touches any of these: the base with it is not the base, or, where that
    /// makes no agent, the loser's work without it is not the loser's.
    fn concerns(
        &self,
        known: &ThreeAgents<'_>,
        keys: &BTreeSet<ItemKey>,
        loser: Side,
        path: &str,
        with: Option<Vec<u8>>,
        without: Option<Vec<u8>>,
    ) -> Result<bool> {
        let touches = |differing: BTreeSet<ItemKey>| !differing.is_disjoint(keys);
        if let Ok(items) = self.views.base_with([(path.to_owned(), with)])? {
            return Ok(touches(known.base.differing(&items)));
        }
        Ok(match self.views.side_with(loser, (path.to_owned(), without))? {
            Ok(items) => touches(known.side(loser).differing(&items)),
            Err(_) => false,
        })
    }

    /// Checks the merged agent: every item must be the side's that changed it.
    pub fn check(
        &self,
        plan: &MergePlan,
        decided: &[Conflict],
        winner: Option<Side>,
    ) -> Result<Vec<Conflict>> {
        let whole = |why| Conflict {
            path: None,
            item: None,
            why,
            ours: SideEdit::None,
            theirs: SideEdit::None,
        };
        if let Some(path) = plan.blocked() {
            return Ok(vec![Conflict {
                path: Some(path.to_owned()),
                ..whole(ConflictReason::Entangled)
            }]);
        }
        let Some(known) = &self.known else { return Ok(Vec::new()) };
        let merged = match self.views.project_with(&plan.file_overrides(self.views)?)? {
            Ok(merged) => merged,
            Err(why) => return Ok(vec![whole(ConflictReason::Broken(why))]),
        };
        let keys = keys(decided);
        // Lines and files that were given to one side may have held anything of the other.
        let gave = winner.filter(|_| decided.iter().any(|conflict| conflict.item.is_none()));
        let all: BTreeSet<&ItemKey> = known
            .base
            .keys()
            .chain(known.ours.keys())
            .chain(known.theirs.keys())
            .chain(merged.keys())
            .collect();
        let is_wrong = |key: &&&ItemKey| {
            let (ours, theirs) = (known.ours.get(key), known.theirs.get(key));
            let is = merged.get(key);
            match winner {
                Some(winner) if keys.contains(**key) => return is != known.side(winner).get(key),
                _ => {}
            }
            if gave.is_some_and(|winner| known.is_changed_by(key, winner.other())) {
                return false;
            }
            match (known.is_changed_by(key, Side::Ours), known.is_changed_by(key, Side::Theirs)) {
                (true, true) if ours != theirs => is.is_none(),
                (_, true) => is != theirs,
                _ => is != ours,
            }
        };
        Ok(all
            .iter()
            .filter(is_wrong)
            .map(|key| known.conflict(key, None, ConflictReason::Entangled))
            .collect())
    }
}

fn file_conflict(file: &FileSides, why: ConflictReason) -> Conflict {
    let edit = |side| SideEdit::File { from: file.base, to: file.leaf(side) };
    let (ours, theirs) = (edit(Side::Ours), edit(Side::Theirs));
    Conflict { path: Some(file.path.clone()), item: None, why, ours, theirs }
}

fn lines_edit(from: &[&str], to: &[&str]) -> SideEdit {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    SideEdit::Lines { from: owned(from), to: owned(to) }
}

fn keys(conflicts: &[Conflict]) -> BTreeSet<ItemKey> {
    let items = conflicts.iter().filter_map(|conflict| conflict.item.as_ref());
    items.map(|who| (who.kind, who.name.clone())).collect()
}
