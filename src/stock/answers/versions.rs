//! Answers about agent versions: their list, a new one, promotion and deletion.

use super::snapshot;
use super::{body_object, known_fields};
use crate::history::ledger::{self, LedgerEntry};
use crate::history::record::{Event, LedgerRecord, VersionMeta, iso};
use crate::history::rules;
use crate::history::source::SourceVersion;
use crate::history::version::{self, Status};
use crate::object::Id;
use crate::remote_store::AppliedTransaction;
use crate::stock::compose::{self, Composition};
use crate::stock::error::{StockError, code};
use crate::stock::route::{StatusFilter, VersionFilter};
use crate::stock::service::{ChangeDraft, Look, StockService};
use crate::stock::view::VersionRow;
use crate::stock::{StockAnswer, StockRequest};
use crate::store::Active;
use serde_json::{Map, Value, json};

/// Length of a list if the request names none.
const LISTED: u64 = 20;

/// #24: the versions, newest first.
pub fn list(
    service: &StockService,
    request: &StockRequest,
    filter: &VersionFilter,
) -> Result<StockAnswer, StockError> {
    let most = match (filter.all, filter.limit) {
        (true, None) => u64::MAX,
        (_, Some(limit)) => limit,
        (false, None) => LISTED,
    };
    service.read(&request.agent, |look| {
        let is_meant = |number: u64| match &filter.status {
            Some(StatusFilter::All) => true,
            Some(StatusFilter::Only(status)) => look.view.status(number) == *status,
            None => look.view.status(number) != Status::Deleted,
        };
        let rows = look.view.versions().filter(|(number, _)| is_meant(*number));
        let rows = rows.take(usize::try_from(most).unwrap_or(usize::MAX));
        let rows: Result<Vec<_>, StockError> =
            rows.map(|(number, row)| Ok(Value::Object(summary(look, number, row)?))).collect();
        StockAnswer::ok(&rows?)
    })
}

/// #25: a version, with what it holds.
pub fn show(
    service: &StockService,
    request: &StockRequest,
    number: u64,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let row = look.view.version(number).ok_or_else(|| not_found(number))?;
        StockAnswer::ok(&whole(look, number, row)?)
    })
}

/// #26: what differs between two versions.
pub fn diff(
    service: &StockService,
    request: &StockRequest,
    (from, to): (u64, u64),
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let row = |number| look.view.version(number).ok_or_else(|| not_found(number));
        let (before, after) = (row(from)?, row(to)?);
        StockAnswer::ok(&snapshot::diff(look, &before.state, &after.state)?)
    })
}

/// #23: the newest source version becomes a version.
pub fn create(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    known_fields(&sent, &["message", "sourceManifestVersion", "commitHash"])?;
    let text = |field: &str| -> Result<Option<String>, StockError> {
        match sent.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                rules::check_text(field, text)?;
                Ok(Some(text.clone()))
            }
            Some(_) => Err(StockError::bad(format!("{field} is a text"))),
        }
    };
    let (message, commit) = (text("message")?, text("commitHash")?);
    let named = sent.get("sourceManifestVersion").and_then(Value::as_u64);
    let named =
        named.ok_or_else(|| StockError::bad("sourceManifestVersion is the number of a backup"))?;
    service.change(
        request,
        &mut |draft| {
            let newest = check_source(&draft.look, named)?;
            let source = with_document(service, draft, newest)?;
            refuse_same(&draft.look, &source)?;
            let meta = VersionMeta {
                by: draft.who.by.clone(),
                at_ms: draft.who.at_ms,
                message: message.clone(),
                commit: commit.clone(),
                source_version: source.number,
                unread: None,
            };
            let row = put(draft, meta, &source)?;
            draft.edit.versions.push(row.id);
            let number = draft.look.heads.versions.len() as u64 + 1;
            let mut answer = summary(&draft.look, number, &row)?;
            answer.insert("status".to_owned(), json!(Status::Staged.word()));
            let snapshot = snapshot::of(&draft.look, draft.batch, &row.state)?;
            answer.insert("snapshot".to_owned(), snapshot);
            Ok(StockAnswer::created(&answer)?.did(format!("version v{number}")))
        },
        &|look, applied| {
            let row =
                look.view.version(applied.versions).ok_or_else(|| not_found(applied.versions))?;
            StockAnswer::created(&whole(look, applied.versions, row)?)
        },
    )
}

