//! ReadLosses of the stock compiler in an agent, and how they change between two versions.
//!
//! None of it is stored: it follows from the files of a version, so it is known for every version
//! ever made.

use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::model::agent::{Agent, Dropped};
use crate::object::{self, Id, Mode, PathFinder, Source};
use crate::operations::losses;
use crate::reader::edit::file_overrides::linked;
use crate::reader::{self, Unreadable};
use crate::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

/// Number of names of one form that are listed; more are only counted.
pub const NAMES: usize = 5;

/// One note for each form that `lua compile` does not know, with its place.
pub fn notes(dropped: &[Dropped]) -> Vec<String> {
    let same = |a: &&Dropped, b: &&Dropped| {
        (&a.path, a.line, a.column, &a.reason, &a.field)
            == (&b.path, b.line, b.column, &b.reason, &b.field)
    };
    let all: Vec<&Dropped> = dropped.iter().collect();
    all.chunk_by(same).map(note).collect()
}

fn note(same: &[&Dropped]) -> String {
    let Some(first) = same.first() else { return String::new() };
    let (verb, what) = match &first.field {
        None => ("leaves this out", list(same)),
        Some(field) if first.otherwise => {
            ("makes another value of this", format!("`{field}` of {}", list(same)))
        }
        Some(field) => ("leaves this empty", format!("`{field}` of {}", list(same))),
    };
    format!(
        "{}:{}:{}: `lua compile` {verb}: {what}; {}",
        first.path, first.line, first.column, first.reason
    )
}

/// `tools open, list of skill shop`, or `skill shop and job nightly`.
pub fn list(same: &[&Dropped]) -> String {
    let groups = same.chunk_by(|a, b| (&a.kind, &a.of) == (&b.kind, &b.of)).map(|group| {
        let names: Vec<&str> = group.iter().take(NAMES).map(|one| &*one.name).collect();
        let more = group.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        if names == [""] {
            return format!("the {} without a name", group[0].kind);
        }
        let plural = if group.len() > 1 { "s" } else { "" };
        let of = group[0].of.as_ref().map_or(String::new(), |skill| format!(" of skill {skill}"));
        format!("{}{plural} {}{more}{of}", group[0].kind, names.join(", "))
    });
    groups.collect::<Vec<_>>().join(" and ")
}

/// True if the stock compiler makes all of it.
pub fn is_deployable(dropped: &[Dropped]) -> bool {
    dropped.iter().all(|one| one.otherwise)
}

/// True if the same parts are lost, wherever they are written.
pub fn is_same(before: &[Dropped], now: &[Dropped]) -> bool {
    let lost = |all: &[Dropped]| -> BTreeSet<_> {
        let one =
            |one: &Dropped| (one.kind.clone(), one.of.clone(), one.name.clone(), one.field.clone());
        all.iter().map(one).collect()
    };
    lost(before) == lost(now)
}

/// Limit on a bundle of code; longer ones are not read.
const FILE_MAX: usize = 4 << 20;

/// The agent in the files of a version, or why it cannot be read. It is read from them, and from the packages installed in a
/// project. A server has none: without one nothing of the disk is read, as the author of the files is somebody else.
pub fn agent_of(
    project: Option<&Path>,
    objects: &dyn Source,
    files: Id,
) -> Result<Result<Agent, Unreadable>> {
    match reader::files(project, &files_of(objects, files)?) {
        Ok(agent) => Ok(Ok(agent)),
        Err(error) => Unreadable::of(error).map(Err),
    }
}

/// The files of a version by path, as the reader sees them: links are what they lead to, and a large file is empty.
pub fn files_of(objects: &dyn Source, files: Id) -> Result<BTreeMap<String, Vec<u8>>> {
    let (mut finder, mut held) = (PathFinder::new(files), BTreeMap::new());
    for (path, mode, id) in object::leaves(objects, files)? {
        let bytes = match mode {
            Mode::Symlink => linked(objects, &mut finder, &path, id)?.unwrap_or_default(),
            _ => bytes(objects, &id)?,
        };
        held.insert(path, bytes);
    }
    Ok(held)
}

fn bytes(objects: &dyn Source, id: &Id) -> Result<Vec<u8>> {
    let mut taken = BoundedBuffer::default();
    let copied = objects.copy_blob(id, &mut taken);
    if taken.is_full {
        return Ok(Vec::new());
    }
    copied.map(|_| taken.bytes)
}

