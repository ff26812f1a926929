//! Writing back: a value of the agent set in its TypeScript, every other byte as it was.
//!
//! The value is followed from `new LuaAgent({…})` through constants, imports and spreads to the literal
//! it is, and only that literal is replaced. Before a file is written the agent is read with the new
//! text: where it would not have the value, nothing is written.

mod literal;
#[cfg(test)]
mod tests;

use super::read::{self, Form, Place, Separator};
use crate::error::{At, Error, Result};
use crate::fs;
use std::path::Path;

/// What can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Name,
    /// The whole persona, as one text.
    Persona,
    /// One text of a persona that is an object: `base`, `voice`.
    PersonaPart(String),
    Model,
}

impl Field {
    fn keys(&self) -> Vec<&str> {
        match self {
            Field::Name => vec!["name"],
            Field::Persona => vec!["persona"],
            Field::PersonaPart(part) => vec!["persona", part],
            Field::Model => vec!["model"],
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
}

/// Sets a field of the agent in the source, durably.
pub fn set(root: &Path, field: &Field, value: &str) -> Result<Edited> {
    let (place, edited) = plan(root, field, value)?;
    if edited.before != edited.after {
        // A link stays: what it leads to is written.
        let file = place.file.canonicalize().at("read", &place.file)?;
        fs::rewrite(&file, edited.after.as_bytes())?;
    }
    Ok(edited)
}

/// What [`set`] would do.
pub fn preview(root: &Path, field: &Field, value: &str) -> Result<Edited> {
    plan(root, field, value).map(|(_, edited)| edited)
}

fn plan(root: &Path, field: &Field, value: &str) -> Result<(Place, Edited)> {
    let keys = field.keys();
    let place = read::place(root, &keys)?;
    inside(root, &place)?;
    let text = fs::read(&place.file)?;
    let before = String::from_utf8(text)
        .map_err(|_| Error::usage(format!("cannot edit \"{}\": it is not UTF-8 text", place.path)))?;
    let computes = || {
        let key = keys.join(".");
        Error::failed(format!("cannot set \"{key}\": \"{}\" computes it", place.path))
            .hint(format!("write `{key}: '…'` as a plain text in \"{}\", then try again", place.path))
    };
    // What only running would tell, like a variable of the environment, is not written over.
    let old = read::value_with(root, &place.file, before.as_bytes(), &keys)?;
    if old.get("$source").is_some() {
        return Err(computes());
    }
    let new = replacement(&place.form, value, before.contains("\r\n"));
    let after = [&before[..place.range.start], &new, &before[place.range.end..]].concat();
    let read = read::value_with(root, &place.file, after.as_bytes(), &keys);
    if read.ok().as_ref().and_then(serde_json::Value::as_str) != Some(value) {
        return Err(computes());
    }
    let path = place.path.clone();
    Ok((place, Edited { path, before, after }))
}

/// A value that a package of the workspace around the project gives is not ours to change.
fn inside(root: &Path, place: &Place) -> Result<()> {
    let root = root.canonicalize().at("read", root)?;
    match place.file.canonicalize().at("read", &place.file)?.strip_prefix(&root) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::failed(format!("cannot edit \"{}\": it is outside the project", place.path))
            .hint("change the file by hand, or write the value into the agent's own file")),
    }
}

/// The text that stands at the place afterwards.
fn replacement(form: &Form, value: &str, carriage_returns: bool) -> String {
    let free = || match value.contains('\n') {
        true => literal::template(value, carriage_returns),
        false => literal::quoted(value, '\''),
    };
    match form {
        Form::Quoted(quote) => literal::quoted(value, *quote),
        Form::Template => literal::template(value, carriage_returns),
        Form::Expression => free(),
        Form::Shorthand(key) => format!("{key}: {}", free()),
        Form::Absent { key, separator: Separator::Before(space) } => format!(",{space}{key}: {}", free()),
        Form::Absent { key, separator: Separator::None } => format!(" {key}: {} ", free()),
        Form::File => value.to_owned(),
    }
}