/// The newest source version, if a version may be made of it by who knows the one that is named.
fn check_source(look: &Look<'_>, named: u64) -> Result<SourceVersion, StockError> {
    let (number, row) = look.view.newest_source().ok_or_else(|| {
        StockError::conflict(code::SOURCE_MISSING, "nothing was pushed yet; run `lua push` first")
    })?;
    let known = look.view.source(named).ok_or_else(|| {
        StockError::not_found(format!("there is no backup v{named} here; run `lua push` first"))
    })?;
    if known.files != row.files {
        let message = format!(
            "{} pushed backup v{number} after your v{named}, with other files; run `lua pull` to get them, then \
             push and create the version again",
            row.record.by
        );
        return Err(StockError::conflict(code::SOURCE_OUTDATED, message));
    }
    if let Some((key, given)) = look.book.pending.pushed.iter().next() {
        let message = format!(
            "{key} {given} was pushed after backup v{number}, so that its sources are not known; run \
             `lua push backup --force --fresh`"
        );
        return Err(StockError::conflict(code::SOURCE_MISSING, message));
    }
    if let Some(reason) = &row.record.unread {
        let message = format!(
            "the code of backup v{number} cannot be read: {reason}; correct it and push again"
        );
        return Err(StockError::conflict(code::CONFLICT, message));
    }
    Ok(SourceVersion::load(look.objects, number, row.id)?)
}

/// The source version of the new version: one more with the same files, if persona, settings, servers or the list of
/// primitives were changed since.
fn with_document(
    service: &StockService,
    draft: &mut ChangeDraft<'_>,
    newest: SourceVersion,
) -> Result<SourceVersion, StockError> {
    let pending = &draft.look.book.pending;
    if !pending.changes_document() && pending.deleted.is_empty() {
        return Ok(newest);
    }
    let composition = Composition {
        root: service.folder(),
        view: &draft.look.view,
        book: &draft.look.book,
        who: &draft.who,
        triggered_by: "version create".to_owned(),
        files: newest.source,
        is_read: false,
        notes: &[],
    };
    let id = compose::compose(draft.batch, &composition)?;
    let made = SourceVersion::load(draft.batch, newest.number + 1, id)?;
    if made.state == newest.state {
        return Ok(newest);
    }
    draft.edit.source.push(id);
    draft.look.book.pending.clear();
    Ok(made)
}

/// Refused if the newest version has the same state, numbers included.
fn refuse_same(look: &Look<'_>, source: &SourceVersion) -> Result<(), StockError> {
    match look.view.newest_version() {
        Some((number, row)) if row.state == source.state => Err(StockError::conflict(
            code::NO_STAGED_CHANGES,
            format!("nothing changed since v{number}"),
        )),
        _ => Ok(()),
    }
}

/// Stores a version. No two are one object, as the ledger names them by it.
fn put(
    draft: &mut ChangeDraft<'_>,
    mut meta: VersionMeta,
    source: &SourceVersion,
) -> Result<VersionRow, StockError> {
    loop {
        let id = version::put(draft.batch, &meta, source.state, source.source, None)?;
        if !draft.look.heads.versions.contains(&id) {
            return Ok(VersionRow { id, meta, state: source.state });
        }
        meta.at_ms += 1;
    }
}

/// #27: a version becomes the active one.
pub fn promote(
    service: &StockService,
    request: &StockRequest,
    number: u64,
) -> Result<StockAnswer, StockError> {
    known_fields(&body_object(request)?, &[])?;
    service.change(
        request,
        &mut |draft| {
            let look = &draft.look;
            let id = look.view.version(number).ok_or_else(|| not_found(number))?.id;
            let previous = look.view.active();
            match look.view.status(number) {
                Status::Active => {
                    let message = format!("v{number} is already active");
                    return Err(StockError::conflict(code::VERSION_ALREADY_ACTIVE, message));
                }
                Status::Deleted => {
                    let message = format!("cannot promote v{number}: it was deleted");
                    return Err(StockError::conflict(code::CONFLICT, message));
                }
                _ => {}
            }
            let ledger = append_record(draft, Event::Promote, id)?;
            draft.edit.active = Some(Active { version: Some(number), ledger });
            let answer = StockAnswer::ok(&json!({"promoted": number, "previousActive": previous}))?;
            Ok(answer.did(format!("promote v{number}")))
        },
        &|look, applied| promoted_before(look, applied),
    )
}

