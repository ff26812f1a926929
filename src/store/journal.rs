//! Journal: what the steps of one command changed, in memory, until the operation log gets it as one line.
//!
//! Each step says itself what it did, under the lock that it holds. So the log costs no second look at the refs or the
//! files, and what another process does meanwhile is not part of it.

use super::operation::{FilesChange, HeadsChange};
use super::refs::RefName;
use super::refs::log::{self, RefTips};
use super::{Active, Heads, Operation, Store, operation_log, refs};
use crate::error::Result;
use crate::object::Id;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PURGED: &str = "it removed objects from every version";
const COLLECTED: &str = "it removed only objects that nothing reached";
const FETCHED: &str = "it only stored what a remote has";
const MIXED: &str = "another process changed the store between its steps";
const UNKNOWN: &str = "the refs before it could not be read";

/// Shared by every store that one command opens.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Option<Changes>>>);

#[derive(Debug, Default)]
struct Changes {
    /// Folder of the store.
    dir: PathBuf,
    heads: Option<HeadsChange>,
    files: Option<FilesChange>,
    undoes: Option<u64>,
    /// Reason why none of it can be taken back.
    cannot_undo: Option<&'static str>,
    /// The same where it is all that happened.
    beside: Option<&'static str>,
}

impl Journal {
    /// Adds the changes since it was asked last to the operation log, as one operation. Nothing where there are none.
    pub fn record(&self, command: &str, by: Option<String>, at_ms: i64) -> Result<()> {
        let Some(changes) = self.lock().take() else { return Ok(()) };
        let Changes { dir, heads, files, undoes, cannot_undo, beside } = changes;
        let changes_heads = heads.as_ref().is_some_and(|heads| !heads.is_none());
        let cannot_undo = match changes_heads || files.is_some() || undoes.is_some() {
            true => cannot_undo,
            false => cannot_undo.or(beside),
        };
        if !changes_heads && files.is_none() && undoes.is_none() && cannot_undo.is_none() {
            return Ok(());
        }
        let heads = heads.filter(|_| cannot_undo.is_none());
        let (command, cannot_undo) = (command.to_owned(), cannot_undo.map(str::to_owned));
        let operation =
            Operation { number: 0, command, by, at_ms, heads, files, undoes, cannot_undo };
        operation_log::append(&dir, &operation)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Changes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changes {
    /// Adds a step that changed refs, or that happened at them.
    fn add(&mut self, step: Option<HeadsChange>) {
        let both = match (self.heads.take(), step) {
            _ if self.cannot_undo.is_some() => return,
            (_, None) => Err(UNKNOWN),
            (None, Some(step)) => Ok(step),
            (Some(before), Some(step)) => before.then(&step).ok_or(MIXED),
        };
        match both {
            Ok(heads) => self.heads = Some(heads),
            Err(reason) => self.cannot_undo = Some(reason),
        }
    }

    fn add_files(&mut self, before: Id, paths: Vec<String>, work_tree: Option<String>) {
        let files = self.files.get_or_insert(FilesChange { before, paths: Vec::new(), work_tree });
        files.paths.extend(paths);
        files.paths.sort_unstable();
        files.paths.dedup();
    }
}

impl Store {
    /// The same store, whose steps are added to a journal.
    #[must_use]
    pub fn journaled(self, journal: &Journal) -> Store {
        Store { journal: Some(journal.clone()), ..self }
    }

    fn note(&self, add: impl FnOnce(&mut Changes)) {
        if let Some(journal) = &self.journal {
            let dir = || Changes { dir: self.dir.clone(), ..Changes::default() };
            add(journal.lock().get_or_insert_with(dir));
        }
    }

    /// Notes refs that were created in one step, with the newest refs after it.
    pub(super) fn note_refs(&self, new: &[(RefName, Id)], tips: Option<RefTips>) {
        if new.iter().any(|(name, _)| name.series() == refs::SNAPSHOTS) {
            return;
        }
        let step = tips.map(|tips| {
            let mut step = HeadsChange::none_at(&tips);
            for (name, id) in new {
                let change = match name.series() {
                    refs::SOURCE => &mut step.source,
                    _ => &mut step.versions,
                };
                (change.kept, change.after) = (name.number() as usize - 1, vec![*id]);
            }
            step
        });
        self.note(|changes| changes.add(step));
    }

    /// Notes a pointer that moved, with the newest refs after it.
    pub(super) fn note_active(&self, before: Option<&Active>, tips: Option<RefTips>) {
        let step = tips.map(|tips| HeadsChange {
            active_before: before.copied(),
            ..HeadsChange::none_at(&tips)
        });
        self.note(|changes| changes.add(step));
    }

    pub(super) fn note_heads(&self, before: &Heads, after: &Heads) {
        self.note(|changes| changes.add(Some(HeadsChange::between(before, after))));
    }

    /// Notes files of the project that are about to change, and the tree of all files before.
    pub fn note_files<'p>(&self, root: &Path, before: Id, paths: impl Iterator<Item = &'p str>) {
        let paths: Vec<String> = paths.map(str::to_owned).collect();
        if self.journal.is_none() || paths.is_empty() {
            return;
        }
        let work_tree = self.work_tree_name(root);
        // A store without a log has no refs.
        let tips = log::newest(&self.dir).unwrap_or_default();
        self.note(|changes| {
            changes.add(Some(HeadsChange::none_at(&tips)));
            changes.add_files(before, paths, work_tree);
        });
    }

    /// Notes that none of the files that were about to change did.
    pub fn forget_files(&self) {
        self.note(|changes| changes.files = None);
    }

    /// The folder of a work tree as an operation names it; `None` for the one beside the store.
    pub fn work_tree_name(&self, root: &Path) -> Option<String> {
        self.other_work_tree(root).map(|root| root.display().to_string())
    }

    /// Notes that the steps of this command take back an operation.
    pub fn note_undo(&self, number: u64) {
        self.note(|changes| changes.undoes = Some(number));
    }

    /// Notes that the remote-tracking refs are others.
    pub(super) fn note_fetch(&self) {
        self.note(|changes| changes.beside = Some(FETCHED));
    }

    pub(super) fn note_collection(&self) {
        self.note(|changes| changes.beside = Some(COLLECTED));
    }

    /// Notes that nothing before this moment can be taken back.
    pub(super) fn note_purge(&self) {
        self.note(|changes| {
            (changes.heads, changes.files, changes.cannot_undo) = (None, None, Some(PURGED));
        });
    }
}
