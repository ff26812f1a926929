//! `/-/tokens`: administration of the tokens of the server.

use super::{Administrator, query};
use crate::error::Error;
use crate::protocol::TokenScope;
use crate::server::limits::Pool;
use crate::server::pattern::AgentPattern;
use crate::server::response::{HttpError, HttpResponse, json};
use crate::server::state::ServerState;
use crate::server::tokens::{ListedToken, NewToken, TokenEntry, TokenView};
use crate::server::{body, expiry};
use axum::extract::{Path, Request, State as Shared};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Request body for a new token, with the options of `serve token create`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct New {
    agents: Vec<AgentPattern>,
    scope: TokenScope,
    note: Option<String>,
    #[serde(rename = "for")]
    owner: Option<String>,
    #[serde(default)]
    for_others: bool,
    expires: Option<String>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rotation {
    grace: String,
}

impl Default for Rotation {
    fn default() -> Rotation {
        Rotation { grace: "24h".to_owned() }
    }
}

#[derive(Serialize)]
struct TokenList<'a> {
    tokens: Vec<ListedToken<'a>>,
}

#[derive(Serialize)]
struct RevokedTokens<'a> {
    revoked: Vec<TokenView<'a>>,
}

/// `GET /-/tokens`
pub async fn list(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, None, "list tokens")?;
    let tokens = state.work(Pool::Admin, &admin.who, move |_| admin.tokens.list()).await?;
    let (now, used) = (state.log.now(), state.access.used());
    let shown = tokens.iter().map(|entry| entry.listed(now, used.get(&entry.id)));
    Ok(json(StatusCode::OK, &TokenList { tokens: shown.collect() }))
}

/// `POST /-/tokens`
pub async fn create(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, None, "create token")?;
    let new: New = body::json(request.into_body(), "a token", &state.limits).await?;
    let now = state.log.now();
    let expires_at = new.expires.map(|text| expiry::parse(&text, now)).transpose()?;
    let New { agents, scope, note, owner, for_others, .. } = new;
    let wanted = NewToken { agents, scope, note, owner, for_others, expires_at };
    let tokens = admin.tokens.clone();
    let (entry, secret) =
        state.work(Pool::Admin, &admin.who, move |_| tokens.create(wanted, now)).await?;
    admin.did(named(&entry));
    Ok(json(StatusCode::CREATED, &entry.with_secret(&secret)))
}

/// `POST /-/tokens/ID/rotate`
pub async fn rotate(
    Shared(state): Shared<Arc<ServerState>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, None, "rotate token")?;
    let rotation: Rotation =
        body::json_or_nothing(request.into_body(), "a rotation", &state.limits).await?;
    let (grace, now, tokens) =
        (expiry::grace(&rotation.grace)?, state.log.now(), admin.tokens.clone());
    let rotated =
        state.work(Pool::Admin, &admin.who, move |_| tokens.rotate(&id, grace, now)).await?;
    admin.did(named(&rotated.entry));
    Ok(json(StatusCode::OK, &rotated.view()))
}

/// `DELETE /-/tokens/ID`
pub async fn revoke(
    Shared(state): Shared<Arc<ServerState>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, None, "revoke token")?;
    let tokens = admin.tokens.clone();
    let entry = state.work(Pool::Admin, &admin.who, move |_| tokens.revoke(&id)).await?;
    admin.did(named(&entry));
    Ok(json(StatusCode::OK, &entry.view()))
}

/// `DELETE /-/tokens?for=EMAIL`
pub async fn revoke_of(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let admin = Administrator::admit(&state, &request, None, "revoke tokens of a person")?;
    let [owner] = query::parse(request.uri().query(), ["for"])?;
    let owner = owner.filter(|owner| !owner.is_empty());
    let owner =
        owner.ok_or_else(|| Error::usage("add `?for=EMAIL` to name the author of the tokens"))?;
    let tokens = admin.tokens.clone();
    let revoked = state.work(Pool::Admin, &admin.who, move |_| tokens.revoke_of(&owner)).await?;
    admin.did(revoked.iter().map(named).collect::<Vec<_>>().join("; "));
    let revoked = revoked.iter().map(TokenEntry::view).collect();
    Ok(json(StatusCode::OK, &RevokedTokens { revoked }))
}

/// For the log.
fn named(entry: &TokenEntry) -> String {
    format!("token {}: {} on {}", entry.id, entry.scope, entry.agents)
}
