//! Answers about primitives: their lists, new numbers, what is published, deletions.

use super::given_numbers::{GivenNumber, given_numbers, newest_numbers, numbers_of_book};
use super::published;
use super::{body_object, text};
use crate::history::book::PushedBody;
use crate::history::record::iso;
use crate::history::state::State;
use crate::model::kind::Kind;
use crate::model::kind_routes::KindRoute;
use crate::model::{names, numbers};
use crate::stock::body;
use crate::stock::error::{StockError, code};
use crate::stock::ids;
use crate::stock::service::{ChangeDraft, Look, StockService};
use crate::stock::{StockAnswer, StockRequest};
use semver::Version;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// #1: the primitives of a kind.
pub fn list(
    service: &StockService,
    request: &StockRequest,
    kind: &KindRoute,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let active = active_state(look)?;
        let newest = newest_state(look)?;
        let mut all = Vec::new();
        for name in present(look, &newest, kind.kind) {
            let live = live_number(look, &active, kind, &name);
            let given = newest_numbers(look, kind.kind, &name, live.as_deref())?;
            all.push(entry(look, kind.kind, &name, &given, live.as_deref()));
        }
        StockAnswer::ok(&Map::from_iter([(kind.list_key.to_owned(), Value::Array(all))]))
    })
}

/// #2: a new primitive. Its id is made of its name, so that nothing is stored but the name of a voice, whose versions are
/// sent without one.
pub fn create(
    service: &StockService,
    request: &StockRequest,
    kind: &KindRoute,
) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    let name = text(&sent, "name")?.to_owned();
    let answer = |look: &Look<'_>| StockAnswer::created(&entry(look, kind.kind, &name, &[], None));
    if kind.kind.word != "voice" {
        return service.read(&request.agent, answer);
    }
    let key = key_of(kind.kind, &name);
    service.change(
        request,
        &mut |draft| {
            draft.look.book.pending.created.insert(key.clone());
            answer(&draft.look)
        },
        &|look, _| answer(look),
    )
}

/// #3: a new number of a primitive.
pub fn push(
    service: &StockService,
    request: &StockRequest,
    kind: &KindRoute,
    id: &str,
) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    let number = text(&sent, "version")?.to_owned();
    numbers::choose(&number)?;
    let answer = |look: &Look<'_>, name: &str, at_ms: i64| {
        let id = ids::of(look.agent, kind.kind, name);
        let version = ids::of(look.agent, kind.kind, &format!("{name}\0{number}"));
        let fields = [
            ("versionId", json!(version)),
            (kind.id_field, json!(id)),
            ("version", json!(number)),
            ("createdAt", json!(iso(at_ms))),
        ];
        StockAnswer::created(&Map::from_iter(fields.map(|(key, value)| (key.to_owned(), value))))
    };
    service.change(
        request,
        &mut |draft| {
            let name = sent_name(&draft.look, kind, id, &sent)?;
            check_number(&draft.look, kind.kind, &name, &number)?;
            add_number(draft, kind.kind, &name, &number, &sent)?;
            answer(&draft.look, &name, draft.who.at_ms)
        },
        &|look, applied| {
            let name = sent_name(look, kind, id, &sent)?;
            answer(look, &name, i64::try_from(applied.at_ms).unwrap_or(0))
        },
    )
}

fn add_number(
    draft: &mut ChangeDraft<'_>,
    kind: &Kind,
    name: &str,
    number: &str,
    sent: &Map<String, Value>,
) -> Result<(), StockError> {
    let pushed = PushedBody {
        by: draft.who.by.clone(),
        at_ms: draft.who.at_ms,
        body: body::kept(sent.clone()),
    };
    let key = key_of(kind, name);
    draft.look.book.pending.created.remove(&key);
    draft.look.book.add_body(draft.batch, (&key, number), &pushed)?;
    Ok(())
}

/// Refused if the number was given, or is not above all that were.
fn check_number(look: &Look<'_>, kind: &Kind, name: &str, number: &str) -> Result<(), StockError> {
    let key = key_of(kind, name);
    let sent = numbers_of_book(look, &key)?;
    if look.view.number(&key, number).is_some() || sent.iter().any(|one| one == number) {
        let message = format!("version {number} of {} \"{name}\" already exists", kind.one);
        return Err(StockError::conflict(code::CONFLICT, message));
    }
    let highest = look.view.numbers(&key).next_back().map(|(highest, _)| highest);
    let all = highest.into_iter().chain(sent.iter().map(String::as_str));
    let above = all.filter(|given| !numbers::is_past(number, given));
    match above.max_by_key(|given| Version::parse(given).ok()) {
        Some(given) => Err(StockError::bad(format!(
            "{} \"{name}\" has had version {given} already: choose one above it",
            kind.one
        ))),
        None => Ok(()),
    }
}

