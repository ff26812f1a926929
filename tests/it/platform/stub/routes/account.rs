//! The person behind the key: #30 to #32.

use super::super::answer::{Answer, ok};
use super::super::request::Request;
use super::super::world::{World, iso};
use serde_json::{Value, json};

const ORG: &str = "org";

fn profiles() -> Value {
    json!({"owner": ["agent:read", "agent:write"]})
}

pub fn authorization(world: &World) -> Answer {
    ok(&json!({
        "version": 1,
        "generatedAt": iso(world.now()),
        "authorizationPrincipal": {"subjectType": "user", "subjectId": "user-1"},
        "orgs": [{
            "orgId": ORG, "name": "Org", "archived": false, "capabilityProfile": "owner", "displayRoles": [],
            "membership": {"rostered": true, "active": true}, "discoveredVia": "org-grant",
        }],
        "capabilityProfiles": profiles(),
    }))
}

pub fn context() -> Answer {
    ok(&json!({"email": "dev@example.com", "fullName": "Dev"}))
}

pub fn resources(world: &World, request: &Request) -> Answer {
    let agent = |id: &String| {
        json!({
            "resourceType": "agent", "resourceId": id, "kind": "agent", "orgId": request.id,
            "name": world.agent(id).text("name"), "visibility": "private", "capabilityProfile": "owner",
            "displayRoles": [], "discoveredVia": "org-cascade", "rostered": true,
        })
    };
    let all: Vec<Value> = world.agent_ids().map(agent).collect();
    ok(&json!({
        "version": 1, "generatedAt": iso(world.now()), "orgId": request.id, "nextCursor": null,
        "capabilityProfiles": profiles(), "resources": all,
    }))
}
