//! The part of an agent that runs now.

use super::agent::Agent;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Number of the active version.
    pub active: Option<u64>,
    /// `skills/orders` and its number, of everything that runs.
    pub code: BTreeMap<String, String>,
    /// Persona with which it speaks.
    pub persona: Value,
    /// Persona version that is marked as current.
    pub current_persona: Option<u64>,
    pub model: Option<String>,
    /// Configuration of the active MCP servers by their names.
    pub servers: BTreeMap<String, Value>,
    /// Settings that are in no snapshot.
    pub settings: Map<String, Value>,
}

impl Live {
    pub(super) fn of(agent: &Agent) -> Live {
        let live = agent
            .primitives
            .iter()
            .filter_map(|one| Some((format!("{}/{}", one.kind.path, one.name), one.live.clone()?)));
        let servers = agent.servers.iter().filter(|server| server.is_active);
        let mut settings = agent.fields.clone();
        settings.retain(|field, _| !matches!(field.as_str(), "name" | "model"));
        Live {
            active: agent.active(),
            code: live.collect(),
            persona: agent.served.clone(),
            current_persona: agent.current_persona().map(|(number, _)| number),
            model: agent.text("model").map(str::to_owned),
            servers: servers.map(|one| (one.name.clone(), one.config.clone().into())).collect(),
            settings,
        }
    }

    /// The live number of a primitive, as `skills/orders`.
    pub fn number(&self, primitive: &str) -> Option<&str> {
        self.code.get(primitive).map(String::as_str)
    }
}
