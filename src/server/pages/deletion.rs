//! Deletion by a form, with the guards of `version delete`.

use super::answers::{PageAnswer, html, redirect};
use super::history::{AgentHistory, moved};
use super::ledger_step::{LedgerStep, StepOutcome, author};
use super::sent_form::SentForm;
use crate::error::{Error, Result};
use crate::history::record::Event;
use crate::history::version::Status;
use crate::page::{DeletePage, address, delete_page};
use crate::protocol::TokenScope;
use crate::remote_store::RemoteStore;
use crate::server::limits::Pool;
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use crate::server::upkeep;
use axum::extract::Request;
use axum::http::StatusCode;
use std::sync::Arc;

/// Longest form: it has the value of its session alone.
const LONGEST: usize = 4 << 10;

/// `GET /AGENT/-/delete/v7`
pub fn show(history: &AgentHistory<'_>, name: &str) -> Result<PageAnswer> {
    let named = history.number(name)?;
    let here = || address::delete(history.agent(), named.number());
    if let Some(moved) = moved(&[&named], here) {
        return Ok(moved);
    }
    author(&history.asked.admitted, TokenScope::Promote)?;
    check(history, named.number())?;
    page(history, named.number()).map(PageAnswer::Html)
}

fn page(history: &AgentHistory<'_>, number: u64) -> Result<String> {
    let page = DeletePage {
        agent: history.agent(),
        number,
        status: history.look.view.status(number),
        message: history.load(number)?.meta.message,
        newest: history.newest(),
    };
    Ok(delete_page(&page, &history.asked.visitor))
}

/// True if the version can be deleted, false if it is deleted already.
pub fn check(history: &AgentHistory<'_>, number: u64) -> Result<bool> {
    let view = &history.look.view;
    let refuse = |why: &str| Err(Error::conflict(format!("Cannot delete v{number}: {why}.")));
    let left = || view.versions().filter(|(other, _)| view.status(*other) != Status::Deleted);
    match view.status(number) {
        Status::Deleted => Ok(false),
        Status::Active => refuse("it is the active version. Promote a different version first"),
        _ if left().count() == 1 => refuse("it is the only remaining version"),
        _ => Ok(true),
    }
}

/// `POST /AGENT/-/delete/v7`
pub async fn delete(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
    name: &str,
) -> Result<HttpResponse, HttpError> {
    let received = SentForm::receive(state, request, (agent, TokenScope::Promote), LONGEST).await?;
    let sent = match received {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    let by = author(&sent.asked.admitted, TokenScope::Promote)?;
    let (id, note, who) = (sent.asked.agent.clone(), sent.note(), sent.who.clone());
    let (service, name) = (state.pages.agents.clone(), name.to_owned());
    let attempt = move |_: &RemoteStore| {
        let planned = service.read_versions(&id, |look| {
            let history = AgentHistory { asked: &sent.asked, look };
            let number = history.number(&name)?.number();
            Ok(match check(&history, number)? {
                true => Ok((number, look.view.heads.active.map(|active| active.ledger))),
                false => Err(page(&history, number)?),
            })
        })?;
        let (number, expected) = match planned {
            Ok(planned) => planned,
            Err(deleted) => return Ok(Err(deleted)),
        };
        let step = LedgerStep { event: Event::Delete, number, by, reason: None, expected };
        if service.step(&sent.asked, &step)? == StepOutcome::Moved {
            return Err(Error::conflict("the ledger changed meanwhile: nothing was deleted")
                .hint("open the page again, and send its form"));
        }
        note(format!("delete v{number}"));
        Ok(Ok((sent.asked.agent.clone(), number)))
    };
    match state.work(Pool::Transactions, &who, attempt).await? {
        Err(page) => Ok(html(StatusCode::OK, page)),
        Ok((id, number)) => {
            let there = address::version(id.as_str(), number);
            upkeep::after_write(state, id);
            Ok(redirect(StatusCode::SEE_OTHER, &there))
        }
    }
}
