//! Source versions of stock clients: their files, and the state that these and the book make together.

use super::body;
use super::document;
use super::view::StockHistory;
use crate::error::Result;
use crate::history::book::{Book, PushedBody};
use crate::history::record::{Author, SourceRecord};
use crate::history::rules;
use crate::history::source::{self, SourceVersion};
use crate::history::state::{DEFINITION, REACH, State, key_of, parse_key};
use crate::model::agent::{Agent, Reach};
use crate::model::json;
use crate::model::kind::Kind;
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use crate::operations::build::{self, Base, Input, PushScope};
use crate::operations::leak::SecretGuard;
use crate::operations::stock;
use crate::operations::stock_manifest::StockManifest;
use crate::reader::compiled::Dist;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest list of differences in the message of a record.
const NAMED: usize = 8;

/// Parts of a new source version.
pub struct Composition<'a> {
    /// Any folder that exists.
    pub root: &'a Path,
    pub view: &'a StockHistory,
    pub book: &'a Book,
    pub who: &'a Author,
    pub triggered_by: String,
    /// Files of the version.
    pub files: Id,
    /// True if the files came from a client; false if they are those of the version before.
    pub is_read: bool,
    /// Further sentences for the record.
    pub notes: &'a [String],
}

/// Makes the next source version, in a sink. Gives its id.
pub fn compose<S: Source + Sink>(objects: &mut S, one: &Composition<'_>) -> Result<Id> {
    let previous = previous(objects, one.view)?;
    let old = match &previous {
        Some(previous) => State::load(objects, &previous.state)?,
        None => State::default(),
    };
    let mut composed = Composed { state: old.clone(), notes: one.notes.to_vec(), unread: None };
    for key in &one.book.pending.deleted {
        composed.state.primitives.remove(key);
        composed.state.numbers.remove(key);
    }
    match one.is_read {
        true => composed.read_files(objects, one, &old, previous.as_ref())?,
        false => composed.unread = previous.as_ref().and_then(|one| one.record.unread.clone()),
    }
    document::apply(objects, one.view, one.book, &mut composed.state, previous.as_ref())?;
    let state = composed.state.store(objects, previous.as_ref().map(|one| one.state))?;
    let before = previous.as_ref().map(|one| one.record.at_ms);
    let record = SourceRecord {
        by: one.who.by.clone(),
        at_ms: rules::clamp_time(one.who.at_ms, before),
        triggered_by: one.triggered_by.clone(),
        message: composed.message(),
        highest: source::highest(previous.as_ref(), &old, &composed.state),
        unread: composed.unread.clone(),
    };
    put_unused(objects, one.view, record, (state, one.files), previous.as_ref())
}

/// The newest source version.
pub fn previous<S: Source + ?Sized>(
    objects: &S,
    view: &StockHistory,
) -> Result<Option<SourceVersion>> {
    let newest = view.newest_source();
    newest.map(|(number, row)| SourceVersion::load(objects, number, row.id)).transpose()
}

/// Two source versions are never one object: the later of two with equal times is a millisecond younger.
fn put_unused<S: Source + Sink>(
    objects: &mut S,
    view: &StockHistory,
    mut record: SourceRecord,
    (state, files): (Id, Id),
    base: Option<&SourceVersion>,
) -> Result<Id> {
    loop {
        let id = source::put(objects, &record, state, files, base)?;
        if !view.heads.source.contains(&id) {
            return Ok(id);
        }
        record.at_ms += 1;
    }
}

struct Composed {
    state: State,
    /// Differences between bodies and files.
    notes: Vec<String>,
    unread: Option<String>,
}

impl Composed {
    /// Takes over the primitives that were pushed, as the files have them and the bodies say.
    fn read_files<S: Source + Sink>(
        &mut self,
        objects: &mut S,
        one: &Composition<'_>,
        old: &State,
        previous: Option<&SourceVersion>,
    ) -> Result<()> {
        let pending = &one.book.pending;
        let bodies = bodies(objects, one.book)?;
        let read = match stock::agent_of(None, &*objects, one.files)? {
            Ok(mut agent) => {
                self.correct(&mut agent, &bodies);
                let read = build_all(objects, one, &agent, old, previous)?;
                self.name_others(one, old, &read);
                self.take_servers(one, &read);
                // No client sends the name of a new agent.
                self.state.settings = self.state.settings.or(read.settings);
                read
            }
            Err(reason) => {
                self.unread = Some(rules::shortened(reason.as_str().to_owned()));
                State::default()
            }
        };
        for (key, number) in &pending.pushed {
            let tree = match (read.primitives.get(key), bodies.get(key)) {
                (Some(tree), _) => *tree,
                (None, Some(pushed)) => body_alone(objects, key, pushed)?,
                (None, None) => continue,
            };
            self.state.primitives.insert(key.clone(), tree);
            self.state.numbers.insert(key.clone(), number.clone());
        }
        Ok(())
    }