/// #4: a number that is live by itself.
pub fn publish(
    service: &StockService,
    request: &StockRequest,
    kind: &KindRoute,
    id: &str,
    version: &str,
) -> Result<StockAnswer, StockError> {
    let noted = |number: &str| StockAnswer::ok(&json!({"activeVersionId": number}));
    service.change(
        request,
        &mut |draft| {
            let (name, number) = published_number(&draft.look, kind, id, version)?;
            match kind.is_workflow() {
                true => {
                    let key = key_of(kind.kind, &name);
                    draft.look.book.pending.workflows.insert(key, number.clone());
                    noted(&number)
                }
                false => published::publish(draft, kind, &name, &number),
            }
        },
        &|look, applied| {
            let (_, number) = published_number(look, kind, id, version)?;
            match kind.is_workflow() {
                true => noted(&number),
                false => {
                    published::answer(&number, applied.active.and_then(|active| active.version))
                }
            }
        },
    )
}

/// Name and number of a version: its address has the number, or the id.
fn published_number(
    look: &Look<'_>,
    kind: &KindRoute,
    id: &str,
    version: &str,
) -> Result<(String, String), StockError> {
    let name = named(look, kind, id)?;
    let is_meant = |one: &GivenNumber| {
        one.number == version
            || ids::of(look.agent, kind.kind, &format!("{name}\0{}", one.number)) == version
    };
    let given = given_numbers(look, kind.kind, &name)?;
    match given.into_iter().find(is_meant) {
        Some(one) => Ok((name, one.number)),
        None => {
            let message = format!("{} \"{name}\" has no version {version}", kind.kind.one);
            Err(StockError::not_found(message))
        }
    }
}

/// #5: sources that the backup has too. They are not kept.
pub fn put_source() -> Result<StockAnswer, StockError> {
    StockAnswer::ok(&json!({}))
}

/// #33: all numbers of a primitive.
pub fn versions(
    service: &StockService,
    request: &StockRequest,
    kind: &KindRoute,
    id: &str,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let name = named(look, kind, id)?;
        let live = live_number(look, &active_state(look)?, kind, &name);
        let mut given = given_numbers(look, kind.kind, &name)?;
        // The command sorts by time, and takes the first of equal ones for the newest.
        given.reverse();
        let list = numbers_list(look, kind.kind, &name, &given, live.as_deref());
        // The command takes the list of a job bare, and finds none otherwise.
        if kind.kind.word == "job" {
            return StockAnswer::ok(&list);
        }
        StockAnswer::ok(&json!({"versions": list, "activeVersionId": live}))
    })
}

/// #34: a primitive that the next source version leaves out.
pub fn delete(
    service: &StockService,
    request: &StockRequest,
    kind: &KindRoute,
    id: &str,
) -> Result<StockAnswer, StockError> {
    let done = |name: &str| {
        let message = format!(
            "{} \"{name}\" is not in the next version any more; earlier ones keep it",
            kind.kind.one
        );
        StockAnswer::ok(&json!({"deleted": true, "message": message}))
    };
    service.change(
        request,
        &mut |draft| {
            let name = named(&draft.look, kind, id)?;
            let key = key_of(kind.kind, &name);
            let pending = &mut draft.look.book.pending;
            pending.pushed.remove(&key);
            pending.created.remove(&key);
            pending.deleted.insert(key);
            done(&name)
        },
        &|look, _| done(&named(look, kind, id).unwrap_or_default()),
    )
}

/// The key of a primitive in a state.
pub fn key_of(kind: &Kind, name: &str) -> String {
    format!("{}/{}", kind.folder, names::encode(name))
}

/// State of the newest source version.
pub fn newest_state(look: &Look<'_>) -> Result<State, StockError> {
    let newest = look.view.newest_source();
    Ok(newest
        .map(|(_, row)| State::load(look.objects, &row.state))
        .transpose()?
        .unwrap_or_default())
}

