//! Items of an agent by name: primitives, the persona, settings.

use crate::model::agent::{Agent, Persona};
use crate::model::item::Item;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Kind and name: `skill`, `persona` or `agent` for a setting.
pub type ItemKey = (&'static str, String);

pub const PERSONA: &str = "persona";
pub const AGENT: &str = "agent";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentItems(BTreeMap<ItemKey, Value>);

impl AgentItems {
    pub fn of(agent: &Agent) -> AgentItems {
        let mut items = BTreeMap::new();
        for primitive in &agent.primitives {
            let (definition, reach) = (primitive.definition.clone(), primitive.reach.to_json());
            let content = [("definition", definition), ("reach", reach)];
            let content = content.into_iter().map(|(key, value)| (key.to_owned(), value));
            items.insert((primitive.kind.word, primitive.name.clone()), content.collect());
        }
        if let Some(persona) = &agent.persona {
            let content = match persona {
                Persona::Text(text) => Value::String(text.clone()),
                Persona::Object(object) => object.clone(),
            };
            items.insert((PERSONA, PERSONA.to_owned()), content);
        }
        items.insert((AGENT, "name".to_owned()), Value::String(agent.name.clone()));
        let settings =
            agent.settings.iter().map(|(name, value)| ((AGENT, name.clone()), value.clone()));
        items.extend(settings);
        AgentItems(items)
    }

    pub fn get(&self, key: &ItemKey) -> Option<&Value> {
        self.0.get(key)
    }

    /// Keys whose items differ in another agent.
    pub fn differing(&self, other: &AgentItems) -> BTreeSet<ItemKey> {
        let keys = self.0.keys().chain(other.0.keys());
        keys.filter(|key| self.get(key) != other.get(key)).cloned().collect()
    }

    pub fn keys(&self) -> impl Iterator<Item = &ItemKey> {
        self.0.keys()
    }
}

pub fn who(key: &ItemKey) -> Item {
    Item { kind: key.0, name: key.1.clone() }
}
