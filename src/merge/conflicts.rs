//! What of a merge may stand: which primitives each side changed, where the sides clash, and whether
//! what comes out is what the sides did.

use super::conflict::{Conflict, Edit, Why};
use super::file::{File, Side, Text};
use super::items::{Items, Key, who};
use crate::diff::Changed;
use crate::error::Result;
use crate::merge::plan::{Draft, How, Planned};
use crate::merge::views::Reading;
use crate::reader::leak;
use std::collections::BTreeSet;

pub struct Judge<'a> {
    reading: &'a Reading<'a>,
    /// `None` where the agent of a side cannot be read.
    known: Option<Known<'a>>,
}

/// The agents of all three.
struct Known<'a> {
    base: &'a Items,
    ours: &'a Items,
    theirs: &'a Items,
    /// What both sides changed, and not in the same way.
    both: BTreeSet<Key>,
}

/// What stands for an agent that cannot be read at the base: then both sides made everything.
static NOTHING: std::sync::LazyLock<Items> = std::sync::LazyLock::new(Items::default);

impl Known<'_> {
    fn side(&self, side: Side) -> &Items {
        match side {
            Side::Ours => self.ours,
            Side::Theirs => self.theirs,
        }
    }

    fn is_changed_by(&self, key: &Key, side: Side) -> bool {
        self.side(side).get(key) != self.base.get(key)
    }

    fn why(&self, key: &Key) -> Why {
        match (self.base.get(key), self.ours.get(key), self.theirs.get(key)) {
            (None, ..) => Why::Added,
            (_, None, _) => Why::Removed(Side::Ours),
            (_, _, None) => Why::Removed(Side::Theirs),
            _ => Why::Changed,
        }
    }

    fn conflict(&self, key: &Key, path: Option<&str>, why: Why) -> Conflict {
        // What clashes is shown, and may hold what must never be: it was not pushed yet.
        let base = self.base.get(key).map(leak::masked);
        let edit =
            |side: &Items| Edit::Item { from: base.clone(), to: side.get(key).map(leak::masked) };
        let (ours, theirs) = (edit(self.ours), edit(self.theirs));
        Conflict { path: path.map(str::to_owned), item: Some(who(key)), why, ours, theirs }
    }
}

