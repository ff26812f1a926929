//! Personas: #11 to #13.

use super::super::agent::{Agent, Persona};
use super::super::answer::{Answer, created, listed, not_found, ok, refused};
use super::super::assumptions::PublishFalse;
use super::super::request::Request;
use super::super::world::World;
use super::check_fields;
use super::primitives::OWNER;
use serde_json::{Value, json};

pub fn list(world: &World, request: &Request) -> Answer {
    let status = |one: &Persona| if one.is_published { "published" } else { "draft" };
    let asked = request.query("status");
    let all = &world.agent(&request.agent).personas;
    let numbered = all.iter().enumerate().filter(|(_, one)| asked.is_none_or(|s| s == status(one)));
    let shown = |(at, one): (usize, &Persona)| {
        json!({
            "version": at + 1, "persona": one.text, "createdDate": one.at, "createdBy": one.by,
            "status": status(one), "isCurrent": one.is_current,
        })
    };
    let versions: Vec<Value> = numbered.map(shown).rev().collect();
    listed(&world.assumptions, "personas", json!({"versions": versions}))
}

pub fn create(world: &mut World, request: &Request) -> Answer {
    let sent = request.object()?;
    let Some(text) = sent.get("persona").filter(|text| text.is_string() || text.is_object()) else {
        return refused(400, "persona must be a string", "BAD_REQUEST");
    };
    let wants_draft = sent.get("publish") == Some(&json!(false));
    let rule = world.assumptions.publish_false;
    if sent.contains_key("publish") && rule == PublishFalse::Refused {
        return refused(400, "property publish should not exist", "BAD_REQUEST");
    }
    check_fields(world, &sent, &["persona", "publish"])?;
    let is_draft = wants_draft && rule == PublishFalse::Draft;
    let number = add(world, &request.agent, text.clone(), is_draft, OWNER);
    created(&json!({"version": number, "status": if is_draft { "draft" } else { "published" }}))
}

/// Adds a persona version. One that is no draft is served from now on.
pub fn add(world: &mut World, agent: &str, text: Value, is_draft: bool, by: &str) -> u64 {
    let (id, at, by) = (world.id("persona"), world.tick(), by.to_owned());
    let agent = world.agent_mut(agent);
    agent.personas.push(Persona { id, text, at, by, is_published: false, is_current: false });
    let number = agent.personas.len() as u64;
    if !is_draft {
        serve(agent, number);
    }
    number
}

/// Makes a persona version current, and serves it.
pub fn serve(agent: &mut Agent, number: u64) {
    agent.mark_persona(number);
    agent.served = agent.personas[number as usize - 1].text.clone();
}

pub fn make_current(world: &mut World, request: &Request) -> Answer {
    let agent = world.agent_mut(&request.agent);
    let number = request.version.parse().unwrap_or(0);
    if number == 0 || number > agent.personas.len() as u64 {
        return Err(not_found("Persona version"));
    }
    serve(agent, number);
    world.tick();
    ok(&json!({"version": number}))
}
