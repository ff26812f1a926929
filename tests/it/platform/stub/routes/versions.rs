//! Agent versions and the active one: #23 to #29.

use super::super::agent::AgentVersion;
use super::super::answer::{Answer, Reply, created, listed, not_found, ok, refused};
use super::super::assumptions::StagedRule;
use super::super::request::Request;
use super::super::snapshot;
use super::super::world::World;
use super::check_fields;
use super::primitives::OWNER;
use serde_json::{Value, json};

pub fn create(world: &mut World, request: &Request) -> Answer {
    let sent = request.object()?;
    if !world.assumptions.versioning {
        let message = "Agent versioning is not enabled for this agent";
        return refused(403, message, "AGENT_VERSIONING_NOT_ENABLED");
    }
    check_fields(world, &sent, &["message", "sourceManifestVersion", "commitHash"])?;
    let source = sent.get("sourceManifestVersion").cloned().unwrap_or_default();
    let agent = world.agent(&request.agent);
    if !source.as_u64().is_some_and(|number| agent.backups.contains_key(&number)) {
        return refused(400, "sourceManifestVersion is no backup of this agent", "BAD_REQUEST");
    }
    let mut there = agent.versions.values().filter(|one| one.status != "deleted");
    if world.assumptions.most_versions.is_some_and(|most| there.clone().count() >= most) {
        let message = "This agent has reached its limit of versions: delete one first";
        return refused(409, message, "AGENT_VERSION_LIMIT_REACHED");
    }
    let snapshot = snapshot::of_newest(agent);
    let is_same = there.next_back().is_some_and(|last| match world.assumptions.staged_rule {
        StagedRule::Snapshot => last.snapshot == snapshot,
        StagedRule::SnapshotAndBackup => last.snapshot == snapshot && last.source == source,
        StagedRule::Never => false,
    });
    if is_same {
        return refused(409, "No changes since the latest version", "NO_STAGED_CHANGES");
    }
    let message = sent.get("message").cloned().unwrap_or_default();
    let number = add(world, &request.agent, snapshot, (message, OWNER), source);
    let version = world.agent_mut(&request.agent).versions.get_mut(&number).expect("it was added");
    version.commit = sent.get("commitHash").cloned().unwrap_or_default();
    created(&version.shown(true))
}

/// Adds a staged version.
pub fn add(
    world: &mut World,
    agent: &str,
    snapshot: Value,
    (message, by): (Value, &str),
    source: Value,
) -> u64 {
    let at = world.tick();
    let agent = world.agent_mut(agent);
    agent.last_version += 1;
    let number = agent.last_version;
    let version = AgentVersion {
        number,
        status: "staged",
        message,
        by: by.to_owned(),
        at,
        commit: Value::Null,
        source,
        snapshot,
    };
    agent.versions.insert(number, version);
    number
}

pub fn list(world: &World, request: &Request) -> Answer {
    let status = request.query("status");
    let is_asked = |one: &&AgentVersion| match status {
        None => one.status != "deleted",
        Some("all") => true,
        Some(status) => one.status == status,
    };
    let most = match (request.query("all"), request.query("limit")) {
        (Some("true"), _) => usize::MAX,
        (_, Some(limit)) => limit.parse().unwrap_or(0),
        _ => world.assumptions.page,
    };
    let all = world.agent(&request.agent).versions.values().rev().filter(is_asked);
    let all: Vec<Value> = all.take(most).map(|one| one.shown(false)).collect();
    listed(&world.assumptions, "versions", json!(all))
}

pub fn show(world: &World, request: &Request) -> Answer {
    let version = named(world, request, &request.version)?;
    listed(&world.assumptions, "versions", version.shown(true))
}

pub fn diff(world: &World, request: &Request) -> Answer {
    let side = |name: &str| named(world, request, request.query(name).unwrap_or_default());
    let (from, to) = (side("from")?, side("to")?);
    let agent = world.agent(&request.agent);
    ok(&snapshot::diff(agent, &from.snapshot, &to.snapshot))
}

pub fn promote(world: &mut World, request: &Request) -> Answer {
    let version = named(world, request, &request.version)?;
    let (number, status) = (version.number, version.status);
    match status {
        "deleted" => refused(409, &format!("Version v{number} is deleted"), "VERSION_DELETED"),
        "active" => refused(409, &format!("v{number} is already active"), "VERSION_ALREADY_ACTIVE"),
        _ => {
            let previous = world.agent(&request.agent).active();
            activate(world, &request.agent, number);
            ok(&json!({"promoted": number, "previousActive": previous}))
        }
    }
}

/// Makes a version the active one, and live what it contains.
pub fn activate(world: &mut World, agent: &str, number: u64) {
    world.tick();
    let assumptions = world.assumptions.clone();
    let agent = world.agent_mut(agent);
    for version in agent.versions.values_mut().filter(|one| one.status == "active") {
        version.status = "superseded";
    }
    let version = agent.versions.get_mut(&number).expect("it was found");
    version.status = "active";
    let snapshot = version.snapshot.clone();
    snapshot::put_back(agent, &snapshot, &assumptions);
}

pub fn delete(world: &mut World, request: &Request) -> Answer {
    let version = named(world, request, &request.version)?;
    let (number, status) = (version.number, version.status);
    let all = world.agent(&request.agent).versions.values();
    if all.filter(|one| one.status != "deleted").count() == 1 && status != "deleted" {
        let message = "Cannot delete the only version";
        return refused(409, message, "CANNOT_DELETE_LAST_VERSION");
    }
    if status == "active" {
        return refused(409, "The version is active", "CANNOT_DELETE_ACTIVE_VERSION");
    }
    world.tick();
    let version = world.agent_mut(&request.agent).versions.get_mut(&number);
    version.expect("it was found").status = "deleted";
    ok(&json!({"deleted": true}))
}

pub fn set_commit(world: &mut World, request: &Request) -> Answer {
    let number = named(world, request, &request.version)?.number;
    let commit = request.object()?.get("commitHash").cloned().unwrap_or_default();
    let version = world.agent_mut(&request.agent).versions.get_mut(&number);
    version.expect("it was found").commit = commit;
    ok(&json!({}))
}

fn named<'w>(world: &'w World, request: &Request, number: &str) -> Result<&'w AgentVersion, Reply> {
    let versions = &world.agent(&request.agent).versions;
    let found = number.parse().ok().and_then(|number: u64| versions.get(&number));
    found.ok_or_else(|| not_found(&format!("Version v{number}")))
}
