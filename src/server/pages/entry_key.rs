//! Entry key: the way into the pages of `lua-store ui`. It is in the address that the command prints, opens one session, and
//! leaves the address by a redirect.

use super::answers::redirect;
use super::cookie;
use super::form::FormFields;
use super::route::{AgentPageRoute, PageRoute};
use super::session::SessionId;
use crate::error::{Error, Kind, Result};
use crate::page::address;
use crate::protocol::AgentId;
use crate::server::hints;
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time in which the key opens.
const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// A key of 256 random bits, of which only the hash is known.
pub struct EntryKey {
    agent: AgentId,
    token: blake3::Hash,
    key: blake3::Hash,
    until: Instant,
    unused: Mutex<bool>,
}

impl EntryKey {
    /// A new key with its text. `token` is that of the session which it opens.
    pub fn new(agent: AgentId, token: blake3::Hash, now: Instant) -> Result<(EntryKey, String)> {
        let text = SessionId::random()?.text();
        let key = blake3::hash(text.as_bytes());
        let until = now + GOOD_FOR;
        Ok((EntryKey { agent, token, key, until, unused: Mutex::new(true) }, text))
    }

    pub fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// True once, for the right key in its time. A wrong key takes nothing away. Constant time.
    fn take(&self, text: &str, now: Instant) -> bool {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = blake3::hash(text.as_bytes()) == self.key && now < self.until && *unused;
        *unused &= !is_good;
        is_good
    }
}

/// `GET /-/open?key=…`
pub fn enter(state: &ServerState, request: &Request) -> Result<HttpResponse, HttpError> {
    let fields = FormFields::parse(request.uri().query().unwrap_or_default());
    let entry = state.pages.entry.as_ref().ok_or_else(super::answers::nothing_here)?;
    if !entry.take(fields.get("key").unwrap_or_default(), Instant::now()) {
        return Err(no_session("this address was used, is too old or is not ours").into());
    }
    let id = state.pages.sessions.begin(None, entry.token, state.log.now())?;
    let mut answer = redirect(StatusCode::SEE_OTHER, &address::home(entry.agent.as_str()));
    if let Some(cookie) = cookie::give(&id, false) {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Refuses what only a server does.
pub fn check_route(route: &PageRoute) -> Result<()> {
    match route {
        PageRoute::SignIn | PageRoute::SignOut => Err(no_session("nobody signs in here")),
        PageRoute::Agent { page: AgentPageRoute::PersonaEdit, .. } => {
            let what = "the persona is edited in the files of this project";
            Err(Error::new(Kind::Forbidden, what).hint(hints::EDIT_FILES))
        }
        _ => Ok(()),
    }
}

/// Refusal of somebody whom no key let in.
pub fn no_session(why: &str) -> Error {
    Error::new(Kind::Forbidden, why).hint(hints::ENTRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_once_and_for_five_minutes() {
        let start = Instant::now();
        let new = || {
            let agent = "shop".parse().unwrap();
            EntryKey::new(agent, blake3::hash(b"token"), start).unwrap()
        };
        let at = |second| start + Duration::from_secs(second);
        let (entry, text) = new();
        assert_eq!(text.len(), 64);
        for wrong in ["", "0", &text[1..], &new().1] {
            assert!(!entry.take(wrong, at(1)), "{wrong}");
        }
        assert!(entry.take(&text, at(299)));
        assert!(!entry.take(&text, at(299)), "once");
        let (entry, text) = new();
        assert!(!entry.take(&text, at(300)), "too late");
    }
}
