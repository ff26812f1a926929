//! The routes, and what each of them changes.

mod account;
mod agents;
mod backups;
pub mod blobs;
mod personas;
mod primitives;
pub mod publishing;
mod servers;
pub mod versions;

pub use backups::add as add_backup;
pub use personas::{add as add_persona, serve as serve_persona};
pub use primitives::{add as add_primitive, add_number};
pub use servers::set as set_server;

use super::answer::{Answer, refused};
use super::request::Request;
use super::world::World;

/// Answers a request with a valid key. Each route of an agent refuses one that it does not know in the same way.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    match request.number {
        "?" => {
            let message = format!("Cannot {} {}", request.method, request.path);
            return refused(404, &message, "NOT_FOUND");
        }
        "#30" => return account::authorization(world),
        "#31" => return account::context(),
        "#32" => return account::resources(world, request),
        "#10" => return agents::patch(world, request),
        _ => {}
    }
    if !world.has_agent(&request.agent) {
        return refused(403, "You have no access to this agent", "AGENT_ACCESS_DENIED");
    }
    if let Some(kind) = request.kind
        && !world.assumptions.optional_kinds
        && request.kind_path().is_optional()
    {
        return refused(404, &format!("Cannot {} {kind}", request.method), "NOT_FOUND");
    }
    of_agent(world, request)
}

fn of_agent(world: &mut World, request: &Request) -> Answer {
    match request.number {
        "#1" => primitives::list(world, request),
        "#2" => primitives::create(world, request),
        "#3" => primitives::push(world, request),
        "#4" => publishing::publish(world, request),
        "#5" => primitives::put_source(world, request),
        "#33" => primitives::numbers(world, request),
        "#34" => primitives::delete(world, request),
        "#6" => servers::list(world, request),
        "#7" => servers::upsert(world, request),
        "#8" => servers::activate(world, request),
        "#9" => agents::show(world, request),
        "#11" => personas::list(world, request),
        "#12" => personas::create(world, request),
        "#13" => personas::make_current(world, request),
        "#14" => blobs::check(world, request),
        "#15" => blobs::upload_urls(world, request),
        "#16" => blobs::urls(world, request),
        "#19" => backups::create(world, request),
        "#20" => backups::newest(world, request),
        "#21" => backups::manifest(world, request),
        "#22" => backups::list(world, request),
        "#23" => versions::create(world, request),
        "#24" => versions::list(world, request),
        "#25" => versions::show(world, request),
        "#26" => versions::diff(world, request),
        "#27" => versions::promote(world, request),
        "#28" => versions::delete(world, request),
        "#29" => versions::set_commit(world, request),
        number => unreachable!("no route has the number {number}"),
    }
}

/// Refuses the first field that a route does not know, if the platform does so.
fn check_fields(
    world: &World,
    sent: &serde_json::Map<String, serde_json::Value>,
    known: &[&str],
) -> Result<(), super::answer::Reply> {
    let unknown = sent.keys().find(|field| !known.contains(&field.as_str()));
    match unknown.filter(|_| world.assumptions.refuse_unknown_fields) {
        Some(field) => {
            let message = format!("property {field} should not exist");
            Err(super::answer::refusal(400, &message, "BAD_REQUEST"))
        }
        None => Ok(()),
    }
}
