//! State of an imported version: numbers of the platform, with the contents that its backups have.

use super::contents::{self, key};
use crate::error::Result;
use crate::history::imported::ImportRecord;
use crate::history::state::{DEFINITION, PersonaId, REACH, SETTINGS, State};
use crate::model::agent::Reach;
use crate::model::json;
use crate::model::numbers::{self, Numbers, PERSONA};
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use crate::operations::build::{self, Base, Input, PushScope};
use crate::operations::leak::SecretGuard;
use crate::operations::stock;
use crate::operations::stock_manifest::StockManifest;
use crate::platform::details::{SnapshotServer, VersionSnapshot};
use crate::platform::{DEFAULT_TRANSPORT, ListedPersona, Listing};
use crate::reader::Unreadable;
use crate::reader::compiled::Dist;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Folder of the MCP servers in a state.
const SERVERS: &str = "mcp-servers";

/// Agent in the files of a backup, as a state; or the reason why it cannot be read.
pub fn read<S: Source + Sink>(
    objects: &mut S,
    (root, allowed): (&Path, &[String]),
    files: Id,
    before: Option<&(Id, State)>,
) -> Result<Result<State, Unreadable>> {
    let mut agent = match stock::agent_of(Some(root), &*objects, files)? {
        Ok(agent) => agent,
        Err(reason) => return Ok(Err(reason)),
    };
    let guard = SecretGuard::new(root, allowed);
    guard.clean(&mut agent);
    let (source, state) = match before {
        Some((files, state)) => (Some(*files), state.clone()),
        None => (None, State::default()),
    };
    let base = Base { state, floor: Numbers::new(), source };
    let input = Input {
        root,
        agent: &agent,
        ids: &[],
        dist: &Dist::Absent,
        guard: &guard,
        manifest: &StockManifest::default(),
        scope: &PushScope::All,
        set_version: None,
        files,
        base: &base,
    };
    Ok(Ok(build::build(objects, &input)?.state))
}

/// Parts of a state that the platform names.
#[derive(Clone, Debug, Default)]
pub struct ListedState<'a> {
    /// Numbers by the keys of the primitives.
    pub numbers: BTreeMap<String, String>,
    pub persona: Option<&'a ListedPersona>,
    /// `None` where the files say it.
    pub model: Option<&'a str>,
    pub servers: Option<&'a [SnapshotServer]>,
}

impl<'a> ListedState<'a> {
    /// Parts that an agent version names. `others` are the numbers of kinds that no snapshot has.
    pub fn by_version(
        snapshot: &'a VersionSnapshot,
        listing: &'a Listing,
        others: BTreeMap<String, String>,
    ) -> ListedState<'a> {
        let in_snapshot = |key: &str| {
            key.split_once('/').is_some_and(|(folder, _)| {
                crate::platform::details::SNAPSHOT_LISTS.contains(&folder)
            })
        };
        let mut numbers: BTreeMap<String, String> =
            others.into_iter().filter(|(key, _)| !in_snapshot(key)).collect();
        let named = snapshot.primitives.iter();
        numbers.extend(named.map(|((folder, name), number)| (key(folder, name), number.clone())));
        let persona = snapshot.persona;
        ListedState {
            numbers,
            persona: listing.personas.iter().find(|row| Some(row.number) == persona),
            model: snapshot.model.as_deref().filter(|model| !model.is_empty()),
            servers: Some(&snapshot.servers),
        }
    }

    /// Parts that were pushed until a moment.
    pub fn by_time(
        listing: &'a Listing,
        numbers: BTreeMap<String, String>,
        until_ms: i64,
    ) -> ListedState<'a> {
        let is_earlier = |row: &&ListedPersona| row.is_published && row.at_ms <= until_ms;
        let persona = listing.personas.iter().rev().find(is_earlier);
        ListedState { numbers, persona, model: None, servers: None }
    }
}

