//! Persona edit: the persona of a pushed project set in its TypeScript, without a folder of the project.
//!
//! The state keeps everything else, numbers included: nothing is built anew, so that a server that lacks the packages of the
//! project changes nothing else of it.

use super::stock;
use crate::error::{Error, Result};
use crate::history::record::{Author, SourceRecord};
use crate::history::rules;
use crate::history::source::{self, SourceVersion};
use crate::history::state::{PersonaId, State};
use crate::model::numbers::{self, PERSONA};
use crate::object::{Id, Mode, Sink, Source, Tree, TreeEntry};
use crate::operations::build::PushScope;
use crate::reader::edit::{self, AgentField};
use std::path::Path;

/// A new source version that differs from the one before by the persona alone.
pub struct PersonaPush {
    /// The tree that the ref will name.
    pub id: Id,
    pub at_ms: i64,
    pub state: Id,
    pub files: Id,
}

/// Puts the next source version. `root` is any folder that exists.
pub fn push<S: Source + Sink>(
    objects: &mut S,
    root: &Path,
    pushed: &SourceVersion,
    (text, message): (&str, &str),
    who: &Author,
) -> Result<PersonaPush> {
    let old = State::load(objects, &pushed.state)?;
    require_text(&old)?;
    let files = edited(objects, root, pushed.source, text)?;
    let floor = source::floor(&old, Some(pushed));
    let number = numbers::next_persona(floor.get(PERSONA).map(String::as_str))?;
    let before = old.persona.map(|persona| persona.id);
    let id = objects.put_blob(text.as_bytes().to_vec(), before)?;
    let mut state = old.clone();
    state.persona = Some(PersonaId { id, is_object: false });
    state.numbers.insert(PERSONA.to_owned(), number);
    let state_id = state.store(objects, Some(pushed.state))?;
    let record = SourceRecord {
        by: who.by.clone(),
        at_ms: rules::clamp_time(who.at_ms, Some(pushed.record.at_ms)),
        triggered_by: PushScope::Persona.triggered_by(),
        message: Some(message.to_owned()),
        highest: source::highest(Some(pushed), &old, &state),
        unread: None,
    };
    let id = source::put(objects, &record, state_id, files, Some(pushed))?;
    Ok(PersonaPush { id, at_ms: record.at_ms, state: state_id, files })
}

/// Refuses a persona that is an object, which has several texts.
pub fn require_text(state: &State) -> Result<()> {
    match state.persona.is_some_and(|persona| persona.is_object) {
        false => Ok(()),
        true => Err(Error::conflict("the persona is an object, and not one text")
            .hint("change it in the project, and push it")),
    }
}

/// The tree of files with the persona in it.
fn edited<S: Source + Sink>(objects: &mut S, root: &Path, files: Id, text: &str) -> Result<Id> {
    let held = stock::files_of(objects, files)?;
    let edited = edit::preview_files(root, &held, &AgentField::Persona, text)?;
    let entry = crate::object::entry_at(objects, &files, &edited.path)?;
    let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else {
        let path = &edited.path;
        return Err(Error::failed(format!("cannot edit \"{path}\": it is a link"))
            .hint("change it in the project, and push it"));
    };
    let blob = objects.put_blob(edited.after.into_bytes(), Some(entry.id))?;
    with_file(objects, files, &edited.path, (entry.mode, blob))
}

/// The tree with other bytes in a file that it has.
fn with_file<S: Source + Sink>(
    objects: &mut S,
    tree: Id,
    path: &str,
    file: (Mode, Id),
) -> Result<Id> {
    let old = objects.tree(&tree)?;
    let (name, rest) = path.split_once('/').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let new = match rest {
        None => TreeEntry::new(name, file.0, file.1),
        Some(rest) => {
            TreeEntry::directory(name, with_file(objects, old.require(name)?, rest, file)?)
        }
    };
    let others = old.entries().iter().filter(|other| *other.name != *name).cloned();
    objects.put_tree(&Tree::new(others.chain([new]).collect())?, Some(tree))
}
