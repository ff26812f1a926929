//! Answers about the agent's document: name, model and other settings, and its MCP servers.

use super::personas::{base_state, current, value};
use super::{body_object, text};
use crate::history::state::{DEFINITION, State, parse_key};
use crate::model::json;
use crate::model::kind::Kind;
use crate::object::Source;
use crate::stock::document::{self, server_key};
use crate::stock::error::StockError;
use crate::stock::ids;
use crate::stock::service::{Look, StockService};
use crate::stock::{StockAnswer, StockRequest};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Settings that have another name in a request.
const RENAMED: [(&str, &str); 1] = [("batchingConfig", "batching")];

/// Origin of an MCP server. The command takes one of another origin for one of an integration, and not for the agent's.
const MANUAL: &str = "manual";

/// Settings that are not those of the agent: voices are primitives.
const IGNORED: [&str; 2] = ["id", "voices"];

/// #9: the agent as it is served.
pub fn document(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let settings = settings(look)?;
        let mut answer = Map::from_iter([("agentId".to_owned(), json!(look.agent.as_str()))]);
        for (key, value) in settings {
            let sent = RENAMED.iter().find(|(_, own)| *own == key);
            answer.insert(sent.map_or(key.clone(), |(sent, _)| (*sent).to_owned()), value);
        }
        if !answer.get("model").is_some_and(Value::is_string) {
            answer.remove("model");
        }
        if let Some((_, persona)) = current(look)? {
            answer.insert("persona".to_owned(), value(look.objects, persona)?);
        }
        StockAnswer::ok(&answer)
    })
}

/// #10: changes of the document. What is sent as it is already changes nothing.
pub fn patch(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    let changes = changes(&body_object(request)?);
    service.change(
        request,
        &mut |draft| {
            let now = settings(&draft.look)?;
            let pending = &mut draft.look.book.pending;
            for (key, value) in &changes {
                if now.get(key).unwrap_or(&Value::Null) != value {
                    pending.settings.insert(key.clone(), value.clone());
                }
            }
            StockAnswer::ok(&json!({}))
        },
        &|_, _| StockAnswer::ok(&json!({})),
    )
}

fn changes(sent: &Map<String, Value>) -> Map<String, Value> {
    let mut changes = Map::new();
    for (key, value) in sent.iter().filter(|(key, _)| !IGNORED.contains(&key.as_str())) {
        let own = RENAMED.iter().find(|(sent, _)| sent == key).map_or(key.as_str(), |(_, own)| own);
        changes.insert(own.to_owned(), value.clone());
    }
    // A model that is computed comes as code; of code a state has the hash.
    if let Some(code) = changes.remove("modelResolver")
        && let Some(code) = code.as_str()
    {
        let hash = blake3::hash(code.as_bytes()).to_hex().to_string();
        changes.insert("model".to_owned(), json!({"$function": hash}));
    }
    changes
}

/// Settings of the working document.
pub fn settings(look: &Look<'_>) -> Result<Map<String, Value>, StockError> {
    let mut settings = document::settings(look.objects, &base_state(look)?)?;
    for (key, value) in &look.book.pending.settings {
        match value {
            Value::Null => drop(settings.remove(key)),
            value => drop(settings.insert(key.clone(), value.clone())),
        }
    }
    Ok(settings)
}

/// #6: the MCP servers.
pub fn servers(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let kind = server_kind();
        let known = server_configs(look.objects, &base_state(look)?)?;
        let rows = server_names(look)?.into_iter().map(|name| {
            let sent = look.book.pending.servers.get(&name).and_then(Value::as_object);
            let config = sent.or_else(|| known.get(&name));
            let field = |field: &str| config?.get(field).filter(|value| value.is_string()).cloned();
            json!({
                "id": ids::of(look.agent, kind, &name), "name": name, "active": true, "source": MANUAL,
                "transport": field("transport"), "url": field("url"),
            })
        });
        StockAnswer::ok(&rows.collect::<Vec<_>>())
    })
}

/// #7: a new or changed MCP server.
pub fn upsert_server(
    service: &StockService,
    request: &StockRequest,
) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    let name = text(&sent, "name")?.to_owned();
    let answer = |look: &Look<'_>| {
        let id = ids::of(look.agent, server_kind(), &name);
        StockAnswer::ok(&json!({"id": id, "name": name, "active": true, "source": MANUAL}))
    };
    service.change(
        request,
        &mut |draft| {
            let key = server_key(&name);
            let state = base_state(&draft.look)?;
            let known = server_configs(draft.look.objects, &state)?;
            let pending = &mut draft.look.book.pending;
            let is_same = known.get(&name).is_some_and(|config| is_config(config, &sent));
            pending.deleted.remove(&key);
            if !is_same || pending.servers.contains_key(&name) {
                pending.servers.insert(name.clone(), Value::Object(sent.clone()));
            }
            answer(&draft.look)
        },
        &|look, _| answer(look),
    )
}

/// True if a server is configured as it was sent. Code cannot be compared.
fn is_config(config: &Map<String, Value>, sent: &Map<String, Value>) -> bool {
    let is_same = |field: &str| {
        let sent = sent.get(field).filter(|value| value.is_string());
        sent.is_none_or(|sent| config.get(field) == Some(sent))
    };
    let has_code = ["urlResolver", "headersResolver"].iter().any(|field| sent.contains_key(*field));
    !has_code && is_same("transport") && is_same("url")
}

/// #8: a server is active as soon as a version has it.
pub fn activate_server(
    service: &StockService,
    request: &StockRequest,
    id: &str,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let names = server_names(look)?;
        match ids::name_of(look.agent, server_kind(), id, names.iter().map(String::as_str)) {
            Some(_) => StockAnswer::ok(&json!({})),
            None => Err(StockError::not_found("MCP server not found")),
        }
    })
}

pub fn server_kind() -> &'static Kind {
    // The table of kinds has it.
    Kind::named("mcp-server").unwrap_or(&crate::model::kind::TOOL)
}

fn server_names(look: &Look<'_>) -> Result<BTreeSet<String>, StockError> {
    let state = base_state(look)?;
    let mut names: BTreeSet<String> = server_configs(look.objects, &state)?.into_keys().collect();
    names.retain(|name| !look.book.pending.deleted.contains(&server_key(name)));
    names.extend(look.book.pending.servers.keys().cloned());
    Ok(names)
}

/// Definitions of the MCP servers of a state, by name.
pub fn server_configs<S: Source + ?Sized>(
    objects: &S,
    state: &State,
) -> Result<BTreeMap<String, Map<String, Value>>, StockError> {
    let mut configs = BTreeMap::new();
    for (key, id) in &state.primitives {
        if let Some((kind, name)) = parse_key(key)
            && kind.word == server_kind().word
        {
            let definition = objects.tree(id)?.require(DEFINITION)?;
            configs.insert(name, json::decode(&objects.blob(&definition)?, DEFINITION)?);
        }
    }
    Ok(configs)
}
