//! Snapshots: what a version contains, how two differ, and what a promote puts back.

use super::agent::{Agent, McpServer, Primitive};
use super::assumptions::Assumptions;
use super::kinds::KindPath;
use super::routes;
use serde_json::{Map, Value, json};

/// The newest pushed number of each primitive.
pub fn of_newest(agent: &Agent) -> Value {
    snapshot(agent, |one| one.numbers.last().map(|number| number.number.clone()))
}

/// The live number of each primitive.
pub fn of_live(agent: &Agent) -> Value {
    snapshot(agent, |one| one.live.clone())
}

fn snapshot(agent: &Agent, number: impl Fn(&Primitive) -> Option<String>) -> Value {
    let mut snapshot = Map::new();
    for (kind, field, id) in KindPath::pins() {
        let all = agent.primitives.iter().filter(|one| one.kind == kind);
        let pin = |one: &Primitive| {
            number(one).map(|number| json!({id: one.id, "version": number, "name": one.name}))
        };
        snapshot.insert(field.to_owned(), all.filter_map(pin).collect());
    }
    let active = agent.servers.iter().filter(|server| server.is_active);
    snapshot.insert("mcpServers".into(), active.map(server).collect());
    let persona = agent.current_persona();
    let persona = persona.map(|(number, one)| json!({"versionId": one.id, "version": number}));
    snapshot
        .insert("persona".into(), persona.unwrap_or(json!({"versionId": null, "version": null})));
    snapshot.insert("model".into(), json!(agent.text("model")));
    let voice = agent.fields.get("voices").and_then(|all| all.get(0)?.get("voiceId").cloned());
    snapshot.insert("voice".into(), voice.unwrap_or_default());
    Value::Object(snapshot)
}

fn server(server: &McpServer) -> Value {
    let mut shown = Map::from_iter([
        ("id".to_owned(), json!(server.id)),
        ("name".to_owned(), json!(server.name)),
    ]);
    shown.extend(server.config.clone());
    Value::Object(shown)
}

/// Makes live what a snapshot contains, as far as a promote does so. A primitive that was deleted does not come back.
pub fn put_back(agent: &mut Agent, snapshot: &Value, assumptions: &Assumptions) {
    for (kind, field, id) in KindPath::pins() {
        let pins = snapshot[field].as_array().cloned().unwrap_or_default();
        for one in agent.primitives.iter_mut().filter(|one| one.kind == kind) {
            match pins.iter().find(|pin| pin[id] == json!(one.id)) {
                Some(pin) => one.live = pin["version"].as_str().map(str::to_owned),
                None if assumptions.promote_stops_absent => one.live = None,
                None => {}
            }
        }
    }
    if let Some(number) = snapshot["persona"]["version"].as_u64() {
        match assumptions.promote_serves_persona {
            true => routes::serve_persona(agent, number),
            false => agent.mark_persona(number),
        }
    }
    match &snapshot["model"] {
        Value::Null => drop(agent.fields.shift_remove("model")),
        model => drop(agent.fields.insert("model".into(), model.clone())),
    }
    if assumptions.promote_sets_servers {
        put_back_servers(agent, snapshot["mcpServers"].as_array().map_or(&[], Vec::as_slice));
    }
}

fn put_back_servers(agent: &mut Agent, pins: &[Value]) {
    for server in &mut agent.servers {
        server.is_active = false;
    }
    for pin in pins {
        let mut config = pin.as_object().cloned().unwrap_or_default();
        let mut text = |field: &str| match config.shift_remove(field) {
            Some(Value::String(text)) => text,
            other => panic!("{field} of a server is {other:?}"),
        };
        let (id, name) = (text("id"), text("name"));
        agent.servers.retain(|server| server.id != id);
        agent.servers.push(McpServer { id, name, is_active: true, config });
    }
}

/// The answer of #26.
pub fn diff(agent: &Agent, from: &Value, to: &Value) -> Value {
    let mut diff = Map::new();
    for (_, field, id) in KindPath::pins() {
        diff.insert(field.to_owned(), lists(&from[field], &to[field], id, |before, after| {
            (before["version"] != after["version"]).then(|| {
                let version = |pin: &Value| json!({"version": pin["version"]});
                json!({id: after[id], "name": after["name"], "from": version(before), "to": version(after)})
            })
        }));
    }
    let servers = lists(&from["mcpServers"], &to["mcpServers"], "id", |before, after| {
        let fields = ["transport", "url", "urlResolver", "headersResolver"];
        let changed: Vec<_> =
            fields.into_iter().filter(|f| before.get(*f) != after.get(*f)).collect();
        let change = json!({"id": after["id"], "name": after["name"], "changedFields": changed});
        (!changed.is_empty()).then_some(change)
    });
    diff.insert("mcpServers".into(), servers);
    diff.insert("persona".into(), personas(agent, from, to));
    for field in ["model", "voice"] {
        let change = json!({"from": from[field], "to": to[field]});
        let is_same = from[field] == to[field];
        diff.insert(field.into(), if is_same { Value::Null } else { change });
    }
    Value::Object(diff)
}

fn lists(
    from: &Value,
    to: &Value,
    id: &str,
    change: impl Fn(&Value, &Value) -> Option<Value>,
) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (from, to) = (list(from), list(to));
    let find = |all: &[Value], one: &Value| all.iter().find(|other| other[id] == one[id]).cloned();
    let added: Vec<&Value> = to.iter().filter(|one| find(&from, one).is_none()).collect();
    let removed: Vec<&Value> = from.iter().filter(|one| find(&to, one).is_none()).collect();
    let changed = to.iter().filter_map(|one| change(&find(&from, one)?, one));
    json!({"added": added, "removed": removed, "changed": changed.collect::<Vec<_>>()})
}

fn personas(agent: &Agent, from: &Value, to: &Value) -> Value {
    let numbers = (&from["persona"]["version"], &to["persona"]["version"]);
    let text = |number: &Value| {
        let at = number.as_u64()? as usize;
        agent.personas.get(at - 1).map(|one| one.text.clone())
    };
    let (before, after) = (text(numbers.0), text(numbers.1));
    match before == after {
        true => Value::Null,
        false => {
            json!({"from": before, "to": after, "fromVersion": numbers.0, "toVersion": numbers.1})
        }
    }
}
