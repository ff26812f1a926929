//! Merge plan: the result for each path, before anything is stored. Conflicts are found in it and decided in it.

use super::Trees;
use super::conflict::ConflictReason;
use super::file::{FileSides, Side, TextSides};
use super::text_merge::TextMerge;
use crate::error::Result;
use crate::merge::views::AgentViews;
use crate::object::{self, Id, Leaf, Mode, Sink, Source, nest};
use crate::operations::stock_manifest::StockManifest;
use crate::reader::STOCK_MANIFEST;
use crate::reader::edit::file_overrides::FileOverrides;
use std::collections::{BTreeMap, BTreeSet};

/// Every path that a side changed.
pub struct MergePlan {
    pub files: Vec<PlannedFile>,
}

pub struct PlannedFile {
    pub file: FileSides,
    pub how: FileMerge,
}

pub enum FileMerge {
    /// One side's change, the same change of both, or the content of one side with the mode of the other.
    Whole(Option<Leaf>),
    /// Changes of both sides.
    Text { merge: TextMerge, sides: TextSides, mode: Mode },
    /// Only one of the two sides can have it; which one, once it is decided.
    Clash(ConflictReason, Option<Side>),
}

/// Content of a path after the merge.
pub enum PathContent {
    Leaf(Option<Leaf>),
    Text(Mode, Vec<u8>),
}

impl PlannedFile {
    /// The content; what is open is won by one side.
    pub fn content(&self, open: Side) -> PathContent {
        match &self.how {
            FileMerge::Whole(leaf) => PathContent::Leaf(*leaf),
            FileMerge::Text { merge, mode, .. } => PathContent::Text(*mode, merge.text(open)),
            FileMerge::Clash(_, winner) => {
                PathContent::Leaf(self.file.leaf(winner.unwrap_or(open)))
            }
        }
    }

    /// True if a clash of it is not decided.
    pub fn is_open(&self) -> bool {
        match &self.how {
            FileMerge::Whole(_) => false,
            FileMerge::Text { merge, .. } => merge.is_open(),
            FileMerge::Clash(_, winner) => winner.is_none(),
        }
    }

    /// True if what is open can be marked in its text.
    pub fn can_be_marked(&self) -> bool {
        matches!(self.how, FileMerge::Text { .. }) || !self.is_open()
    }

    /// The content with markers around what is open.
    pub fn marked(&self, labels: &[String; 2]) -> PathContent {
        match &self.how {
            FileMerge::Text { merge, mode, .. } => PathContent::Text(*mode, merge.marked(labels)),
            _ => self.content(Side::Ours),
        }
    }

    /// The same with one clash won by the other side.
    pub fn flipped(&self, open: Side, clash: usize) -> PathContent {
        match &self.how {
            FileMerge::Text { merge, mode, .. } => {
                PathContent::Text(*mode, merge.flipped(open, clash))
            }
            _ => self.content(open.other()),
        }
    }
}

impl MergePlan {
    /// The merge of every path, line by line.
    pub fn new(source: &dyn Source, trees: &Trees) -> Result<MergePlan> {
        let mut files = Vec::new();
        for file in FileSides::all(source, trees.base, trees.ours, trees.theirs)? {
            let how = merge_file(source, &file)?;
            files.push(PlannedFile { file, how });
        }
        folders(&mut files);
        Ok(MergePlan { files })
    }

    /// Merges by structure what clashes by line. `prose` are files that are texts of the agent.
    pub fn merge_structures(&mut self, prose: &BTreeSet<String>) {
        for planned in &mut self.files {
            let path = &planned.file.path;
            let FileMerge::Text { merge, sides, .. } = &mut planned.how else { continue };
            if merge.is_open()
                && let Some(structural) = TextMerge::of_structure(path, sides, prose.contains(path))
            {
                *merge = structural;
            }
        }
    }

    /// Goes back to lines; true if a file was merged otherwise.
    pub fn merge_lines(&mut self) -> bool {
        let mut was_structural = false;
        for planned in &mut self.files {
            let FileMerge::Text { merge, sides, .. } = &mut planned.how else { continue };
            if merge.is_structural {
                was_structural = true;
                *merge = TextMerge::of_lines(sides);
            }
        }
        was_structural
    }

