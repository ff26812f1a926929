//! Edit of `lua.skill.yaml` by a push: it sets ids and numbers there after the platform gave them, so that the file differs
//! from the one that was pushed, and nobody edited it.
//!
//! The file is not pushed again for that: the next push would edit it again, and each push would make another. It is stored
//! as it is with the next push of anything else. Any other content of it is an edit, whatever the difference.

use crate::diff::TreeChange;
use crate::error::Result;
use crate::history::imported::{self, FileEdit};
use crate::object::{Id, Mode, Sink, Source, Tree};
use crate::reader::STOCK_MANIFEST;
use crate::store::Store;

/// Takes the edit out of the differences between the last push and the project. True if it was all of them.
pub fn take_out(store: &Store, changes: &mut Vec<TreeChange>) -> Result<bool> {
    let Some(at) = changes.iter().position(|change| change.path == STOCK_MANIFEST) else {
        return Ok(false);
    };
    let (Some((Mode::File, before)), Some((Mode::File, after))) =
        (changes[at].old, changes[at].new)
    else {
        return Ok(false);
    };
    if !imported::is_yaml_edit(store, FileEdit { before, after })? {
        return Ok(false);
    }
    changes.remove(at);
    Ok(changes.is_empty())
}

/// The tree of the project for a merge: the edit of a push gives way to any change of theirs, which has the numbers of a later
/// push.
pub fn give_way<S: Source + Sink>(
    store: &Store,
    objects: &mut S,
    base: Option<Id>,
    (ours, theirs): (Id, Id),
) -> Result<Id> {
    let Some(base) = base else { return Ok(ours) };
    let entry =
        |tree: &Tree| tree.get(STOCK_MANIFEST).filter(|entry| entry.mode == Mode::File).cloned();
    let (before, tree) = (entry(&objects.tree(&base)?), objects.tree(&ours)?);
    let (after, later) = (entry(&tree), entry(&objects.tree(&theirs)?));
    let (Some(before), Some(after), Some(later)) = (before, after, later) else { return Ok(ours) };
    let edit = FileEdit { before: before.id, after: after.id };
    if later.id == before.id || !imported::is_yaml_edit(store, edit)? {
        return Ok(ours);
    }
    let entries = tree.entries().iter().map(|entry| match &*entry.name == STOCK_MANIFEST {
        true => later.clone(),
        false => entry.clone(),
    });
    objects.put_tree(&Tree::new(entries.collect())?, Some(ours))
}