/// State of the active version.
pub fn active_state(look: &Look<'_>) -> Result<State, StockError> {
    let active = look.view.active().and_then(|number| look.view.version(number));
    Ok(active.map(|row| State::load(look.objects, &row.state)).transpose()?.unwrap_or_default())
}

/// Names of the primitives of the newest state and the pending changes.
fn present(look: &Look<'_>, newest: &State, kind: &Kind) -> BTreeSet<String> {
    let pending = &look.book.pending;
    let keys = newest.primitives.keys().filter(|key| !pending.deleted.contains(*key));
    let names = keys.chain(pending.pushed.keys()).chain(&pending.created);
    let of_kind = |key: &String| {
        let (folder, name) = key.split_once('/')?;
        (folder == kind.folder).then(|| names::decode(name)).flatten()
    };
    names.filter_map(of_kind).collect()
}

/// Every name of this kind that was ever pushed: also of a primitive that is gone a number is never given twice.
fn all_names(look: &Look<'_>, kind: &Kind) -> Result<BTreeSet<String>, StockError> {
    let mut names = present(look, &newest_state(look)?, kind);
    let in_book = look.book.keys(look.objects)?;
    let keys = look.view.keys().map(str::to_owned).chain(in_book);
    names.extend(keys.filter_map(|key| {
        let (folder, name) = key.split_once('/')?;
        (folder == kind.folder).then(|| names::decode(name)).flatten()
    }));
    Ok(names)
}

/// Name of the primitive with an id.
fn named(look: &Look<'_>, kind: &KindRoute, id: &str) -> Result<String, StockError> {
    let names = all_names(look, kind.kind)?;
    let found = ids::name_of(look.agent, kind.kind, id, names.iter().map(String::as_str));
    let gone = || StockError::not_found(format!("{} not found", capital(kind.kind.one)));
    found.map(str::to_owned).ok_or_else(gone)
}

/// Name of a primitive whose version is sent: the body has it, but of a voice.
fn sent_name(
    look: &Look<'_>,
    kind: &KindRoute,
    id: &str,
    sent: &Map<String, Value>,
) -> Result<String, StockError> {
    match sent.get("name").and_then(Value::as_str) {
        Some(name) if ids::of(look.agent, kind.kind, name) == id => Ok(name.to_owned()),
        _ => named(look, kind, id),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The number that is live: of a workflow the one that was published, of others that of the active version.
fn live_number(look: &Look<'_>, active: &State, kind: &KindRoute, name: &str) -> Option<String> {
    let key = key_of(kind.kind, name);
    let workflow = look.book.pending.workflows.get(&key).filter(|_| kind.is_workflow());
    workflow.or_else(|| active.numbers.get(&key)).cloned()
}

/// The command reads what is live from whichever of these fields it knows for the kind.
fn entry(
    look: &Look<'_>,
    kind: &Kind,
    name: &str,
    given: &[GivenNumber],
    live: Option<&str>,
) -> Value {
    let id_of = |number: &str| ids::of(look.agent, kind, &format!("{name}\0{number}"));
    // Without what only the list of one primitive shows: all these together are asked for again and again.
    let row = |one: &GivenNumber| {
        let is_live = live == Some(&*one.number);
        json!({"id": id_of(&one.number), "version": one.number, "active": is_live, "isActive": is_live})
    };
    let versions: Vec<Value> = given.iter().map(row).collect();
    json!({
        "id": ids::of(look.agent, kind, name), "name": name, "active": true, "status": "active", "source": "cli",
        "activeVersionId": live.map(id_of), "activeVersion": live.map(|live| json!({"version": live, "id": id_of(live)})),
        "versions": versions,
    })
}

fn numbers_list(
    look: &Look<'_>,
    kind: &Kind,
    name: &str,
    given: &[GivenNumber],
    live: Option<&str>,
) -> Vec<Value> {
    let one = |one: &GivenNumber| {
        let is_live = live == Some(&*one.number);
        json!({
            "id": ids::of(look.agent, kind, &format!("{name}\0{}", one.number)), "version": one.number,
            "active": is_live, "isActive": is_live, "isCurrent": is_live, "createdAt": iso(one.at_ms),
            "createdDate": one.at_ms, "createdBy": one.by, "createdByEmail": one.by,
        })
    };
    given.iter().map(one).collect()
}
