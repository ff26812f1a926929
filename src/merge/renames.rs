//! Renames since the base of a merge: a path that a side removed, and the added path that holds what it held.
//!
//! As in `git merge`: the same bytes, or at least half of them, in pieces of lines. Only a path that the other side
//! changed or removed too is looked for, since for any other the rename says nothing.

use super::file::{FileSides, Side};
use crate::error::Result;
use crate::object::{self, Id, Mode, Source};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Of 1000; a pair that is less alike is no rename.
const LEAST: usize = 500;
/// The same for the only two files of one name, which are compared first.
const LEAST_SAME_NAME: usize = 750;
/// A longer line counts in pieces.
const PIECE: usize = 64;
/// A larger file is only found with equal bytes.
const MOST: usize = 8 << 20;

/// The paths that a side renamed: old path, new path.
pub fn renames(
    source: &dyn Source,
    files: &BTreeMap<String, FileSides>,
    side: Side,
) -> Result<Vec<(String, String)>> {
    let gone = |file: &&FileSides| file.base.is_some() && file.leaf(side).is_none();
    let came = |file: &&FileSides| file.base.is_none() && file.leaf(side).is_some();
    let mut finder = Finder {
        gone: files.values().filter(gone).collect(),
        came: files.values().filter(came).collect(),
        side,
        found: Vec::new(),
    };
    finder.equal();
    finder.gone.retain(|file| file.leaf(side.other()) != file.base);
    if !finder.gone.is_empty() && !finder.came.is_empty() {
        let alike = Similarity::of(source, &finder)?;
        finder.of_one_name(&alike);
        finder.best(&alike);
    }
    Ok(finder.found)
}

struct Finder<'a> {
    gone: Vec<&'a FileSides>,
    came: Vec<&'a FileSides>,
    side: Side,
    found: Vec<(String, String)>,
}

impl<'a> Finder<'a> {
    fn take(&mut self, gone: &'a FileSides, came: &'a FileSides) {
        self.gone.retain(|file| file.path != gone.path);
        self.came.retain(|file| file.path != came.path);
        self.found.push((gone.path.clone(), came.path.clone()));
    }

    /// Equal bytes: of several the one of the same name. Empty files are no renames.
    fn equal(&mut self) {
        let empty = Id::of_blob(b"");
        for came in self.came.clone() {
            let Some((mode, id)) = came.leaf(self.side).filter(|(_, id)| *id != empty) else {
                continue;
            };
            let is_equal = |file: &&&FileSides| {
                file.base.is_some_and(|(was, held)| held == id && is_link(was) == is_link(mode))
            };
            let mut equal: Vec<_> = self.gone.iter().filter(is_equal).copied().collect();
            equal.sort_by_key(|file| name(&file.path) != name(&came.path));
            if let Some(gone) = equal.first() {
                self.take(gone, came);
            }
        }
    }

    /// Files whose name only one removed and one added path has.
    fn of_one_name(&mut self, alike: &Similarity) {
        let only = |files: &[&'a FileSides]| {
            let mut by_name: HashMap<&'a str, Vec<&'a FileSides>> = HashMap::new();
            files.iter().for_each(|file| by_name.entry(name(&file.path)).or_default().push(file));
            by_name.retain(|_, files| files.len() == 1);
            by_name
        };
        let (gone, came) = (only(&self.gone), only(&self.came));
        let mut pairs: Vec<_> =
            gone.iter().filter_map(|(name, gone)| Some((gone[0], came.get(name)?[0]))).collect();
        pairs.sort_by_key(|(gone, _)| &gone.path);
        for (gone, came) in pairs {
            if alike.score(gone, came) >= LEAST_SAME_NAME {
                self.take(gone, came);
            }
        }
    }

    /// The most alike pairs first.
    fn best(&mut self, alike: &Similarity) {
        let mut pairs = Vec::new();
        for came in &self.came {
            for gone in &self.gone {
                let score = alike.score(gone, came);
                if score >= LEAST {
                    pairs.push((score, name(&gone.path) == name(&came.path), *gone, *came));
                }
            }
        }
        pairs.sort_by_key(|(score, same_name, ..)| std::cmp::Reverse((*score, *same_name)));
        let mut taken = HashSet::new();
        for (_, _, gone, came) in pairs {
            if !taken.contains(&gone.path) && !taken.contains(&came.path) {
                taken.extend([&gone.path, &came.path]);
                self.take(gone, came);
            }
        }
    }
}

/// Pieces of files: how many bytes of each piece a file has.
struct Similarity(HashMap<Id, Pieces>);

struct Pieces {
    size: usize,
    bytes: HashMap<[u8; 32], usize>,
}

impl Similarity {
    fn of(source: &dyn Source, finder: &Finder<'_>) -> Result<Similarity> {
        let gone = finder.gone.iter().filter_map(|file| file.base);
        let came = finder.came.iter().filter_map(|file| file.leaf(finder.side));
        let mut all = HashMap::new();
        for (mode, id) in gone.chain(came) {
            if mode.is_file() && !all.contains_key(&id) {
                let bytes = source.blob(&id)?;
                if bytes.len() <= MOST {
                    all.insert(id, Pieces::of(&bytes));
                }
            }
        }
        let similarity = Similarity(all);
        Ok(similarity)
    }

    /// Share of the larger file that the two have in common, of 1000.
    fn score(&self, gone: &FileSides, came: &FileSides) -> usize {
        let pieces = |leaf: Option<object::Leaf>| self.0.get(&leaf?.1);
        let side = if came.ours.is_some() { came.ours } else { came.theirs };
        let (Some(old), Some(new)) = (pieces(gone.base), pieces(side)) else { return 0 };
        let common: usize = old
            .bytes
            .iter()
            .map(|(piece, count)| *count.min(new.bytes.get(piece).unwrap_or(&0)))
            .sum();
        common * 1000 / old.size.max(new.size).max(1)
    }
}

impl Pieces {
    fn of(bytes: &[u8]) -> Pieces {
        let is_text = !object::is_binary(bytes);
        let mut counts = HashMap::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in line.chunks(PIECE) {
                let piece = match piece.strip_suffix(b"\r\n") {
                    Some(bare) if is_text => [bare, b"\n"].concat(),
                    _ => piece.to_vec(),
                };
                *counts.entry(*blake3::hash(&piece).as_bytes()).or_default() += piece.len();
            }
        }
        Pieces { size: bytes.len(), bytes: counts }
    }
}

fn is_link(mode: Mode) -> bool {
    mode == Mode::Symlink
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
