//! Primitives and their numbers: #1 to #3, #5, #33, #34.

use super::super::CodeHashes;
use super::super::agent::{Number, Primitive};
use super::super::answer::{Answer, Reply, created, listed, not_found, ok, refusal, refused};
use super::super::request::Request;
use super::super::world::{World, iso};
use serde_json::{Map, Value, json};

/// Person behind the key.
pub const OWNER: &str = "dev@example.com";

pub fn list(world: &World, request: &Request) -> Answer {
    let kind = request.kind_path();
    let all = world.agent(&request.agent).primitives.iter().filter(|one| one.kind == kind);
    let all: Vec<Value> = all.map(shown).collect();
    let list = Map::from_iter([(kind.list.to_owned(), Value::Array(all))]);
    listed(&world.assumptions, kind.path, Value::Object(list))
}

fn shown(primitive: &Primitive) -> Value {
    let live = primitive.live.as_deref();
    let version = |one: &Number| {
        let is_live = live == Some(&*one.number);
        json!({
            "id": one.id, "version": one.number, "active": is_live, "isActive": is_live, "createdAt": iso(one.at),
        })
    };
    let live = primitive.numbers.iter().find(|one| live == Some(&*one.number));
    json!({
        "id": primitive.id,
        "name": primitive.name,
        "active": live.is_some(),
        "source": primitive.source,
        "activeVersionId": live.map(|one| &one.id),
        "activeVersion": live.map(|one| json!({"id": one.id, "version": one.number})),
        "versions": primitive.numbers.iter().map(version).collect::<Vec<_>>(),
    })
}

pub fn create(world: &mut World, request: &Request) -> Answer {
    let sent = request.object()?;
    let Some(name) = sent.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())
    else {
        return refused(400, "name must be a string", "BAD_REQUEST");
    };
    let kind = request.kind_path();
    if world.agent(&request.agent).primitive(kind.path, name).is_some() {
        return refused(409, &format!("{name} already exists"), "CONFLICT");
    }
    let id = add(world, &request.agent, kind.path, name, "cli");
    let agent = world.agent(&request.agent);
    created(&shown(agent.primitives.iter().find(|one| one.id == id).expect("it was added")))
}

/// Adds a primitive without numbers. Gives its id.
pub fn add(world: &mut World, agent: &str, kind: &str, name: &str, source: &str) -> String {
    let kind = super::super::kinds::KindPath::of(kind)
        .unwrap_or_else(|| panic!("no kind of primitives is called \"{kind}\""));
    let id = world.id(kind.path.trim_end_matches('s'));
    world.tick();
    world.agent_mut(agent).primitives.push(Primitive {
        kind,
        id: id.clone(),
        name: name.to_owned(),
        source: source.to_owned(),
        numbers: Vec::new(),
        live: None,
    });
    id
}

pub fn push(world: &mut World, request: &Request) -> Answer {
    let sent = request.object()?;
    let Some(number) = sent.get("version").and_then(Value::as_str).map(str::to_owned) else {
        return refused(400, "version must be a string", "BAD_REQUEST");
    };
    let name = named(world, request)?.name.clone();
    if named(world, request)?.number(&number).is_some() {
        return refused(409, &format!("Version {number} already exists"), "CONFLICT");
    }
    let kind = request.kind_path();
    let version_id = add_number(world, &request.agent, (kind.path, &name), &number, (sent, OWNER));
    let answer = json!({
        "versionId": version_id, kind.id_field: request.id, "version": number, "createdAt": iso(world.now()),
    });
    created(&answer)
}

/// Adds a number to a primitive that is there. Gives the id of the number.
pub fn add_number(
    world: &mut World,
    agent: &str,
    (kind, name): (&str, &str),
    number: &str,
    (body, by): (Map<String, Value>, &str),
) -> String {
    let (id, at) = (world.id("ver"), world.tick());
    let new = Number { id: id.clone(), number: number.to_owned(), body, at, by: by.to_owned() };
    let primitive = world.agent_mut(agent).primitive_mut(kind, name);
    primitive.unwrap_or_else(|| panic!("no {kind} \"{name}\"")).push(new);
    id
}

/// Sources of a skill, which no route gives back.
pub fn put_source(world: &World, request: &Request) -> Answer {
    match named(world, request)?.number(&request.version) {
        Some(_) => ok(&json!({})),
        None => Err(not_found("Version")),
    }
}

/// Newest first. Times are in milliseconds for skills, and text for the others; the list of a job is bare.
pub fn numbers(world: &World, request: &Request) -> Answer {
    let primitive = named(world, request)?;
    let kind = primitive.kind.path;
    let one = |number: &Number| {
        let is_live = primitive.live.as_deref() == Some(&*number.number);
        let mut shown = json!({
            "id": number.id, "version": number.number, "isCurrent": is_live, "isActive": is_live, "active": is_live,
            "createdBy": "user-1", "createdByEmail": number.by,
        });
        match kind {
            "skills" => shown["createdDate"] = json!(number.at),
            _ => shown["createdAt"] = json!(iso(number.at)),
        }
        let hash = code_hash(&number.body);
        match (world.assumptions.code_hashes, kind) {
            (CodeHashes::OfBundles, _) | (CodeHashes::OfSkills, "skills") => {
                shown["sourceHash"] = json!(hash);
            }
            (CodeHashes::Others, _) => shown["sourceHash"] = json!(hash.map(|h| format!("v2-{h}"))),
            (CodeHashes::Hidden | CodeHashes::OfSkills, _) => {}
        }
        shown
    };
    let all: Vec<Value> = primitive.numbers.iter().rev().map(one).collect();
    let live = primitive.live.as_deref().and_then(|live| primitive.number(live));
    let list = match kind {
        "jobs" => json!(all),
        _ => json!({"versions": all, "activeVersionId": live.map(|one| &one.id)}),
    };
    listed(&world.assumptions, kind, list)
}

/// Hash of the one bundle, or for a skill those of its tools in their order, with a comma between them.
fn code_hash(body: &Map<String, Value>) -> Option<String> {
    let of = |value: &Value| value.get("codeS3Hash")?.as_str().map(str::to_owned);
    if let Some(tools) = body.get("tools").and_then(Value::as_array) {
        return Some(tools.iter().filter_map(of).collect::<Vec<_>>().join(","));
    }
    of(&Value::Object(body.clone()))
}

pub fn delete(world: &mut World, request: &Request) -> Answer {
    named(world, request)?;
    let deactivates = world.assumptions.delete_deactivates;
    world.tick();
    let agent = world.agent_mut(&request.agent);
    if deactivates {
        let primitive = agent.primitives.iter_mut().find(|one| one.id == request.id);
        primitive.expect("it was found").live = None;
        let message = "It has versions, and was deactivated";
        return ok(&json!({"deleted": false, "deactivated": true, "message": message}));
    }
    agent.primitives.retain(|one| one.id != request.id);
    ok(&json!({"deleted": true, "message": "Deleted"}))
}

/// The primitive of a path.
pub fn named<'w>(world: &'w World, request: &Request) -> Result<&'w Primitive, Reply> {
    let kind = request.kind_path();
    let mut all = world.agent(&request.agent).primitives.iter();
    all.find(|one| one.kind == kind && one.id == request.id)
        .ok_or_else(|| refusal(404, &format!("{} not found", kind.path), "NOT_FOUND"))
}
