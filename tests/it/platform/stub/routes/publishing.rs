//! One primitive that is made live alone: #4.

use super::super::answer::{Answer, not_found, ok};
use super::super::kinds::Runs;
use super::super::request::Request;
use super::super::snapshot;
use super::super::world::World;
use super::primitives::{OWNER, named};
use super::versions;
use serde_json::{Value, json};

pub fn publish(world: &mut World, request: &Request) -> Answer {
    let primitive = named(world, request)?;
    let Some(number) = primitive.number(&request.version) else {
        return Err(not_found("Version"));
    };
    let (id, name, number) = (number.id.clone(), primitive.name.clone(), number.number.clone());
    let version =
        make_live(world, &request.agent, (request.kind_path().path, &name), &number, OWNER);
    ok(&json!({"activeVersionId": id, "agentVersion": version}))
}

/// Makes a number live alone. Gives the number of the agent version that was made for it, if one was: it has the live numbers
/// of all others.
pub fn make_live(
    world: &mut World,
    agent: &str,
    (kind, name): (&str, &str),
    number: &str,
    by: &str,
) -> Option<u64> {
    let primitive = world.agent_mut(agent).primitive_mut(kind, name);
    let primitive = primitive.unwrap_or_else(|| panic!("no {kind} \"{name}\""));
    assert!(primitive.number(number).is_some(), "{kind} \"{name}\" has no number {number}");
    primitive.live = Some(number.to_owned());
    let runs = primitive.kind.runs;
    world.tick();
    let Runs::WithVersion { publish_makes_version: true, .. } = runs else { return None };
    if !world.assumptions.versioning {
        return None;
    }
    let snapshot = snapshot::of_live(world.agent(agent));
    let source = match world.agent(agent).last_backup {
        0 => Value::Null,
        backup => json!(backup),
    };
    let version =
        versions::add(world, agent, snapshot, (json!(format!("Deploy {name}")), by), source);
    versions::activate(world, agent, version);
    Some(version)
}
