//! Routes, and the layers around all of them: a request id, a log record, a net for panics.

use super::pages::{HTML, PageRequest};
use super::state::ServerState;
use super::{admin, agents, health, pages, stock};
use crate::error::Error;
use crate::server::request_log::Record;
use crate::server::response::{HttpError, HttpResponse};
use crate::stock::Route;
use axum::Router;
use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, head, post};
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tower_http::catch_panic::CatchPanicLayer;

/// The routes with their names in metrics.
const NAMES: [(&str, &str); 7] = [
    ("/healthz", "healthz"),
    ("/readyz", "readyz"),
    ("/metrics", "metrics"),
    ("/{agent}/refs", "refs"),
    ("/{agent}/packs/{pack}", "packs"),
    ("/{agent}/transactions", "transactions"),
    ("/{agent}/fetch", "fetch"),
];

/// Router for clients, and for health and metrics where these have no address of their own.
pub fn router(state: Arc<ServerState>, watched: bool) -> Router {
    let routes = if watched { watch() } else { Router::new() };
    let routes = routes
        .route("/{agent}/refs", get(agents::refs))
        .route("/{agent}/packs/{pack}", head(agents::offset).patch(agents::append))
        .route("/{agent}/transactions", post(agents::transact))
        .route("/{agent}/fetch", post(agents::fetch))
        .merge(admin::routes())
        .merge(stock::routes())
        .fallback(pages::or_stock)
        .method_not_allowed_fallback(wrong_method);
    surrounded(routes, state, true)
}

/// Router of the pages of this machine alone.
pub fn local(state: Arc<ServerState>) -> Router {
    surrounded(Router::new().fallback(pages::alone), state, true)
}

/// Router of the address for health and metrics: no agents.
pub fn watched(state: Arc<ServerState>) -> Router {
    let routes = watch().fallback(nothing_here).method_not_allowed_fallback(wrong_method);
    surrounded(routes, state, false)
}

fn watch() -> Router<Arc<ServerState>> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
}

/// Routes with what all requests pass. `has_pages` is false for an address without pages.
fn surrounded(
    routes: Router<Arc<ServerState>>,
    state: Arc<ServerState>,
    has_pages: bool,
) -> Router {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state((state.clone(), has_pages), handle))
        .with_state(state)
}

async fn handle(
    Shared((state, has_pages)): Shared<(Arc<ServerState>, bool)>,
    mut request: Request,
    next: Next,
) -> HttpResponse {
    if has_pages && request.extensions().get::<MatchedPath>().is_none() {
        pages::mark(&state, &mut request);
    }
    let route = name(&request);
    let record = Record::begin(&state, route, &request);
    request.extensions_mut().insert(record.trace.clone());
    let request = request.map(|body| record.counting(body));
    let answer = match state.refresh_tokens(route).await {
        Ok(()) => readable(next.run(request).await),
        Err(failure) => failure.into_response(),
    };
    if answer.extensions().get::<Panicked>().is_some() {
        state.metrics.panics.fetch_add(1, Ordering::Relaxed);
    }
    record.end(answer)
}

/// Turns a refusal of the framework itself, such as an address with broken escapes, into our form.
fn readable(answer: HttpResponse) -> HttpResponse {
    let is_ours = |kind: &HeaderValue| kind == "application/json" || kind == HTML;
    let ours = answer.extensions().get::<HttpError>().is_some()
        || answer.headers().get(CONTENT_TYPE).is_none_or(is_ours);
    if ours || !answer.status().is_client_error() {
        return answer;
    }
    HttpError::new(answer.status(), Error::usage("the address of the request cannot be read"))
        .into_response()
}

fn name(request: &Request) -> &'static str {
    if let Some(page) = request.extensions().get::<Arc<PageRequest>>() {
        return page.route.name();
    }
    if Route::is_stock(request.uri().path()) {
        return stock::name(request);
    }
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let known = NAMES.iter().chain(&admin::NAMES).find(|(path, _)| matched == Some(path));
    known.map_or("none", |(_, name)| name)
}

pub async fn nothing_here() -> HttpError {
    Error::not_found("there is no such address").hint(super::hints::ADDRESS).into()
}

async fn wrong_method() -> HttpError {
    HttpError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Error::usage("this address does not allow that method"),
    )
}

/// Marks the answer of a request that a bug ended.
#[derive(Clone)]
struct Panicked;

fn panicked(cause: Box<dyn Any + Send + 'static>) -> HttpResponse {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let mut answer = HttpError::from(Error::failed(format!("a bug: {text}"))).into_response();
    answer.extensions_mut().insert(Panicked);
    answer
}

#[cfg(test)]
mod tests {
    use super::super::access::Access;
    use super::super::disk::Disk;
    use super::super::limits::{Pool, Requester, ServerLimits};
    use super::super::log::{Clock, Logger};
    use super::super::pages::PageSettings;
    use super::super::proxies::Proxies;
    use super::super::state::ServerParts;
    use super::super::stock::StockSettings;
    use super::super::tokens::Tokens;
    use super::*;
    use crate::remote_store::RemoteStore;
    use axum::body::Body;
    use jiff::Timestamp;
    use tower::ServiceExt;

    fn state(data: &std::path::Path) -> Arc<ServerState> {
        let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
        let access = Access::new(Tokens::of(data), true, clock.clone()).unwrap();
        let (log, _writer) = Logger::new(Box::new(|_| {}), clock);
        let store = Arc::new(RemoteStore::open(data).unwrap());
        let disk = Disk::probe(data, &store).unwrap();
        Arc::new(
            ServerState::new(ServerParts {
                store,
                access,
                log,
                limits: ServerLimits::default(),
                disk,
                proxies: Proxies::default(),
                stock: StockSettings::default(),
                pages: PageSettings::default(),
                local: None,
            })
            .unwrap(),
        )
    }

    async fn bug() -> HttpResponse {
        panic!("a number that cannot be")
    }

    async fn bug_on_a_thread(
        Shared(state): Shared<Arc<ServerState>>,
    ) -> Result<HttpResponse, HttpError> {
        let who = Requester { agent: Some("a".parse()?), token: None };
        state.work(Pool::Refs, &who, |_| panic!("a number that cannot be")).await
    }

    #[test]
    fn a_bug_ends_one_request_with_its_id_and_tells_the_client_nothing() {
        let data = tempfile::tempdir().unwrap();
        let state = state(data.path());
        let routes = Router::new().route("/bug", get(bug)).route("/thread", get(bug_on_a_thread));
        let router = surrounded(routes, state.clone(), true);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for path in ["/bug", "/thread"] {
            let request = Request::builder()
                .uri(path)
                .header("x-request-id", "request-1")
                .body(Body::empty());
            let answer = runtime.block_on(router.clone().oneshot(request.unwrap())).unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["x-request-id"]),
                (500, &"request-1".parse().unwrap())
            );
            let body = runtime.block_on(axum::body::to_bytes(answer.into_body(), 1000)).unwrap();
            let text = std::str::from_utf8(&body).unwrap();
            assert!(
                text.contains("the server failed at request request-1") && !text.contains("number"),
                "{text}"
            );
        }
        assert!(
            state
                .metrics
                .text((&state.pools, &state.connections), &state.stored(), 0)
                .contains("lua_store_panics_total 1\n")
        );
    }
}