/// Builds a state. `read` is what its files say, `before` the state of the source version before it with the highest numbers
/// that were ever given.
pub fn compose<S: Source + Sink>(
    objects: &mut S,
    record: &mut ImportRecord,
    named: &ListedState<'_>,
    read: Option<&State>,
    before: (&State, &Numbers),
) -> Result<State> {
    let (before, floor) = before;
    let mut state = State::default();
    for (key, number) in &named.numbers {
        let tree = contents::tree_of(objects, record, key, number, read)?;
        state.primitives.insert(key.clone(), tree);
        state.numbers.insert(key.clone(), number.clone());
    }
    state.settings = read.map_or(before.settings, |read| read.settings);
    if let Some(model) = named.model {
        set_model(objects, &mut state, model)?;
    }
    if let Some(row) = named.persona.filter(|row| !row.content.is_null()) {
        state.persona = Some(match &row.content {
            Value::String(text) => PersonaId {
                id: objects
                    .put_blob(text.clone().into_bytes(), before.persona.map(|old| old.id))?,
                is_object: false,
            },
            object => PersonaId {
                id: objects.put_blob(json::encode_value(object)?, None)?,
                is_object: true,
            },
        });
        state.numbers.insert(PERSONA.to_owned(), row.number.to_string());
    }
    for (key, tree) in servers(objects, named.servers, read, before)? {
        let number = match before.numbers.get(&key) {
            Some(old) if before.primitives.get(&key) == Some(&tree) => old.clone(),
            _ => numbers::next(floor.get(&key).map(String::as_str))?,
        };
        state.primitives.insert(key.clone(), tree);
        state.numbers.insert(key, number);
    }
    Ok(state)
}

/// Makes the settings say the model of a snapshot. A model that the code computes is a function in both.
fn set_model<S: Source + Sink>(objects: &mut S, state: &mut State, model: &str) -> Result<()> {
    let mut settings: Map<String, Value> = match state.settings {
        Some(id) => json::decode(&objects.blob(&id)?, SETTINGS)?,
        None => Map::new(),
    };
    let is_computed = settings.get("model").is_some_and(Value::is_object);
    if !is_computed && settings.get("model").and_then(Value::as_str) != Some(model) {
        settings.insert("model".to_owned(), json!(model));
        state.settings = Some(objects.put_blob(json::encode(&settings)?, state.settings)?);
    }
    Ok(())
}

/// MCP servers of a state: those of the snapshot, else those of the files. They have no numbers on the platform, and the
/// next one of ours where they changed.
fn servers<S: Source + Sink>(
    objects: &mut S,
    named: Option<&[SnapshotServer]>,
    read: Option<&State>,
    before: &State,
) -> Result<BTreeMap<String, Id>> {
    let all = read.map_or(&before.primitives, |read| &read.primitives);
    let Some(named) = named else {
        let servers = all.iter().filter(|(key, _)| key.starts_with(SERVERS));
        return Ok(servers.map(|(key, id)| (key.clone(), *id)).collect());
    };
    let mut trees = BTreeMap::new();
    for server in named {
        let key = key(SERVERS, &server.name);
        let known = all.get(&key).or_else(|| before.primitives.get(&key)).copied();
        trees.insert(key, server_tree(objects, server, known)?);
    }
    Ok(trees)
}

/// Tree of a server: that of the files where it agrees with the snapshot, else one of what the snapshot says.
fn server_tree<S: Source + Sink>(
    objects: &mut S,
    server: &SnapshotServer,
    known: Option<Id>,
) -> Result<Id> {
    let tree = known.map(|id| objects.tree(&id)).transpose()?;
    let mut definition: Map<String, Value> = match &tree {
        Some(tree) => json::decode(&objects.blob(&tree.require(DEFINITION)?)?, DEFINITION)?,
        None => Map::from_iter([("name".to_owned(), json!(server.name))]),
    };
    let before = definition.clone();
    for (field, value) in [("transport", &server.transport), ("url", &server.url)] {
        let is_default =
            value.as_deref() == Some(DEFAULT_TRANSPORT) && !definition.contains_key(field);
        // An address that the code computes is a function in the definition, and no text there.
        let is_computed = definition.get(field).is_some_and(Value::is_object);
        if let Some(value) = value.as_ref().filter(|_| !is_default && !is_computed) {
            definition.insert(field.to_owned(), json!(value));
        }
    }
    if let Some(known) = known.filter(|_| definition == before) {
        return Ok(known);
    }
    let reach = match &tree {
        Some(tree) => tree.require(REACH)?,
        None => objects.put_blob(json::encode_value(&Reach::default().to_json())?, None)?,
    };
    let blob = objects.put_blob(json::encode(&definition)?, None)?;
    let entries = vec![TreeEntry::file(DEFINITION, blob), TreeEntry::file(REACH, reach)];
    objects.put_tree(&Tree::new(entries)?, known)
}
