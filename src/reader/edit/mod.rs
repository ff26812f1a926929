//! Writing back: a value of the agent set in its TypeScript, every other byte as it was, and nothing else of the agent.
//!
//! The value is followed from `new LuaAgent({…})` through constants, imports and spreads to the literal it is, or to
//! the file that is read, and only that is replaced. A constant that other code uses too stays: then the value is
//! written where the agent names it. Before a file is written the agent is read with the new text: where it would not
//! have the value, or anything else of it would change, nothing is written.

pub mod edit_files;
pub mod file_overrides;
mod literal;
pub mod origin;
pub mod site;
#[cfg(test)]
mod tests;
pub mod uses;

use crate::error::{At, Error, Result};
use crate::fs;
use crate::model::agent::Persona;
use crate::reader::edit::edit_files::EditFiles;
use crate::reader::edit::file_overrides::FileOverrides;
use crate::reader::{self, EditForm, EditSite, Separator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A value of the agent that can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentField {
    Name,
    /// The whole persona, as one text.
    Persona,
    /// One text of a persona that is an object: `base`, `voice`.
    PersonaPart(String),
    Model,
}

impl AgentField {
    fn keys(&self) -> Vec<&str> {
        match self {
            AgentField::Name => vec!["name"],
            AgentField::Persona => vec!["persona"],
            AgentField::PersonaPart(part) => vec!["persona", part],
            AgentField::Model => vec!["model"],
        }
    }
}

/// A file that was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Relative to the project, with `/`.
    pub path: String,
    pub before: String,
    pub after: String,
    /// The constant that other code uses too, and that therefore stays.
    pub spared: Option<String>,
}

/// Sets a field of the agent in the source, durably.
pub fn set(root: &Path, field: &AgentField, value: &str) -> Result<Edited> {
    let (place, edited) = plan(&EditFiles::Folder(root), field, value)?;
    if edited.before != edited.after {
        // A link is kept: its target is written.
        let file = place.file.canonicalize().at("read", &place.file)?;
        fs::rewrite(&file, edited.after.as_bytes())?;
    }
    Ok(edited)
}

/// Edit that [`set`] would make.
pub fn preview(root: &Path, field: &AgentField, value: &str) -> Result<Edited> {
    plan(&EditFiles::Folder(root), field, value).map(|(_, edited)| edited)
}

/// The same for files that are in no folder, read alone.
pub fn preview_files(
    files: &BTreeMap<String, Vec<u8>>,
    field: &AgentField,
    value: &str,
) -> Result<Edited> {
    plan(&EditFiles::Alone(files), field, value).map(|(_, edited)| edited)
}

fn plan(files: &EditFiles<'_>, field: &AgentField, value: &str) -> Result<(EditSite, Edited)> {
    let keys = field.keys();
    let place = origin::find(files, &keys, false)?;
    match at(files, field, value, place)? {
        Ok(planned) => Ok(planned),
        // The file or the constant means something else of the agent, too.
        Err(Unfit::Others(what)) => {
            match at(files, field, value, origin::find(files, &keys, true)?)? {
                Ok((place, edited)) => {
                    Ok((place, Edited { spared: Some(format!("\"{what}\"")), ..edited }))
                }
                Err(_) => Err(computes(&keys, &what)),
            }
        }
        Err(Unfit::Computed(path)) => Err(computes(&keys, &path)),
    }
}

/// Reason why a place cannot get the value, with the file that it is in.
enum Unfit {
    Computed(String),
    Others(String),
}

fn computes(keys: &[&str], path: &str) -> Error {
    let key = keys.join(".");
    Error::failed(format!("cannot set \"{key}\": \"{path}\" computes it"))
        .hint(format!("write `{key}: '…'` as a plain text in \"{path}\", then try again"))
}

/// The edit of one place.
fn at(
    files: &EditFiles<'_>,
    field: &AgentField,
    value: &str,
    place: EditSite,
) -> Result<Result<(EditSite, Edited), Unfit>> {
    let keys = field.keys();
    files.require_inside(&place)?;
    let text = files.read(&place)?;
    let before = String::from_utf8(text).map_err(|_| {
        Error::usage(format!("cannot edit \"{}\": it is not UTF-8 text", place.path))
    })?;
    // A value that is known only at run time, like a variable of the environment, is not
    // overwritten.
    let with =
        |text: &str| FileOverrides::from([(place.path.clone(), Some(text.as_bytes().to_vec()))]);
    let old = reader::value_with(files, &with(&before), &keys)?;
    if old.get("$source").is_some() {
        return Ok(Err(Unfit::Computed(place.path)));
    }
    for new in replacements(&place, value, &before) {
        let after = [&before[..place.range.start], &new, &before[place.range.end..]].concat();
        let read = reader::value_with(files, &with(&after), &keys);
        if read.ok().as_ref().and_then(Value::as_str) != Some(value) {
            continue;
        }
        if !only(files, field, &with(&after))? {
            return Ok(Err(Unfit::Others(place.path)));
        }
        let (path, spared) = (place.path.clone(), place.spared.clone());
        return Ok(Ok((place, Edited { path, before, after, spared })));
    }
    Ok(Err(Unfit::Computed(place.path)))
}

/// True if the new text of a file changes nothing in the agent but the field.
fn only(files: &EditFiles<'_>, field: &AgentField, after: &FileOverrides) -> Result<bool> {
    let (mut before, mut then) =
        (reader::of_files(files, &FileOverrides::new())?, reader::of_files(files, after)?);
    for agent in [&mut before, &mut then] {
        agent.notes.clear();
        // Paths, importers and forms describe the source, not the agent.
        agent.files.clear();
        agent.importers.clear();
        agent.dropped.clear();
        match field {
            AgentField::Name => agent.name.clear(),
            AgentField::Persona => agent.persona = None,
            AgentField::PersonaPart(part) => {
                if let Some(Persona::Object(Value::Object(parts))) = &mut agent.persona {
                    parts.remove(part);
                }
            }
            AgentField::Model => drop(agent.settings.remove("model")),
        }
        for primitive in &mut agent.primitives {
            // An edit above it moves it down.
            primitive.source.line = 0;
        }
    }
    Ok(before == then)
}

/// The texts that the place can have afterwards; the first one that gives the value is taken. A file keeps the empty
/// end that it had, where the code does not count that.
fn replacements(place: &EditSite, value: &str, before: &str) -> Vec<String> {
    let carriage_returns = before.contains("\r\n");
    let free = || match value.contains('\n') {
        true => literal::template(value, carriage_returns),
        false => literal::quoted(value, '\''),
    };
    let old = &before[place.range.clone()];
    vec![match &place.form {
        EditForm::Quoted(quote) => literal::quoted(value, *quote),
        EditForm::Template => literal::template(value, carriage_returns),
        EditForm::Expression => free(),
        EditForm::Shorthand(key) => format!("{key}: {}", free()),
        EditForm::Around(key) => format!("{{ ...{old}, {key}: {} }}", free()),
        EditForm::Absent { key, separator: Separator::Before(space) } => {
            format!(",{space}{key}: {}", free())
        }
        EditForm::Absent { key, separator: Separator::None } => format!(" {key}: {} ", free()),
        EditForm::File => {
            let end = &old[old.trim_end().len()..];
            return vec![format!("{}{end}", value.trim_end()), value.to_owned()];
        }
    }]
}
