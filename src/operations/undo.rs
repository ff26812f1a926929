//! `undo`: the newest recorded operation is taken back, on the refs and in the files. No object is lost: the operation
//! log names what was taken back, and a safety snapshot has the files as they were.
//!
//! Only what the state proves is taken back: the refs are exactly as the operation left them. So a record that was lost,
//! and a change of another process, make it refuse.

use super::push;
use super::restore::{self, Replacement, RestoredFiles};
use super::undo_hint::forward_hint;
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::object::entry_at;
use crate::progress::Progress;
use crate::store::{
    FilesChange, Heads, HeadsChange, MOST_OPERATIONS, Operation, SeriesChange, Store,
};
use std::collections::HashSet;

pub struct Undo {
    pub operation: Operation,
    now: Heads,
    before: Heads,
}

/// Looks at what would be undone, and refuses what cannot be.
pub fn prepare(project: &Project) -> Result<Undo> {
    project.require_no_merge("undo")?;
    let store = project.store();
    let operations = store.operations(MOST_OPERATIONS)?;
    let now = store.heads()?;
    let operation = find(&operations, &now)?;
    require_work_tree(project, operation)?;
    require_unsent(store, operation)?;
    let before = operation.heads.as_ref().map_or(now.clone(), |heads| heads.heads_before(&now));
    Ok(Undo { operation: operation.clone(), now, before })
}

/// The newest operation that led to these refs and was not taken back.
fn find<'o>(operations: &'o [Operation], now: &Heads) -> Result<&'o Operation> {
    let undone: HashSet<u64> = operations.iter().filter_map(|one| one.undoes).collect();
    let is_open = |one: &&Operation| one.undoes.is_none() && !undone.contains(&one.number);
    let mut open = operations.iter().rev().filter(is_open).peekable();
    let newest = open.peek().copied();
    let found = open.find(|one| one.heads.as_ref().is_some_and(|heads| is_at(heads, now)));
    let refused = || match newest {
        None if operations.is_empty() => Error::usage("cannot undo: no operation is recorded"),
        None => Error::usage("cannot undo: every recorded operation is undone"),
        Some(Operation { number, command, cannot_undo: Some(reason), .. }) => {
            Error::conflict(format!("cannot undo operation {number} (`{command}`): {reason}"))
        }
        Some(Operation { number, command, .. }) => Error::conflict(format!(
            "cannot undo: the store is not as operation {number} (`{command}`) left it, and nothing recorded what changed it since"
        )),
    };
    found.ok_or_else(|| refused().hint(Hint::OpLog))
}

/// True if the refs are as a change left them. A first promotion is taken back in two steps, of which the first one may
/// have been the last one before a crash.
fn is_at(change: &HeadsChange, now: &Heads) -> bool {
    let is_cleared = change.active_before.is_none() && now.active.is_none();
    let active = if is_cleared { change.active_after } else { now.active };
    change.led_to(&Heads { active, ..now.clone() })
}

/// Refuses files of another work tree than this one.
fn require_work_tree(project: &Project, operation: &Operation) -> Result<()> {
    let Some(FilesChange { work_tree, .. }) = &operation.files else { return Ok(()) };
    if *work_tree == project.store().work_tree_name(project.root()) {
        return Ok(());
    }
    let here = project.store().project().display().to_string();
    let root = work_tree.clone().unwrap_or(here);
    let Operation { number, command, .. } = operation;
    Err(Error::conflict(format!(
        "cannot undo operation {number} (`{command}`): it changed files in \"{root}\""
    ))
    .hint(Hint::UndoIn(root)))
}

/// Refuses an operation whose result a remote has: others may have seen it, and only a new push or record takes it back
/// for everybody. What a pull brought was there before.
fn require_unsent(store: &Store, operation: &Operation) -> Result<()> {
    let Some(heads) = &operation.heads else { return Ok(()) };
    let command = &operation.command;
    let is_pull = command.split(' ').next() == Some("pull");
    let is_sent = |change: &SeriesChange, there: &[_]| match is_pull {
        // Ours are behind theirs.
        true => {
            !change.before.is_empty() && change.after.last().is_some_and(|id| there.contains(id))
        }
        false => change.after.iter().any(|id| there.contains(id)),
    };
    let moved = heads.active_after.filter(|after| !is_pull && Some(*after) != heads.active_before);
    for (name, remote) in store.known_remotes()? {
        let source = is_sent(&heads.source, &remote.heads.source);
        let versions = is_sent(&heads.versions, &remote.heads.versions);
        let pointer = moved.is_some_and(|after| remote.heads.active == Some(after));
        if source || versions || pointer {
            let what =
                format!("cannot undo `{command}`: \"{name}\" has it, and others may have seen it");
            return Err(Error::conflict(what).hint(forward_hint(store, heads, (source, pointer))?));
        }
    }
    Ok(())
}

impl Undo {
    /// Restores the files, then takes back the refs. Gives the number of the safety snapshot.
    pub fn run(self, project: &Project, who: &Author, progress: &Progress) -> Result<Option<u64>> {
        let Undo { operation, now, before } = self;
        let store = project.store();
        let kept = match &operation.files {
            Some(files) => restore(project, files, who, progress)?,
            None => None,
        };
        store.confirm_operations()?;
        take_back(store, now, &before)?;
        if let (Some(_), Some(newest)) = (&operation.files, before.source.last()) {
            push::remember_base(project, *newest);
        }
        store.note_undo(operation.number);
        Ok(kept)
    }
}

/// Makes the refs what they were; refuses if they are not what they were when they were read.
fn take_back(store: &Store, mut now: Heads, before: &Heads) -> Result<()> {
    let lock = store.lock()?;
    if let (Some(active), None) = (now.active, before.active) {
        store.clear_active(&lock, &active)?;
        now.active = None;
    }
    if now == *before { Ok(()) } else { store.replace_refs(&lock, &now, before) }
}

/// Restores the files that the operation changed, and no others. Files that it created go first: one may be in a folder
/// that was a file.
fn restore(
    project: &Project,
    files: &FilesChange,
    who: &Author,
    progress: &Progress,
) -> Result<Option<u64>> {
    let objects = project.store().objects();
    let (mut created, mut changed) = (Vec::new(), Vec::new());
    for path in &files.paths {
        let is_created = entry_at(objects, &files.before, path)?.is_none();
        let list = if is_created { &mut created } else { &mut changed };
        list.push(Replacement::PathIfAny(path.clone()));
    }
    created.append(&mut changed);
    let before = RestoredFiles { tree: files.before, is_partial: false };
    restore::prepare(project, before, &created, progress)?.run(who, progress)
}
