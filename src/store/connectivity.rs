//! Connectivity check: finds missing and damaged objects below some trees. And a note that damage was met, for those
//! who can heal it.

use super::{Store, layout};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::object::{Id, Source};
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

/// Depth of a connectivity check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Trees are read, and blobs only looked up: finds what is missing.
    Listed,
    /// Everything is read: finds what is damaged too.
    Read,
}

impl Store {
    /// Trees below which something is missing or damaged. Damage that several of them share is reported with the
    /// first.
    pub fn broken_trees(&self, roots: &[Id], depth: Depth) -> Result<Vec<Id>> {
        let mut seen = HashSet::new();
        let mut broken = Vec::new();
        for root in roots {
            let mut whole = true;
            let mut open = vec![(*root, true)];
            while let Some((id, is_tree)) = open.pop() {
                if !seen.insert(id) {
                    continue;
                }
                match self.below(&id, is_tree, depth) {
                    Ok(below) => open.extend(below),
                    Err(error) if error.kind() == Kind::Corrupt => whole = false,
                    Err(error) => return Err(error),
                }
            }
            if !whole {
                broken.push(*root);
            }
        }
        Ok(broken)
    }

    fn below(&self, id: &Id, is_tree: bool, depth: Depth) -> Result<Vec<(Id, bool)>> {
        let objects = self.objects();
        match (is_tree, depth) {
            (true, _) => {
                let tree = objects.tree(id)?;
                Ok(tree
                    .entries()
                    .iter()
                    .map(|entry| (entry.id, entry.mode.is_directory()))
                    .collect())
            }
            (false, Depth::Listed) if objects.contains(id)? => Ok(Vec::new()),
            (false, Depth::Listed) => Err(Error::corrupt(format!("object {id} is missing"))),
            (false, Depth::Read) => objects.copy_blob(id, &mut io::sink()).map(|_| Vec::new()),
        }
    }

    fn damage_note(&self) -> PathBuf {
        self.dir().join(layout::DAMAGED)
    }

    /// True if damage was found since `fsck` last found nothing. Then a push trusts no cache of what is stored, and a
    /// fetch reads what it would otherwise only look up.
    pub fn is_damaged(&self) -> bool {
        self.damage_note().exists()
    }

    /// Takes note of damage. A note that cannot be written is none: nothing is worse for it than before.
    pub fn note_damage(&self) {
        let write = || -> Result<()> {
            fs::create_dir_all(&self.dir().join(layout::CACHE))?;
            fs::replace_unsynced(&self.damage_note(), b"")
        };
        if !self.is_damaged() {
            drop(write());
        }
    }

    /// After everything was read, and was sound.
    pub fn forget_damage(&self) {
        if self.is_damaged() {
            drop(fs::remove(&self.damage_note()));
        }
    }
}
