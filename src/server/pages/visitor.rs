//! Visitor: who asks for a page, and what the tokens of the session open now.

use super::cookie;
use super::session::{Session, SessionId};
use crate::error::Result;
use crate::page::PageVisitor;
use crate::protocol::{AgentId, TokenScope};
use crate::remote_store::RemoteStore;
use crate::server::access::{self, Admitted};
use crate::server::state::ServerState;
use crate::server::tokens::TokenEntry;
use axum::http::HeaderMap;

pub struct Visitor {
    session: Option<(SessionId, Session)>,
    /// Tokens of the session that are good now.
    entries: Vec<TokenEntry>,
    is_open: bool,
    /// True for pages of this machine.
    is_local: bool,
}

/// A visitor of an agent that may read it.
pub struct AgentVisit {
    pub admitted: Admitted,
    pub shown: PageVisitor,
}

impl Visitor {
    /// Visitor of a request. A session ends with its last token.
    pub fn of(state: &ServerState, headers: &HeaderMap) -> Visitor {
        let (pages, is_open) = (&state.pages, state.access.is_open());
        let is_local = pages.entry.is_some();
        let id = cookie::session(headers, pages.settings.names.is_secure());
        let session = id.and_then(|id| Some((pages.sessions.get(&id, state.log.now())?, id)));
        let Some((session, id)) = session else {
            return Visitor { session: None, entries: Vec::new(), is_open, is_local };
        };
        let good = |hash: &blake3::Hash| state.access.owner_of(hash).ok();
        let entries: Vec<TokenEntry> = session.tokens.iter().filter_map(good).collect();
        if entries.is_empty() {
            pages.sessions.end(&id);
            return Visitor { session: None, entries, is_open, is_local };
        }
        Visitor { session: Some((id, session)), entries, is_open, is_local }
    }

    /// True for somebody who has to sign in.
    pub fn is_nobody(&self) -> bool {
        self.session.is_none() && !self.is_open
    }

    pub fn session(&self) -> Option<&(SessionId, Session)> {
        self.session.as_ref()
    }

    pub fn first_token(&self) -> Option<String> {
        self.entries.first().map(|entry| entry.id.clone())
    }

    pub fn shown(&self) -> PageVisitor {
        match &self.session {
            Some((_, session)) if self.is_local => {
                PageVisitor::Local { form_key: session.form_key.clone(), note: None }
            }
            Some((_, session)) => {
                PageVisitor::SignedIn { form_key: session.form_key.clone(), is_admin: false }
            }
            None if self.is_open => PageVisitor::Open,
            None => PageVisitor::Stranger,
        }
    }

    /// Agents that the visitor may see, beside those that are public.
    pub fn agents(&self, store: &RemoteStore) -> Result<Vec<AgentId>> {
        if self.is_open {
            return store.agents();
        }
        let is_plain = |entry: &TokenEntry| entry.agents.list().iter().all(|one| one.is_plain());
        let existing = match self.entries.iter().all(is_plain) {
            true => Vec::new(),
            false => store.agents()?,
        };
        Ok(self.entries.iter().flat_map(|entry| entry.agents_among(existing.clone())).collect())
    }

    /// Token of the session that opens an agent, the one that allows most.
    pub fn token_of(&self, agent: &str) -> Option<&TokenEntry> {
        let opens = self.entries.iter().filter(|entry| entry.opens(agent));
        opens.max_by_key(|entry| entry.scope)
    }

    /// Lets the visitor read an agent; `None` for somebody who has to sign in first. An agent that no token of the
    /// session is for is answered as one that does not exist, and neither is looked at.
    pub fn visit(&self, state: &ServerState, agent: &str) -> Result<Option<AgentVisit>> {
        let mut shown = self.shown();
        if let PageVisitor::SignedIn { is_admin, .. } = &mut shown {
            let token = self.token_of(agent);
            *is_admin = token.is_some_and(|entry| entry.scope.allows(TokenScope::Admin));
        }
        let with = |admitted| Ok(Some(AgentVisit { admitted, shown }));
        if self.is_open {
            let admitted = state.access.admit(&HeaderMap::new(), agent, TokenScope::Read)?;
            return with(admitted);
        }
        if let Some(entry) = self.token_of(agent) {
            return with(state.access.admit_entry(entry, agent, TokenScope::Read)?);
        }
        let public = &state.pages.settings.public;
        if let Some(id) = public.iter().find(|public| public.as_str() == agent) {
            return with(state.access.admit_reader(id.clone()));
        }
        match self.session {
            Some(_) => Err(access::no_agent(agent)),
            None => Ok(None),
        }
    }
}
