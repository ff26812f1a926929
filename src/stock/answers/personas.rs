//! Answers about personas: their versions, a new one, the current one.

use super::body_object;
use super::primitives::newest_state;
use crate::history::book::PersonaEntry;
use crate::history::state::{PersonaId, State};
use crate::model::json;
use crate::model::numbers::PERSONA;
use crate::object::{Id, Sink, Source};
use crate::stock::document;
use crate::stock::error::StockError;
use crate::stock::service::{Look, StockService};
use crate::stock::{StockAnswer, StockRequest};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Fields of a new persona that this server knows; another one may pin a version, and ignoring it would make another
/// persona live.
const FIELDS: [&str; 2] = ["persona", "publish"];

/// #11: the versions of the persona.
pub fn list(
    service: &StockService,
    request: &StockRequest,
    published: bool,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let current = current(look)?.map(|(number, _)| number);
        let mut all = Vec::new();
        let mut texts = Texts::default();
        for (number, row) in &look.view.personas {
            let in_book = look.book.pending.personas.iter().any(|entry| entry.number == *number);
            if !in_book {
                let persona = texts.read(look, row.id)?;
                all.push((*number, persona, row.at_ms, row.by.clone(), false));
            }
        }
        for entry in &look.book.pending.personas {
            let Some(id) = look.book.persona(look.objects, entry.number)? else { continue };
            let persona = texts.read(look, PersonaId { id, is_object: entry.is_object })?;
            let is_draft = entry.draft && !look.view.personas.contains_key(&entry.number);
            all.push((entry.number, persona, entry.at_ms, entry.by.clone(), is_draft));
        }
        // The command sorts by time, and takes the first of equal ones for the newest.
        all.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
        let rows = all.into_iter().filter(|(.., is_draft)| !(published && *is_draft));
        let rows = rows.map(|(number, persona, at_ms, by, is_draft)| {
            json!({
                "version": number, "persona": persona, "createdDate": at_ms, "createdBy": by,
                "status": if is_draft { "draft" } else { "published" }, "isCurrent": current == Some(number),
            })
        });
        StockAnswer::ok(&json!({"versions": rows.collect::<Vec<_>>()}))
    })
}

/// Personas that were read. Each push sends one, and most are the one before.
#[derive(Default)]
struct Texts(HashMap<(Id, bool), Value>);

impl Texts {
    fn read(&mut self, look: &Look<'_>, persona: PersonaId) -> Result<Value, StockError> {
        match self.0.entry((persona.id, persona.is_object)) {
            Entry::Occupied(known) => Ok(known.get().clone()),
            Entry::Vacant(vacant) => Ok(vacant.insert(value(look.objects, persona)?).clone()),
        }
    }
}

/// #12: a new version of the persona, which is current at once unless it is a draft.
pub fn create(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    super::known_fields(&sent, &FIELDS)?;
    let is_draft = match sent.get("publish") {
        None => false,
        Some(Value::Bool(publish)) => !publish,
        Some(_) => return Err(StockError::bad("publish is true or false")),
    };
    let (bytes, is_object) = match sent.get("persona") {
        Some(Value::String(text)) => (text.as_bytes().to_vec(), false),
        Some(value @ Value::Object(_)) => (json::encode_value(value)?, true),
        _ => return Err(StockError::bad("persona is a text or an object")),
    };
    service.change(
        request,
        &mut |draft| {
            let number = highest(&draft.look) + 1;
            let blob = draft.batch.put_blob(bytes.clone(), None)?;
            let (by, at_ms) = (draft.who.by.clone(), draft.who.at_ms);
            let txn = draft.txn.to_string();
            let entry = PersonaEntry { number, by, at_ms, draft: is_draft, is_object, txn };
            draft.look.book.add_persona(draft.batch, entry, blob)?;
            if !is_draft {
                draft.look.book.pending.persona = Some(number);
            }
            StockAnswer::created(&json!({"version": number}))
        },
        &|look, applied| {
            let txn = applied.txn.to_string();
            let sent = look.book.pending.personas.iter().find(|entry| entry.txn == txn);
            let number = sent.map_or_else(|| highest(look), |entry| entry.number);
            StockAnswer::created(&json!({"version": number}))
        },
    )
}

/// #13: another version becomes the current one.
pub fn publish(
    service: &StockService,
    request: &StockRequest,
    number: u64,
) -> Result<StockAnswer, StockError> {
    let done = || StockAnswer::ok(&json!({"version": number}));
    service.change(
        request,
        &mut |draft| {
            let look = &mut draft.look;
            if document::persona(look.objects, &look.view, &look.book, number)?.is_none() {
                return Err(StockError::not_found(format!("Persona version {number} not found")));
            }
            let personas = &mut look.book.pending.personas;
            let drafts = personas.iter_mut().filter(|entry| entry.number == number);
            drafts.for_each(|entry| entry.draft = false);
            look.book.pending.persona = Some(number);
            done()
        },
        &|_, _| done(),
    )
}

/// The number given last.
fn highest(look: &Look<'_>) -> u64 {
    let sent = look.book.pending.personas.iter().map(|entry| entry.number);
    let highest = sent.chain(look.view.personas.keys().copied()).max().unwrap_or(0);
    // A number that was given and forgotten with its text is in the record of the newest source version.
    let kept = look
        .view
        .newest_source()
        .and_then(|(_, row)| row.record.highest.get(PERSONA)?.parse().ok());
    highest.max(kept.unwrap_or(0))
}

/// The current persona: the one that was published last, or that of the version that the pending changes are on.
pub fn current(look: &Look<'_>) -> Result<Option<(u64, PersonaId)>, StockError> {
    if let Some(number) = look.book.pending.persona {
        let id = document::persona(look.objects, &look.view, &look.book, number)?;
        return Ok(id.map(|id| (number, id)));
    }
    let state = base_state(look)?;
    let number = state.numbers.get(PERSONA).and_then(|number| number.parse().ok());
    Ok(number.zip(state.persona))
}

/// State that the pending changes are on.
pub fn base_state(look: &Look<'_>) -> Result<State, StockError> {
    match look.book.pending.base.and_then(|number| look.view.version(number)) {
        Some(row) => Ok(State::load(look.objects, &row.state)?),
        None => newest_state(look),
    }
}

/// A persona as it is sent: text, or an object.
pub fn value<S: Source + ?Sized>(objects: &S, persona: PersonaId) -> Result<Value, StockError> {
    let bytes = objects.blob(&persona.id)?;
    Ok(match persona.is_object {
        true => json::decode(&bytes, "a persona")?,
        false => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
    })
}
