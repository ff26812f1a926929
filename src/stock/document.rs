//! Working document of an agent, put into a state.

use super::view::StockHistory;
use crate::error::{Error, Result};
use crate::history::book::Book;
use crate::history::source;
use crate::history::source::SourceVersion;
use crate::history::state::{DEFINITION, PersonaId, REACH, SETTINGS, State, parse_key};
use crate::model::agent::{ORDER, Reach};
use crate::model::numbers::{self, PERSONA};
use crate::model::{json, names};
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use serde_json::{Map, Value, json};

/// Folder of the MCP servers in a state.
const SERVERS: &str = "mcp-servers";

/// The key of an MCP server in a state.
pub fn server_key(name: &str) -> String {
    format!("{SERVERS}/{}", names::encode(name))
}

/// Settings of a state, without the order of its lists.
pub fn settings<S: Source + ?Sized>(objects: &S, state: &State) -> Result<Map<String, Value>> {
    let mut settings: Map<String, Value> = match state.settings {
        Some(id) => json::decode(&objects.blob(&id)?, SETTINGS)?,
        None => Map::new(),
    };
    settings.remove(ORDER);
    Ok(settings)
}

/// The persona of a number, from the book or from the source version that had it first.
pub fn persona<S: Source + ?Sized>(
    objects: &S,
    view: &StockHistory,
    book: &Book,
    number: u64,
) -> Result<Option<PersonaId>> {
    if let Some(entry) = book.pending.personas.iter().find(|entry| entry.number == number) {
        let id = book.persona(objects, number)?;
        return Ok(id.map(|id| PersonaId { id, is_object: entry.is_object }));
    }
    Ok(view.personas.get(&number).map(|row| row.id))
}

/// State with the working document of a book. `state` is that of the newest source version, or what a push made of it;
/// pending primitives are not looked at.
pub fn apply<S: Source + Sink>(
    objects: &mut S,
    view: &StockHistory,
    book: &Book,
    state: &mut State,
    previous: Option<&SourceVersion>,
) -> Result<()> {
    if let Some(version) = book.pending.base.and_then(|number| view.version(number)) {
        let promoted = State::load(objects, &version.state)?;
        replace_document(objects, state, &promoted)?;
    }
    if let Some(number) = book.pending.persona {
        let id = persona(objects, view, book, number)?;
        let id =
            id.ok_or_else(|| Error::not_found(format!("Persona version {number} not found")))?;
        state.persona = Some(id);
        state.numbers.insert(PERSONA.to_owned(), number.to_string());
    }
    if !book.pending.settings.is_empty() {
        let changed = book.pending.settings.clone();
        change_settings(objects, state, |settings| {
            for (key, value) in changed {
                match value {
                    Value::Null => drop(settings.remove(&key)),
                    value => drop(settings.insert(key, value)),
                }
            }
        })?;
    }
    for (name, sent) in &book.pending.servers {
        put_server(objects, state, name, sent, previous)?;
    }
    Ok(())
}

/// Persona, settings and servers of another state.
fn replace_document<S: Source + Sink>(
    objects: &mut S,
    state: &mut State,
    other: &State,
) -> Result<()> {
    state.persona = other.persona;
    match other.numbers.get(PERSONA) {
        Some(number) => drop(state.numbers.insert(PERSONA.to_owned(), number.clone())),
        None => drop(state.numbers.remove(PERSONA)),
    }
    let theirs = settings(objects, other)?;
    change_settings(objects, state, |settings| *settings = theirs)?;
    let is_server = |key: &str| key.starts_with(SERVERS) && parse_key(key).is_some();
    state.primitives.retain(|key, _| !is_server(key));
    state.numbers.retain(|key, _| !is_server(key));
    for (key, id) in other.primitives.iter().filter(|(key, _)| is_server(key)) {
        state.primitives.insert(key.clone(), *id);
        let number = other.numbers.get(key).cloned();
        state.numbers.extend(number.map(|number| (key.clone(), number)));
    }
    Ok(())
}

/// Changes the settings of a state. The order of its lists stays.
fn change_settings<S: Source + Sink>(
    objects: &mut S,
    state: &mut State,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<()> {
    let before: Map<String, Value> = match state.settings {
        Some(id) => json::decode(&objects.blob(&id)?, SETTINGS)?,
        None => Map::new(),
    };
    let mut now = before.clone();
    let order = now.remove(ORDER);
    change(&mut now);
    now.extend(order.map(|order| (ORDER.to_owned(), order)));
    if now != before {
        state.settings = Some(objects.put_blob(json::encode(&now)?, state.settings)?);
    }
    Ok(())
}

/// Puts an MCP server as it was sent. One with the content that it has keeps its number.
fn put_server<S: Source + Sink>(
    objects: &mut S,
    state: &mut State,
    name: &str,
    sent: &Value,
    previous: Option<&SourceVersion>,
) -> Result<()> {
    let key = server_key(name);
    let old = state.primitives.get(&key).copied();
    let tree = old.map(|old| objects.tree(&old)).transpose()?;
    let mut definition: Map<String, Value> = match &tree {
        Some(tree) => json::decode(&objects.blob(&tree.require(DEFINITION)?)?, DEFINITION)?,
        None => Map::from_iter([("name".to_owned(), json!(name))]),
    };
    let before = definition.clone();
    for field in ["transport", "url"] {
        if let Some(value) = sent.get(field).filter(|value| value.is_string()) {
            definition.insert(field.to_owned(), value.clone());
        }
    }
    // A value that is computed is sent as code; the files have it in our form.
    for (field, code) in [("url", "urlResolver"), ("headers", "headersResolver")] {
        if let Some(code) = sent.get(code).and_then(Value::as_str)
            && !definition.get(field).is_some_and(Value::is_object)
        {
            let hash = blake3::hash(code.as_bytes()).to_hex().to_string();
            definition.insert(field.to_owned(), json!({"$function": hash}));
        }
    }
    if tree.is_some() && definition == before {
        return Ok(());
    }
    let floor = source::floor(state, previous);
    let base = |name: &str| tree.as_ref()?.get(name).map(|entry| entry.id);
    let reach: Id = match base(REACH) {
        Some(reach) => reach,
        None => objects.put_blob(json::encode_value(&Reach::default().to_json())?, None)?,
    };
    let blob = objects.put_blob(json::encode(&definition)?, base(DEFINITION))?;
    let entries = vec![TreeEntry::file(DEFINITION, blob), TreeEntry::file(REACH, reach)];
    let made = objects.put_tree(&Tree::new(entries)?, old)?;
    state.primitives.insert(key.clone(), made);
    state.numbers.insert(key.clone(), numbers::next(floor.get(&key).map(String::as_str))?);
    Ok(())
}
