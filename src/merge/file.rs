//! File of a merge: a path that a side changed, its content at the base and on each side, and their
//! merge. Only text of a limited size is merged by line; any other file is taken whole from one
//! side, or is a conflict.

use super::conflict::ConflictReason;
use super::renames::renames;
use crate::diff::{ChangedBy, HunkSide, MergeTexts};
use crate::error::Result;
use crate::object::{self, Id, Leaf, Mode, Source};
use std::collections::BTreeMap;

/// A file larger than this is not merged line by line.
const MOST: usize = 8 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Theirs,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Ours, Side::Theirs];

    pub fn other(self) -> Side {
        match self {
            Side::Ours => Side::Theirs,
            Side::Theirs => Side::Ours,
        }
    }

    pub fn hunk_side(self) -> HunkSide {
        match self {
            Side::Ours => HunkSide::Ours,
            Side::Theirs => HunkSide::Theirs,
        }
    }
}

#[derive(Clone, Debug)]
pub struct FileSides {
    pub path: String,
    pub base: Option<Leaf>,
    pub ours: Option<Leaf>,
    pub theirs: Option<Leaf>,
    /// True where a side renamed it: the other one has it at another path.
    pub is_moved: bool,
}

/// The text of a file three times.
pub struct TextSides {
    pub base: Vec<u8>,
    pub ours: Vec<u8>,
    pub theirs: Vec<u8>,
}

impl TextSides {
    /// The changes of both sides, line by line; one side wins where they clash.
    pub fn merged(&self, winner: Side) -> Vec<u8> {
        let texts = MergeTexts::new(&self.base, &self.ours, &self.theirs);
        texts.with(|_, hunk| match hunk.changed {
            ChangedBy::Ours | ChangedBy::Both => HunkSide::Ours,
            ChangedBy::Theirs => HunkSide::Theirs,
            ChangedBy::Clash => winner.hunk_side(),
        })
    }
}

impl FileSides {
    /// Every path that a side changed. What one side renamed and the other changed is at its new path.
    pub fn all(
        source: &dyn Source,
        base: Option<Id>,
        ours: Id,
        theirs: Id,
    ) -> Result<Vec<FileSides>> {
        let mut files: BTreeMap<String, FileSides> = BTreeMap::new();
        for found in object::compare(source, base, Some(ours))? {
            let (path, base) = (found.path, found.old);
            files.insert(
                path.clone(),
                FileSides { path, base, ours: found.new, theirs: base, is_moved: false },
            );
        }
        for found in object::compare(source, base, Some(theirs))? {
            let (path, base) = (found.path, found.old);
            let file = files.entry(path.clone()).or_insert(FileSides {
                path,
                base,
                ours: base,
                theirs: None,
                is_moved: false,
            });
            file.theirs = found.new;
        }
        let renames = Side::BOTH.map(|side| renames(source, &files, side));
        let [ours, theirs] = renames;
        let (ours, theirs) = (ours?, theirs?);
        for (from, to) in &ours {
            match theirs.iter().find(|(path, _)| path == from) {
                Some((_, other)) if other != to => {}
                _ => follow(&mut files, from, to, Side::Ours),
            }
        }
        for (from, to) in theirs {
            if !ours.iter().any(|(path, _)| *path == from) {
                follow(&mut files, &from, &to, Side::Theirs);
            }
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
        let read = |leaf: Option<Leaf>| -> Result<Option<Vec<u8>>> {
            let Some((_, id)) = leaf.filter(|(mode, _)| mode.is_file()) else { return Ok(None) };
            let bytes = source.blob(&id)?;
            Ok(Some(bytes).filter(|bytes| bytes.len() <= MOST && !object::is_binary(bytes)))
        };
        let (base, ours, theirs) = (read(self.base)?, read(self.ours)?, read(self.theirs)?);
        Ok(match (base, ours, theirs) {
            (Some(base), Some(ours), Some(theirs)) => Some(TextSides { base, ours, theirs }),
            _ => None,
        })
    }
}

/// Moves a file to the path that a side gave it, with the other side's change. A path that the other side has too
/// stays as it is.
fn follow(files: &mut BTreeMap<String, FileSides>, from: &str, to: &str, side: Side) {
    let Some(old) = files.get(from).cloned() else { return };
    let Some(new) = files.get_mut(to) else { return };
    let other = side.other();
    let is_free = new.base.is_none() && (new.leaf(other).is_none() || old.leaf(other).is_none());
    if !is_free || (old.leaf(other).is_none() && new.leaf(other).is_none()) {
        return;
    }
    (new.base, new.is_moved) = (old.base, true);
    let moved = new.leaf(other).or(old.leaf(other));
    match other {
        Side::Ours => new.ours = moved,
        Side::Theirs => new.theirs = moved,
    }
    if let Some(old) = files.get_mut(from) {
        (old.ours, old.theirs) = (None, None);
    }
}
