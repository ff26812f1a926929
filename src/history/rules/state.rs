//! Rules for the form of a state: its entries and their encoding.

use super::{refuse, small};
use crate::error::Result;
use crate::history::state::{self, State};
use crate::model::kind::Kind as PrimitiveKind;
use crate::model::numbers::{self, PERSONA};
use crate::model::{json, names};
use crate::object::{Id, Mode, Source, TreeEntry};
use crate::store::Odb;
use serde_json::Value;

/// `before` is a state that passed: equal parts are skipped.
pub fn check(objects: &Odb, id: &Id, before: Option<&State>) -> Result<State> {
    const FILES: [&str; 4] =
        [state::SETTINGS, state::PERSONA_TEXT, state::PERSONA_OBJECT, state::NUMBERS];
    let tree = objects.tree(id)?;
    for entry in tree.entries() {
        let is_file = FILES.contains(&&*entry.name);
        let fits = if is_file { entry.mode == Mode::File } else { entry.mode.is_directory() };
        if !fits || (!is_file && PrimitiveKind::of_folder(&entry.name).is_none()) {
            return refuse(format!("its state has an invalid entry \"{}\"", entry.name));
        }
        if !is_file
            && objects.tree(&entry.id)?.entries().iter().any(|inner| !inner.mode.is_directory())
        {
            return refuse(format!(
                "its state has a file in \"{}\", which contains only folders",
                entry.name
            ));
        }
    }
    let numbers = canonical(objects, &tree.require(state::NUMBERS)?, state::NUMBERS)?;
    let state = State::of(objects, &tree, json::decode(&numbers, state::NUMBERS)?)?;
    if let Some(settings) = state.settings
        && before.is_none_or(|before| before.settings != state.settings)
        && !canonical(objects, &settings, state::SETTINGS)?.starts_with(b"{")
    {
        return refuse("its agent.json is not an object");
    }
    if let Some(persona) = state.persona.filter(|persona| persona.is_object) {
        canonical(objects, &persona.id, state::PERSONA_OBJECT)?;
    }
    check_numbers(&state, before)?;
    for (key, id) in &state.primitives {
        if before.and_then(|before| before.primitives.get(key)) != Some(id) {
            primitive(objects, key, id).map_err(|error| error.context(key))?;
        }
    }
    Ok(state)
}

fn primitive(objects: &Odb, key: &str, id: &Id) -> Result<()> {
    let name = key.split_once('/').map_or("", |(_, name)| name);
    if names::decode(name).is_none() {
        return refuse("its name is not encoded correctly");
    }
    let content = state::Content::of(objects, id)?;
    let fits = |entry: &TreeEntry| match &*entry.name {
        state::DEFINITION | state::REACH => entry.mode == Mode::File,
        state::MODULES | state::CODE => entry.mode.is_directory(),
        _ => false,
    };
    if let Some(entry) = objects.tree(id)?.entries().iter().find(|entry| !fits(entry)) {
        return refuse(format!("it has an invalid entry \"{}\"", entry.name));
    }
    canonical(objects, &content.definition, state::DEFINITION)?;
    canonical(objects, &content.reach, state::REACH).map(drop)
}

/// The bytes of a JSON value in the one encoding that it has.
fn canonical(objects: &Odb, id: &Id, what: &str) -> Result<Vec<u8>> {
    let bytes = small(objects, id, what)?;
    if !json::is_plainly_canonical(&bytes) {
        let value: Value = json::decode(&bytes, what)?;
        if json::encode_value(&value)? != bytes {
            return refuse(format!("{what} is not in its canonical encoding"));
        }
    }
    Ok(bytes)
}

/// Every primitive has a number, and every number is one.
fn check_numbers(state: &State, before: Option<&State>) -> Result<()> {
    for (key, number) in &state.numbers {
        if before.is_some_and(|before| before.numbers.get(key) == Some(number)) {
            continue;
        }
        let fine = if key == PERSONA {
            number.parse::<u64>().is_ok_and(|value| value.to_string() == *number)
        } else {
            key.contains('/') && numbers::parse(number).is_ok()
        };
        if !fine {
            return refuse(format!("its versions.json gives \"{key}\" the number \"{number}\""));
        }
    }
    match state.primitives.keys().find(|key| !state.numbers.contains_key(*key)) {
        Some(key) => refuse(format!("its versions.json has no number for \"{key}\"")),
        None => Ok(()),
    }
}
