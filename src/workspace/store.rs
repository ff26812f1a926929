//! Objects of a snapshot: blobs of the scanned files, hashed on several threads, then the trees
//! above them. A known file is not read again if the index holds its id and, for a push, if its
//! object is stored.

use super::index::{IndexEntryKind, IndexFolder, StatIndex};
use super::previous::PreviousTree;
use super::read::{self, FileRead, STREAMED};
use super::rules::Patterns;
use super::scan::{ScannedFiles, join};
use super::snapshot::{Objects, SnapshotCost};
use crate::error::Result;
use crate::fs::Stat;
use crate::object::{Id, Mode, NewBlob, PutFrom, Tree, TreeEntry};
use crate::progress::Progress;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

/// Turns files into objects.
pub struct FileHasher<'o> {
    objects: &'o mut dyn Objects,
    previous: PreviousTree,
    /// Paths of files that are executable, whatever the system says.
    pub executable: BTreeSet<String>,
    /// With this, the id of a known file counts only if its object is stored.
    stores: bool,
}

/// One file that has to be read.
struct Job {
    folder: usize,
    item: usize,
    path: String,
    stat: Stat,
    mode: Mode,
    base: Option<Id>,
    secrets: bool,
}

impl<'o> FileHasher<'o> {
    /// Stores everything.
    pub fn storing(objects: &'o mut dyn Objects, previous: Option<Id>) -> FileHasher<'o> {
        let (previous, executable) = (PreviousTree::new(previous), BTreeSet::new());
        FileHasher { objects, previous, executable, stores: true }
    }

    /// Wants the ids only.
    pub fn looking(objects: &'o mut dyn Objects) -> FileHasher<'o> {
        let (previous, executable) = Default::default();
        FileHasher { objects, previous, executable, stores: false }
    }

    pub fn holds(&self, tree: &Id) -> Result<bool> {
        self.objects.contains(tree)
    }

    /// Reads unknown files, and gives every file its id. True when a file was gone, so that the
    /// project has to be scanned again.
    pub fn read(
        &mut self,
        root: &Path,
        allow: &Patterns,
        old: &StatIndex<'_>,
        found: &mut ScannedFiles<'_>,
        progress: &Progress,
        work: &mut SnapshotCost,
    ) -> Result<bool> {
        if self.stores {
            self.forget_unstored(old, found)?;
        }
        let jobs = self.jobs(allow, found)?;
        work.reads += jobs.len();
        progress.expect(jobs.len() as u64);
        let (mut large, small): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.stat.size > STREAMED);
        // The largest first, so that the threads end together.
        large.sort_by_key(|job| std::cmp::Reverse(job.stat.size));
        let mut results = self.put_small(root, &small, progress)?;
        results.extend(self.put_large(root, &large, progress)?);
        let mut gone = false;
        for (job, outcome) in small.iter().chain(&large).zip(results) {
            gone |= store_result(&mut found.folders[job.folder], job.item, outcome);
        }
        Ok(gone)
    }

    /// Forgets the ids of known files that are not in the store (it may be another store, or the
    /// command that read them never came to its end). What is below a stored tree is stored.
    fn forget_unstored(&self, old: &StatIndex<'_>, found: &mut ScannedFiles<'_>) -> Result<()> {
        let same = same_folders(old, found);
        let mut trusted = vec![false; found.folders.len()];
        for at in 0..found.folders.len() {
            let tree =
                found.known[at].filter(|_| same[at]).and_then(|known| old.folders[known].tree);
            if !trusted[at] {
                trusted[at] = tree.map_or(Ok(false), |tree| self.objects.contains(&tree))?;
            }
            let sure = trusted[at];
            for item in &mut found.folders[at].items {
                match &mut item.what {
                    IndexEntryKind::Folder(below) => trusted[*below] = sure,
                    IndexEntryKind::Leaf(_, id) if !sure => {
                        if let Some(known) = *id
                            && !self.objects.contains(&known)?
                        {
                            *id = None;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn jobs(&mut self, allow: &Patterns, found: &ScannedFiles<'_>) -> Result<Vec<Job>> {
        let mut jobs = Vec::new();
        for (folder, IndexFolder { path: above, items, .. }) in found.folders.iter().enumerate() {
            for (number, item) in items.iter().enumerate() {
                let IndexEntryKind::Leaf(mode, None) = item.what else { continue };
                let path = join(above, &item.name);
                let base = self.previous.id(&*self.objects, above, &item.name)?;
                let secrets = !allow.matches(&path);
                jobs.push(Job { folder, item: number, path, stat: item.stat, mode, base, secrets });
            }
        }
        Ok(jobs)
    }

    fn put_small(
        &mut self,
        root: &Path,
        jobs: &[Job],
        progress: &Progress,
    ) -> Result<Vec<FileRead<Id>>> {
        let seen: Vec<OnceLock<FileRead<()>>> = jobs.iter().map(|_| OnceLock::new()).collect();
        let read = |number: usize| {
            let job = &jobs[number];
            let path = root.join(&job.path);
            let outcome = match job.mode {
                Mode::Symlink => read::link(&path)?,
                _ => read::file(&path, &job.stat, job.secrets)?,
            };
            progress.advance(job.stat.size);
            let (blob, outcome) = match outcome {
                FileRead::Read(bytes, stat, mode) => {
                    (Some(NewBlob { bytes, base: job.base }), FileRead::Read((), stat, mode))
                }
                FileRead::Secret(reason) => (None, FileRead::Secret(reason)),
                FileRead::Gone => (None, FileRead::Gone),
            };
            let _ = seen[number].set(outcome);
            Ok(blob)
        };
        let ids = self.objects.put_blobs(jobs.len(), &read)?;
        let outcomes = seen.into_iter().map(|cell| cell.into_inner().unwrap_or(FileRead::Gone));
        Ok(outcomes
            .zip(ids)
            .map(|(outcome, id)| match (outcome, id) {
                (FileRead::Read((), stat, mode), Some(id)) => FileRead::Read(id, stat, mode),
                (FileRead::Secret(reason), _) => FileRead::Secret(reason),
                _ => FileRead::Gone,
            })
            .collect())
    }

    fn put_large(
        &mut self,
        root: &Path,
        jobs: &[Job],
        progress: &Progress,
    ) -> Result<Vec<FileRead<Id>>> {
        let outcomes: Vec<OnceLock<FileRead<Id>>> = jobs.iter().map(|_| OnceLock::new()).collect();
        let read = |number: usize, put: &mut PutFrom<'_>| {
            let job = &jobs[number];
            let mut put = |reader: &mut dyn std::io::Read| put(reader, job.base);
            let outcome = read::large(&root.join(&job.path), &job.stat, job.secrets, &mut put)?;
            progress.advance(job.stat.size);
            let _ = outcomes[number].set(outcome);
            Ok(())
        };
        self.objects.put_large(jobs.len(), &read)?;
        Ok(outcomes.into_iter().map(|cell| cell.into_inner().unwrap_or(FileRead::Gone)).collect())
    }

    /// Puts the trees, from the deepest up. A folder that is as it was keeps its tree.
    pub fn trees(&mut self, old: &StatIndex<'_>, found: &mut ScannedFiles<'_>) -> Result<()> {
        let same = same_folders(old, found);
        for at in (0..found.folders.len()).rev() {
            let known =
                found.known[at].filter(|_| same[at]).and_then(|known| old.folders[known].tree);
            let tree = match known {
                Some(tree) if self.objects.contains(&tree)? => Some(tree),
                _ => self.put_tree(found, at)?,
            };
            found.folders[at].tree = tree;
        }
        Ok(())
    }

    fn put_tree(&mut self, found: &ScannedFiles<'_>, at: usize) -> Result<Option<Id>> {
        let folder = &found.folders[at];
        let mode_of = |name: &str, mode| match mode {
            Mode::File if self.executable.contains(&join(&folder.path, name)) => Mode::Executable,
            mode => mode,
        };
        let entries = folder.items.iter().filter_map(|item| match item.what {
            IndexEntryKind::Leaf(mode, id) => {
                Some(TreeEntry::new(&item.name, mode_of(&item.name, mode), id?))
            }
            IndexEntryKind::Folder(below) => {
                Some(TreeEntry::directory(&item.name, found.folders[below].tree?))
            }
            IndexEntryKind::LeftOut(_) => None,
        });
        let tree = Tree::new(entries.collect())?;
        // Empty folders are not kept, as in git; only the project itself may be empty.
        if tree.is_empty() && at > 0 {
            return Ok(None);
        }
        let base = match folder.path.rsplit_once('/') {
            Some((above, name)) => self.previous.id(&*self.objects, above, name)?,
            None => self.previous.id(&*self.objects, "", &folder.path)?,
        };
        self.objects.put_tree(&tree, base).map(Some)
    }
}

/// For each folder: everything in it, at any depth, is as the old index has it.
fn same_folders(old: &StatIndex<'_>, found: &ScannedFiles<'_>) -> Vec<bool> {
    let mut same = vec![false; found.folders.len()];
    for at in (0..found.folders.len()).rev() {
        let Some(known) = found.known[at].map(|known| &old.folders[known]) else { continue };
        let items = &found.folders[at].items;
        same[at] = known.items.len() == items.len()
            && known.items.iter().zip(items).all(|(a, b)| match (&a.what, &b.what) {
                (IndexEntryKind::Folder(_), IndexEntryKind::Folder(below)) => {
                    a.name == b.name && same[*below]
                }
                (IndexEntryKind::Leaf(_, Some(_)), _) | (IndexEntryKind::LeftOut(_), _) => {
                    a.name == b.name && a.what == b.what
                }
                _ => false,
            });
    }
    same
}

/// Stores the result of one file in the index; true when it was gone.
fn store_result(folder: &mut IndexFolder<'_>, at: usize, outcome: FileRead<Id>) -> bool {
    let item = &mut folder.items[at];
    match outcome {
        FileRead::Read(id, stat, mode) => {
            item.stat = stat;
            item.what = IndexEntryKind::Leaf(mode, Some(id));
            false
        }
        FileRead::Secret(reason) => {
            item.what = IndexEntryKind::LeftOut(reason.into());
            false
        }
        FileRead::Gone => {
            // Its folder has to be listed again.
            folder.stat = Stat::default();
            true
        }
    }
}
