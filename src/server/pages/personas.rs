//! Pages of the persona.

use super::answers::{PageAnswer, nothing_here};
use super::history::{AgentHistory, numbered};
use super::ledger_step::author;
use crate::compare::{self, PersonaChange, PersonaContent, StateChange};
use crate::error::{Error, Result};
use crate::history::state::{PersonaId, State};
use crate::model::numbers::PERSONA;
use crate::page::{self, PageVisitor, PersonaItem, PersonaPage, address};
use crate::protocol::TokenScope;
use crate::report;
use crate::report::Line;
use std::collections::HashSet;

/// Most versions of the persona that are listed.
const LISTED: usize = 200;

/// `/-/persona`: the newest one.
pub fn newest(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    match history.look.view.personas.last_key_value() {
        Some((number, _)) => Ok(PageAnswer::Moved(address::persona(history.agent(), *number))),
        None => show(history, None, None),
    }
}

/// `/-/persona/v3`, or `/-/persona/v2...v3`.
pub fn persona(history: &AgentHistory<'_>, name: &str) -> Result<PageAnswer> {
    if let Some((from, to)) = name.split_once("...") {
        let (from, to) = (number(history, from)?, number(history, to)?);
        let lines = difference(content(history, from)?, content(history, to)?);
        return show(history, None, Some((from, to, lines)));
    }
    if name == "latest" {
        return newest(history);
    }
    if name == "active" {
        let number = current(history)?.and_then(|(number, _)| number);
        let number = number.ok_or_else(|| Error::not_found("no version is live"))?;
        return Ok(PageAnswer::Moved(address::persona(history.agent(), number)));
    }
    let number = number(history, name)?;
    show(history, Some((number, content(history, number)?.text)), None)
}

fn number(history: &AgentHistory<'_>, name: &str) -> Result<u64> {
    let number = numbered(name).ok_or_else(nothing_here)?;
    match history.look.view.personas.contains_key(&number) {
        true => Ok(number),
        false => Err(Error::not_found(format!("there is no persona v{number}"))),
    }
}

fn content(history: &AgentHistory<'_>, number: u64) -> Result<PersonaContent> {
    let row = history.look.view.personas.get(&number);
    let state = State { persona: row.map(|row| row.id), ..State::default() };
    let found = compare::persona(history.objects(), &state)?;
    found.ok_or_else(|| Error::not_found(format!("there is no persona v{number}")))
}

pub fn difference(from: PersonaContent, to: PersonaContent) -> Vec<Line> {
    if from.text == to.text {
        return Vec::new();
    }
    let persona = Some(PersonaChange { from: Some(from), to: Some(to) });
    report::persona_lines(&StateChange { persona, ..StateChange::default() }, true)
}

/// Number and content of the persona of the live version.
fn current(history: &AgentHistory<'_>) -> Result<Option<(Option<u64>, Option<PersonaId>)>> {
    let view = &history.look.view;
    let Some(row) = view.active().and_then(|number| view.version(number)) else { return Ok(None) };
    let state = State::load(history.objects(), &row.state)?;
    let number = state.numbers.get(PERSONA).and_then(|number| number.parse().ok());
    Ok(Some((number, state.persona)))
}

fn show(
    history: &AgentHistory<'_>,
    shown: Option<(u64, String)>,
    compared: Option<(u64, u64, Vec<Line>)>,
) -> Result<PageAnswer> {
    let view = &history.look.view;
    let current = current(history)?.and_then(|(number, _)| number);
    let published = published(history)?;
    let versions = view.personas.iter().rev().take(LISTED).map(|(number, row)| PersonaItem {
        number: *number,
        status: match () {
            () if current == Some(*number) => "current",
            () if published.contains(number) => "published",
            () => "draft",
        },
        by: row.by.clone(),
        at: history.time(row.at_ms),
    });
    let page = PersonaPage {
        agent: history.agent(),
        versions: versions.collect(),
        shown,
        compared,
        may_edit: author(&history.asked.admitted, TokenScope::Push).is_ok()
            && !matches!(history.asked.visitor, PageVisitor::Local { .. }),
        newest: history.newest(),
    };
    Ok(PageAnswer::Html(page::persona_page(&page, &history.asked.visitor)))
}

/// Numbers of the personas of versions that were live once.
fn published(history: &AgentHistory<'_>) -> Result<HashSet<u64>> {
    let view = &history.look.view;
    let mut found = HashSet::new();
    for id in view.ledger().promoted.keys() {
        let row = view.number_of(id).and_then(|number| view.version(number));
        let Some(row) = row else { continue };
        let state = State::load(history.objects(), &row.state)?;
        found.extend(state.numbers.get(PERSONA).and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(found)
}