    /// Takes the MCP servers that were sent from the files that have them.
    fn take_servers(&mut self, one: &Composition<'_>, read: &State) {
        for key in one.book.pending.servers.keys().map(|name| document::server_key(name)) {
            let Some(tree) = read.primitives.get(&key) else { continue };
            if self.state.primitives.insert(key.clone(), *tree) != Some(*tree) {
                let number = read.numbers.get(&key).cloned();
                self.state.numbers.extend(number.map(|number| (key, number)));
            }
        }
    }

    fn correct(&mut self, agent: &mut Agent, bodies: &BTreeMap<String, PushedBody>) {
        for primitive in &mut agent.primitives {
            let Some(pushed) = bodies.get(&key_of(primitive)) else { continue };
            let wrong = body::correct(primitive, &pushed.body);
            if !wrong.is_empty() {
                let (kind, name) = (primitive.kind.word, &primitive.name);
                let note =
                    format!("{kind} {name}: {} as pushed, not as in the files", wrong.join(", "));
                self.notes.push(note);
            }
        }
        for key in bodies.keys() {
            if !agent.primitives.iter().any(|primitive| key_of(primitive) == *key)
                && let Some((kind, name)) = parse_key(key)
            {
                self.notes.push(format!("{} {name}: pushed, and not in the files", kind.word));
            }
        }
    }

    /// Names the primitives that the files would give otherwise, and that nobody pushed.
    fn name_others(&mut self, one: &Composition<'_>, old: &State, read: &State) {
        let pending = &one.book.pending;
        let keys = old.primitives.keys().chain(read.primitives.keys());
        let mut other: Vec<&String> = keys
            .filter(|key| !pending.pushed.contains_key(*key) && !pending.deleted.contains(*key))
            .filter(|key| {
                !one.book.pending.servers.keys().any(|name| document::server_key(name) == **key)
            })
            .filter(|key| old.primitives.get(*key) != read.primitives.get(*key))
            .collect();
        other.sort_unstable();
        other.dedup();
        for (kind, name) in other.into_iter().filter_map(|key| parse_key(key)) {
            self.notes.push(format!("{} {name}: not pushed, and other in the files", kind.word));
        }
    }

    /// The differences as the message of the record.
    fn message(&self) -> Option<String> {
        let mut named: Vec<String> = self.notes.iter().take(NAMED).cloned().collect();
        if self.notes.len() > NAMED {
            named.push(format!("and {} more", self.notes.len() - NAMED));
        }
        (!named.is_empty()).then(|| rules::shortened(named.join("; ")))
    }
}

/// The bodies behind the pending numbers.
fn bodies<S: Source + ?Sized>(objects: &S, book: &Book) -> Result<BTreeMap<String, PushedBody>> {
    let mut bodies = BTreeMap::new();
    for (key, number) in &book.pending.pushed {
        bodies.extend(book.body(objects, key, number)?.map(|body| (key.clone(), body)));
    }
    Ok(bodies)
}

/// State that the files give, with the numbers that a push would choose.
fn build_all<S: Source + Sink>(
    objects: &mut S,
    one: &Composition<'_>,
    agent: &Agent,
    old: &State,
    previous: Option<&SourceVersion>,
) -> Result<State> {
    let mut agent = agent.clone();
    let guard = SecretGuard::new(one.root, &[]);
    guard.clean(&mut agent);
    let floor = source::floor(old, previous);
    let base = Base { state: old.clone(), floor, source: previous.map(|one| one.source) };
    let input = Input {
        root: one.root,
        agent: &agent,
        ids: &[],
        dist: &Dist::Absent,
        guard: &guard,
        manifest: &StockManifest::default(),
        scope: &PushScope::All,
        set_version: None,
        files: one.files,
        base: &base,
    };
    Ok(build::build(objects, &input)?.state)
}

/// The tree of a primitive that the files do not have.
fn body_alone<S: Source + Sink>(objects: &mut S, key: &str, pushed: &PushedBody) -> Result<Id> {
    let (kind, name): (&Kind, String) =
        parse_key(key).unwrap_or((&crate::model::kind::KINDS[0], key.to_owned()));
    let definition = body::definition_of(kind.word, &name, &pushed.body);
    let definition = objects.put_blob(json::encode_value(&definition)?, None)?;
    let reach = objects.put_blob(json::encode_value(&Reach::default().to_json())?, None)?;
    let entries = vec![TreeEntry::file(DEFINITION, definition), TreeEntry::file(REACH, reach)];
    objects.put_tree(&Tree::new(entries)?, None)
}
