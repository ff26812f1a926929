//! Sent form: a form of a page that changes something, from our own pages and of somebody whose session it is.

use super::AskedPage;
use super::answers::redirect;
use super::form::FormFields;
use super::sign_in::check_key;
use super::visitor::{AgentVisit, Visitor};
use crate::page::address;
use crate::protocol::TokenScope;
use crate::server::agents;
use crate::server::limits::Requester;
use crate::server::request_log::Trace;
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use crate::server::tokens::TokenEntry;
use axum::extract::Request;
use axum::http::StatusCode;
use std::sync::Arc;

pub struct SentForm {
    pub asked: AskedPage,
    pub fields: FormFields,
    pub who: Requester,
    /// Token of the session that opens the agent.
    pub token: TokenEntry,
    trace: Option<Arc<Trace>>,
}

impl SentForm {
    /// Receives a form of so many bytes at most. Somebody who is not signed in gets the other answer.
    pub async fn receive(
        state: &Arc<ServerState>,
        request: Request,
        (agent, scope): (&str, TokenScope),
        longest: usize,
    ) -> Result<Result<SentForm, HttpResponse>, HttpError> {
        state.pages.settings.names.check_origin(request.headers())?;
        let visitor = Visitor::of(state, request.headers());
        let Some(AgentVisit { admitted, shown }) = visitor.visit(state, agent)? else {
            let then = address::sign_in(request.uri().path());
            return Ok(Err(redirect(StatusCode::SEE_OTHER, &then)));
        };
        admitted.needs(scope)?;
        let who = admitted.who();
        let label = admitted.bearer.as_ref().map_or("", |bearer| &bearer.token.name);
        agents::admit_request(state, &request, &who, label)?;
        let trace = request.extensions().get::<Arc<Trace>>().cloned();
        let fields = FormFields::of_body(request.into_body(), longest, &state.limits).await?;
        // Without a session nothing tells our own form from another program's.
        let (Some((_, session)), Some(token)) = (visitor.session(), visitor.token_of(agent)) else {
            return Err(super::wrong_method());
        };
        check_key(session, &fields)?;
        state.may_write().await?;
        let asked = AskedPage::new(state, admitted, shown, String::new());
        Ok(Ok(SentForm { asked, fields, who, token: token.clone(), trace }))
    }

    /// A field without the space around it.
    pub fn field(&self, name: &str) -> String {
        self.fields.get(name).unwrap_or_default().trim().to_owned()
    }

    /// Note of the change, for the log.
    pub fn note(&self) -> impl FnOnce(String) + Send + 'static {
        let trace = self.trace.clone();
        move |what| drop(trace.map(|trace| trace.did.set(what)))
    }
}
