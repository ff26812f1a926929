//! Edit of the persona by a form: a push and a staged version, of what the form was made from.

use super::AskedPage;
use super::answers::{PageAnswer, html, redirect};
use super::form::FormFields;
use super::history::AgentHistory;
use super::ledger_step::{author, request};
use super::personas;
use super::sent_form::SentForm;
use crate::compare::{self, PersonaContent};
use crate::error::{Error, Kind, Result};
use crate::history::record::{Author, VersionMeta};
use crate::history::source::SourceVersion;
use crate::history::state::State;
use crate::history::version;
use crate::object::Id;
use crate::operations::persona_edit::{self, PersonaTexts};
use crate::operations::wording;
use crate::page::{
    LONGEST_PERSONA, LONGEST_REASON, PersonaArea, PersonaEditPage, PersonaRefusal, address,
    persona_edit_page,
};
use crate::protocol::TokenScope;
use crate::remote_store::{AgentEdit, EditGround, Edited, RemoteStore};
use crate::report;
use crate::server::hints;
use crate::server::limits::{Pool, Quota};
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use crate::server::upkeep;
use crate::stock::StockService;
use crate::store::Batch;
use axum::extract::Request;
use axum::http::StatusCode;
use std::sync::Arc;

/// Longest form: letters of four bytes, encoded.
const LONGEST: usize = 1 << 20;
/// Field of the text.
const FIELD: &str = "persona";

/// Fields of the form.
#[derive(Clone, Default)]
struct PersonaForm {
    texts: PersonaTexts,
    reason: String,
    expected: String,
    saves: bool,
}

/// Result of saving.
enum SaveOutcome {
    /// Number of the version that has the text now.
    Done(u64),
    Moved,
    Refused(Error),
}

/// The newest push, as a form begins with it.
struct PersonaDraft {
    number: u64,
    id: Id,
    state: Id,
    persona: PersonaContent,
    texts: PersonaTexts,
}

impl PersonaDraft {
    fn of(history: &AgentHistory<'_>) -> Result<PersonaDraft> {
        let none = || Error::not_found("nothing was pushed to this agent yet").hint(hints::PUSH);
        let (number, row) = history.look.view.newest_source().ok_or_else(none)?;
        if let Some(reason) = &row.record.unread {
            return Err(Error::conflict(format!("the agent in the files was not read: {reason}")));
        }
        let state = State::load(history.objects(), &row.state)?;
        let persona = compare::persona(history.objects(), &state)?.unwrap_or_else(nothing);
        let texts = PersonaTexts::of(&persona.text, persona.is_object)?;
        if texts.0.is_empty() {
            let what = "the persona has no text here: code computes it";
            return Err(Error::conflict(what).hint("change it in the project, and push it"));
        }
        Ok(PersonaDraft { number, id: row.id, state: row.state, persona, texts })
    }

    /// True if texts are of the same parts.
    fn has_parts_of(&self, texts: &PersonaTexts) -> bool {
        self.texts.0.iter().map(|(part, _)| part).eq(texts.0.iter().map(|(part, _)| part))
    }

    /// The persona with other texts.
    fn with(&self, texts: &PersonaTexts) -> Result<PersonaContent> {
        let PersonaContent { text, is_object, .. } = &self.persona;
        let text = texts.put_into(text, *is_object)?;
        Ok(PersonaContent { number: None, text, is_object: *is_object })
    }
}

/// The persona of an agent that has none.
fn nothing() -> PersonaContent {
    PersonaContent { number: None, text: String::new(), is_object: false }
}

/// Texts of a form, each in the field `persona`, or `persona.PART` for a part of an object.
fn texts_of(fields: &FormFields) -> PersonaTexts {
    let text = |(name, value): (&str, &str)| {
        let part = match name.strip_prefix(FIELD)? {
            "" => None,
            part => Some(part.strip_prefix('.')?.to_owned()),
        };
        Some((part, value.replace("\r\n", "\n")))
    };
    PersonaTexts(fields.all().filter_map(text).collect())
}

/// `GET /AGENT/-/persona/edit`
pub fn show(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    author(&history.asked.admitted, TokenScope::Push)?;
    let draft = PersonaDraft::of(history)?;
    let form = PersonaForm { texts: draft.texts.clone(), ..PersonaForm::default() };
    page(history, &draft, form, None).map(PageAnswer::Html)
}

