//! The reader: an agent from the TypeScript of its project, without Node and without running it.
//!
//! Four nouns. *Modules* are files, parsed once, found as TypeScript finds them. The *evaluator* gives
//! the value of an expression, or says that only running it would. *Forms* turn values into primitives,
//! by the one table of kinds. *Reach* is what a primitive's code leads to.

pub mod cache;
mod cache_key;
mod code_place;
pub mod compiled;
pub mod edit;
mod eval;
pub mod lockfile;
mod primitives;
mod reach;
mod stock;
mod syntax;
#[cfg(test)]
mod tests;
mod zod;

pub use crate::reader::code_place::{unreadable, unreadable_at};
use crate::reader::edit::edit_files::EditFiles;
use crate::reader::edit::origin;
pub use crate::reader::edit::site::{EditForm, EditSite, Separator};
use crate::reader::eval::value;
use crate::reader::primitives::entry;
pub use crate::reader::primitives::entry::AgentPlace;
use crate::reader::primitives::no_entry_point;
use crate::reader::primitives::script;
use crate::reader::syntax::closure;
pub use crate::reader::syntax::outline::{Outline, OutlineShape};

use crate::error::{At, Error, Kind, Result};
use crate::model::agent::{Agent, Persona};
use crate::model::kind::KINDS;
use crate::parallel;
pub use crate::reader::cache_key::{Agreement, CacheKey, ReadFiles};
use crate::reader::eval::value::{Object, Value};
use crate::reader::primitives::forms::Forms;
use crate::reader::primitives::json::Writer;
use crate::reader::syntax::files::Files;
use crate::reader::syntax::modules::Modules;
use eval::Evaluator;
use oxc_allocator::Allocator;
use reach::Reacher;
use serde_json::Map;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The stock command's own file in a project: the agent's id, and the numbers that it gave.
pub const STOCK_MANIFEST: &str = "lua.skill.yaml";

/// Stack of the reader's thread. The parser recurses as deeply as a source is nested; `limits` and the
/// evaluator's bounds keep within this. Pages that are not touched cost nothing.
const STACK: usize = 512 << 20;

/// Reads the agent of a project.
pub fn project(root: &Path) -> Result<Agent> {
    project_with(root, &BTreeMap::new())
}

/// The same, as if some files, by their paths in the project, held these bytes or were not there.
pub fn project_with(
    root: &Path,
    file_overrides: &BTreeMap<String, Option<Vec<u8>>>,
) -> Result<Agent> {
    of_files(&EditFiles::Folder(root), file_overrides)
}

/// The agent of these files, as if they were all that the folder of a project contains, with the packages installed there.
/// Without a project nothing of the disk is read.
pub fn files(project: Option<&Path>, files: &BTreeMap<String, Vec<u8>>) -> Result<Agent> {
    let alone = EditFiles::Alone(files);
    of_files(&project.map_or(alone, |root| EditFiles::Inside(root, files)), &BTreeMap::new())
}

/// The agent of a files, as if some of its files had these bytes.
fn of_files(
    files: &EditFiles<'_>,
    file_overrides: &BTreeMap<String, Option<Vec<u8>>>,
) -> Result<Agent> {
    on_stack(&files.root()?, |root| {
        read(root, &files.files(root, file_overrides)).map(|reading| reading.agent)
    })
}

/// The same with everything that it was read from.
pub fn project_with_reads(root: &Path) -> Result<AgentReading> {
    on_thread(root, |root| read(root, &Files::default()))
}

/// An agent, and everything that it was read from.
pub struct AgentReading {
    pub agent: Agent,
    pub read: ReadFiles,
    /// `None` where nobody could say later whether reading again would give the same.
    pub cache_key: Option<CacheKey>,
}

/// True if the code prevents reading an agent, and not the disk.
pub fn is_about_code(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unreadable | Kind::Failed) && error.io_kind().is_none()
}

/// Reason why the code of a project cannot be read as an agent, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

