//! `/-/agents`: administration of the agents of the server.

use super::{Administrator, query};
use crate::error::Error;
use crate::protocol::AgentId;
use crate::remote_store::RemoteStore;
use crate::server::body;
use crate::server::inventory;
use crate::server::inventory_view::ListedAgent;
use crate::server::limits::{Pool, Quotas};
use crate::server::response::{HttpError, HttpResponse, json};
use crate::server::state::ServerState;
use axum::extract::{Path, Request, State as Shared};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most agents in one answer.
const MOST_AGENTS: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveRequest {
    archived: bool,
}

#[derive(Serialize)]
struct AgentList<'a> {
    agents: Vec<ListedAgent<'a>>,
    more: bool,
}

#[derive(Serialize)]
struct Archived<'a> {
    agent: &'a str,
    archived: bool,
    changed: bool,
}

/// `GET /-/agents?after=AGENT&limit=COUNT`
pub async fn list(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, None, "list agents")?;
    let [after, limit] = query::parse(request.uri().query(), ["after", "limit"])?;
    let after: Option<AgentId> = after.map(|after| after.parse()).transpose()?;
    let limit = limit.map_or(Some(MOST_AGENTS), |limit| limit.parse().ok());
    let limit = limit.filter(|limit| (1..=MOST_AGENTS).contains(limit));
    let limit = limit
        .ok_or_else(|| Error::usage(format!("`limit` is a number from 1 to {MOST_AGENTS}")))?;
    let rights = admin.rights.clone();
    let page = state.work(Pool::Admin, &admin.who, move |store| {
        inventory::page(store, after.as_ref(), limit, |agent| rights.opens(agent.as_str()))
    });
    let page = page.await?;
    let shown = page.agents.iter().map(|(agent, overview)| match overview {
        Ok(overview) => ListedAgent::sound(overview),
        // The log names files of the machine; this does not.
        Err(_) => ListedAgent::unreadable(agent, "its stored data is damaged"),
    });
    Ok(json(StatusCode::OK, &AgentList { agents: shown.collect(), more: page.more }))
}

/// `GET /-/agents/AGENT`
pub async fn show(
    Shared(state): Shared<Arc<ServerState>>,
    Path(agent): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, Some(&agent), "show agent")?;
    let (id, quotas): (AgentId, _) = (agent.parse()?, Quotas::of(&state.limits));
    let tokens = admin.tokens.clone();
    let show = move |store: &RemoteStore| {
        let mut details = inventory::details(store, &tokens, &id, quotas)?;
        details.cached = Some(store.cached_of(&id));
        Ok(details.view())
    };
    Ok(json(StatusCode::OK, &state.work(Pool::Admin, &admin.who, show).await?))
}

/// `PATCH /-/agents/AGENT`
pub async fn change(
    Shared(state): Shared<Arc<ServerState>>,
    Path(agent): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, Some(&agent), "archive agent")?;
    let ArchiveRequest { archived } =
        body::json(request.into_body(), "a change of an agent", &state.limits).await?;
    state.may_write().await?;
    let id: AgentId = agent.parse()?;
    let change = move |store: &RemoteStore| inventory::archive(store, &id, archived);
    let changed = state.work(Pool::Admin, &admin.who, change).await?;
    admin.did(if archived { "archived" } else { "opened again" });
    Ok(json(StatusCode::OK, &Archived { agent: &agent, archived, changed }))
}

/// `DELETE /-/agents/AGENT?confirm=AGENT`
pub async fn delete(
    Shared(state): Shared<Arc<ServerState>>,
    Path(agent): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, Some(&agent), "delete agent")?;
    let [confirm] = query::parse(request.uri().query(), ["confirm"])?;
    if confirm.as_ref() != Some(&agent) {
        let message = format!("a deletion cannot be undone: agent \"{agent}\" was not deleted");
        return Err(Error::usage(message)
            .hint(format!("add `?confirm={agent}` to confirm"))
            .into());
    }
    state.may_write().await?;
    let (id, now): (AgentId, _) = (agent.parse()?, state.log.now().into());
    let tokens = admin.tokens.clone();
    let end = move |store: &RemoteStore| inventory::delete(store, &tokens, &id, now, false);
    let deleted = state.work(Pool::Admin, &admin.who, end).await?;
    admin.did(format!("freed {} packs with {} bytes", deleted.freed.packs, deleted.freed.bytes));
    Ok(json(StatusCode::OK, &deleted.view()))
}
