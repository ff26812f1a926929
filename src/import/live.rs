//! Comparison of the parts that run on the platform with those of its active version.
//!
//! The two differ where somebody deployed a primitive alone, edited the persona or the model, or changed an MCP server: none of
//! these makes a version, and the next promote takes most of them back.

use super::contents;
use crate::client::{LiveCheck, LivePart, LiveState};
use crate::error::Result;
use crate::history::imported::ImportRecord;
use crate::history::state::{DEFINITION, SETTINGS, State, parse_key};
use crate::history::version::Version;
use crate::model::json;
use crate::model::numbers::PERSONA;
use crate::object::Source;
use crate::platform::details::SNAPSHOT_LISTS;
use crate::platform::{ListedNumbers, ListedServer, Listing};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Folder of the MCP servers in a state.
pub const SERVERS: &str = "mcp-servers/";

/// A setting in a state, and its field in the agent document of the platform.
pub const SETTING_FIELDS: [(&str, &str); 4] = [
    ("modelSettings", "modelSettings"),
    ("batching", "batchingConfig"),
    ("governance", "governance"),
    ("browser", "browser"),
];

/// Compares a listing with the version that is active in it. `None`: none is.
pub fn check<S: Source + ?Sized>(
    objects: &S,
    record: &ImportRecord,
    listing: &Listing,
) -> Result<Option<LiveCheck>> {
    let Some(row) = listing.active() else { return Ok(None) };
    let here = record.versions.get(&row.number).and_then(|version| version.number);
    let Some(here) = here else { return Ok(None) };
    let id = record.heads.versions[here as usize - 1];
    let state = State::load(objects, &Version::load(objects, here, id)?.state)?;
    let mut parts = PartList::default();
    parts.primitives(record, listing, &state);
    parts.persona(objects, listing, &state)?;
    parts.settings(objects, listing, &state)?;
    parts.servers(objects, listing, &state)?;
    parts.voices(&state);
    Ok(Some(LiveCheck { there: row.number, here, parts: parts.0, pushed: Vec::new() }))
}

/// The parts that were compared.
#[derive(Default)]
struct PartList(Vec<(LivePart, LiveState)>);

impl PartList {
    fn add(&mut self, part: LivePart, there: Option<String>, version: Option<String>) {
        let state = match (there, version) {
            (None, None) => return,
            (there, version) if there == version => LiveState::Equal,
            (Some(there), Some(version)) => LiveState::Different { there, version },
            (Some(there), None) => LiveState::Extra { there },
            (None, Some(version)) => LiveState::Missing { version },
        };
        self.0.push((part, state));
    }

    /// The live number of each primitive. Kinds that are in no snapshot have versions of their own.
    fn primitives(&mut self, record: &ImportRecord, listing: &Listing, state: &State) {
        let versioned = |row: &&ListedNumbers| SNAPSHOT_LISTS.contains(&row.route.kind.folder);
        let rows: Vec<(String, &ListedNumbers)> = listing
            .primitives
            .iter()
            .filter(versioned)
            .map(|row| (contents::key_of(row), row))
            .collect();
        let in_snapshot = |key: &&String| {
            key.split_once('/').is_some_and(|(folder, _)| SNAPSHOT_LISTS.contains(&folder))
        };
        let keys: BTreeSet<&String> = state
            .primitives
            .keys()
            .filter(in_snapshot)
            .chain(rows.iter().map(|(key, _)| key))
            .collect();
        for key in keys {
            let Some((kind, name)) = parse_key(key) else { continue };
            let row = rows.iter().find(|(known, _)| known == key);
            let there = row.and_then(|(_, row)| row.active.clone());
            let version = state.numbers.get(key).filter(|_| state.primitives.contains_key(key));
            let version = version.map(|here| record.number_there(key, here));
            let part = LivePart::Primitive(kind.word, name);
            let elsewhere = row.and_then(|(_, row)| row.made_elsewhere());
            match (there, version, elsewhere) {
                (Some(there), None, Some(source)) => {
                    self.0.push((part, LiveState::Elsewhere { there, source: source.to_owned() }));
                }
                (there, version, _) => self.add(part, there, version.map(str::to_owned)),
            }
        }
    }

    /// The persona as it is served, and the version that is marked as current: a promote of an older platform moves the mark
    /// alone.
    fn persona<S: Source + ?Sized>(
        &mut self,
        objects: &S,
        listing: &Listing,
        state: &State,
    ) -> Result<()> {
        let text = match state.persona {
            Some(persona) => {
                Some(String::from_utf8_lossy(&objects.blob(&persona.id)?).into_owned())
            }
            None => None,
        };
        let current = listing.personas.iter().find(|row| row.is_current);
        let number = current.map(|row| row.number.to_string());
        let mut version = state.numbers.get(PERSONA).filter(|_| state.persona.is_some()).cloned();
        // A version of ours has a number of its own: its text says which one it is.
        let content = current.map(|row| persona_text(&row.content)).transpose()?;
        if text.is_some() && content == text {
            version.clone_from(&number);
        }
        match listing.document.get("persona").filter(|persona| !persona.is_null()) {
            None if text.is_some() => self.0.push((
                LivePart::Persona,
                LiveState::Unknown("#9 does not contain the persona".to_owned()),
            )),
            None => {}
            Some(served) => self.add(LivePart::Persona, Some(persona_text(served)?), text),
        }
        self.add(LivePart::CurrentPersona, number, version);
        Ok(())
    }