/// Answer to a promotion that was applied before.
fn promoted_before(
    look: &Look<'_>,
    applied: &AppliedTransaction,
) -> Result<StockAnswer, StockError> {
    let number = applied.active.and_then(|active| active.version);
    let mut previous = None;
    for step in ledger::steps(look.objects, applied.active.map(|active| active.ledger)).skip(1) {
        let step = step?;
        if step.record.event == Event::Promote {
            previous = step.version();
            break;
        }
    }
    let at = previous.and_then(|id| look.heads.versions.iter().position(|other| *other == id));
    StockAnswer::ok(&json!({"promoted": number, "previousActive": at.map(|at| at + 1)}))
}

/// #28: a version that is not promoted any more.
pub fn delete(
    service: &StockService,
    request: &StockRequest,
    number: u64,
) -> Result<StockAnswer, StockError> {
    let done = || StockAnswer::ok(&json!({"deleted": number}));
    service.change(
        request,
        &mut |draft| {
            let look = &draft.look;
            let id = look.view.version(number).ok_or_else(|| not_found(number))?.id;
            let is_left = |other: u64| look.view.status(other) != Status::Deleted;
            let left = look.view.versions().filter(|(other, _)| is_left(*other)).count();
            match look.view.status(number) {
                Status::Deleted => return done(),
                Status::Active => {
                    let message = format!(
                        "Cannot delete v{number}: it is the active version. Promote a different version first."
                    );
                    return Err(StockError::conflict(code::CANNOT_DELETE_ACTIVE_VERSION, message));
                }
                _ if left == 1 => {
                    let message = format!("Cannot delete v{number}: it is the only remaining version.");
                    return Err(StockError::conflict(code::CANNOT_DELETE_LAST_VERSION, message));
                }
                _ => {}
            }
            let version = look.view.active();
            let ledger = append_record(draft, Event::Delete, id)?;
            draft.edit.active = Some(Active { version, ledger });
            Ok(done()?.did(format!("delete v{number}")))
        },
        &|_, _| done(),
    )
}

/// #29: the git commit of a version. A version never changes, so that the book has it.
pub fn set_commit(
    service: &StockService,
    request: &StockRequest,
    number: u64,
) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    known_fields(&sent, &["commitHash"])?;
    let commit = super::text(&sent, "commitHash")?.to_owned();
    rules::check_text("commitHash", &commit)?;
    service.change(
        request,
        &mut |draft| {
            draft.look.view.version(number).ok_or_else(|| not_found(number))?;
            draft.look.book.set_commit(draft.batch, number, &commit)?;
            StockAnswer::ok(&json!({}))
        },
        &|_, _| StockAnswer::ok(&json!({})),
    )
}

/// Appends a record to the ledger. Gives its id.
pub fn append_record(
    draft: &mut ChangeDraft<'_>,
    event: Event,
    version: Id,
) -> Result<Id, StockError> {
    let before = draft.look.heads.active.map(|active| active.ledger);
    let last = before.map(|id| LedgerEntry::load(draft.batch, &id)).transpose()?;
    let at_ms = rules::clamp_time(draft.who.at_ms, last.map(|step| step.record.at_ms));
    let record = LedgerRecord { event, by: draft.who.by.clone(), at_ms, reason: None };
    Ok(ledger::append(draft.batch, &record, version, before)?)
}

fn whole(look: &Look<'_>, number: u64, row: &VersionRow) -> Result<Map<String, Value>, StockError> {
    let mut version = summary(look, number, row)?;
    version.insert("snapshot".to_owned(), snapshot::of(look, look.objects, &row.state)?);
    Ok(version)
}

fn summary(
    look: &Look<'_>,
    number: u64,
    row: &VersionRow,
) -> Result<Map<String, Value>, StockError> {
    let VersionMeta { by, at_ms, message, commit, source_version, .. } = &row.meta;
    let commit = match commit {
        Some(commit) => Some(commit.clone()),
        None => look.book.commit(look.objects, number)?,
    };
    let value = json!({
        "id": row.id.short(), "agentId": look.agent.as_str(), "version": number,
        "status": look.view.status(number).word(), "message": message, "createdBy": by, "createdByEmail": by,
        "createdAt": iso(*at_ms), "commitHash": commit, "sourceManifestVersion": source_version,
    });
    Ok(value.as_object().cloned().unwrap_or_default())
}

fn not_found(number: u64) -> StockError {
    StockError::not_found(format!("Version v{number} not found"))
}