fn page(
    history: &AgentHistory<'_>,
    draft: &PersonaDraft,
    form: PersonaForm,
    refused: Option<PersonaRefusal>,
) -> Result<String> {
    let is_whole = form.texts.0.iter().all(|(_, text)| !text.is_empty());
    let preview = match form.texts != draft.texts && is_whole && draft.has_parts_of(&form.texts) {
        true => Some(personas::difference(draft.with(&draft.texts)?, draft.with(&form.texts)?)),
        false => None,
    };
    let version = history.look.view.newest_version().map(|(_, row)| row.state);
    let change = compare::between(history.objects(), version.as_ref(), Some(&draft.state))?;
    let is_versioned = version.is_none() || change.is_empty();
    let page = PersonaEditPage {
        agent: history.agent(),
        texts: form.texts.0.into_iter().map(area).collect(),
        reason: form.reason,
        expected: draft.id.to_string(),
        source: draft.number,
        preview,
        unversioned: if is_versioned { Vec::new() } else { report::lines(&change, false) },
        refused,
        newest: history.newest(),
    };
    Ok(persona_edit_page(&page, &history.asked.visitor))
}

fn area((part, text): (Option<String>, String)) -> PersonaArea {
    let field = part.as_ref().map_or_else(|| FIELD.to_owned(), |part| format!("{FIELD}.{part}"));
    PersonaArea { field, part, text }
}

/// Reason why the fields are not as they must be.
fn check(form: &PersonaForm, draft: &PersonaDraft) -> Option<Error> {
    if !draft.has_parts_of(&form.texts) {
        return Some(Error::usage("The form has other texts than the persona."));
    }
    let texts = form.texts.0.iter().map(|(_, text)| ("persona", text, LONGEST_PERSONA));
    for (field, text, most) in texts.chain([("reason", &form.reason, LONGEST_REASON)]) {
        let letters = text.chars().count();
        if letters == 0 && field == "reason" && !form.saves {
            continue;
        }
        if !(1..=most).contains(&letters) {
            let what = format!("The {field} has 1 to {most} letters; this one has {letters}.");
            return Some(Error::usage(what));
        }
    }
    if form.saves && form.texts == draft.texts {
        return Some(Error::usage(
            "The text is that of the current draft: there is nothing to save.",
        ));
    }
    let secrets = form.texts.0.iter().map(|(_, text)| wording::check_secret("persona", text));
    let secrets: Result<()> = secrets.collect();
    secrets.and_then(|()| wording::check_words(&[("reason", Some(&form.reason))])).err()
}

/// The push that was made since the form, and what it did to the persona.
fn moved(
    history: &AgentHistory<'_>,
    draft: &PersonaDraft,
    expected: &str,
) -> Result<PersonaRefusal> {
    let view = &history.look.view;
    let mut before = nothing();
    if let Some((_, row)) = view.sources().find(|(_, row)| row.id.to_string() == expected) {
        let state = State::load(history.objects(), &row.state)?;
        before = compare::persona(history.objects(), &state)?.unwrap_or(before);
    }
    let push = history.source(draft.number)?;
    Ok(PersonaRefusal::Moved {
        number: draft.number,
        by: push.record.by,
        at: history.time(push.record.at_ms),
        lines: personas::difference(before, draft.with(&draft.texts)?),
    })
}

