//! MCP servers, which have no numbers: #6 to #8.

use super::super::agent::McpServer;
use super::super::answer::{Answer, listed, not_found, ok, refused};
use super::super::request::Request;
use super::super::world::World;
use serde_json::{Map, Value, json};

pub fn list(world: &World, request: &Request) -> Answer {
    let all: Vec<Value> = world.agent(&request.agent).servers.iter().map(shown).collect();
    listed(&world.assumptions, "mcp-servers", json!(all))
}

fn shown(server: &McpServer) -> Value {
    let mut shown = Map::from_iter([
        ("id".to_owned(), json!(server.id)),
        ("name".to_owned(), json!(server.name)),
        ("active".to_owned(), json!(server.is_active)),
        ("source".to_owned(), json!("manual")),
    ]);
    shown.extend(server.config.clone());
    Value::Object(shown)
}

pub fn upsert(world: &mut World, request: &Request) -> Answer {
    let mut config = request.object()?;
    let Some(Value::String(name)) = config.shift_remove("name") else {
        return refused(400, "name must be a string", "BAD_REQUEST");
    };
    let id = set(world, &request.agent, &name, config);
    let all = &world.agent(&request.agent).servers;
    ok(&shown(all.iter().find(|one| one.id == id).expect("it was set")))
}

/// Sets the configuration of a server, which is live at once if it is active. Gives its id.
pub fn set(world: &mut World, agent: &str, name: &str, config: Map<String, Value>) -> String {
    let (new, is_active) = (world.id("mcp"), world.assumptions.new_server_active);
    world.tick();
    let servers = &mut world.agent_mut(agent).servers;
    if let Some(server) = servers.iter_mut().find(|server| server.name == name) {
        server.config = config;
        return server.id.clone();
    }
    servers.push(McpServer { id: new.clone(), name: name.to_owned(), is_active, config });
    new
}

pub fn activate(world: &mut World, request: &Request) -> Answer {
    world.tick();
    let servers = &mut world.agent_mut(&request.agent).servers;
    let Some(server) = servers.iter_mut().find(|server| server.id == request.id) else {
        return Err(not_found("MCP server"));
    };
    server.is_active = true;
    ok(&json!({}))
}
