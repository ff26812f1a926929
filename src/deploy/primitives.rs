//! Numbers that a state needs on the platform: those that are there, those to push, and those that somebody else has.

use super::journal::DeployJournal;
use crate::client::Effect;
use crate::error::{Error, Hint, Result};
use crate::history::imported::ImportRecord;
use crate::history::state::{Content, State, parse_key};
use crate::import::key_of;
use crate::model::kind::Kind;
use crate::model::kind_routes::{KIND_ROUTES, KindRoute};
use crate::model::numbers;
use crate::object::{Id, Source};
use crate::platform::details::SNAPSHOT_LISTS;
use crate::platform::{ListedNumbers, Listing};

/// A number to push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberToPush {
    /// Key of the primitive in a state.
    pub key: String,
    /// Word of the kind, part of the path, and name.
    pub kind: &'static str,
    pub path: &'static str,
    pub name: String,
    /// Id there; `None` for a new primitive.
    pub id: Option<String>,
    /// Number here and there.
    pub here: String,
    pub there: String,
    pub tree: Id,
    /// The moment from which it is live.
    pub effect: Effect,
}

impl NumberToPush {
    pub fn subject(&self) -> String {
        format!("{} {} {}", self.kind, self.name, self.there)
    }
}

/// True for a key of a kind whose numbers are in snapshots.
pub fn is_versioned(key: &str) -> bool {
    key.split_once('/').is_some_and(|(folder, _)| SNAPSHOT_LISTS.contains(&folder))
}

/// The row of a primitive.
pub fn row_of<'l>(listing: &'l Listing, key: &str) -> Option<&'l ListedNumbers> {
    listing.primitives.iter().find(|row| key_of(row) == key)
}

/// The newest number of a row, without those of a sandbox.
pub fn newest(row: &ListedNumbers) -> Option<&str> {
    let mut newest: Option<&str> = None;
    for number in row.numbers.iter().filter(|number| !number.contains("-sandbox")) {
        if newest.is_none_or(|newest| numbers::is_past(number, newest)) {
            newest = Some(number);
        }
    }
    newest
}

/// Kinds of primitives of a state that may not be there.
pub fn changed_kinds<S: Source + ?Sized>(
    objects: &S,
    record: &ImportRecord,
    state: &State,
) -> Result<Vec<&'static KindRoute>> {
    let mut kinds = Vec::new();
    for (key, tree) in state.primitives.iter().filter(|(key, _)| is_versioned(key)) {
        let Some(here) = state.numbers.get(key) else { continue };
        let there = record.number_there(key, here);
        if !has_content(objects, record, (key, there), tree)? {
            kinds.extend(route_of(key));
        }
    }
    Ok(kinds)
}

/// The kind of a key.
pub fn route_of(key: &str) -> Option<&'static KindRoute> {
    let (kind, _) = parse_key(key)?;
    KIND_ROUTES.iter().find(|route| route.kind == kind)
}

/// Numbers of a state that are not there yet, of the kinds that were asked for. An error names a primitive of which somebody
/// else has pushed more.
pub fn to_push<S: Source + ?Sized>(
    objects: &S,
    record: &ImportRecord,
    listing: &Listing,
    state: &State,
    journal: &DeployJournal,
) -> Result<Vec<NumberToPush>> {
    let mut all = Vec::new();
    for (key, tree) in state.primitives.iter().filter(|(key, _)| is_versioned(key)) {
        let Some((kind, name)) = parse_key(key) else { continue };
        let route = route_of(key).filter(|route| listing.kinds.contains(route));
        let Some(route) = route else { continue };
        let Some(here) = state.numbers.get(key) else { continue };
        let row = row_of(listing, key);
        let mut there = record.number_there(key, here).to_owned();
        let highest = row.and_then(newest);
        if let Some(highest) = highest {
            let is_same = has_content(objects, record, (key, highest), tree)?;
            if is_same && !numbers::is_past(&there, highest) {
                continue;
            }
            let is_past = numbers::is_past(&there, highest);
            // Pushes of ours whose answers were lost may be the reason: their numbers count as used.
            if !is_past && journal.may_have_pushed(key, highest) {
                there = numbers::next(Some(highest))?;
            } else if !is_past {
                let is_known = has_content(objects, record, (key, &there), tree)?;
                return Err(overtaken(kind.word, &name, here, (highest, is_known)));
            }
        }
        all.push(NumberToPush {
            key: key.clone(),
            kind: kind.word,
            path: route.path,
            name,
            id: row.map(|row| row.id.clone()),
            here: here.clone(),
            there,
            tree: *tree,
            effect: Effect::Staged,
        });
    }
    Ok(all)
}

/// Part of the path of a kind.
pub fn path_of(kind: &Kind) -> &'static str {
    KIND_ROUTES.iter().find(|route| route.kind == kind).map_or("", |route| route.path)
}

/// True if the content of a number there is known and is that of a tree.
pub fn has_content<S: Source + ?Sized>(
    objects: &S,
    record: &ImportRecord,
    (key, number): (&str, &str),
    tree: &Id,
) -> Result<bool> {
    let known = record.contents.get(key).and_then(|known| known.get(number));
    let Some(known) = known else { return Ok(false) };
    Ok(known.tree == *tree || Content::of(objects, &known.tree)? == Content::of(objects, tree)?)
}

/// Error about a primitive of which somebody else has pushed more. One that is there as it is here has no number that a pull
/// could change: it needs a new one.
fn overtaken(kind: &str, name: &str, here: &str, (highest, is_known): (&str, bool)) -> Error {
    let (kind, name) = (kind.to_owned(), name.to_owned());
    let error = Error::conflict(format!(
        "the {kind} \"{name}\" {here} cannot be pushed: the platform has {highest}"
    ));
    match numbers::next(Some(highest)) {
        Ok(number) if is_known => error.hint(Hint::PushAbove { kind, name, number }),
        _ => error.hint(Hint::PullForNumber),
    }
}
