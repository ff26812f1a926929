//! `restore`: files of a version in the project again, some of them, with everything else as it is.
//!
//! A path becomes exactly what it is in the version, so that a file added since is removed. The files as they
//! were are kept as a safety snapshot first, and nothing is pushed.

use super::rollback::{self, Captured};
use crate::diff::{self, TreeChange};
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::state::{self, MODULES, State};
use crate::history::{state::parse_key, suggest};
use crate::model::kind::Kind;
use crate::model::names;
use crate::object::{self, Id, Memory, Mode, Overlay, Sink, Source, entry_at, graft, nest};
use crate::operations::unseen;
use crate::progress::Progress;
use crate::workspace::{self, RestorePlan};

/// One part of the files that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// A file or a folder, as it is in the version.
    Path(String),
    /// The same for one that may be neither in the version nor in the project.
    PathIfAny(String),
    /// A file of the project with other text.
    Text { path: String, text: String },
}

/// Files that are restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoredFiles {
    pub tree: Id,
    /// True for those of a backup of the platform: files that the stock command does not see stay as they are.
    pub is_partial: bool,
}

/// Plan of a restore.
pub struct FileRestore<'a> {
    project: &'a Project,
    from: RestoredFiles,
    replacements: &'a [Replacement],
    captured: Captured,
    /// Trees and texts that no store has.
    made: Memory,
    plan: RestorePlan,
    /// Files that change, from their present content to the restored one.
    pub changes: Vec<TreeChange>,
}

/// Looks at the project and at the files of the version, and changes nothing.
pub fn prepare<'a>(
    project: &'a Project,
    from: RestoredFiles,
    replacements: &'a [Replacement],
    progress: &Progress,
) -> Result<FileRestore<'a>> {
    let captured = rollback::capture(project, progress)?;
    let mut made = Memory::default();
    let mut target = captured.snapshot.tree;
    let tree = match from.is_partial {
        true => complete(&mut made, &captured, from.tree)?,
        false => from.tree,
    };
    for replacement in replacements {
        target = replace(&mut made, &captured, tree, target, replacement)?;
    }
    let objects = Overlay(&made, &captured.batch);
    let current = captured.snapshot.tree;
    let changes = diff::trees(&objects, Some(current), Some(target))?;
    let plan = workspace::plan(&objects, current, target)?;
    Ok(FileRestore { project, from, replacements, captured, made, plan, changes })
}

/// Tree of a backup with the files of the project that it cannot have.
fn complete(made: &mut Memory, captured: &Captured, tree: Id) -> Result<Id> {
    let list = unseen::complete(&captured.batch, captured.snapshot.tree, tree)?;
    let list: Vec<_> = list.iter().map(|(path, mode, id)| (&**path, *mode, *id)).collect();
    nest(made, &list, None)
}

/// The tree after one part was put into it.
fn replace(
    made: &mut Memory,
    captured: &Captured,
    from: Id,
    target: Id,
    replacement: &Replacement,
) -> Result<Id> {
    let objects = &captured.batch;
    match replacement {
        Replacement::Path(path) | Replacement::PathIfAny(path) => {
            let entry = entry_at(&Overlay(made, objects), &from, path)?;
            if entry.is_none() && entry_at(&Overlay(made, objects), &target, path)?.is_none() {
                if let Replacement::PathIfAny(_) = replacement {
                    return Ok(target);
                }
                return Err(Error::not_found(format!(
                    "there is no \"{path}\", neither in the version nor in the project"
                )));
            }
            graft(made, objects, target, path, entry.map(|entry| (entry.mode, entry.id)))
        }
        Replacement::Text { path, text } => {
            let mode = entry_at(&Overlay(made, objects), &target, path)?
                .map_or(Mode::File, |entry| entry.mode);
            let id = made.put_blob(text.clone().into_bytes(), None)?;
            graft(made, objects, target, path, Some((mode, id)))
        }
    }
}

impl FileRestore<'_> {
    /// Takes a safety snapshot and writes the files; gives the number of the snapshot, where one was needed.
    pub fn run(self, who: &Author, progress: &Progress) -> Result<Option<u64>> {
        // The git guard may write an ignore file, which the plan has not seen: it is made again.
        if self.project.store().guard_from_git()? {
            return prepare(self.project, self.from, self.replacements, progress)?
                .run(who, progress);
        }
        let FileRestore { project, captured, made, plan, .. } = self;
        project.store().require_whole()?;
        workspace::check(&plan, project.root())?;
        let Captured { previous, batch, snapshot } = captured;
        // An empty plan is run too: it finishes what an interrupted one left. The trees of the workspace are in
        // the batch then, and in the store once they were kept.
        if plan.is_empty() {
            let objects = Overlay(&made, &batch);
            rollback::restore_from(project, &objects, &plan, &snapshot, None, progress)?;
            return Ok(None);
        }
        let kept = rollback::keep(project, batch, previous.as_ref(), &snapshot, who)?;
        let objects = Overlay(&made, project.store().objects());
        rollback::restore_from(project, &objects, &plan, &snapshot, kept, progress)?;
        Ok(kept)
    }
}

/// The files of the project that a primitive of a state was read from.
pub fn files_of(objects: &dyn Source, state: &Id, kind: &Kind, name: &str) -> Result<Vec<String>> {
    let key = format!("{}/{}", kind.folder, names::encode(name));
    let Some(found) = entry_at(objects, state, &key)? else {
        let state = State::load(objects, state)?;
        let names = state.primitives.keys().filter_map(|key| parse_key(key));
        let of_kind: Vec<String> =
            names.filter(|(other, _)| *other == kind).map(|(_, name)| name).collect();
        let error = Error::not_found(format!("there is no {} \"{name}\" in the version", kind.one));
        return Err(match suggest::nearest(name, of_kind.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(Hint::ListVersions),
        });
    };
    let Some(modules) = entry_at(objects, &found.id, MODULES)? else { return Ok(Vec::new()) };
    let leaves = object::leaves(objects, modules.id)?;
    Ok(leaves.into_iter().map(|(path, ..)| path).collect())
}

/// True if a primitive has the same content in two states.
pub fn is_same(
    objects: &dyn Source,
    one: &Id,
    other: &Id,
    kind: &Kind,
    name: &str,
) -> Result<bool> {
    let key = format!("{}/{}", kind.folder, names::encode(name));
    let content = |state: &Id| -> Result<Option<state::Content>> {
        let found = entry_at(objects, state, &key)?;
        found.map(|entry| state::Content::of(objects, &entry.id)).transpose()
    };
    Ok(content(one)? == content(other)?)
}