    /// Obstacle to storing it: a path that is a file and a folder.
    pub fn blocked(&self) -> Option<&str> {
        let remains = |planned: &&PlannedFile| {
            !matches!(planned.content(Side::Ours), PathContent::Leaf(None))
        };
        let paths: BTreeSet<&str> =
            self.files.iter().filter(remains).map(|one| &*one.file.path).collect();
        paths.iter().find_map(|path| above(path).find(|folder| paths.contains(folder)))
    }

    /// The merge as seen from the project's folder; what is open is won by one side.
    pub fn file_overrides(&self, views: &AgentViews<'_>, open: Side) -> Result<FileOverrides> {
        let mut file_overrides = FileOverrides::new();
        for planned in &self.files {
            let bytes = match planned.content(open) {
                PathContent::Leaf(leaf) if leaf == planned.file.ours && !planned.file.is_moved => {
                    continue;
                }
                PathContent::Leaf(leaf) => views.bytes(leaf)?,
                PathContent::Text(_, text) => Some(text),
            };
            file_overrides.insert(planned.file.path.clone(), bytes);
        }
        Ok(file_overrides)
    }

    /// Files with changes of both sides.
    pub fn texts(&self) -> Vec<String> {
        let is_mixed = |planned: &&PlannedFile| {
            let PathContent::Text(_, text) = planned.content(Side::Ours) else { return false };
            let id = Some(Id::of_blob(&text));
            [planned.file.ours, planned.file.theirs].iter().all(|leaf| leaf.map(|(_, id)| id) != id)
        };
        self.files.iter().filter(is_mixed).map(|planned| planned.file.path.clone()).collect()
    }

    /// Stores the merged tree. `ours` holds every file that no side changed; `content` is what a path gets.
    pub fn store<S: Source + Sink>(
        &self,
        objects: &mut S,
        ours: Id,
        content: impl Fn(&PlannedFile) -> PathContent,
    ) -> Result<Id> {
        let leaves = object::leaves(objects, ours)?;
        let mut all: BTreeMap<Vec<&str>, Leaf> = leaves
            .iter()
            .map(|(path, mode, id)| (path.split('/').collect(), (*mode, *id)))
            .collect();
        for planned in &self.files {
            let leaf = match content(planned) {
                PathContent::Leaf(leaf) => leaf,
                PathContent::Text(mode, text) => {
                    let base = planned.file.base.map(|(_, id)| id);
                    Some((mode, objects.put_blob(text, base)?))
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

fn merge_file(source: &dyn Source, file: &FileSides) -> Result<FileMerge> {
    if let Some(leaf) = file.simple() {
        return Ok(FileMerge::Whole(leaf));
    }
    if let Some(why) = file.obstacle() {
        return Ok(FileMerge::Clash(why, None));
    }
    if let Some(id) = file.one_content() {
        return Ok(FileMerge::Whole(Some((file.mode(), id))));
    }
    Ok(match file.text(source)? {
        // The lines of both sides may be one list twice, which the `lua` command cannot read.
        Some(sides) if file.path == STOCK_MANIFEST && !is_manifest(&sides) => {
            FileMerge::Clash(ConflictReason::Changed, None)
        }
        Some(sides) => {
            FileMerge::Text { merge: TextMerge::of_lines(&sides), sides, mode: file.mode() }
        }
        None => FileMerge::Clash(ConflictReason::Binary, None),
    })
}

/// True if `lua.skill.yaml` can be read after a merge of its lines, whoever wins.
fn is_manifest(sides: &TextSides) -> bool {
    Side::BOTH
        .iter()
        .all(|side| StockManifest::parse(&String::from_utf8_lossy(&sides.merged(*side))).is_ok())
}

/// A path cannot be a file and a folder: where the sides have it so, one of them has to have all of it.
fn folders(files: &mut [PlannedFile]) {
    let remains = |planned: &PlannedFile| !matches!(planned.how, FileMerge::Whole(None));
    let paths: BTreeSet<String> =
        files.iter().filter(|one| remains(one)).map(|one| one.file.path.clone()).collect();
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
            if !matches!(planned.how, FileMerge::Clash(..)) {
                planned.how = FileMerge::Clash(ConflictReason::Folder(below.clone()), None);
            }
        }
    }
}

fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(folder, _)| folder))
        .skip(1)
}
