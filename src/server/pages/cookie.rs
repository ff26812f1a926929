//! Cookie of a session.

use super::session::SessionId;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// With TLS the name begins so: then browsers take it from no other name, and not without TLS.
fn name(secure: bool) -> &'static str {
    if secure { "__Host-lua-store" } else { "lua-store" }
}

/// Session of a request.
pub fn session(headers: &HeaderMap, secure: bool) -> Option<SessionId> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name(secure)).and_then(|(_, value)| SessionId::parse(value))
}

/// Header that gives a browser its session.
pub fn give(id: &SessionId, secure: bool) -> Option<HeaderValue> {
    value(&id.text(), secure, "")
}

/// Header that takes it away.
pub fn take(secure: bool) -> Option<HeaderValue> {
    value("", secure, "; Max-Age=0")
}

fn value(text: &str, secure: bool, end: &str) -> Option<HeaderValue> {
    let flag = if secure { "; Secure" } else { "" };
    let cookie = format!("{}={text}; Path=/; HttpOnly; SameSite=Lax{flag}{end}", name(secure));
    HeaderValue::from_str(&cookie).ok()
}