/// `POST /AGENT/-/persona/edit`: a preview, or the version.
pub async fn save(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
) -> Result<HttpResponse, HttpError> {
    let received = SentForm::receive(state, request, (agent, TokenScope::Push), LONGEST).await?;
    let sent = match received {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    let by = author(&sent.asked.admitted, TokenScope::Push)?;
    let form = PersonaForm {
        texts: texts_of(&sent.fields),
        reason: sent.field("reason").replace("\r\n", "\n"),
        expected: sent.field("expected"),
        saves: sent.fields.get("save").is_some(),
    };
    let saving = PersonaSaving {
        who: Author { by, at_ms: sent.asked.now_ms },
        form,
        service: state.stock_service.clone(),
        quota: state.quota.clone(),
    };
    let (asker, note) = (sent.who.clone(), sent.note());
    let id = sent.asked.agent.clone();
    let attempt = move |store: &RemoteStore| saving.answer(store, &sent.asked);
    match state.work(Pool::Transactions, &asker, attempt).await?? {
        PersonaAnswer::Page(status, page) => Ok(html(status, page)),
        PersonaAnswer::Saved(number) => {
            note(format!("push persona, version v{number}"));
            let there = address::version(id.as_str(), number);
            upkeep::after_write(state, id);
            Ok(redirect(StatusCode::SEE_OTHER, &there))
        }
    }
}

/// A form that was received, and what it needs.
struct PersonaSaving {
    who: Author,
    form: PersonaForm,
    service: Arc<StockService>,
    quota: Arc<Quota>,
}

enum PersonaAnswer {
    Page(StatusCode, String),
    /// Number of the version that has the text.
    Saved(u64),
}

impl PersonaSaving {
    fn answer(
        &self,
        store: &RemoteStore,
        asked: &AskedPage,
    ) -> Result<Result<PersonaAnswer, HttpError>> {
        let form = &self.form;
        let checked = self.service.read_versions(&asked.agent, |look| {
            let history = AgentHistory { asked, look };
            let draft = PersonaDraft::of(&history)?;
            let page = |status, refused| {
                let page = page(&history, &draft, form.clone(), refused)?;
                Ok(Some(PersonaAnswer::Page(status, page)))
            };
            if draft.id.to_string() != form.expected {
                let moved = moved(&history, &draft, &form.expected)?;
                return page(StatusCode::CONFLICT, Some(moved));
            }
            match check(form, &draft) {
                Some(error) => page(StatusCode::BAD_REQUEST, Some(field(&error))),
                None if !form.saves => page(StatusCode::OK, None),
                None => Ok(None),
            }
        })?;
        if let Some(page) = checked {
            return Ok(Ok(page));
        }
        let mut usage = store.usage(&asked.agent)?;
        let length: usize = form.texts.0.iter().map(|(_, text)| text.len()).sum();
        usage.stored += usage.uploads + length as u64;
        (usage.uploads, usage.refs) = (0, usage.refs + 2);
        if let Err(refused) = self.quota.allow(&asked.agent, &usage) {
            return Ok(Err(refused));
        }
        match self.save(store, asked)? {
            SaveOutcome::Done(number) => Ok(PersonaAnswer::Saved(number)),
            SaveOutcome::Refused(error) => self.refused(asked, StatusCode::CONFLICT, Some(&error)),
            SaveOutcome::Moved => self.refused(asked, StatusCode::CONFLICT, None),
        }
        .map(Ok)
    }

    /// The form once more; without an error somebody else was faster.
    fn refused(
        &self,
        asked: &AskedPage,
        status: StatusCode,
        error: Option<&Error>,
    ) -> Result<PersonaAnswer> {
        self.service.read_versions(&asked.agent, |look| {
            let history = AgentHistory { asked, look };
            let draft = PersonaDraft::of(&history)?;
            let refused = match error {
                Some(error) => field(error),
                None => moved(&history, &draft, &self.form.expected)?,
            };
            let page = page(&history, &draft, self.form.clone(), Some(refused))?;
            Ok(PersonaAnswer::Page(status, page))
        })
    }

    /// Makes the push and the version, if the newest push is still that of the form.
    fn save(&self, store: &RemoteStore, asked: &AskedPage) -> Result<SaveOutcome> {
        let what = format!("persona\0{}\0{:?}", self.form.reason, self.form.texts);
        let request = request(asked, what.as_bytes())?;
        let edited =
            store.edit(&asked.agent, &request, &mut |ground, batch| self.draft(ground, batch))?;
        match edited {
            Edited::Now(outcome) => Ok(outcome),
            Edited::Before(_) => Ok(SaveOutcome::Moved),
        }
    }

    fn draft(
        &self,
        EditGround { heads, .. }: EditGround<'_>,
        batch: &mut Batch,
    ) -> Result<(Option<AgentEdit>, SaveOutcome)> {
        let form = &self.form;
        let Some(newest) = heads.source.last().filter(|id| id.to_string() == form.expected) else {
            return Ok((None, SaveOutcome::Moved));
        };
        let pushed = SourceVersion::load(batch, heads.source.len() as u64, *newest)?;
        let words = (&form.texts, &*form.reason);
        let push = match persona_edit::push(batch, &pushed, words, &self.who) {
            Ok(push) => push,
            Err(error)
                if matches!(
                    error.kind(),
                    Kind::Failed | Kind::Unreadable | Kind::Usage | Kind::Conflict
                ) && error.io_kind().is_none() =>
            {
                return Ok((None, SaveOutcome::Refused(error)));
            }
            Err(error) => return Err(error),
        };
        let meta = VersionMeta {
            by: self.who.by.clone(),
            at_ms: push.at_ms,
            message: Some(form.reason.clone()),
            commit: None,
            source_version: pushed.number + 1,
            unread: None,
        };
        let id = version::put(batch, &meta, push.state, push.files, None)?;
        let number = heads.versions.len() as u64 + 1;
        let edit = AgentEdit { source: vec![push.id], versions: vec![id], ..AgentEdit::default() };
        Ok((Some(edit), SaveOutcome::Done(number)))
    }
}

fn field(error: &Error) -> PersonaRefusal {
    PersonaRefusal::Field { what: error.message().to_owned(), hint: hints::of(error) }
}
