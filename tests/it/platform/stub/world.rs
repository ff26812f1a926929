//! Everything that a platform has, with its clock.

use super::agent::Agent;
use super::answer::{Reply, refusal};
use super::assumptions::Assumptions;
use super::request::Request;
use super::routes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// A key as people make them on the platform.
const KEY: &str =
    "api_4f1c2f0e-6d5b-4c3a-9a51-0c6f7b8d9e10.Zm9yLXRlc3RzLW9ubHktbm90LWEta2V5LWF0LWFsbA0";
/// 2026-11-20T10:00:00Z. Each thing that is stored is a second later than the one before.
const START: i64 = 1_795_168_800_000;

#[derive(Clone)]
pub struct World {
    pub assumptions: Assumptions,
    agents: BTreeMap<String, Agent>,
    pub key: String,
    /// Address of the blobs, which have a listener of their own.
    pub blobs: String,
    /// Answers to POSTs by their keys.
    answered: HashMap<String, Reply>,
    now: i64,
    last_id: u64,
}

/// A time as the platform writes most of them.
pub fn iso(at: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(at).unwrap())
}

impl World {
    pub fn new(assumptions: Assumptions, blobs: String) -> World {
        World {
            assumptions,
            agents: BTreeMap::new(),
            key: KEY.to_owned(),
            blobs,
            answered: HashMap::new(),
            now: START,
            last_id: 0,
        }
    }

    pub fn add_agent(&mut self, id: &str) {
        let mut agent = Agent { id: id.to_owned(), served: Value::Null, ..Agent::default() };
        agent.fields.insert("name".into(), json!(id));
        self.agents.insert(id.to_owned(), agent);
    }

    pub fn agent(&self, id: &str) -> &Agent {
        self.agents.get(id).unwrap_or_else(|| panic!("the stub has no agent \"{id}\""))
    }

    pub fn agent_mut(&mut self, id: &str) -> &mut Agent {
        self.agents.get_mut(id).unwrap_or_else(|| panic!("the stub has no agent \"{id}\""))
    }

    pub fn has_agent(&self, id: &str) -> bool {
        self.agents.contains_key(id)
    }

    pub fn agent_ids(&self) -> impl Iterator<Item = &String> {
        self.agents.keys()
    }

    /// The next moment.
    pub fn tick(&mut self) -> i64 {
        self.now += 1_000;
        self.now
    }

    pub fn now(&self) -> i64 {
        self.now
    }

    /// A new id, as `skill-0001`.
    pub fn id(&mut self, what: &str) -> String {
        self.last_id += 1;
        format!("{what}-{:04}", self.last_id)
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Request) -> Reply {
        if matches!(request.number, "#17" | "#18") {
            return routes::blobs::answer(self, request).unwrap_or_else(|refusal| refusal);
        }
        if request.header("authorization") != Some(&format!("Bearer {}", self.key)) {
            return refusal(401, "Invalid or expired API key", "UNAUTHORIZED");
        }
        let sent = request.header("x-idempotency-key").filter(|_| request.method == "POST");
        let known = sent.map(|key| format!("{key} {}", request.path));
        let known = known.filter(|_| self.assumptions.idempotency);
        if let Some(reply) = known.as_ref().and_then(|known| self.answered.get(known)) {
            return reply.clone();
        }
        let reply = routes::answer(self, request).unwrap_or_else(|refusal| refusal);
        if let Some(known) = known.filter(|_| reply.status < 300) {
            self.answered.insert(known, reply.clone());
        }
        reply
    }
}
