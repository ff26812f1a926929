//! Pages: answers for people with a browser. They are at addresses that neither an agent's id nor a route of the API can
//! have, or that a browser asks for by naming `text/html`; all other requests are answered as without them.

mod answers;
mod caches;
mod compared;
mod cookie;
mod deletion;
mod entry_key;
mod feed;
mod files;
mod form;
mod history;
mod host;
mod ledger_step;
mod paged;
mod persona_edit;
mod personas;
mod promotion;
mod raw;
mod route;
mod search;
mod sent_form;
mod session;
mod sign_in;
mod throttle;
mod tokens;
mod versions;
mod visitor;

pub use answers::{HTML, refusal};
pub use entry_key::EntryKey;
pub use host::HostNames;
pub use ledger_step::{LedgerStep, StepOutcome};
pub use paged::{LookAt, PagedAgents, SharedAgents};
pub use route::{PageRequest, PageRoute};

use super::access::Admitted;
use super::limits::{Pool, Requester};
use super::response::{HttpError, HttpResponse};
use super::state::ServerState;
use super::{ServerConfig, agents, stock};
use crate::error::Error;
use crate::page::{self, PageVisitor};
use crate::protocol::{AgentId, TokenScope};
use crate::remote_store::RemoteStore;
use answers::{asset, html, redirect, robots};
use axum::extract::{Request, State as Shared};
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};
use caches::PageCaches;

use route::AgentPageRoute;
use session::Sessions;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use throttle::TokenThrottle;
use visitor::{AgentVisit, Visitor};

/// Agents on one page of the list.
const AGENTS: usize = 50;

/// Settings of a server for pages.
#[derive(Clone, Debug, Default)]
pub struct PageSettings {
    enabled: bool,
    public: Vec<AgentId>,
    names: HostNames,
}

impl PageSettings {
    pub fn new(config: &ServerConfig) -> PageSettings {
        let names = HostNames::new(config);
        PageSettings {
            enabled: config.pages && !names.has_path(),
            public: config.public.clone(),
            names,
        }
    }

    /// Settings of pages on this machine.
    pub fn local(names: HostNames) -> PageSettings {
        PageSettings { enabled: true, public: Vec::new(), names }
    }
}

/// State of the pages of a server.
pub struct Pages {
    settings: PageSettings,
    sessions: Sessions,
    wrong_tokens: TokenThrottle,
    caches: Arc<PageCaches>,
    agents: SharedAgents,
    /// Key to the pages of this machine; `None` on a server.
    entry: Option<EntryKey>,
    used: Mutex<Instant>,
}

impl Pages {
    pub fn new(
        settings: PageSettings,
        agents: Arc<dyn PagedAgents>,
        entry: Option<EntryKey>,
    ) -> Pages {
        Pages {
            agents: SharedAgents::new(agents),
            entry,
            used: Mutex::new(Instant::now()),
            settings,
            sessions: Sessions::default(),
            wrong_tokens: TokenThrottle::default(),
            caches: Arc::default(),
        }
    }

