//! Items of an agent by name: primitives, the persona, settings.

use super::file::Side;
use super::structure::prose;
use crate::model::agent::{Agent, Persona};
use crate::model::item::Item;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Kind and name: `skill`, `persona` or `agent` for a setting.
pub type ItemKey = (&'static str, String);

pub const PERSONA: &str = "persona";
pub const AGENT: &str = "agent";

#[derive(Clone, Debug, Default)]
pub struct AgentItems {
    items: BTreeMap<ItemKey, Value>,
    /// Paths of the files that it is made of.
    files: BTreeSet<String>,
}

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
        let files = agent.files.iter().cloned().collect();
        AgentItems { items, files }
    }

    pub fn get(&self, key: &ItemKey) -> Option<&Value> {
        self.items.get(key)
    }

    /// Keys whose items differ in another agent.
    pub fn differing(&self, other: &AgentItems) -> BTreeSet<ItemKey> {
        let keys = self.items.keys().chain(other.items.keys());
        keys.filter(|key| self.get(key) != other.get(key)).cloned().collect()
    }

    pub fn files(&self) -> &BTreeSet<String> {
        &self.files
    }

    pub fn keys(&self) -> impl Iterator<Item = &ItemKey> {
        self.items.keys()
    }
}

pub fn who(key: &ItemKey) -> Item {
    Item { kind: key.0, name: key.1.clone() }
}

/// True if a value lacks a change that a side made to it, property by property.
pub fn lacks(
    base: Option<&Value>,
    ours: Option<&Value>,
    theirs: Option<&Value>,
    merged: Option<&Value>,
) -> bool {
    if ours == theirs || base == theirs {
        return merged != ours;
    }
    if base == ours {
        return merged != theirs;
    }
    let all = [base, ours, theirs, merged];
    if let (Some(ours), Some(theirs), Some(merged)) = (ours, theirs, merged)
        && let Some(fields) = all_named(&[base.unwrap_or(ours), ours, theirs, merged])
    {
        let keys: BTreeSet<&str> = fields.iter().flat_map(|one| one.keys().copied()).collect();
        return keys.into_iter().any(|key| {
            let old = base.and_then(|_| fields[0].get(key).copied());
            lacks(old, field(&fields[1], key), field(&fields[2], key), field(&fields[3], key))
        });
    }
    let texts = all.map(|value| value.and_then(Value::as_str));
    if let [Some(base), Some(ours), Some(theirs), Some(merged)] = texts {
        let both = Side::BOTH.map(|winner| prose(base, ours, theirs, winner));
        if both.iter().all(|text| text == merged) {
            return false;
        }
    }
    merged == ours || merged == theirs
}

type NamedValues<'a> = BTreeMap<&'a str, &'a Value>;

fn field<'a>(fields: &NamedValues<'a>, key: &str) -> Option<&'a Value> {
    fields.get(key).copied()
}

/// The values by name, where all are objects, or lists of things that have a name.
fn all_named<'a>(values: &[&'a Value; 4]) -> Option<Vec<NamedValues<'a>>> {
    values.iter().map(|value| named(value)).collect()
}

fn named(value: &Value) -> Option<NamedValues<'_>> {
    match value {
        Value::Object(fields) => {
            Some(fields.iter().map(|(key, value)| (key.as_str(), value)).collect())
        }
        Value::Array(list) => {
            let name = |value| Some((Value::get(value, "name")?.as_str()?, value));
            let named: NamedValues<'_> = list.iter().map(name).collect::<Option<_>>()?;
            (named.len() == list.len()).then_some(named)
        }
        _ => None,
    }
}
