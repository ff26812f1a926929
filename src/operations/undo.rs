//! `undo`: the newest recorded operation is taken back, on the refs and in the files. No object is lost: the operation
//! log names what was taken back, and a safety snapshot has the files as they were.

use super::{push, rollback};
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::source;
use crate::object::Id;
use crate::progress::Progress;
use crate::store::{Heads, Operation, Store};
use crate::workspace::{self, Tracked};

/// Commands after which a remote has more than this store: what they brought can be fetched again.
const FROM_REMOTE: [&str; 2] = ["pull", "sync"];

pub struct Undo {
    pub operation: Operation,
    now: Heads,
    before: Heads,
}

/// The operation that would be undone: the newest one that is not an undo and was not undone.
pub fn next(operations: &[Operation]) -> Option<&Operation> {
    let is_undone = |number: u64| operations.iter().any(|other| other.undoes == Some(number));
    let open = |one: &&Operation| one.undoes.is_none() && !is_undone(one.number);
    operations.iter().rev().find(open)
}

/// Looks at what would be undone, and refuses what cannot be.
pub fn prepare(project: &Project) -> Result<Undo> {
    project.require_no_merge("undo")?;
    let store = project.store();
    let mut operations = store.operations()?;
    let now = store.heads()?;
    // An undo that was cut before it changed the refs did nothing.
    let was_cut =
        |last: &Operation| last.undoes.is_some() && !last.led_to(&now) && last.began_at(&now);
    if operations.last().is_some_and(was_cut) {
        operations.pop();
    }
    let Some(last) = operations.last() else {
        return Err(Error::usage("cannot undo: no operation is recorded").hint(Hint::OpLog));
    };
    if !last.led_to(&now) {
        return Err(Error::conflict(format!(
            "cannot undo: the store is not as operation {} (`{}`) left it, and nothing recorded what changed it since",
            last.number, last.command
        ))
        .hint(Hint::OpLog));
    }
    let Some(operation) = next(&operations) else {
        return Err(
            Error::usage("cannot undo: every recorded operation is undone").hint(Hint::OpLog)
        );
    };
    if !operation.led_to(&now) {
        return Err(Error::conflict(format!(
            "cannot undo operation {} (`{}`): the store is not as it left it",
            operation.number, operation.command
        ))
        .hint(Hint::OpLog));
    }
    require_unsent(store, operation)?;
    let before = operation.heads_before(&now);
    if before.active.is_none() && now.active.is_some() {
        return Err(Error::conflict(
            "cannot undo the first promotion or deletion: before it nothing was active",
        )
        .hint(Hint::PromoteAnother));
    }
    Ok(Undo { operation: operation.clone(), now, before })
}

/// Refuses an operation whose result a remote has: others may have seen it, and a new push or promotion takes it back.
fn require_unsent(store: &Store, operation: &Operation) -> Result<()> {
    let word = operation.command.split(' ').next().unwrap_or_default();
    if FROM_REMOTE.contains(&word) {
        return Ok(());
    }
    for (name, remote) in store.known_remotes()? {
        let has = |ids: &[Id], there: &[Id]| ids.iter().any(|id| there.contains(id));
        let pushed = has(&operation.source.after, &remote.heads.source);
        let versioned = has(&operation.versions.after, &remote.heads.versions);
        let moved = operation.active_after.filter(|after| Some(*after) != operation.active_before);
        let promoted = moved.is_some_and(|after| remote.heads.active == Some(after));
        if !pushed && !versioned && !promoted {
            continue;
        }
        let command = &operation.command;
        let hint = match () {
            _ if pushed => Hint::UndoPush(operation.source.kept as u64),
            _ if promoted => Hint::UndoPromotion,
            _ => Hint::UndoVersion(operation.versions.kept as u64 + 1),
        };
        return Err(Error::conflict(format!(
            "cannot undo `{command}`: \"{name}\" has it, and others may have seen it"
        ))
        .hint(hint));
    }
    Ok(())
}

impl Undo {
    /// Restores the files, records the undo, then replaces the refs. Gives the number of the safety snapshot.
    pub fn run(self, project: &Project, who: &Author, progress: &Progress) -> Result<Option<u64>> {
        let Undo { operation, now, before } = self;
        let store = project.store();
        let kept = match &operation.files {
            Some(files) => restore(project, files.before, who, progress)?,
            None => None,
        };
        let made = Operation {
            number: 0,
            command: "undo".to_owned(),
            by: Some(who.by.clone()),
            at_ms: who.at_ms,
            undoes: Some(operation.number),
            ..reversed(&operation)
        };
        store.add_operation(&made, true)?;
        if now != before {
            let lock = store.lock()?;
            store.replace_refs(&lock, &now, &before)?;
            drop(lock);
            if let (Some(_), Some(newest)) = (&operation.files, before.source.last()) {
                push::remember_base(project, *newest);
            }
        }
        Ok(kept)
    }
}

fn reversed(operation: &Operation) -> Operation {
    let mut reversed = operation.clone();
    for series in [&mut reversed.source, &mut reversed.versions] {
        std::mem::swap(&mut series.before, &mut series.after);
    }
    std::mem::swap(&mut reversed.active_before, &mut reversed.active_after);
    if let Some(files) = &mut reversed.files {
        std::mem::swap(&mut files.before, &mut files.after);
    }
    reversed
}

fn restore(project: &Project, tree: Id, who: &Author, progress: &Progress) -> Result<Option<u64>> {
    let store = project.store();
    let previous = source::latest(store)?;
    let mut batch = store.batch();
    let base = previous.as_ref().map(|previous| previous.source);
    let tracked = Tracked::in_tree(&batch, base)?;
    let snapshot = project.snapshot(&mut batch, base, &tracked, progress)?;
    let plan = workspace::plan(&batch, snapshot.tree, tree)?;
    workspace::check(&plan, project.root())?;
    let kept = match plan.is_empty() {
        true => None,
        false => rollback::keep(project, batch, previous.as_ref(), &snapshot, who)?,
    };
    rollback::restore(project, &plan, &snapshot, kept, progress)?;
    Ok(kept)
}
