//! Answers with a page, with the headers that all of them have.

use super::history::AgentHistory;
use super::route::AgentPageRoute;
use super::{
    AskedPage, compared, deletion, feed, files, persona_edit, personas, promotion, search, versions,
};
use crate::error::{Error, Kind, Result};
use crate::page::{ASSETS, ATOM, ErrorPage, HEADERS, error_page};
use crate::server::hints;
use crate::server::response::{HttpError, HttpResponse, body, unwritable_disk};
use crate::stock::VersionsLook;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};

/// Type of every page.
pub const HTML: &str = "text/html; charset=utf-8";

/// Answer to a request for a page of an agent.
pub enum PageAnswer {
    Html(String),
    /// An Atom feed.
    Feed(String),
    /// Address with a number in the place of a word.
    Moved(String),
}

impl PageAnswer {
    pub fn into_response(self) -> HttpResponse {
        match self {
            PageAnswer::Html(text) => html(StatusCode::OK, text),
            PageAnswer::Feed(text) => {
                let mut answer = html(StatusCode::OK, text);
                answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(ATOM));
                answer
            }
            PageAnswer::Moved(address) => redirect(StatusCode::FOUND, &address),
        }
    }
}

/// A page of an agent.
pub fn answer(
    asked: &AskedPage,
    page: &AgentPageRoute,
    look: &VersionsLook<'_>,
) -> Result<PageAnswer> {
    let history = AgentHistory { asked, look };
    match page {
        AgentPageRoute::Home => versions::home(&history),
        AgentPageRoute::Version(name) => versions::version(&history, name),
        AgentPageRoute::Source(name) => versions::source(&history, name),
        AgentPageRoute::Ledger => versions::ledger(&history),
        AgentPageRoute::Feed => feed::show(&history),
        AgentPageRoute::Search => search::search(&history),
        AgentPageRoute::CompareForm => compared::form(&history),
        AgentPageRoute::Compare(range) => compared::compare(&history, range),
        AgentPageRoute::Files(name, path) => files::files(&history, name, path),
        AgentPageRoute::Personas => personas::newest(&history),
        AgentPageRoute::Persona(name) => personas::persona(&history, name),
        AgentPageRoute::PersonaEdit => persona_edit::show(&history),
        AgentPageRoute::Promote(name) => promotion::show(&history, name),
        AgentPageRoute::Delete(name) => deletion::show(&history, name),
        AgentPageRoute::Raw(..)
        | AgentPageRoute::Tokens
        | AgentPageRoute::Token(_)
        | AgentPageRoute::Unknown => Err(nothing_here()),
    }
}

pub fn nothing_here() -> Error {
    Error::not_found("there is no such page").hint("begin with the list of agents")
}

/// A page, which nobody may keep: it says what is true now.
pub fn html(status: StatusCode, text: String) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(text));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_headers(answer)
}

pub fn redirect(status: StatusCode, address: &str) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::empty());
    *answer.status_mut() = status;
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(LOCATION, address);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_headers(answer)
}

/// The style sheet or the script.
pub fn asset(name: &str) -> Result<HttpResponse, HttpError> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or_else(nothing_here)?;
    let mut answer = HttpResponse::new(Body::from(asset.text));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let forever = "public, max-age=31536000, immutable";
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(forever));
    Ok(with_headers(answer))
}

/// `robots.txt`: nothing here is for search engines.
pub fn robots() -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from("User-agent: *\nDisallow: /\n"));
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    with_headers(answer)
}

/// Headers of every answer of a page.
pub fn with_headers(mut answer: HttpResponse) -> HttpResponse {
    for (name, value) in HEADERS {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

/// The page for a request that failed. What went wrong inside of the server is for its log alone.
pub fn refusal(failure: &HttpError, request: &str) -> HttpResponse {
    let told = match failure.status {
        StatusCode::INTERNAL_SERVER_ERROR if failure.error.kind() == Kind::Corrupt => {
            body(&Error::failed("stored data of this agent is damaged").hint(hints::FSCK))
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            let hint = "give the id of the request to the operator of the server, whose log has the reason";
            body(&Error::failed("the server failed; stored data is not affected").hint(hint))
        }
        StatusCode::INSUFFICIENT_STORAGE if failure.error.is_unwritable() => {
            let (what, when) = unwritable_disk(&failure.error);
            let hint = format!("nothing was changed; go back, and send the form again when {when}");
            body(&Error::unavailable(what).hint(hint))
        }
        _ => body(&failure.error),
    };
    let page = ErrorPage {
        status: failure.status.as_u16(),
        message: &told.error.message,
        hint: told.error.hint.as_deref(),
        request,
    };
    let mut answer = html(failure.status, error_page(&page));
    if let Some(after) = failure.retry_after() {
        answer.headers_mut().insert(RETRY_AFTER, after.into());
    }
    answer
}
