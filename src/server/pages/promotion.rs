//! Promotion by a form: checked against what is live now.

use super::AskedPage;
use super::answers::{PageAnswer, html, redirect};
use super::history::{AgentHistory, moved};
use super::ledger_step::{LedgerStep, StepOutcome, author};
use super::paged::SharedAgents;
use super::sent_form::SentForm;
use crate::compare::{self, StateChange};
use crate::error::{Error, Result};
use crate::history::record::Event;
use crate::history::version::Status;
use crate::object::Id;
use crate::operations::wording;
use crate::page::{LONGEST_REASON, PromotePage, PromotionRefusal, address, promote_page};
use crate::protocol::TokenScope;
use crate::remote_store::RemoteStore;
use crate::report;
use crate::server::limits::Pool;
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use crate::server::upkeep;
use axum::extract::Request;
use axum::http::StatusCode;
use std::sync::Arc;

/// Longest form: a reason whose letters have four bytes each, encoded.
const LONGEST: usize = 16 << 10;

/// Fields of the form.
struct PromotionForm {
    reason: String,
    typed: String,
    expected: String,
}

/// `GET /AGENT/-/promote/v7`
pub fn show(history: &AgentHistory<'_>, name: &str) -> Result<PageAnswer> {
    let named = history.number(name)?;
    let here = || address::promote(history.agent(), named.number());
    if let Some(moved) = moved(&[&named], here) {
        return Ok(moved);
    }
    author(&history.asked.admitted, TokenScope::Promote)?;
    let page = page(history, named.number(), String::new(), None)?;
    Ok(PageAnswer::Html(promote_page(&page, &history.asked.visitor)))
}

fn page<'a>(
    history: &AgentHistory<'a>,
    number: u64,
    reason: String,
    refused: Option<PromotionRefusal>,
) -> Result<PromotePage<'a>> {
    let view = &history.look.view;
    let target = history.load(number)?;
    if view.status(number) == Status::Deleted {
        return Err(Error::conflict(format!("cannot promote v{number}: it was deleted")));
    }
    let live = view.active().and_then(|live| Some((live, view.version(live)?.state)));
    let before = live.map(|(_, state)| state);
    let change = compare::between(history.objects(), before.as_ref(), Some(&target.state))?;
    let lines = if change.is_empty() { Vec::new() } else { report::lines(&change, false) };
    let expected = view.heads.active.map(|active| active.ledger.to_string());
    Ok(PromotePage {
        agent: history.agent(),
        number,
        message: target.meta.message,
        live: live.map(|(live, _)| live),
        lines,
        typed_because: live.and_then(|(live, _)| typed_because(number, live, &change)),
        expected: expected.unwrap_or_default(),
        reason,
        refused,
        newest: history.newest(),
    })
}

/// Reason why the number must be typed.
fn typed_because(number: u64, live: u64, change: &StateChange) -> Option<&'static str> {
    let brings_back = |kind: &compare::KindChange| {
        !kind.added.is_empty() || kind.changed.iter().any(|one| !one.parts.tools_added.is_empty())
    };
    match number < live {
        true if live - number > 1 => Some("this goes back by more than one"),
        true if change.kinds.iter().any(brings_back) => Some("this restores what was deleted"),
        _ => None,
    }
}

/// `POST /AGENT/-/promote/v7`
pub async fn promote(
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
    let form = PromotionForm {
        reason: sent.field("reason").replace("\r\n", "\n"),
        typed: sent.field("number"),
        expected: sent.field("expected"),
    };
    let (id, note) = (sent.asked.agent.clone(), sent.note());
    let (service, name, who) = (state.pages.agents.clone(), name.to_owned(), sent.who.clone());
    let attempt = move |_: &RemoteStore| {
        let (number, attempt) = attempt(&service, &sent.asked, (&name, &form, by))?;
        if let PromotionAttempt::Step(StepOutcome::Done) = attempt {
            note(format!("promote v{number}"));
            return Ok(None);
        }
        service
            .read_versions(&sent.asked.agent, |look| {
                let history = AgentHistory { asked: &sent.asked, look };
                let (status, refused) = match attempt {
                    PromotionAttempt::Refused(what) => {
                        (StatusCode::BAD_REQUEST, Some(PromotionRefusal::Field(what)))
                    }
                    PromotionAttempt::Step(StepOutcome::Moved) => {
                        (StatusCode::CONFLICT, Some(newest(&history)?))
                    }
                    PromotionAttempt::Step(_) => (StatusCode::OK, None),
                };
                let page = page(&history, number, form.reason.clone(), refused)?;
                Ok((status, promote_page(&page, &sent.asked.visitor)))
            })
            .map(Some)
    };
    match state.work(Pool::Transactions, &who, attempt).await? {
        Some((status, page)) => Ok(html(status, page)),
        None => {
            upkeep::after_write(state, id.clone());
            Ok(redirect(StatusCode::SEE_OTHER, &address::home(id.as_str())))
        }
    }
}

/// Result of a form.
enum PromotionAttempt {
    /// A field is not as it must be.
    Refused(String),
    Step(StepOutcome),
}

/// Checks the fields, and moves the pointer if the ledger is still as the form says.
fn attempt(
    service: &SharedAgents,
    asked: &AskedPage,
    (name, form, by): (&str, &PromotionForm, String),
) -> Result<(u64, PromotionAttempt)> {
    let (number, refused) = service.read_versions(&asked.agent, |look| {
        let history = AgentHistory { asked, look };
        let number = history.number(name)?.number();
        let page = page(&history, number, String::new(), None)?;
        Ok((number, check(form, &page)))
    })?;
    if let Some(what) = refused {
        return Ok((number, PromotionAttempt::Refused(what)));
    }
    let expected = match &*form.expected {
        "" => None,
        text => match text.parse::<Id>() {
            Ok(id) => Some(id),
            Err(_) => return Ok((number, PromotionAttempt::Step(StepOutcome::Moved))),
        },
    };
    let reason = Some(form.reason.clone());
    let step = LedgerStep { event: Event::Promote, number, by, reason, expected };
    Ok((number, PromotionAttempt::Step(service.step(asked, &step)?)))
}

/// Reason why the fields are not as they must be.
fn check(form: &PromotionForm, page: &PromotePage<'_>) -> Option<String> {
    if page.live == Some(page.number) {
        return None;
    }
    let letters = form.reason.chars().count();
    if !(1..=LONGEST_REASON).contains(&letters) {
        return Some(format!(
            "The reason has 1 to {LONGEST_REASON} letters; this one has {letters}."
        ));
    }
    if let Err(error) = wording::check_words(&[("reason", Some(&form.reason))]) {
        return Some(error.message().to_owned());
    }
    let number = page.number.to_string();
    let is_typed = form.typed.strip_prefix('v').unwrap_or(&form.typed) == number;
    (page.typed_because.is_some() && !is_typed)
        .then(|| format!("Type v{number}, so that it is the version that you mean."))
}

/// The newest record, which was not expected.
fn newest(history: &AgentHistory<'_>) -> Result<PromotionRefusal> {
    let view = &history.look.view;
    let newest = view.heads.active.map(|active| history.record(&active.ledger)).transpose()?;
    let record = newest.ok_or_else(|| Error::conflict("the ledger changed meanwhile"))?.record;
    Ok(PromotionRefusal::Moved {
        number: view.active(),
        by: record.by,
        at: history.time(record.at_ms),
        reason: record.reason,
    })
}
