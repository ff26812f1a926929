//! File of a merge: a path that a side changed, its content at the base and on each side, and their
//! merge. Only text of a limited size is merged by line; any other file is taken whole from one
//! side, or is a conflict.

use super::conflict::ConflictReason;
use crate::diff::{ChangedBy, HunkSide, MergeTexts};
use crate::error::Result;
use crate::object::{self, Id, Leaf, Mode, Source};
use std::collections::{BTreeMap, BTreeSet};

/// A file larger than this is not merged line by line.
const MOST: usize = 8 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Theirs,
}

impl Side {
    pub fn other(self) -> Side {
        match self {
            Side::Ours => Side::Theirs,
            Side::Theirs => Side::Ours,
        }
    }

    fn take(self) -> HunkSide {
        match self {
            Side::Ours => HunkSide::Ours,
            Side::Theirs => HunkSide::Theirs,
        }
    }

    fn alone(self) -> ChangedBy {
        match self {
            Side::Ours => ChangedBy::Ours,
            Side::Theirs => ChangedBy::Theirs,
        }
    }
}

#[derive(Clone, Debug)]
pub struct FileSides {
    pub path: String,
    pub base: Option<Leaf>,
    pub ours: Option<Leaf>,
    pub theirs: Option<Leaf>,
}

/// The text of a file three times.
pub struct TextSides {
    base: String,
    ours: String,
    theirs: String,
}

impl TextSides {
    pub fn compared(&self) -> MergeTexts<'_> {
        MergeTexts::new(&self.base, &self.ours, &self.theirs)
    }

    /// Base with the changes of one side alone.
    pub fn only(&self, side: Side) -> String {
        self.compared().with(|_, hunk| match hunk.changed {
            changed if changed == side.alone() || changed == ChangedBy::Clash => side.take(),
            _ => HunkSide::Base,
        })
    }

    /// The numbers of the hunks that only this side changed.
    pub fn hunks(&self, side: Side) -> Vec<usize> {
        let texts = self.compared();
        let numbers =
            (0..texts.hunks.len()).filter(|number| texts.hunks[*number].changed == side.alone());
        numbers.collect()
    }

    /// The base with one hunk of a side.
    pub fn hunk(&self, side: Side, number: usize) -> String {
        self.compared().with(|other, _| if other == number { side.take() } else { HunkSide::Base })
    }

    /// Text of a side, without one of its hunks.
    pub fn without(&self, side: Side, number: usize) -> String {
        self.compared().with(|other, _| if other == number { HunkSide::Base } else { side.take() })
    }

    /// Changes of both sides, less the hunks that were undone; `winner` decides conflicts.
    pub fn merged(&self, winner: Option<Side>, undone: &BTreeSet<usize>) -> String {
        self.compared().with(|number, hunk| match hunk.changed {
            _ if undone.contains(&number) => HunkSide::Base,
            ChangedBy::Ours | ChangedBy::Both => HunkSide::Ours,
            ChangedBy::Theirs => HunkSide::Theirs,
            ChangedBy::Clash => winner.map_or(HunkSide::Base, Side::take),
        })
    }
}

impl FileSides {
    /// Every path that a side changed.
    pub fn all(
        source: &dyn Source,
        base: Option<Id>,
        ours: Id,
        theirs: Id,
    ) -> Result<Vec<FileSides>> {
        let mut files: BTreeMap<String, FileSides> = BTreeMap::new();
        for found in object::compare(source, base, Some(ours))? {
            let (path, base) = (found.path, found.old);
            files.insert(path.clone(), FileSides { path, base, ours: found.new, theirs: base });
        }
        for found in object::compare(source, base, Some(theirs))? {
            let (path, base) = (found.path, found.old);
            let file = files.entry(path.clone()).or_insert(FileSides {
                path,
                base,
                ours: base,
                theirs: None,
            });
            file.theirs = found.new;
        }
        Ok(files.into_values().collect())
    }

    pub fn leaf(&self, side: Side) -> Option<Leaf> {
        match side {
            Side::Ours => self.ours,
            Side::Theirs => self.theirs,
        }
    }

    pub fn is_changed_by(&self, side: Side) -> bool {
        self.leaf(side) != self.base
    }

    /// Content if one side's whole change is taken, or the change that both made; `None` where both changed it in
    /// different ways.
    pub fn simple(&self) -> Option<Option<Leaf>> {
        if self.ours == self.theirs || !self.is_changed_by(Side::Theirs) {
            return Some(self.ours);
        }
        (!self.is_changed_by(Side::Ours)).then_some(self.theirs)
    }

    /// Reason why two changes of this file cannot be put together; `None` where their contents or
    /// modes can.
    pub fn obstacle(&self) -> Option<ConflictReason> {
        let (Some(ours), Some(theirs)) = (self.ours, self.theirs) else {
            let gone = if self.ours.is_none() { Side::Ours } else { Side::Theirs };
            return Some(ConflictReason::Removed(gone));
        };
        if !ours.0.is_file() || !theirs.0.is_file() {
            return Some(if ours.0 == theirs.0 {
                ConflictReason::Link
            } else {
                ConflictReason::Type
            });
        }
        match self.base {
            _ if ours.1 == theirs.1 => None,
            None => Some(ConflictReason::Added),
            Some(base) if !base.0.is_file() => Some(ConflictReason::Type),
            Some(_) => None,
        }
    }

    /// The mode where both sides have a file: the one that a side changed it to. A file that both
    /// added is executable where one side made it so.
    pub fn mode(&self) -> Mode {
        let mode = |leaf: Option<Leaf>| leaf.map(|(mode, _)| mode);
        let (base, ours, theirs) = (mode(self.base), mode(self.ours), mode(self.theirs));
        let changed = if ours == base { theirs } else { ours };
        match (base, ours, theirs) {
            (None, Some(Mode::Executable), _) | (None, _, Some(Mode::Executable)) => {
                Mode::Executable
            }
            _ => changed.unwrap_or(Mode::File),
        }
    }

    /// Id of the content if only one side changed it, whatever happened to the mode.
    pub fn one_content(&self) -> Option<Id> {
        let id = |leaf: Option<Leaf>| leaf.map(|(_, id)| id);
        let (base, ours, theirs) = (id(self.base), id(self.ours), id(self.theirs));
        if ours == theirs || theirs == base {
            return ours;
        }
        if ours == base { theirs } else { None }
    }

    /// The texts, where it is a text file at the base and on both sides.
    pub fn text(&self, source: &dyn Source) -> Result<Option<TextSides>> {
        let read = |leaf: Option<Leaf>| -> Result<Option<String>> {
            let Some((_, id)) = leaf.filter(|(mode, _)| mode.is_file()) else { return Ok(None) };
            let bytes = source.blob(&id)?;
            let is_text = bytes.len() <= MOST && !object::is_binary(&bytes);
            Ok(if is_text { String::from_utf8(bytes).ok() } else { None })
        };
        let (base, ours, theirs) = (read(self.base)?, read(self.ours)?, read(self.theirs)?);
        Ok(match (base, ours, theirs) {
            (Some(base), Some(ours), Some(theirs)) => Some(TextSides { base, ours, theirs }),
            _ => None,
        })
    }
}
