//! Changes of the agent itself: persona, model, settings, MCP servers. All are live at once.

use super::{done, said};
use crate::error::{Error, Result};
use crate::platform::client::{IdempotencyKey, PlatformClient};
use crate::platform::listing::is_id;
use serde::Serialize;
use serde_json::{Map, Value, json};
use ureq::http::Method;

/// An MCP server that was created or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UpsertedServer {
    pub id: String,
    pub is_active: bool,
}

/// Creates or changes an MCP server (#7), by its name.
pub fn upsert_server(
    client: &PlatformClient,
    body: &Map<String, Value>,
    key: &IdempotencyKey,
) -> Result<UpsertedServer> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let route = format!("#7 \"{name}\"");
    let at = of_agent(client, "/mcp-servers/upsert");
    let answer = client.post(&route, &at, &Value::Object(body.clone()), key)?;
    said(&answer, &route, |fields| {
        let id = fields.text("id")?;
        match is_id(id) {
            true => Ok(UpsertedServer { id: id.to_owned(), is_active: fields.is("active") }),
            false => Err(fields.wrong("id", "is no part of an address")),
        }
    })
}

/// Activates an MCP server (#8).
pub fn activate_server(client: &PlatformClient, id: &str) -> Result<()> {
    let at = of_agent(client, &format!("/mcp-servers/{id}/activate"));
    let route = format!("#8 {id}");
    let answer = client.change(Method::PUT, &route, &at, Some(&json!({})))?;
    done(&answer, &route)
}

/// Sets fields of the agent document (#10). A field that is not there stays as it is, null clears it.
pub fn set_fields(client: &PlatformClient, fields: &Map<String, Value>) -> Result<()> {
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let route = format!("#10 {}", names.join(", "));
    let agent = client.address().agent.as_str();
    // An id without a base is both.
    let (base, id) = agent.split_once('_').unwrap_or((agent, agent));
    if base.is_empty() || id.is_empty() {
        return Err(Error::failed(format!("{route}: the id \"{agent}\" of the agent has no base")));
    }
    let mut body = fields.clone();
    body.insert("id".into(), json!(id));
    let at = format!("/agents/{base}/sub-agent");
    let answer = client.change(Method::PATCH, &route, &at, Some(&Value::Object(body)))?;
    done(&answer, &route)
}

/// Creates a version of the persona (#12), which is served at once. Gives its number.
pub fn create_persona(
    client: &PlatformClient,
    content: &Value,
    key: &IdempotencyKey,
) -> Result<u64> {
    let body = json!({"persona": content});
    let answer = client.post("#12", &of_agent(client, "/persona/version"), &body, key)?;
    said(&answer, "#12", |fields| fields.number("version"))
}

/// Serves a version of the persona that is there (#13).
pub fn serve_persona(client: &PlatformClient, number: u64, key: &IdempotencyKey) -> Result<()> {
    let at = of_agent(client, &format!("/persona/version/{number}"));
    let route = format!("#13 persona {number}");
    let answer = client.post(&route, &at, &json!({}), key)?;
    done(&answer, &route)
}

fn of_agent(client: &PlatformClient, rest: &str) -> String {
    format!("/developer/agents/{}{rest}", client.address().agent.as_str())
}
