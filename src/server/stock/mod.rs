//! The stock command over HTTP: requests are parsed, admitted and limited here, and answered by `crate::stock`.

mod admission;
mod blobs;
mod budget;
mod refusal;
mod settings;

pub use budget::BodyBudget;
pub use refusal::stock_error;
pub use settings::StockSettings;

use super::limits::{Pool, Requester};
use super::response::{HttpError, HttpResponse};
use super::state::ServerState;
use super::{body, routes, upkeep};
use crate::protocol::{AgentId, RESERVED_IDS};
use crate::stock::route::NOT_SERVED_NAME;
use crate::stock::{LargeFile, ParsedRoute, Route, StockAnswer, StockError, StockRequest, ids};
use admission::Caller;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::any;
use budget::BudgetPermit;
use hyper::body::Body as _;
use serde::Deserialize;
use std::sync::Arc;

/// Longest key of a transaction; the command sends 36 characters.
const LONGEST_KEY: usize = 128;

/// Everything below the five prefixes of the platform.
pub fn routes() -> Router<Arc<ServerState>> {
    RESERVED_IDS.iter().fold(Router::new(), |router, prefix| {
        router.route(&format!("/{prefix}/{{*rest}}"), any(handle))
    })
}

/// Name of a request in metrics.
pub fn name(request: &Request) -> &'static str {
    match parse(request) {
        Ok(Some(parsed)) => parsed.route.name(),
        _ => NOT_SERVED_NAME,
    }
}

fn parse(request: &Request) -> Result<Option<ParsedRoute>, StockError> {
    let uri = request.uri();
    Route::parse(request.method().as_str(), uri.path(), uri.query())
}

/// A request that no route matches: one of the stock command with more slashes than it needs, or none of ours.
pub async fn or_nothing_here(
    state: Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    match Route::is_stock(request.uri().path()) {
        true => handle(state, request).await,
        false => Err(routes::nothing_here().await),
    }
}

/// Any request of the stock command. What this server does not serve is refused before its body is read.
async fn handle(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let path = request.uri().path();
    match parse(&request)? {
        None | Some(ParsedRoute { route: Route::Sandbox, .. }) => {
            Err(Route::not_served(path).into())
        }
        Some(ParsedRoute { route: Route::PatchAgent { base }, .. }) => {
            patch_agent(&state, request, base).await
        }
        Some(ParsedRoute { agent: Some(agent), route: Route::PutBlob { key } }) => {
            blobs::put(&state, request, &agent, key).await
        }
        Some(ParsedRoute { agent: Some(agent), route: Route::GetBlob { key } }) => {
            let route = Route::GetBlob { key };
            let caller = Caller::admit_signed(&state, &request, &agent, &route)?;
            let taken = take_body(&state, request, &route).await?;
            answer(&state, caller, route, taken).await
        }
        Some(ParsedRoute { agent: None, route }) => account(&state, request, &route).await,
        Some(ParsedRoute { agent: Some(agent), route }) => {
            let caller = Caller::admit(&state, &request, &agent, &route)?;
            let taken = take_body(&state, request, &route).await?;
            answer(&state, caller, route, taken).await
        }
    }
}

/// A request about a token and not about an agent.
async fn account(
    state: &Arc<ServerState>,
    request: Request,
    route: &Route,
) -> Result<HttpResponse, HttpError> {
    let account = admission::account(state, request).await?;
    finish(state, account.answer(route)?).await
}

/// A body, and the memory that it may use.
struct TakenBody {
    bytes: Vec<u8>,
    headers: HeaderMap,
    permit: Option<BudgetPermit>,
}

async fn take_body(
    state: &Arc<ServerState>,
    request: Request,
    route: &Route,
) -> Result<TakenBody, HttpError> {
    let (head, body) = request.into_parts();
    let most = route.body_limit();
    if most == 0 {
        return Ok(TakenBody { bytes: Vec::new(), headers: head.headers, permit: None });
    }
    // Before the body is asked for.
    state.may_write().await?;
    let announced = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    let permit = state.bodies.reserve(announced, most, &state.limits).await?;
    let bytes = body::bytes(body, "this address", most, &state.limits).await?;
    Ok(TakenBody { bytes, headers: head.headers, permit })
}

/// The part of a body that names the agent.
#[derive(Deserialize)]
struct SubAgentPart {
    id: String,
}

