//! The admin API: tokens and agents, for an administrator with a token of scope `admin` and without a shell.
//! It does what `serve token` and `serve agents` do, by the same functions.

mod agents;
mod query;
mod tokens;

use super::agents::admit_request;
use super::limits::Requester;
use super::state::ServerState;
use super::tokens::{Rights, Tokens};
use crate::server::request_log::Trace;
use crate::server::response::HttpError;
use crate::store::TokenName;
use axum::Router;
use axum::extract::Request;
use axum::routing::{delete, get, post};
use std::sync::Arc;

/// The routes with their names in metrics.
pub const NAMES: [(&str, &str); 5] = [
    ("/-/agents", "admin_agents"),
    ("/-/agents/{agent}", "admin_agent"),
    ("/-/tokens", "admin_tokens"),
    ("/-/tokens/{id}", "admin_token"),
    ("/-/tokens/{id}/rotate", "admin_rotate"),
];

/// No agent's id begins with `-`, so these are in nobody's way.
pub fn routes() -> Router<Arc<ServerState>> {
    let agent = get(agents::show).patch(agents::change).delete(agents::delete);
    Router::new()
        .route("/-/agents", get(agents::list))
        .route("/-/agents/{agent}", agent)
        .route("/-/tokens", get(tokens::list).post(tokens::create).delete(tokens::revoke_of))
        .route("/-/tokens/{id}", delete(tokens::revoke))
        .route("/-/tokens/{id}/rotate", post(tokens::rotate))
}

/// Administrator of some agents and of the tokens for them.
struct Administrator {
    who: Requester,
    rights: Rights,
    /// Those that he may see.
    tokens: Tokens,
    trace: Option<Arc<Trace>>,
}

impl Administrator {
    /// Lets a request in, gives it a permit, and records whose it is and what it asks for.
    fn admit(
        state: &ServerState,
        request: &Request,
        agent: Option<&str>,
        asked: &str,
    ) -> Result<Administrator, HttpError> {
        let entry = state.access.owner(request.headers())?;
        let trace = request.extensions().get::<Arc<Trace>>().cloned();
        let TokenName { id, name } = entry.name();
        if let Some(trace) = &trace {
            // Also of who is refused.
            let _ = trace.token.set(id.clone());
            let _ = (!name.is_empty()).then(|| trace.name.set(name.clone()));
            let _ = trace.asked.set(asked.to_owned());
        }
        state.access.needs_admin(&entry, agent)?;
        let who = Requester { agent: agent.map(str::parse).transpose()?, token: Some(id) };
        admit_request(state, request, &who, &name)?;
        let rights = Rights::of(entry);
        Ok(Administrator { who, tokens: state.access.tokens(rights.clone()), rights, trace })
    }

    /// Tells the record what was done.
    fn did(&self, what: impl ToString) {
        let _ = self.trace.as_ref().map(|trace| trace.did.set(what.to_string()));
    }
}