/// Takes bytes until they are too many.
#[derive(Default)]
struct BoundedBuffer {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Write for BoundedBuffer {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > FILE_MAX {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Differences between two versions as `lua compile` builds them, beyond the differences of their
/// states.
#[derive(Default)]
pub struct Difference {
    /// In both, and left out since.
    pub removed: Vec<Dropped>,
    /// In both, and left out no more.
    pub restored: Vec<Dropped>,
    /// New, and left out at once.
    pub missing: Vec<Dropped>,
    /// Name of a version that cannot be read, and the reason.
    pub unknown: Option<(String, Unreadable)>,
    /// True if it makes all of the later one.
    pub deployable: Option<bool>,
}

/// Parts of files that `lua compile` leaves out, or the reason why the files cannot be read.
pub type ReadLosses = Result<Vec<Dropped>, Unreadable>;

/// ReadLosses of files by the id of their tree.
pub type FileLosses<'a> = dyn Fn(Id) -> Result<ReadLosses> + 'a;

/// Compares two versions by their files.
pub fn between(
    store: &Store,
    objects: &dyn Source,
    from: &AnyVersion,
    to: &AnyVersion,
) -> Result<Difference> {
    between_by(
        Some(store.project()),
        objects,
        &|files| losses::of_files(store, objects, files),
        from,
        to,
    )
}

/// The same with losses from another cache.
pub fn between_by(
    project: Option<&Path>,
    objects: &dyn Source,
    losses: &FileLosses<'_>,
    from: &AnyVersion,
    to: &AnyVersion,
) -> Result<Difference> {
    let later = match losses(to.files())? {
        Ok(later) => later,
        Err(reason) => return Ok(unknown(to, reason)),
    };
    let deployable = Some(is_deployable(&later));
    if from.files() == to.files() {
        return Ok(Difference { deployable, ..Difference::default() });
    }
    let earlier = match losses(from.files())? {
        Ok(earlier) => earlier,
        Err(reason) => return Ok(Difference { deployable, ..unknown(from, reason) }),
    };
    if since(&earlier, &later).is_empty() && since(&later, &earlier).is_empty() {
        return Ok(Difference { deployable, ..Difference::default() });
    }
    // Only the agents tell whether a part that is lost is new.
    let agent = |version: &AnyVersion| agent_of(project, objects, version.files());
    match (agent(from)?, agent(to)?) {
        (Ok(earlier), Ok(later)) => Ok(Difference { deployable, ..compare(&earlier, &later) }),
        (Err(reason), _) => Ok(Difference { deployable, ..unknown(from, reason) }),
        (_, Err(reason)) => Ok(unknown(to, reason)),
    }
}

/// ReadLosses of the later one that the earlier one does not have.
fn since<'a>(earlier: &[Dropped], later: &'a [Dropped]) -> Vec<&'a Dropped> {
    let lost = later.iter().filter(|one| !one.otherwise);
    lost.filter(|one| !earlier.iter().any(|old| covers(old, one))).collect()
}

fn unknown(version: &AnyVersion, reason: Unreadable) -> Difference {
    Difference { unknown: Some((version.name.clone(), reason)), ..Difference::default() }
}

fn compare(from: &Agent, to: &Agent) -> Difference {
    let split = |earlier: &Agent, later: &Agent| -> (Vec<Dropped>, Vec<Dropped>) {
        let fresh = since(&earlier.dropped, &later.dropped).into_iter().cloned();
        fresh.partition(|one| has(earlier, one))
    };
    let (removed, missing) = split(from, to);
    let (restored, _) = split(to, from);
    Difference { removed, restored, missing, ..Difference::default() }
}

/// True if an older loss includes this one.
fn covers(old: &Dropped, one: &Dropped) -> bool {
    let same = (&old.kind, &old.of, &old.name) == (&one.kind, &one.of, &one.name);
    let around = old.kind == "skill" && one.of.as_ref() == Some(&old.name);
    (same || around) && (old.field.is_none() || old.field == one.field)
}

/// True if an agent has the part that was lost.
fn has(agent: &Agent, one: &Dropped) -> bool {
    let mut skills = agent.primitives.iter().filter(|skill| one.of.as_ref() == Some(&skill.name));
    match (one.kind.as_str(), &one.of) {
        ("agent", _) => true,
        ("tool", Some(_)) => skills.any(|skill| {
            let tools = skill.definition["tools"].as_array();
            tools.is_some_and(|tools| tools.iter().any(|tool| tool["name"] == *one.name))
        }),
        (kind, _) => {
            agent.primitives.iter().any(|other| other.kind.word == kind && other.name == one.name)
        }
    }
}
