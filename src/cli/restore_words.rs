//! Words of `restore`: a version and a new folder, or parts of the project.

use super::context::Context;
use super::live::View;
use super::paths::{self, PathFilter};
use super::selection::{self, Selection};
use crate::compare;
use crate::error::{Error, Result};
use crate::history::any_version::AnyVersion;
use crate::history::revision::Revision;
use crate::history::state::State;
use crate::operations::restore::{self, Replacement};
use crate::reader::edit::{self, AgentField};

/// Meaning of all words.
pub enum RestoreWords {
    /// All files of a version, in a new folder.
    Folder(Revision, String),
    Project(Vec<Selection>),
}

/// Reads the words. `has_from` is true where the version is named by an option.
pub fn read(
    cx: &Context<'_>,
    words: &[String],
    after: &[String],
    has_from: bool,
) -> Result<RestoreWords> {
    let exists =
        |word: &str| -> Result<bool> { Ok(cx.directory()?.join(word).symlink_metadata().is_ok()) };
    if let (false, true, [first, rest @ ..]) = (has_from, after.is_empty(), words)
        && let Ok(version) = first.parse::<Revision>()
    {
        match rest {
            [folder] if exists(first)? => {
                return Err(Error::usage(format!("\"{first}\" is both a version and a path"))
                    .hint(format!("run `lua-store restore -- {first} {folder}` to restore the paths\nrun `lua-store restore {version} {folder}` in another directory to write all files of the version")));
            }
            [folder] => return Ok(RestoreWords::Folder(version, folder.clone())),
            [] if !exists(first)? => {
                return Err(Error::usage(format!("\"{first}\" is a version: no files and no folder were named"))
                    .hint(format!("run `lua-store restore --from {first} PATH` to restore files in the project\nrun `lua-store restore {first} DIR` to write all its files into a new folder")));
            }
            _ => {}
        }
    }
    let mut selection = selection::read(cx, words)?;
    selection.extend(after.iter().cloned().map(Selection::Path));
    if selection.is_empty() {
        return Err(Error::usage("no path was named")
            .hint("run for example `lua-store restore src/index.ts` to restore a file, `lua-store restore .` to restore the whole project"));
    }
    Ok(RestoreWords::Project(selection))
}

/// The files behind a selection, as they are in a version.
pub fn replacements(
    cx: &Context<'_>,
    view: &View,
    found: &AnyVersion,
    selection: &[Selection],
) -> Result<Vec<Replacement>> {
    let objects = view.store().objects();
    let state = || {
        // The state is that of an older push then, and says nothing of these files.
        if let Some(reason) = found.unread() {
            return Err(Error::failed(format!(
                "the agent in {} was not read when it was pushed: {reason}",
                found.name
            ))
            .hint("run `lua-store restore PATH` to restore the files that contain it"));
        }
        found.state().ok_or_else(|| {
            Error::usage(format!("{} contains only files, and no agent", found.name))
                .hint("run `lua-store restore PATH` to restore the files that contain it")
        })
    };
    let mut all = Vec::new();
    for one in selection {
        match one {
            Selection::Path(path) => {
                let filter: PathFilter = paths::filter(cx, view, std::slice::from_ref(path))?;
                all.extend(filter.into_paths().into_iter().map(Replacement::Path));
            }
            Selection::Primitive(kind, name) => {
                let files = restore::files_of(objects, &state()?, kind, name)?;
                all.extend(files.into_iter().map(Replacement::Path));
            }
            Selection::Persona => {
                all.push(persona(view, &State::load(objects, &state()?)?, found)?)
            }
        }
    }
    Ok(all)
}

/// The file that contains the persona, with the text of the version in it.
fn persona(view: &View, state: &State, found: &AnyVersion) -> Result<Replacement> {
    let persona = compare::persona(view.store().objects(), state)?
        .ok_or_else(|| Error::not_found(format!("there is no persona in {}", found.name)))?;
    if persona.is_object {
        return Err(Error::failed(format!(
            "cannot restore the persona of {}: it is an object",
            found.name
        ))
        .hint("run `lua-store restore PATH` to restore the file that contains it"));
    }
    let edited = edit::preview(view.project.root(), &AgentField::Persona, &persona.text)?;
    Ok(Replacement::Text { path: edited.path, text: edited.after })
}
