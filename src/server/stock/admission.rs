//! Admission: the token of a request, what it may, and the room that its agent has left.

use super::refusal::forbid_unknown;
use crate::error::Result;
use crate::protocol::TokenScope;
use crate::remote_store::Usage;
use crate::server::access::Admitted;
use crate::server::agents::admit_request;
use crate::server::limits::{Pool, Requester};
use crate::server::request_log::Trace;
use crate::server::response::HttpError;
use crate::server::state::ServerState;
use crate::stock::account::Account;
use crate::stock::signature::{BlobAccess, SignedQuery};
use crate::stock::{Route, StockError, StockRequest};
use axum::extract::Request;
use std::sync::Arc;

/// Sender of a request that was let in.
pub struct Caller {
    pub admitted: Admitted,
    pub trace: Option<Arc<Trace>>,
}

impl Caller {
    /// Lets a request in, gives it a permit, and records whose it is.
    pub fn admit(
        state: &ServerState,
        request: &Request,
        agent: &str,
        route: &Route,
    ) -> Result<Caller, HttpError> {
        let admitted = state.access.admit(request.headers(), agent, route.scope());
        Caller::note(state, request, admitted.map_err(forbid_unknown)?)
    }

    /// Lets a request in whose address is signed.
    pub fn admit_signed(
        state: &ServerState,
        request: &Request,
        agent: &str,
        route: &Route,
    ) -> Result<Caller, HttpError> {
        let refused = || StockError::forbidden("the address of the file is not valid any more");
        let query = SignedQuery::parse(request.uri().query().unwrap_or_default());
        let query = query.ok_or_else(refused)?;
        let (key, access) = match route {
            Route::PutBlob { key } => (key, BlobAccess::Upload),
            Route::GetBlob { key } => (key, BlobAccess::Download),
            _ => return Err(refused().into()),
        };
        let now_ms = u64::try_from(state.log.now().as_millisecond()).unwrap_or(0);
        let admitted =
            state.access.admit_signed(&query, agent, route.scope(), |signer, id, query| {
                signer.allows(query, id, key, access, now_ms)
            });
        Caller::note(state, request, admitted.map_err(forbid_unknown)?)
    }

    /// Gives a request that was let in its permit.
    fn note(
        state: &ServerState,
        request: &Request,
        admitted: Admitted,
    ) -> Result<Caller, HttpError> {
        let name = admitted.bearer.as_ref().map_or("", |bearer| &bearer.token.name);
        admit_request(state, request, &admitted.who(), name)?;
        Ok(Caller { admitted, trace: request.extensions().get::<Arc<Trace>>().cloned() })
    }
}

/// Account of the token of a request.
pub async fn account(state: &Arc<ServerState>, request: Request) -> Result<Account, HttpError> {
    let entry = state.access.owner_or_open(request.headers())?;
    let token = entry.as_ref().map(|entry| entry.id.clone());
    let name = entry.as_ref().map(|entry| entry.name().name).unwrap_or_default();
    let who = Requester { agent: None, token };
    admit_request(state, &request, &who, &name)?;
    let known = entry.clone();
    let agents = state.work(Pool::Refs, &who, move |store| match &known {
        Some(entry) if entry.agents.list().iter().all(|pattern| pattern.is_plain()) => {
            entry.agents.list().iter().map(|pattern| pattern.as_str().parse()).collect()
        }
        Some(entry) => Ok(entry.agents_among(store.agents()?)),
        None => store.agents(),
    });
    let agents = agents.await?;
    let email = entry.as_ref().and_then(|entry| entry.owner.clone());
    let id = entry.as_ref().map_or_else(|| "anybody".to_owned(), |entry| entry.id.clone());
    Ok(Account {
        subject: email.clone().unwrap_or(id),
        email,
        scope: entry.map_or(TokenScope::Admin, |entry| entry.scope),
        agents,
        now: state.log.now(),
    })
}

/// Growth of an agent by a request, at most.
pub struct Growth {
    bytes: u64,
    refs: u64,
}

impl Growth {
    pub fn after(&self, usage: Usage) -> Usage {
        let stored = usage.stored.saturating_add(usage.uploads).saturating_add(self.bytes);
        Usage { stored, uploads: 0, refs: usage.refs.saturating_add(self.refs) }
    }
}

/// Growth that a request would be; `None` for one that stores no content: a full agent can still be promoted.
pub fn growth(request: &StockRequest) -> Option<Growth> {
    let refs = match &request.route {
        Route::PutManifest => 1,
        Route::CreateVersion => 2,
        Route::PushPrimitive { .. }
        | Route::CreatePersona
        | Route::PatchAgent { .. }
        | Route::UpsertServer => 0,
        _ => return None,
    };
    Some(Growth { bytes: request.body.len() as u64, refs })
}
