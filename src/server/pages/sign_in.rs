//! Signing in with a token, and out.

use super::answers::{html, redirect};
use super::cookie;
use super::form::FormFields;
use super::session::{MOST_TOKENS, Session};
use super::visitor::Visitor;
use crate::error::{Error, Kind};
use crate::page::{SignInPage, sign_in_page};
use crate::server::request_log::{Peer, Trace};
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use crate::server::token::TokenSecret;
use axum::extract::Request;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

/// Longest form.
const LONGEST: usize = 16 << 10;

/// `GET /-/login`
pub fn form(state: &Arc<ServerState>, request: &Request) -> Result<HttpResponse, HttpError> {
    let fields = FormFields::parse(request.uri().query().unwrap_or_default());
    let page = SignInPage { then: target(fields.get("to")), refused: None };
    let visitor = Visitor::of(state, request.headers());
    Ok(html(StatusCode::OK, sign_in_page(&page, &visitor.shown())))
}

/// `POST /-/login`
pub async fn sign_in(
    state: &Arc<ServerState>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let (pages, names) = (&state.pages, &state.pages.settings.names);
    names.check_origin(request.headers())?;
    require_private(state, &request)?;
    let from = peer(&request);
    let (head, body) = request.into_parts();
    let fields = FormFields::of_body(body, LONGEST, &state.limits).await?;
    let visitor = Visitor::of(state, &head.headers);
    let session = visitor.session();
    session.map_or(Ok(()), |(_, session)| check_key(session, &fields))?;
    let then = target(fields.get("to"));
    let refused = |status, refused: &str| {
        let page = SignInPage { then, refused: Some(refused.to_owned()) };
        html(status, sign_in_page(&page, &visitor.shown()))
    };
    if let Some(wait) = pages.wrong_tokens.wait(from, Instant::now()) {
        let mut answer = refused(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many wrong tokens came from this address: try again in a minute.",
        );
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        return Ok(answer);
    }
    let secret = fields.get("token").and_then(|token| TokenSecret::parse(token.trim()));
    let hash = secret.map(|secret| secret.hash());
    let entry = hash.and_then(|hash| Some((hash, state.access.owner_of(&hash).ok()?)));
    let Some((hash, entry)) = entry else {
        pages.wrong_tokens.note(from, Instant::now());
        return Ok(refused(
            StatusCode::FORBIDDEN,
            "This token is not known here: it is mistyped, expired, revoked or for another server.",
        ));
    };
    if session.is_some_and(|(_, session)| session.tokens.len() >= MOST_TOKENS) {
        return Ok(refused(
            StatusCode::FORBIDDEN,
            "This session has as many tokens as it can hold: sign out first.",
        ));
    }
    if let Some(trace) = head.extensions.get::<Arc<Trace>>() {
        let _ = trace.token.set(entry.id.clone());
        let _ = trace.asked.set("sign in".to_owned());
    }
    let id = pages.sessions.begin(session.map(|(id, _)| id), hash, state.log.now())?;
    let mut answer = redirect(StatusCode::SEE_OTHER, then);
    if let Some(cookie) = cookie::give(&id, names.is_secure()) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// `POST /-/logout`
pub async fn sign_out(
    state: &Arc<ServerState>,
    request: Request,
) -> Result<HttpResponse, HttpError> {
    let (pages, names) = (&state.pages, &state.pages.settings.names);
    names.check_origin(request.headers())?;
    let (head, body) = request.into_parts();
    let fields = FormFields::of_body(body, LONGEST, &state.limits).await?;
    if let Some((id, session)) = Visitor::of(state, &head.headers).session() {
        check_key(session, &fields)?;
        pages.sessions.end(id);
    }
    let mut answer = redirect(StatusCode::SEE_OTHER, "/-/login");
    if let Some(cookie) = cookie::take(names.is_secure()) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Refuses a form without the value of its session.
pub fn check_key(session: &Session, fields: &FormFields) -> Result<(), HttpError> {
    match session.has_key(fields.get("key").unwrap_or_default()) {
        true => Ok(()),
        false => {
            let what = "the form is from another session or an old page: nothing was changed";
            Err(Error::new(Kind::Forbidden, what)
                .hint("open the page again, and send its form")
                .into())
        }
    }
}

/// Refuses a token that others could read on its way.
fn require_private(state: &ServerState, request: &Request) -> Result<(), HttpError> {
    let names = &state.pages.settings.names;
    if names.is_secure() || (names.is_local() && peer(request).to_canonical().is_loopback()) {
        return Ok(());
    }
    let error =
        Error::new(Kind::Forbidden, "a token must not be sent without TLS: others could read it")
            .hint("ask the operator of the server for an address with `https`");
    Err(error.into())
}

/// Address of the client, as far as trusted proxies report it.
fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    let address = peer.map(|peer| peer.client.unwrap_or(peer.address.ip()));
    address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Address to go to after signing in: one of ours, whatever the link said.
fn target(then: Option<&str>) -> &str {
    let is_ours = |then: &&str| {
        then.starts_with('/')
            && !then.starts_with("//")
            && then.len() <= 2000
            && then.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    then.filter(is_ours).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_site() {
        assert_eq!(target(Some("/shop/-/compare/v5...v7?w=1")), "/shop/-/compare/v5...v7?w=1");
        for wrong in [
            "",
            "shop",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/\r\nX: y",
        ] {
            assert_eq!(target(Some(wrong)), "/", "{wrong}");
        }
        assert_eq!(target(None), "/");
    }
}