impl Unreadable {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reason in an error about code. A failure of the disk stays an error.
    pub fn of(error: Error) -> Result<Unreadable> {
        if !is_about_code(&error) {
            return Err(error);
        }
        Ok(Unreadable(error.message().lines().next().unwrap_or_default().to_owned()))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folders below a root that make an agent each, where it has none of its own: `agents/shop`.
pub fn folders(root: &Path) -> Result<Vec<String>> {
    on_thread(root, |root| {
        let arena = Allocator::default();
        entry::folders(root, &Evaluator::new(Modules::new(root, &Files::default(), &arena)))
    })
}

/// Every agent below a root that can be read.
pub fn agents(root: &Path) -> Result<Vec<AgentPlace>> {
    on_thread(root, |root| {
        let arena = Allocator::default();
        Ok(entry::places(root, &Evaluator::new(Modules::new(root, &Files::default(), &arena))))
    })
}

/// Value below these keys of the agent, as if some files of the files had these bytes.
fn value_with(
    files: &EditFiles<'_>,
    file_overrides: &BTreeMap<String, Option<Vec<u8>>>,
    keys: &[&str],
) -> Result<serde_json::Value> {
    on_stack(&files.root()?, |root| {
        let arena = Allocator::default();
        let files = files.files(root, file_overrides);
        let evaluator = Evaluator::new(Modules::new(root, &files, &arena));
        let (module, agents) = entry::find(root, &evaluator)?.ok_or_else(|| entry::none(root))?;
        let Some(agent) = agents.first() else { return Ok(serde_json::Value::Null) };
        let mut value = Value::Object(agent.clone());
        for key in keys {
            value = evaluator.member(
                &value,
                key,
                value::SourceSpan::new(module.id, oxc_span::Span::default()),
            )?;
        }
        Writer::new(&evaluator).value(&value)
    })
}

/// Place of the value under these keys of the agent of a project: see [`origin::find`].
pub fn edit_site(root: &Path, keys: &[&str], is_own: bool) -> Result<EditSite> {
    origin::find(&EditFiles::Folder(root), keys, is_own)
}

/// The lists of a script, for a merge; `None` where it does not parse.
pub fn outline(path: &str, text: &str) -> Option<Outline> {
    let made = parallel::with_stack(STACK, "read a file", || syntax::outline::outline(path, text));
    made.ok().flatten().flatten()
}

/// Runs a reading of a project where there is stack for it.
fn on_thread<T: Send>(root: &Path, run: impl FnOnce(&Path) -> Result<T> + Send) -> Result<T> {
    on_stack(&root.canonicalize().at("read", root)?, run)
}

/// The same for a root that is canonical.
fn on_stack<T: Send>(root: &Path, run: impl FnOnce(&Path) -> Result<T> + Send) -> Result<T> {
    let done = parallel::with_stack(STACK, "read the agent", || run(root))?;
    done.unwrap_or_else(|| {
        Err(unreadable(format!("cannot read \"{}\": the reader stopped", root.display())))
    })
}

fn read(root: &Path, files: &Files) -> Result<AgentReading> {
    let fingerprint = cache_key::fingerprint(root)?;
    let arena = Allocator::default();
    let evaluator = Evaluator::new(Modules::new(root, files, &arena));
    let writer = Writer::new(&evaluator);
    let mut loose = None;
    let (entry, agents) = match entry::find(root, &evaluator)? {
        Some(found) => {
            for site in entry::beside(root, &evaluator, &found) {
                writer.note(
                    site,
                    format!("this agent is left out: that of \"{}\" is read", found.0.path),
                );
            }
            (found.0.path.clone(), found.1)
        }
        None => {
            let found = loose
                .insert(no_entry_point::find(root, &evaluator)?.ok_or_else(|| entry::none(root))?);
            (String::new(), vec![found.agent.clone()])
        }
    };
    let Some(made) = agents.first() else { return Err(entry::none(root)) };
    for other in &agents[1..] {
        writer.note(other.site, "this agent is left out: the first one of the file is read");
    }
    let reacher =
        Reacher::new(&evaluator.modules, lockfile::LockedVersions::read(root, files)?, made.site);
    let forms = Forms { writer: &writer, reacher: &reacher };
    let mut primitives = Vec::new();
    for kind in &KINDS {
        primitives.extend(forms.of_kind(kind, made)?);
    }
    script::add(root, &evaluator, &writer, &reacher, &mut primitives)?;
    if let Some(loose) = loose {
        loose.note(&writer, &primitives);
    }
    let name = match made.get("name") {
        Some(Value::Text(name)) => name.to_string(),
        Some(Value::Unknown(unknown)) => {
            writer.note(unknown.site, format!("the agent's name {}", unknown.reason));
            String::new()
        }
        _ => String::new(),
    };
    writer.enter(made.site);
    let persona = persona(&writer, made)?;
    let settings = settings(&writer, made)?;
    let notes = writer.into_notes();
    closure::load(&evaluator.modules);
    let (files, importers) = (evaluator.modules.paths(), evaluator.modules.importers());
    let dropped = Vec::new();
    let mut agent =
        Agent { name, persona, settings, primitives, notes, dropped, entry, files, importers };
    agent.dropped = stock::dropped(root, &evaluator, &agent);
    debug_assert!(evaluator.kept_to_steps(), "evaluating went on without end");
    let modules = &evaluator.modules;
    let cache_key = CacheKey::of(root, modules, fingerprint);
    Ok(AgentReading { agent, read: ReadFiles::of(modules), cache_key })
}

fn persona<'a>(writer: &Writer<'_, 'a>, made: &Object<'a>) -> Result<Option<Persona>> {
    Ok(match made.get("persona") {
        None | Some(Value::Undefined | Value::Null) => None,
        Some(Value::Text(text)) => Some(Persona::Text(text.to_string())),
        Some(other) => Some(Persona::Object(writer.value(&other)?)),
    })
}

/// Settings of the agent: all but its name, its persona and its lists of primitives.
fn settings<'a>(
    writer: &Writer<'_, 'a>,
    made: &Object<'a>,
) -> Result<Map<String, serde_json::Value>> {
    let mut settings = Map::new();
    for (key, value) in made.fields.borrow().iter() {
        let elsewhere = ["name", "persona"].contains(&&**key)
            || KINDS.iter().any(|kind| kind.keys.contains(&&**key));
        if !elsewhere && !matches!(value, Value::Undefined) {
            settings.insert(key.to_string(), writer.value(value)?);
        }
    }
    Ok(settings)
}
