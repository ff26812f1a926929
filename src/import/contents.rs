//! Contents of numbers: the platform names versions of primitives, and shows none of their code. The first backup after a push
//! has it.

use crate::error::Result;
use crate::history::imported::{ContentOrigin, ImportRecord, NumberContent};
use crate::history::state::{DEFINITION, REACH, State, UNKNOWN_CONTENT, parse_key};
use crate::model::agent::Reach;
use crate::model::{json, names, numbers};
use crate::object::{Id, Sink, Tree, TreeEntry};
use crate::platform::details::{self, PushedNumber};
use crate::platform::{ListedNumbers, Listing, PlatformClient, many};
use serde_json::json;
use std::collections::BTreeMap;

/// Key of a primitive in a state.
pub fn key_of(row: &ListedNumbers) -> String {
    key(row.route.kind.folder, &row.name)
}

pub fn key(folder: &str, name: &str) -> String {
    format!("{folder}/{}", names::encode(name))
}

/// Asks for the times of numbers that are new (#33), and records them.
pub fn ask_times(
    client: &PlatformClient,
    listing: &Listing,
    record: &mut ImportRecord,
) -> Result<()> {
    let is_new = |row: &&ListedNumbers| {
        let known = record.pushed.get(&key_of(row));
        known.is_none_or(|known| row.numbers.iter().any(|number| !known.contains_key(number)))
    };
    let rows: Vec<&ListedNumbers> = listing.primitives.iter().filter(is_new).collect();
    let answers = many(rows.len(), |at| details::numbers(client, rows[at]))?;
    for (row, answer) in rows.into_iter().zip(answers) {
        let known = record.pushed.entry(key_of(row)).or_default();
        for PushedNumber { number, at_ms, .. } in answer {
            // Numbers of a sandbox are nobody's version, and others are none that a state can have.
            if numbers::parse(&number).is_ok() && !number.contains("-sandbox") {
                known.insert(number, at_ms.unwrap_or(0));
            }
        }
    }
    Ok(())
}

/// Newest number of each listed primitive that was pushed until a moment.
pub fn numbers_at(
    record: &ImportRecord,
    listing: &Listing,
    until_ms: i64,
) -> BTreeMap<String, String> {
    let mut newest = BTreeMap::new();
    for key in listing.primitives.iter().map(key_of) {
        let pushed = record.pushed.get(&key).into_iter().flatten();
        let mut best: Option<&String> = None;
        for (number, _) in pushed.filter(|(_, at_ms)| **at_ms <= until_ms) {
            if best.is_none_or(|best| numbers::is_past(number, best)) {
                best = Some(number);
            }
        }
        newest.extend(best.map(|number| (key, number.clone())));
    }
    newest
}

/// Takes the contents of numbers from the first backup after their push. Of several numbers that one backup follows, it
/// has the newest.
pub fn take(
    record: &mut ImportRecord,
    read: &State,
    numbers: &BTreeMap<String, String>,
    after_ms: Option<i64>,
) {
    for (key, number) in numbers {
        let Some(tree) = read.primitives.get(key) else { continue };
        let pushed = record.pushed.get(key).and_then(|pushed| pushed.get(number)).copied();
        let is_first = pushed.is_some_and(|at_ms| after_ms.is_none_or(|after| at_ms > after));
        let known = record.contents.entry(key.clone()).or_default();
        if is_first && !known.contains_key(number) {
            let content = NumberContent { tree: *tree, from: ContentOrigin::Inferred };
            known.insert(number.clone(), content);
        }
    }
}

/// Tree of a primitive under a number. `read` is what the files of the version say, for a number whose push
/// nobody can date.
pub fn tree_of<S: Sink>(
    sink: &mut S,
    record: &mut ImportRecord,
    key: &str,
    number: &str,
    read: Option<&State>,
) -> Result<Id> {
    let known = record.contents.get(key).and_then(|known| known.get(number));
    if let Some(content) = known {
        return Ok(content.tree);
    }
    let is_dated = record.pushed.get(key).is_some_and(|pushed| pushed.contains_key(number));
    let inferred = read.filter(|_| !is_dated).and_then(|read| read.primitives.get(key));
    let content = match inferred {
        Some(tree) => NumberContent { tree: *tree, from: ContentOrigin::Inferred },
        None => {
            let tree = unknown(sink, key, number)?;
            NumberContent { tree, from: ContentOrigin::Unknown }
        }
    };
    let tree = content.tree;
    record.contents.entry(key.to_owned()).or_default().insert(number.to_owned(), content);
    Ok(tree)
}

/// A primitive of which the name and the number are known.
fn unknown<S: Sink>(sink: &mut S, key: &str, number: &str) -> Result<Id> {
    let name = parse_key(key).map_or_else(|| key.to_owned(), |(_, name)| name);
    let definition = json!({"name": name, UNKNOWN_CONTENT: number});
    let definition = sink.put_blob(json::encode_value(&definition)?, None)?;
    let reach = sink.put_blob(json::encode_value(&Reach::default().to_json())?, None)?;
    let entries = vec![TreeEntry::file(DEFINITION, definition), TreeEntry::file(REACH, reach)];
    sink.put_tree(&Tree::new(entries)?, None)
}
