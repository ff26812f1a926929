//! The agent itself: #9, and #10, which is live at once.

use super::super::answer::{Answer, listed, ok, refusal, refused};
use super::super::request::Request;
use super::super::world::World;
use serde_json::{Value, json};

/// Fields that every platform shows. The others are settings.
const SHOWN: [&str; 3] = ["name", "model", "governance"];

pub fn show(world: &World, request: &Request) -> Answer {
    let agent = world.agent(&request.agent);
    let mut shown = agent.fields.clone();
    shown.retain(|field, _| world.assumptions.settings_shown || SHOWN.contains(&field.as_str()));
    shown.insert("agentId".into(), json!(agent.id));
    if !agent.served.is_null() {
        shown.insert("persona".into(), agent.served.clone());
    }
    listed(&world.assumptions, "agent", Value::Object(shown))
}

/// The path has the id up to its first `_`, the body has the rest of it. An id without `_` is in both.
pub fn patch(world: &mut World, request: &Request) -> Answer {
    let mut sent = request.object()?;
    let Some(Value::String(rest)) = sent.shift_remove("id") else {
        return refused(400, "id must be a string", "BAD_REQUEST");
    };
    let base = &request.agent;
    let id = if *base == rest && !base.contains('_') { rest } else { format!("{base}_{rest}") };
    if !world.has_agent(&id) {
        return refused(403, "You have no access to this agent", "AGENT_ACCESS_DENIED");
    }
    let known = ["name", "model", "modelResolver", "modelSettings", "batchingConfig", "browser"];
    let known = known.into_iter().chain(["voices", "governance", "description"]);
    let known: Vec<&str> = known.collect();
    if let Some(field) = sent.keys().find(|field| !known.contains(&field.as_str())) {
        return Err(refusal(400, &format!("property {field} should not exist"), "BAD_REQUEST"));
    }
    let agent = world.agent_mut(&id);
    for (field, value) in sent {
        match value.is_null() {
            true => drop(agent.fields.shift_remove(&field)),
            false => drop(agent.fields.insert(field, value)),
        }
    }
    world.tick();
    ok(&json!({"id": id}))
}
