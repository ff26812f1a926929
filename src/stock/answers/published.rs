//! A number that is published alone: the active version with this number in it, made and promoted by one swap.

use super::primitives::{active_state, key_of};
use super::versions;
use crate::history::record::{Author, Event, SourceRecord, VersionMeta};
use crate::history::source::{self, SourceVersion};
use crate::history::state::State;
use crate::history::{rules, version};
use crate::model::kind_routes::KindRoute;
use crate::object::Id;
use crate::stock::StockAnswer;
use crate::stock::compose::previous;
use crate::stock::error::{StockError, code};
use crate::stock::service::{ChangeDraft, Look};
use crate::store::Active;
use serde_json::json;

/// Makes and promotes the version. Its source version has the files of the active one; where others were pushed since,
/// one more source version says again what the newest was.
pub fn publish(
    draft: &mut ChangeDraft<'_>,
    kind: &KindRoute,
    name: &str,
    number: &str,
) -> Result<StockAnswer, StockError> {
    let key = key_of(kind.kind, name);
    let (from, mut state) = active(&draft.look)?;
    if state.numbers.get(&key).is_some_and(|live| live == number) {
        // A `PUT` has no name of its own: one that comes again changes nothing.
        return answer(number, draft.look.view.active());
    }
    let tree = tree_of(&draft.look, &key, number)?.ok_or_else(|| {
        let message = format!(
            "{} \"{name}\" {number} is in no backup yet; run `lua push backup --force --fresh`",
            kind.kind.one
        );
        StockError::conflict(code::SOURCE_MISSING, message)
    })?;
    state.primitives.insert(key.clone(), tree);
    state.numbers.insert(key, number.to_owned());
    let cause = format!("deploy {} {name} {number}", kind.kind.word);
    let newest = previous(draft.batch, &draft.look.view)?;
    let made = put_source(draft, (&state, from.files), &cause, newest.as_ref())?;
    draft.edit.source.push(made.id);
    let new = put_version(draft, &made, &cause)?;
    if let Some(newest) =
        newest.filter(|newest| newest.source != from.files || newest.state != made.state)
    {
        let state = State::load(draft.batch, &newest.state)?;
        let cause = format!("{cause}: as v{}", newest.number);
        let again = put_source(draft, (&state, newest.source), &cause, Some(&made))?;
        draft.edit.source.push(again.id);
    }
    let number_made = draft.look.view.heads.versions.len() as u64 + 1;
    let ledger = versions::append_record(draft, Event::Promote, new)?;
    draft.edit.active = Some(Active { version: Some(number_made), ledger });
    // The document is that of the promoted version, also beside a source version that says again what the newest was.
    let pending = &mut draft.look.book.pending;
    pending.clear_document();
    pending.base = Some(number_made);
    pending.seen.ledger = Some(ledger);
    let did = format!("version v{number_made}, promote v{number_made}");
    Ok(answer(number, Some(number_made))?.did(did))
}

/// Answer to a deploy: the number that is live, and the version that has it.
pub fn answer(number: &str, version: Option<u64>) -> Result<StockAnswer, StockError> {
    StockAnswer::ok(&json!({"activeVersionId": number, "agentVersion": version}))
}

/// Files and state of the active version.
struct ActiveFiles {
    files: Id,
}

fn active(look: &Look<'_>) -> Result<(ActiveFiles, State), StockError> {
    let row = look.view.active().and_then(|number| look.view.version(number));
    let row = row.ok_or_else(|| {
        StockError::conflict(
            code::CONFLICT,
            "no version is active; run `lua version create` and `lua version promote` first",
        )
    })?;
    let source = look.view.source(row.meta.source_version);
    let source = source.ok_or_else(|| {
        crate::error::Error::corrupt(
            "the active version is of a source version that does not exist",
        )
    })?;
    Ok((ActiveFiles { files: source.files }, active_state(look)?))
}

/// The tree of a number, from the newest source version that has it.
fn tree_of(look: &Look<'_>, key: &str, number: &str) -> Result<Option<Id>, StockError> {
    for (_, row) in look.view.sources() {
        let state = State::load(look.objects, &row.state)?;
        if state.numbers.get(key).is_some_and(|given| given == number) {
            return Ok(state.primitives.get(key).copied());
        }
    }
    Ok(None)
}

fn put_source(
    draft: &mut ChangeDraft<'_>,
    (state, files): (&State, Id),
    cause: &str,
    base: Option<&SourceVersion>,
) -> Result<SourceVersion, StockError> {
    let old = match base {
        Some(base) => State::load(draft.batch, &base.state)?,
        None => State::default(),
    };
    let Author { by, at_ms } = draft.who.clone();
    let record = SourceRecord {
        by,
        at_ms: rules::clamp_time(at_ms, base.map(|base| base.record.at_ms))
            + i64::from(!draft.edit.source.is_empty()),
        triggered_by: rules::shortened(cause.to_owned()),
        message: None,
        highest: source::highest(base, &old, state),
        unread: None,
    };
    let state = state.store(draft.batch, base.map(|base| base.state))?;
    let id = source::put(draft.batch, &record, state, files, base)?;
    let number = (draft.look.view.heads.source.len() + draft.edit.source.len()) as u64 + 1;
    Ok(SourceVersion { number, id, record, state, source: files })
}

fn put_version(
    draft: &mut ChangeDraft<'_>,
    made: &SourceVersion,
    message: &str,
) -> Result<Id, StockError> {
    let meta = VersionMeta {
        by: draft.who.by.clone(),
        at_ms: draft.who.at_ms,
        message: Some(rules::shortened(message.to_owned())),
        commit: None,
        source_version: made.number,
        unread: None,
    };
    let id = version::put(draft.batch, &meta, made.state, made.source, None)?;
    draft.edit.versions.push(id);
    Ok(id)
}
