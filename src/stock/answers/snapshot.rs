//! Snapshots: what a version holds, as the stock command reads it, and what differs between two.

use super::agent::server_configs;
use super::personas::value;
use super::primitives::key_of;
use crate::history::state::{Content, PersonaId, State, parse_key};
use crate::model::kind::{KINDS, Kind};
use crate::model::numbers::PERSONA;
use crate::object::{Id, Source};
use crate::stock::document;
use crate::stock::error::StockError;
use crate::stock::ids;
use crate::stock::service::Look;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Kinds of a snapshot, each with the field that holds an id.
const KINDS_HELD: [(&str, &str, &str); 6] = [
    ("skill", "skills", "skillId"),
    ("webhook", "webhooks", "webhookId"),
    ("job", "jobs", "jobId"),
    ("trigger", "triggers", "triggerId"),
    ("preprocessor", "preprocessors", "id"),
    ("postprocessor", "postprocessors", "id"),
];

fn kind_of(word: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.word == word).unwrap_or(&KINDS[0])
}

/// Snapshot of the state of a version.
pub fn of<S: Source + ?Sized>(
    look: &Look<'_>,
    objects: &S,
    state: &Id,
) -> Result<Value, StockError> {
    let state = State::load(objects, state)?;
    let mut snapshot = Map::new();
    for (word, list, id_field) in KINDS_HELD {
        let kind = kind_of(word);
        let rows = names(&state, kind).into_iter().map(|name| {
            let number = state.numbers.get(&key_of(kind, &name));
            let fields = [
                (id_field, json!(ids::of(look.agent, kind, &name))),
                ("version", json!(number)),
                ("name", json!(name)),
            ];
            Value::Object(fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect())
        });
        snapshot.insert(list.to_owned(), Value::Array(rows.collect()));
    }
    let servers = server_configs(objects, &state)?.into_iter().map(|(name, config)| {
        let id = ids::of(look.agent, super::agent::server_kind(), &name);
        json!({"id": id, "name": name, "transport": config.get("transport"), "url": config.get("url")})
    });
    snapshot.insert("mcpServers".to_owned(), Value::Array(servers.collect()));
    let number = persona_number(&state);
    let id = number.map(|number| format!("persona-{number}"));
    snapshot.insert("persona".to_owned(), json!({"versionId": id, "version": number}));
    snapshot.insert("model".to_owned(), json!(model(objects, &state)?));
    snapshot.insert("voice".to_owned(), json!(voice(&state)));
    Ok(Value::Object(snapshot))
}

/// Differences between the states of two versions. Other numbers differ, whatever is behind them; `sameContent` says
/// where nothing else does.
pub fn diff(look: &Look<'_>, from: &Id, to: &Id) -> Result<Value, StockError> {
    let (before, after) = (State::load(look.objects, from)?, State::load(look.objects, to)?);
    let mut diff = Map::new();
    for (word, list, id_field) in KINDS_HELD {
        let kind = kind_of(word);
        diff.insert(list.to_owned(), kind_diff(look, (&before, &after), kind, id_field)?);
    }
    diff.insert("mcpServers".to_owned(), server_diff(look, &before, &after)?);
    diff.insert("persona".to_owned(), persona_diff(look, &before, &after)?);
    let changed = |from: Option<String>, to: Option<String>| {
        (from != to).then(|| json!({"from": from, "to": to}))
    };
    let models = changed(model(look.objects, &before)?, model(look.objects, &after)?);
    diff.insert("model".to_owned(), json!(models));
    diff.insert("voice".to_owned(), json!(changed(voice(&before), voice(&after))));
    Ok(Value::Object(diff))
}