/// `PATCH /agents/BASE/sub-agent`: the body has the rest of the agent's id.
async fn patch_agent(
    state: &Arc<ServerState>,
    request: Request,
    base: String,
) -> Result<HttpResponse, HttpError> {
    // Before the body: a request without a token sends none.
    state.access.owner_or_open(request.headers())?;
    let route = Route::PatchAgent { base: base.clone() };
    let (head, body) = request.into_parts();
    let (body, extensions) = (Request::new(body), head.extensions.clone());
    let mut taken = take_body(state, body, &route).await?;
    let part: SubAgentPart = serde_json::from_slice(&taken.bytes).map_err(|error| {
        StockError::bad(format!("the body is not a change of an agent: {error}"))
    })?;
    let mut known = Request::from_parts(head, Body::empty());
    *known.extensions_mut() = extensions;
    let caller = admit_one(state, &known, &ids::agents_of(&base, &part.id), &route)?;
    taken.headers = known.headers().clone();
    answer(state, caller, route, taken).await
}

/// Of two agents that an address may mean, the one that the token opens.
fn admit_one(
    state: &ServerState,
    request: &Request,
    agents: &[String],
    route: &Route,
) -> Result<Caller, HttpError> {
    let mut all = agents.iter().map(|agent| Caller::admit(state, request, agent, route));
    let first = all.next().unwrap_or_else(|| Err(StockError::bad("the agent has no id").into()));
    first.or_else(|refused| all.next().unwrap_or(Err(refused)))
}

async fn answer(
    state: &Arc<ServerState>,
    caller: Caller,
    route: Route,
    taken: TakenBody,
) -> Result<HttpResponse, HttpError> {
    let TakenBody { bytes, headers, permit } = taken;
    let (who, agent) = (caller.admitted.who(), caller.admitted.agent.clone());
    let bearer = caller.admitted.bearer;
    let request = StockRequest {
        agent: agent.clone(),
        by: bearer,
        email: caller.admitted.owner,
        now_ms: u64::try_from(state.log.now().as_millisecond()).unwrap_or(0),
        idempotency: idempotency(&headers)?,
        body: bytes,
        public_url: state.stock.public_url(&headers),
        signer: caller.admitted.signer,
        refuses_secrets: state.stock.refuses_secrets,
        route,
    };
    let pool = if request.route.is_get() { Pool::Refs } else { Pool::Transactions };
    let (quota, service) = (state.quota.clone(), state.stock_service.clone());
    let done = state
        .work(pool, &who, move |store| {
            let _permit = permit;
            if let Some(growth) = admission::growth(&request)
                && let Err(refusal) =
                    quota.allow(&request.agent, &growth.after(store.usage(&request.agent)?))
            {
                return Ok(Err(refusal));
            }
            Ok(crate::stock::answer(&service, &request).map_err(HttpError::from))
        })
        .await??;
    if let Some(did) = &done.did {
        let _ = caller.trace.map(|trace| trace.did.set(did.clone()));
        upkeep::after_write(state, agent.clone());
    }
    match done.large {
        Some(file) => send_file(state, &who, agent, file).await,
        None => finish(state, done).await,
    }
}

/// A file that is read when there is memory for its gzip, which counts from then on until it is sent.
async fn send_file(
    state: &Arc<ServerState>,
    who: &Requester,
    agent: AgentId,
    file: LargeFile,
) -> Result<HttpResponse, HttpError> {
    let most = usize::try_from(file.most).unwrap_or(usize::MAX);
    let permit = state.bodies.reserve(Some(most), most, &state.limits).await?;
    let service = state.stock_service.clone();
    let packed = state
        .work(Pool::Refs, who, move |_| {
            // Given back only when the memory is: the thread outlives a client that goes away.
            let packed = crate::stock::packed(&service, &agent, &file).map_err(HttpError::from);
            Ok(packed.map(|packed| (packed, permit)))
        })
        .await?;
    let (packed, permit) = packed?;
    Ok(to_http(packed.status, packed.is_json, BodyBudget::body(packed.body, permit)))
}

/// The answer as it is sent. Its bytes count as memory until they are.
async fn finish(
    state: &Arc<ServerState>,
    StockAnswer { status, body, is_json, .. }: StockAnswer,
) -> Result<HttpResponse, HttpError> {
    let body = state.bodies.hold(body, &state.limits).await?;
    Ok(to_http(status, is_json, body))
}

fn to_http(status: u16, is_json: bool, body: Body) -> HttpResponse {
    let mut answer = HttpResponse::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if is_json { "application/json" } else { "application/octet-stream" };
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.into_response()
}

/// Key of the transaction: the same on all retries of one `POST`.
fn idempotency(headers: &HeaderMap) -> Result<Option<String>, StockError> {
    let Some(value) = headers.get("x-idempotency-key") else { return Ok(None) };
    let plain = |key: &&str| {
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match value.to_str().ok().filter(plain) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(StockError::bad(format!(
            "the header X-Idempotency-Key must have 1 to {LONGEST_KEY} printable characters"
        ))),
    }
}