    /// Settings that the version mentions. The others are left as they are there.
    fn settings<S: Source + ?Sized>(
        &mut self,
        objects: &S,
        listing: &Listing,
        state: &State,
    ) -> Result<()> {
        let settings: Map<String, Value> = match state.settings {
            Some(id) => json::decode(&objects.blob(&id)?, SETTINGS)?,
            None => Map::new(),
        };
        match settings.get("model") {
            Some(Value::String(model)) => {
                let there = listing.document.get("model").and_then(Value::as_str);
                let there = there.filter(|model| !model.is_empty()).map(str::to_owned);
                self.add(LivePart::Model, there, Some(model.clone()));
            }
            Some(_) => self.0.push((
                LivePart::Model,
                LiveState::Unknown(
                    "it is computed by code, which the platform does not show".to_owned(),
                ),
            )),
            None => {}
        }
        for (setting, field) in SETTING_FIELDS {
            let Some(version) = settings.get(setting).filter(|value| !value.is_null()) else {
                continue;
            };
            match listing.document.get(field) {
                None => self.0.push((
                    LivePart::Setting(setting),
                    LiveState::Unknown(format!("#9 does not contain \"{field}\"")),
                )),
                Some(there) if there == version => {
                    self.0.push((LivePart::Setting(setting), LiveState::Equal));
                }
                Some(there) => self.add(
                    LivePart::Setting(setting),
                    Some(there.to_string()),
                    Some(version.to_string()),
                ),
            }
        }
        Ok(())
    }

    /// Voices are in no snapshot, and nothing of them is sent: whatever runs, nobody knows if it is that of the version.
    fn voices(&mut self, state: &State) {
        for name in state.voices() {
            let why = "voices are neither sent to the platform nor compared with it".to_owned();
            self.0.push((LivePart::Primitive("voice", name), LiveState::Unknown(why)));
        }
    }

    fn servers<S: Source + ?Sized>(
        &mut self,
        objects: &S,
        listing: &Listing,
        state: &State,
    ) -> Result<()> {
        let mut names = BTreeSet::new();
        for (key, tree) in state.primitives.iter().filter(|(key, _)| key.starts_with(SERVERS)) {
            let Some((_, name)) = parse_key(key) else { continue };
            let definition = objects.tree(tree)?.require(DEFINITION)?;
            let definition: Map<String, Value> =
                json::decode(&objects.blob(&definition)?, DEFINITION)?;
            let row = listing.servers.iter().find(|row| row.name == name && row.is_active);
            let part = LivePart::Server(name.clone());
            match row {
                Some(row) if row.transport.is_none() && row.url.is_none() => {
                    let why = "#6 does not contain its address".to_owned();
                    self.0.push((part, LiveState::Unknown(why)));
                }
                row => {
                    let (there, version) = server_words(row, &definition);
                    self.add(part, there, Some(version));
                }
            }
            names.insert(name);
        }
        let extra =
            listing.servers.iter().filter(|row| row.is_active && !names.contains(&row.name));
        for row in extra {
            let (there, _) = server_words(Some(row), &Map::new());
            self.add(LivePart::Server(row.name.clone()), there, None);
        }
        Ok(())
    }
}

/// A persona as it is stored here. The fields of an object have one order here, and any there.
fn persona_text(persona: &Value) -> Result<String> {
    match persona {
        Value::String(text) => Ok(text.clone()),
        object => Ok(String::from_utf8_lossy(&json::encode_value(object)?).into_owned()),
    }
}

/// Transport and address, as far as both say them.
fn server_words(
    row: Option<&ListedServer>,
    definition: &Map<String, Value>,
) -> (Option<String>, String) {
    let own = |field: &str| definition.get(field).and_then(Value::as_str);
    let (mut there, mut version) = (Vec::new(), Vec::new());
    for (field, value) in [
        ("transport", row.and_then(|row| row.transport.as_deref())),
        ("url", row.and_then(|row| row.url.as_deref())),
    ] {
        // Computed by code, or not shown.
        let both = value.is_some() && own(field).is_some();
        if both || definition.is_empty() {
            there.extend(value);
        }
        if both || row.is_none() {
            version.extend(own(field));
        }
    }
    (row.map(|_| there.join(" ")), version.join(" "))
}
