//! Merge plan: the result for each path, before conflicts are looked for and anything is stored.
//! `merge::conflicts` checks it; the choice `--ours` or `--theirs` changes it.

use super::Trees;
use super::conflict::ConflictReason;
use super::file::{FileSides, Side, TextSides};
use crate::error::Result;
use crate::merge::views::AgentViews;
use crate::object::{self, Id, Leaf, Mode, Sink, Source, nest};
use crate::reader::edit::file_overrides::FileOverrides;
use std::collections::{BTreeMap, BTreeSet};

/// Every path that a side changed.
pub struct MergePlan {
    pub files: Vec<PlannedFile>,
    /// Side that wins conflicts, once somebody chose.
    winner: Option<Side>,
}

pub struct PlannedFile {
    pub file: FileSides,
    pub how: FileMerge,
    undone: Undone,
}

pub enum FileMerge {
    /// One side's change, the same change of both, or the content of one side with the mode of the other.
    Whole(Option<Leaf>),
    Text(TextSides, Mode),
    /// Only one of the two sides can have it.
    Clash(ConflictReason),
}

/// Parts of the losing side's change that are undone.
#[derive(Default)]
struct Undone {
    whole: bool,
    hunks: BTreeSet<usize>,
}

/// Content of a path after the merge.
enum PathContent {
    Leaf(Option<Leaf>),
    Text(Mode, String),
}

impl MergePlan {
    pub fn new(source: &dyn Source, trees: &Trees) -> Result<MergePlan> {
        let mut files = Vec::new();
        for file in FileSides::all(source, trees.base, trees.ours, trees.theirs)? {
            let how = merge_file(source, &file)?;
            files.push(PlannedFile { file, how, undone: Undone::default() });
        }
        folders(&mut files);
        Ok(MergePlan { files, winner: None })
    }

    pub fn set_winner(&mut self, winner: Side) {
        self.winner = Some(winner);
    }

    /// Obstacle to storing it: a path that is a file and a folder.
    pub fn blocked(&self) -> Option<&str> {
        let standing =
            |planned: &&PlannedFile| !matches!(self.content(planned), PathContent::Leaf(None));
        let paths: BTreeSet<&str> =
            self.files.iter().filter(standing).map(|one| &*one.file.path).collect();
        paths.iter().find_map(|path| above(path).find(|folder| paths.contains(folder)))
    }

    fn content(&self, planned: &PlannedFile) -> PathContent {
        let won = |side| PathContent::Leaf(planned.file.leaf(side));
        match (&planned.how, self.winner) {
            (_, Some(winner)) if planned.undone.whole => won(winner),
            (FileMerge::Clash(_), Some(winner)) => won(winner),
            (FileMerge::Clash(_), None) => PathContent::Leaf(planned.file.base),
            (FileMerge::Whole(leaf), _) => PathContent::Leaf(*leaf),
            (FileMerge::Text(text, mode), winner) => {
                PathContent::Text(*mode, text.merged(winner, &planned.undone.hunks))
            }
        }
    }

    /// The merge as seen from the project's folder.
    pub fn file_overrides(&self, views: &AgentViews<'_>) -> Result<FileOverrides> {
        let mut file_overrides = FileOverrides::new();
        for planned in &self.files {
            let bytes = match self.content(planned) {
                PathContent::Leaf(leaf) if leaf == planned.file.ours => continue,
                PathContent::Leaf(leaf) => views.bytes(leaf)?,
                PathContent::Text(_, text) => Some(text.into_bytes()),
            };
            file_overrides.insert(planned.file.path.clone(), bytes);
        }
        Ok(file_overrides)
    }

    /// Files with changes of both sides.
    pub fn texts(&self) -> Vec<String> {
        let is_mixed = |planned: &&PlannedFile| {
            let PathContent::Text(_, text) = self.content(planned) else { return false };
            let id = Some(Id::of_blob(text.as_bytes()));
            [planned.file.ours, planned.file.theirs].iter().all(|leaf| leaf.map(|(_, id)| id) != id)
        };
        self.files.iter().filter(is_mixed).map(|planned| planned.file.path.clone()).collect()
    }

    /// Stores the merged tree. `ours` holds every file that no side changed.
    pub fn store<S: Source + Sink>(&self, objects: &mut S, ours: Id) -> Result<Id> {
        let leaves = object::leaves(objects, ours)?;
        let mut all: BTreeMap<Vec<&str>, Leaf> = leaves
            .iter()
            .map(|(path, mode, id)| (path.split('/').collect(), (*mode, *id)))
            .collect();
        for planned in &self.files {
            let leaf = match self.content(planned) {
                PathContent::Leaf(leaf) => leaf,
                PathContent::Text(mode, text) => {
                    let base = planned.file.base.map(|(_, id)| id);
                    Some((mode, objects.put_blob(text.into_bytes(), base)?))
                }
            };
            let path = planned.file.path.split('/').collect();
            match leaf {
                Some(leaf) => all.insert(path, leaf),
                None => all.remove(&path),
            };
        }
        let paths: Vec<String> = all.keys().map(|names| names.join("/")).collect();
        let files: Vec<_> = paths
            .iter()
            .zip(all.values())
            .map(|(path, (mode, id))| (path.as_str(), *mode, *id))
            .collect();
        nest(objects, &files, Some(ours))
    }
}

impl PlannedFile {
    pub fn undo(&mut self) {
        self.undone.whole = true;
    }

    pub fn undo_hunk(&mut self, number: usize) {
        self.undone.hunks.insert(number);
    }
}

fn merge_file(source: &dyn Source, file: &FileSides) -> Result<FileMerge> {
    if let Some(leaf) = file.simple() {
        return Ok(FileMerge::Whole(leaf));
    }
    if let Some(why) = file.obstacle() {
        return Ok(FileMerge::Clash(why));
    }
    if let Some(id) = file.one_content() {
        return Ok(FileMerge::Whole(Some((file.mode(), id))));
    }
    Ok(match file.text(source)? {
        Some(text) => FileMerge::Text(text, file.mode()),
        None => FileMerge::Clash(ConflictReason::Binary),
    })
}

/// A path cannot be a file and a folder: where the sides have it so, one of them has to have all of it.
fn folders(files: &mut [PlannedFile]) {
    let standing = |planned: &PlannedFile| !matches!(planned.how, FileMerge::Whole(None));
    let paths: BTreeSet<String> =
        files.iter().filter(|one| standing(one)).map(|one| one.file.path.clone()).collect();
    let pairs: Vec<(String, String)> = paths
        .iter()
        .flat_map(|path| {
            above(path).filter(|folder| paths.contains(*folder)).map(move |f| (f, path))
        })
        .map(|(folder, below)| (folder.to_owned(), below.clone()))
        .collect();
    for (folder, below) in pairs {
        for planned in
            files.iter_mut().filter(|one| one.file.path == folder || one.file.path == below)
        {
            if !matches!(planned.how, FileMerge::Clash(_)) {
                planned.how = FileMerge::Clash(ConflictReason::Folder(below.clone()));
            }
        }
    }
}

fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(folder, _)| folder))
        .skip(1)
}
