//! Parts of an agent that are live by themselves: persona, model, MCP servers. A version names them, and each can be changed
//! without one.

use crate::error::Result;
use crate::history::imported::{SeenPersona, SeenServer};
use crate::history::state::{DEFINITION, SETTINGS, State, parse_key};
use crate::import::{SERVERS, SETTING_FIELDS};
use crate::model::json;
use crate::object::Source;
use crate::platform::{ListedServer, Listing};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Everything of a platform's agent that a promotion may change or must know.
pub type LiveParts = crate::history::imported::SeenAgent;

/// Live parts of a listing.
pub fn of_listing(listing: &Listing) -> LiveParts {
    let current = listing.personas.iter().find(|row| row.is_current);
    let model = listing.document.get("model").and_then(Value::as_str);
    let servers = listing.servers.iter().filter(|row| row.is_active);
    LiveParts {
        active: listing.active().map(|row| row.number),
        persona: SeenPersona {
            served: listing.document.get("persona").cloned().unwrap_or_default(),
            current: current.map(|row| row.number),
            highest: listing.personas.last().map_or(0, |row| row.number),
        },
        model: model.filter(|model| !model.is_empty()).map(str::to_owned),
        servers: servers.map(|row| (row.name.clone(), seen_server(row))).collect(),
    }
}

fn seen_server(row: &ListedServer) -> SeenServer {
    SeenServer { transport: row.transport.clone(), url: row.url.clone() }
}

/// Model of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedModel {
    /// The code does not mention it, and it stays as it is.
    Unmentioned,
    Named(String),
    /// Code computes it.
    Computed,
}

/// Parts that a version wants.
#[derive(Clone, Debug)]
pub struct WantedParts {
    pub persona: Option<Value>,
    pub model: WantedModel,
    /// Definitions of the MCP servers by their names.
    pub servers: BTreeMap<String, Map<String, Value>>,
    /// Settings that the code mentions, by their fields in the agent document.
    pub settings: BTreeMap<&'static str, Value>,
}

impl WantedParts {
    pub fn of<S: Source + ?Sized>(objects: &S, state: &State) -> Result<WantedParts> {
        let persona = match state.persona {
            Some(persona) if persona.is_object => {
                Some(json::decode(&objects.blob(&persona.id)?, "persona")?)
            }
            Some(persona) => {
                let text = String::from_utf8_lossy(&objects.blob(&persona.id)?).into_owned();
                Some(Value::String(text))
            }
            None => None,
        };
        let settings: Map<String, Value> = match state.settings {
            Some(id) => json::decode(&objects.blob(&id)?, SETTINGS)?,
            None => Map::new(),
        };
        let model = match settings.get("model") {
            Some(Value::String(model)) if !model.is_empty() => WantedModel::Named(model.clone()),
            Some(Value::Object(_)) => WantedModel::Computed,
            _ => WantedModel::Unmentioned,
        };
        let mentioned = SETTING_FIELDS.iter().filter_map(|(setting, field)| {
            let value = settings.get(*setting).filter(|value| !value.is_null())?;
            Some((*field, without_key(field, value.clone())))
        });
        let (settings, mut servers) = (mentioned.collect(), BTreeMap::new());
        for (key, tree) in state.primitives.iter().filter(|(key, _)| key.starts_with(SERVERS)) {
            let Some((_, name)) = parse_key(key) else { continue };
            let definition = objects.tree(tree)?.require(DEFINITION)?;
            servers.insert(name, json::decode(&objects.blob(&definition)?, DEFINITION)?);
        }
        Ok(WantedParts { persona, model, servers, settings })
    }

    /// True if a listed server is as the version has it, as far as the list shows it.
    pub fn is_server(&self, name: &str, row: &SeenServer) -> bool {
        let Some(definition) = self.servers.get(name) else { return false };
        let own = |field: &str| definition.get(field).and_then(Value::as_str);
        let is = |own: Option<&str>, there: &Option<String>| match (own, there) {
            (Some(own), Some(there)) => own == there,
            // Computed by code, by default, or not shown.
            _ => true,
        };
        is(own("transport"), &row.transport) && is(own("url"), &row.url)
    }

    pub fn is_model(&self, there: Option<&str>) -> bool {
        match &self.model {
            WantedModel::Named(model) => there == Some(&**model),
            WantedModel::Unmentioned | WantedModel::Computed => true,
        }
    }

    /// True if a persona is that of the version. One that has none takes any.
    pub fn is_persona(&self, there: &Value) -> bool {
        self.persona.as_ref().is_none_or(|persona| persona == there)
    }
}

/// A key that is written in the code is not sent, as the stock command does not send it.
fn without_key(field: &str, mut value: Value) -> Value {
    if let (true, Value::Object(fields)) = (field == "governance", &mut value) {
        fields.shift_remove("apiKey");
    }
    value
}