fn kind_diff(
    look: &Look<'_>,
    (before, after): (&State, &State),
    kind: &Kind,
    id_field: &str,
) -> Result<Value, StockError> {
    let (old, new) = (names(before, kind), names(after, kind));
    let number = |state: &State, name: &str| state.numbers.get(&key_of(kind, name)).cloned();
    let item = |state: &State, name: &String| {
        let mut item =
            Map::from_iter([(id_field.to_owned(), json!(ids::of(look.agent, kind, name)))]);
        item.insert("name".to_owned(), json!(name));
        item.insert("version".to_owned(), json!(number(state, name)));
        Value::Object(item)
    };
    let added: Vec<Value> = new.difference(&old).map(|name| item(after, name)).collect();
    let removed: Vec<Value> = old.difference(&new).map(|name| item(before, name)).collect();
    let mut changed = Vec::new();
    for name in old.intersection(&new) {
        let (from, to) = (number(before, name), number(after, name));
        if from == to {
            continue;
        }
        let content = |state: &State| {
            let tree = state.primitives.get(&key_of(kind, name));
            tree.map(|tree| Content::of(look.objects, tree)).transpose()
        };
        let same = content(before)? == content(after)?;
        let mut one =
            Map::from_iter([(id_field.to_owned(), json!(ids::of(look.agent, kind, name)))]);
        one.insert("name".to_owned(), json!(name));
        one.insert("from".to_owned(), json!({"version": from}));
        one.insert("to".to_owned(), json!({"version": to}));
        one.insert("sameContent".to_owned(), json!(same));
        changed.push(Value::Object(one));
    }
    Ok(json!({"added": added, "removed": removed, "changed": changed}))
}

fn server_diff(look: &Look<'_>, before: &State, after: &State) -> Result<Value, StockError> {
    let (old, new) = (server_configs(look.objects, before)?, server_configs(look.objects, after)?);
    let kind = super::agent::server_kind();
    let item = |name: &String| json!({"id": ids::of(look.agent, kind, name), "name": name});
    let added: Vec<Value> = new.keys().filter(|name| !old.contains_key(*name)).map(item).collect();
    let removed: Vec<Value> =
        old.keys().filter(|name| !new.contains_key(*name)).map(item).collect();
    let mut changed = Vec::new();
    for (name, config) in &old {
        let Some(now) = new.get(name).filter(|now| *now != config) else { continue };
        let fields: BTreeSet<&String> = config.keys().chain(now.keys()).collect();
        let fields: Vec<&String> =
            fields.into_iter().filter(|field| config.get(*field) != now.get(*field)).collect();
        changed.push(json!({
            "id": ids::of(look.agent, kind, name), "name": name, "changedFields": fields,
        }));
    }
    Ok(json!({"added": added, "removed": removed, "changed": changed}))
}

/// `null` where the text is the same, whatever its number.
fn persona_diff(look: &Look<'_>, before: &State, after: &State) -> Result<Value, StockError> {
    if before.persona == after.persona {
        return Ok(Value::Null);
    }
    let text = |persona: Option<PersonaId>| -> Result<Value, StockError> {
        persona.map_or(Ok(Value::Null), |persona| value(look.objects, persona))
    };
    Ok(json!({
        "from": text(before.persona)?, "to": text(after.persona)?,
        "fromVersion": persona_number(before), "toVersion": persona_number(after),
    }))
}

/// Names of the primitives of a kind.
fn names(state: &State, kind: &Kind) -> BTreeSet<String> {
    let keys = state.primitives.keys().filter_map(|key| parse_key(key));
    keys.filter(|(found, _)| found.word == kind.word).map(|(_, name)| name).collect()
}

fn persona_number(state: &State) -> Option<u64> {
    state.numbers.get(PERSONA)?.parse().ok()
}

/// The model, where it is a name and not code.
fn model<S: Source + ?Sized>(objects: &S, state: &State) -> Result<Option<String>, StockError> {
    let settings = document::settings(objects, state)?;
    Ok(settings.get("model").and_then(Value::as_str).map(str::to_owned))
}

fn voice(state: &State) -> Option<String> {
    names(state, kind_of("voice")).into_iter().next()
}
