//! Secrets that others allowed. The author of a pushed version decided that its secrets are none,
//! or may be kept; a clone without that decision would miss these files, and could push nothing.
//!
//! The list belongs to one store and is no part of a version, so it is derived from the version's
//! content.

use crate::diff;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::source::SourceVersion;
use crate::history::state::{Content, DEFINITION, State};
use crate::model::kind::KINDS;
use crate::model::{json, names};
use crate::object::{Id, Mode, Source};
use crate::operations::leak;
use crate::store::Odb;
use crate::workspace::{self, Patterns};
use serde_json::Value;

/// Larger files are not looked through: they would have to be held in memory.
const LARGEST: u64 = 8 << 20;

/// Adds to the list everything that must be allowed to push the secrets of `now` that `before`
/// lacks. Returns the new entries.
pub fn inherit(
    project: &Project,
    before: Option<&SourceVersion>,
    now: &SourceVersion,
) -> Result<Vec<String>> {
    let objects = project.store().objects();
    let known = Patterns::new(&project.allowed()?);
    let mut names = files(objects, before.map(|version| version.source), now.source)?;
    names.extend(values(objects, before.map(|version| version.state), now.state)?);
    names.retain(|name| !known.matches(name));
    if names.is_empty() {
        return Ok(names);
    }
    let lock = project.store().lock()?;
    let mut config = project.store().config()?;
    for name in &names {
        config.add_allowed(&pattern(name));
    }
    config.save(&lock)?;
    Ok(names)
}

/// The files among those that changed which a snapshot would leave out.
fn files(objects: &Odb, before: Option<Id>, now: Id) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for change in diff::trees(objects, before, Some(now))? {
        let Some((_, id)) = change.new.filter(|(mode, _)| *mode != Mode::Symlink) else { continue };
        if objects.kind_and_len(&id)?.is_none_or(|(_, bytes)| bytes > LARGEST) {
            continue;
        }
        if workspace::secret_file(&change.path, &objects.blob(&id)?).is_some() {
            names.push(change.path);
        }
    }
    Ok(names)
}

/// Names of the entries of the state whose values look like secrets.
fn values(objects: &Odb, before: Option<Id>, now: Id) -> Result<Vec<String>> {
    let load = |id: &Id| State::load(objects, id);
    let (old, new) = (before.as_ref().map(load).transpose()?.unwrap_or_default(), load(&now)?);
    let mut found = Vec::new();
    for (key, id) in new.primitives.iter().filter(|(key, id)| old.primitives.get(*key) != Some(*id))
    {
        let Some((kind, name)) = KINDS.iter().find_map(|kind| {
            let (folder, name) = key.split_once('/')?;
            (folder == kind.folder).then_some((kind, name))
        }) else {
            continue;
        };
        let definition = Content::of(objects, id)?.definition;
        let definition: Value = json::decode(&objects.blob(&definition)?, DEFINITION)?;
        if leak::masked(&definition) != definition {
            let name = names::decode(name).unwrap_or_else(|| name.to_owned());
            found.push(format!("{}/{name}", kind.word));
        }
    }
    Ok(found)
}

/// Removes from the list the entries that [`inherit`] added.
pub fn forget(project: &Project, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let lock = project.store().lock()?;
    let mut config = project.store().config()?;
    for name in names {
        config.remove_allowed(&pattern(name));
    }
    config.save(&lock)
}

/// A path or a name as a pattern that matches nothing else.
fn pattern(name: &str) -> String {
    let mut pattern = String::from(if name.contains('/') { "" } else { "/" });
    for letter in name.chars() {
        if "\\*?[".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