    /// Time since the last request for a page.
    pub fn unused_for(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Marks a request that gets a page.
pub fn mark(state: &ServerState, request: &mut Request) {
    if !state.pages.settings.enabled {
        return;
    }
    let is_ours = |route: &PageRoute| *route != PageRoute::Enter || state.pages.entry.is_some();
    if let Some(route) = PageRoute::of(request).filter(is_ours) {
        *state.pages.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        request.extensions_mut().insert(Arc::new(PageRequest { route }));
    }
}

/// A request that no route of the API matches: one for a page, or one of the stock command, or none of ours.
pub async fn or_stock(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let Some(asked) = request.extensions().get::<Arc<PageRequest>>().cloned() else {
        return stock::or_nothing_here(Shared(state), request).await;
    };
    page(&state, &asked, request).await
}

/// A request of an address that has pages alone.
pub async fn alone(
    Shared(state): Shared<Arc<ServerState>>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    match request.extensions().get::<Arc<PageRequest>>().cloned() {
        Some(asked) => page(&state, &asked, request).await,
        None => Err(Error::not_found("there is no such address").into()),
    }
}

async fn page(
    state: &Arc<ServerState>,
    asked: &PageRequest,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let names = &state.pages.settings.names;
    names.check_host(request.headers())?;
    if state.pages.entry.is_some() {
        entry_key::check_route(&asked.route)?;
    }
    match (&asked.route, request.method()) {
        (PageRoute::SignIn, &Method::POST) => return sign_in::sign_in(state, request).await,
        (PageRoute::SignOut, &Method::POST) => return sign_in::sign_out(state, request).await,
        (PageRoute::Agent { agent, page }, &Method::POST) => {
            return act(state, request, agent, page).await;
        }
        (PageRoute::SignOut, _) => return Err(wrong_method()),
        (_, &Method::GET | &Method::HEAD) => {}
        _ => return Err(wrong_method()),
    }
    match &asked.route {
        PageRoute::Asset(name) => asset(name),
        PageRoute::Robots => Ok(robots()),
        PageRoute::Enter => entry_key::enter(state, &request),
        PageRoute::SignIn => sign_in::form(state, &request),
        PageRoute::Agents => agents_list(state, request).await,
        PageRoute::Agent { agent, page } => of_agent(state, request, agent, page).await,
        PageRoute::SignOut => Err(wrong_method()),
    }
}

fn wrong_method() -> HttpError {
    HttpError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Error::usage("this address does not allow that method"),
    )
}

/// A form of a page that changes something.
async fn act(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
    page: &AgentPageRoute,
) -> Result<HttpResponse, HttpError> {
    match page {
        AgentPageRoute::Promote(name) => promotion::promote(state, request, agent, name).await,
        AgentPageRoute::Delete(name) => deletion::delete(state, request, agent, name).await,
        AgentPageRoute::PersonaEdit => persona_edit::save(state, request, agent).await,
        AgentPageRoute::Tokens => tokens::create(state, request, agent).await,
        AgentPageRoute::Token(id) => tokens::revoke(state, request, agent, id).await,
        _ => Err(wrong_method()),
    }
}

/// `GET /`: the agents that the session has tokens for.
async fn agents_list(
    state: &Arc<ServerState>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let visitor = Visitor::of(state, request.headers());
    if let Some(entry) = &state.pages.entry {
        return Ok(redirect(StatusCode::FOUND, &page::address::home(entry.agent().as_str())));
    }
    let public = state.pages.settings.public.clone();
    if visitor.is_nobody() && public.is_empty() {
        return Ok(redirect(StatusCode::SEE_OTHER, "/-/login"));
    }
    let who = Requester { agent: None, token: visitor.first_token() };
    agents::admit_request(state, &request, &who, "")?;
    let at = form::page_of(&request);
    let shown = visitor.shown();
    let read = move |store: &RemoteStore| {
        let mut known = public;
        known.extend(visitor.agents(store)?);
        known.sort_unstable();
        known.dedup();
        let skip = usize::try_from(at - 1).unwrap_or(usize::MAX).saturating_mul(AGENTS);
        let has_more = known.len() > skip.saturating_add(AGENTS);
        let row = |agent: AgentId| {
            // One that is damaged is in the list all the same.
            let heads = store.current(&agent).ok().flatten();
            let (live, versions) = heads.as_ref().map_or((None, 0), |head| {
                let view = head.view();
                (view.active.and_then(|active| active.version), view.versions.len() as u64)
            });
            page::AgentRow { id: agent.to_string(), live, versions }
        };
        let agents = known.into_iter().skip(skip).take(AGENTS).map(row).collect();
        Ok(page::agents_page(&page::AgentsPage { agents, page: at, has_more }, &shown))
    };
    Ok(html(StatusCode::OK, state.work(Pool::Refs, &who, read).await?))
}

/// A page of one agent.
async fn of_agent(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
    page: &AgentPageRoute,
) -> Result<HttpResponse, HttpError> {
    let visitor = Visitor::of(state, request.headers());
    let visit = match (page, request.headers().contains_key(AUTHORIZATION)) {
        // Programs that read feeds have no session.
        (AgentPageRoute::Feed, true) => {
            let admitted = state.access.admit(request.headers(), agent, TokenScope::Read)?;
            Some(AgentVisit { admitted, shown: PageVisitor::Anybody })
        }
        _ => visitor.visit(state, agent)?,
    };
    let Some(visit) = visit else {
        if state.pages.entry.is_some() {
            return Err(entry_key::no_session("this browser has no session here").into());
        }
        let then = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Ok(redirect(StatusCode::SEE_OTHER, &page::address::sign_in(then)));
    };
    visit.admitted.needs(TokenScope::Read)?;
    let who = visit.admitted.who();
    let name = visit.admitted.bearer.as_ref().map_or("", |bearer| &bearer.token.name);
    agents::admit_request(state, &request, &who, name)?;
    let AgentVisit { admitted, shown } = visit;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let asked = AskedPage::new(state, admitted, shown, query);
    let token = || visitor.token_of(agent).cloned();
    match page {
        AgentPageRoute::Raw(version, path) => {
            return raw::send(state, &who, asked, version.clone(), path.clone()).await;
        }
        AgentPageRoute::Tokens => return tokens::show(state, &who, asked, (token(), None)).await,
        AgentPageRoute::Token(id) => {
            return tokens::show(state, &who, asked, (token(), Some(id.clone()))).await;
        }
        _ => {}
    }
    let (agents, page) = (state.pages.agents.clone(), page.clone());
    let read = move |_: &RemoteStore| {
        agents.read_versions(&asked.agent, |look| {
            let asked = asked.with_note(look.note.clone());
            answers::answer(&asked, &page, look)
        })
    };
    let made = state.work(Pool::Refs, &who, read).await?;
    Ok(made.into_response())
}

/// Request for a page of an agent, without what only HTTP needs.
#[derive(Clone)]
pub struct AskedPage {
    agent: AgentId,
    visitor: PageVisitor,
    admitted: Admitted,
    query: String,
    now_ms: i64,
    caches: Arc<PageCaches>,
}

impl AskedPage {
    fn new(
        state: &ServerState,
        admitted: Admitted,
        visitor: PageVisitor,
        query: String,
    ) -> AskedPage {
        AskedPage {
            agent: admitted.agent.clone(),
            visitor,
            admitted,
            query,
            now_ms: state.log.now().as_millisecond(),
            caches: state.pages.caches.clone(),
        }
    }

    /// Time of the request, in milliseconds since 1970-01-01 UTC.
    pub fn at_ms(&self) -> i64 {
        self.now_ms
    }

    /// The same with a note above the page.
    fn with_note(&self, note: Option<String>) -> AskedPage {
        AskedPage { visitor: self.visitor.clone().with_note(note), ..self.clone() }
    }
}