impl<'a> Judge<'a> {
    pub fn new(reading: &'a Reading<'a>) -> Result<Judge<'a>> {
        let known = match (&reading.ours, &reading.theirs) {
            (Ok(ours), Ok(theirs)) => {
                let base = reading.base.as_ref().unwrap_or(&NOTHING);
                let differing = ours.differing(theirs);
                let both = &base.differing(ours) & &base.differing(theirs);
                Some(Known { base, ours, theirs, both: &both & &differing })
            }
            _ => None,
        };
        Ok(Judge { reading, known })
    }

    /// Everything that both sides did and that cannot both stand.
    pub fn conflicts(&self, draft: &Draft) -> Result<Vec<Conflict>> {
        let mut conflicts = Vec::new();
        let mut named: BTreeSet<Key> = BTreeSet::new();
        for planned in &draft.files {
            match &planned.how {
                How::Whole(_) => {}
                How::Clash(Why::Folder(below))
                    if !below.starts_with(&format!("{}/", planned.file.path)) => {}
                How::Clash(why) => conflicts.push(file_conflict(&planned.file, why.clone())),
                How::Text(text, _) => {
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
            let rest = rest.filter(|key| known.why(key) != Why::Changed);
            conflicts.extend(rest.map(|key| known.conflict(key, None, known.why(key))));
        }
        Ok(conflicts)
    }

    /// What clashes in a text besides these primitives, and the file as a whole where only one side can
    /// be read.
    fn text_conflicts(
        &self,
        planned: &Planned,
        text: &Text,
        keys: &BTreeSet<Key>,
    ) -> Result<Vec<Conflict>> {
        let path = &planned.file.path;
        let unreadable = match (&self.reading.ours, &self.reading.theirs) {
            (Err(why), Ok(_)) => Some((Side::Ours, why)),
            (Ok(_), Err(why)) => Some((Side::Theirs, why)),
            _ => None,
        };
        if let Some((side, why)) = unreadable {
            return Ok(vec![file_conflict(&planned.file, Why::Unreadable(side, why.clone()))]);
        }
        let texts = text.compared();
        let mut conflicts = Vec::new();
        for (number, hunk) in
            texts.hunks.iter().enumerate().filter(|(_, hunk)| hunk.changed == Changed::Clash)
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
                why: Why::Lines(hunk.ours.start + 1..hunk.ours.end.max(hunk.ours.start + 1) + 1),
                ours: lines_edit(&base, &ours),
                theirs: lines_edit(&base, &theirs),
            });
        }
        Ok(conflicts)
    }

    /// What both sides changed by what they did to this one file.
    fn in_file(&self, file: &File, text: &Text) -> Result<BTreeSet<Key>> {
        let Some(known) = self.known.as_ref().filter(|known| !known.both.is_empty()) else {
            return Ok(BTreeSet::new());
        };
        let ours = self.touched(known, file, text, Side::Ours)?;
        let theirs = self.touched(known, file, text, Side::Theirs)?;
        Ok(&(&ours & &theirs) & &known.both)
    }

    /// What a side's change of one file changes: the base is read with that file alone changed. Where
    /// that makes no agent, the side is read without it; where that makes none either, it may be all.
    fn touched(
        &self,
        known: &Known<'_>,
        file: &File,
        text: &Text,
        side: Side,
    ) -> Result<BTreeSet<Key>> {
        let put = |text: String| (file.path.clone(), Some(text.into_bytes()));
        if let Ok(with) = self.reading.base_with([put(text.only(side))])? {
            return Ok(known.base.differing(&with));
        }
        let other = text.only(side.other());
        if let Ok(without) = self.reading.side_with(side, put(other))? {
            return Ok(known.side(side).differing(&without));
        }
        Ok(known.both.clone())
    }

    /// Gives what clashes to one side: the files and lines that do, and of the primitives that do every
    /// change that the other side made to them.
    pub fn decide(&self, draft: &mut Draft, conflicts: &[Conflict], winner: Side) -> Result<()> {
        draft.give(winner);
        let keys = keys(conflicts);
        let (Some(known), false) = (&self.known, keys.is_empty()) else { return Ok(()) };
        let loser = winner.other();
        for planned in &mut draft.files {
            let text = match &planned.how {
                How::Clash(_) => continue,
                _ if !planned.file.is_changed_by(loser) => continue,
                How::Whole(_) if planned.file.ours == planned.file.theirs => continue,
                How::Whole(_) => planned.file.text(self.reading.objects)?,
                How::Text(..) => None,
            };
            let is_whole = matches!(planned.how, How::Whole(_));
            let bytes = self.reading.file(&planned.file, loser)?;
            let without = self.reading.bytes(planned.file.base)?;
            if !self.concerns(known, &keys, loser, &planned.file.path, bytes, without)? {
                continue;
            }
            if let (true, Some(text)) = (is_whole, text) {
                let mode = planned.file.mode();
                planned.how = How::Text(text, mode);
            }
            let How::Text(text, _) = &planned.how else {
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

    /// Whether a part of the loser's work changes any of these: the base with it is not the base, or,
    /// where that makes no agent, the loser's work without it is not the loser's.
    fn concerns(
        &self,
        known: &Known<'_>,
        keys: &BTreeSet<Key>,
        loser: Side,
        path: &str,
        with: Option<Vec<u8>>,
        without: Option<Vec<u8>>,
    ) -> Result<bool> {
        let touches = |differing: BTreeSet<Key>| !differing.is_disjoint(keys);
        if let Ok(items) = self.reading.base_with([(path.to_owned(), with)])? {
            return Ok(touches(known.base.differing(&items)));
        }
        Ok(match self.reading.side_with(loser, (path.to_owned(), without))? {
            Ok(items) => touches(known.side(loser).differing(&items)),
            Err(_) => false,
        })
    }

    /// What of the merge is not as it has to be.
    pub fn check(
        &self,
        draft: &Draft,
        decided: &[Conflict],
        winner: Option<Side>,
    ) -> Result<Vec<Conflict>> {
        let whole =
            |why| Conflict { path: None, item: None, why, ours: Edit::None, theirs: Edit::None };
        if let Some(path) = draft.blocked() {
            return Ok(vec![Conflict { path: Some(path.to_owned()), ..whole(Why::Entangled) }]);
        }
        let Some(known) = &self.known else { return Ok(Vec::new()) };
        let merged = match self.reading.project_with(&draft.instead(self.reading)?)? {
            Ok(merged) => merged,
            Err(why) => return Ok(vec![whole(Why::Broken(why))]),
        };
        let keys = keys(decided);
        // Lines and files that were given to one side may have held anything of the other.
        let gave = winner.filter(|_| decided.iter().any(|conflict| conflict.item.is_none()));
        let all: BTreeSet<&Key> = known
            .base
            .keys()
            .chain(known.ours.keys())
            .chain(known.theirs.keys())
            .chain(merged.keys())
            .collect();
        let is_wrong = |key: &&&Key| {
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
            .map(|key| known.conflict(key, None, Why::Entangled))
            .collect())
    }
}

fn file_conflict(file: &File, why: Why) -> Conflict {
    let edit = |side| Edit::File { from: file.base, to: file.leaf(side) };
    let (ours, theirs) = (edit(Side::Ours), edit(Side::Theirs));
    Conflict { path: Some(file.path.clone()), item: None, why, ours, theirs }
}

fn lines_edit(from: &[&str], to: &[&str]) -> Edit {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    Edit::Lines { from: owned(from), to: owned(to) }
}

fn keys(conflicts: &[Conflict]) -> BTreeSet<Key> {
    let items = conflicts.iter().filter_map(|conflict| conflict.item.as_ref());
    items.map(|who| (who.kind, who.name.clone())).collect()
}
