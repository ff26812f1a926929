//! Renamed primitives: a removed and an added one of the same kind with equal or nearly equal
//! content.

use super::PrimitiveChange;
use crate::error::Result;
use crate::history::state::{Content, DEFINITION, REACH, unknown_content};
use crate::model::json;
use crate::object::{Id, Source};
use serde_json::Value;
use similar::TextDiff;
use std::collections::BTreeMap;

/// Likeness of two definitions that are one under two names, from 0 to 1.
const ALIKE: f32 = 0.7;
/// Beyond so many pairs only equal definitions are found: likeness is worth no minutes.
const PAIRS: usize = 2_500;
/// Words above this count no more: a long text does not outweigh everything else.
const WORDS: usize = 20;

/// One primitive that went or came.
pub struct RenameCandidate {
    pub at: usize,
    content: Content,
    /// The definition without its name.
    definition: Value,
    leaves: BTreeMap<String, String>,
}

impl RenameCandidate {
    pub fn load<S: Source + ?Sized>(
        source: &S,
        at: usize,
        primitive: &Id,
    ) -> Result<RenameCandidate> {
        let content = Content::of(source, primitive)?;
        let mut definition: Value = json::decode(&source.blob(&content.definition)?, DEFINITION)?;
        let is_unknown = unknown_content(&definition).is_some();
        if let Some(map) = definition.as_object_mut() {
            map.remove("name");
        }
        let leaves = if is_unknown { BTreeMap::new() } else { leaves_of(&definition) };
        Ok(RenameCandidate { at, content, definition, leaves })
    }

    /// Parts that differ beside the name.
    pub fn parts<S: Source + ?Sized>(
        &self,
        source: &S,
        new: &RenameCandidate,
    ) -> Result<PrimitiveChange> {
        let mut parts = PrimitiveChange::default();
        parts.compare_definitions(&self.definition, &new.definition);
        if self.content.reach != new.content.reach {
            let reach = |id: &Id| -> Result<Value> { json::decode(&source.blob(id)?, REACH) };
            parts.compare_reaches(&reach(&self.content.reach)?, &reach(&new.content.reach)?);
        }
        Ok(parts)
    }
}

/// Pairs of removed and added ones that are one thing: equal ones first, then the most alike.
pub fn pairs<'a>(
    removed: &'a [RenameCandidate],
    added: &'a [RenameCandidate],
) -> Vec<(&'a RenameCandidate, &'a RenameCandidate)> {
    let near = removed.len() * added.len() <= PAIRS;
    let mut scored = Vec::new();
    for old in removed {
        for new in added {
            let score = match old.definition == new.definition {
                true if old.leaves.is_empty() => 0.0,
                true => 1.0,
                false if near => likeness(&old.leaves, &new.leaves),
                false => 0.0,
            };
            if score >= ALIKE {
                scored.push((score, old, new));
            }
        }
    }
    // The sort is stable: among equals the order of the names decides.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut pairs: Vec<(&RenameCandidate, &RenameCandidate)> = Vec::new();
    for (_, old, new) in scored {
        if !pairs.iter().any(|(before, after)| before.at == old.at || after.at == new.at) {
            pairs.push((old, new));
        }
    }
    pairs.sort_by_key(|(_, new)| new.at);
    pairs
}

fn leaves_of(definition: &Value) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    collect("", definition, &mut leaves);
    leaves
}

/// The values of a definition by path; members of a list by their name where they have one.
fn collect(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                collect(&format!("{path}.{name}"), value, leaves);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                let name = value.get("name").and_then(Value::as_str).map(str::to_owned);
                collect(
                    &format!("{path}[{}]", name.unwrap_or_else(|| at.to_string())),
                    value,
                    leaves,
                );
            }
        }
        Value::String(text) => drop(leaves.insert(path.to_owned(), text.clone())),
        other => drop(leaves.insert(path.to_owned(), other.to_string())),
    }
}

/// Weight of the equal parts in the weight of all. Without an equal function or text two
/// definitions only have the same form, and are not one thing.
fn likeness(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> f32 {
    let (mut alike, mut all, mut telling) = (0.0, 0.0, false);
    for (path, text) in old {
        let other = new.get(path);
        let weight = weight(path, text).max(other.map_or(0.0, |other| weight(path, other)));
        let same = other.map_or(0.0, |other| likeness_of_text(text, other));
        telling |= weight >= 3.0 && same >= ALIKE;
        all += weight;
        alike += weight * same;
    }
    all += new
        .iter()
        .filter(|(path, _)| !old.contains_key(*path))
        .map(|(p, t)| weight(p, t))
        .sum::<f32>();
    if telling { alike / all } else { 0.0 }
}

fn weight(path: &str, text: &str) -> f32 {
    let words = text.split_whitespace().count().clamp(1, WORDS);
    let code = path.ends_with(".$function");
    if code { 5.0 } else { words as f32 }
}

fn likeness_of_text(old: &str, new: &str) -> f32 {
    match old == new {
        true => 1.0,
        false if old.contains(' ') && new.contains(' ') => TextDiff::from_words(old, new).ratio(),
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Sink, Tree, TreeEntry};
    use serde_json::json;

    fn one(at: usize, definition: Value) -> RenameCandidate {
        let leaves = leaves_of(&definition);
        let id = Id::from_bytes([0; 32]);
        RenameCandidate { at, content: Content { definition: id, reach: id }, definition, leaves }
    }

    fn found(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
        let all = |list: &[Value]| -> Vec<RenameCandidate> {
            list.iter().enumerate().map(|(at, value)| one(at, value.clone())).collect()
        };
        let (old, new) = (all(old), all(new));
        pairs(&old, &new).into_iter().map(|(old, new)| (old.at, new.at)).collect()
    }

    fn job(description: &str, hour: u8, code: &str) -> Value {
        json!({"description": description, "execute": {"$function": code},
            "schedule": {"type": "cron", "expression": format!("0 {hour} * * *")}})
    }

    #[test]
    fn what_is_equal_or_nearly_so_is_renamed() {
        let is_renamed = |old: Value, new: Value| found(&[old], &[new]) == [(0, 0)];
        let old = || job("Tidies up the shop", 3, "aa");
        assert!(is_renamed(old(), old()));
        assert!(is_renamed(old(), job("Tidies up the shop at night", 3, "aa")));
        assert!(!is_renamed(old(), job("Sends the newsletter", 3, "bb")));
        let server = |package: &str| json!({"transport": "stdio", "command": "npx", "args": ["-y", package]});
        assert!(is_renamed(server("a"), server("a")));
        assert!(!is_renamed(server("a"), server("b")), "the same form is not the same thing");
        assert!(!is_renamed(json!({}), json!({})), "nothing is nothing's new name");
    }

    #[test]
    fn two_contents_that_nobody_knows_are_not_one_thing() {
        let mut memory = Memory::default();
        let mut load = |definition: Value| {
            let blob = memory.put_blob(json::encode_value(&definition).unwrap(), None).unwrap();
            let entries = vec![TreeEntry::file(DEFINITION, blob), TreeEntry::file(REACH, blob)];
            let tree = memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
            RenameCandidate::load(&memory, 0, &tree).unwrap()
        };
        let unknown = |name: &str| json!({"name": name, "unknownContentOf": "1.0.1"});
        let (old, new) = ([load(unknown("a"))], [load(unknown("b"))]);
        assert!(pairs(&old, &new).is_empty());
        let known = |name: &str| json!({"name": name, "execute": {"$function": "aa"}});
        let (old, new) = ([load(known("a"))], [load(known("b"))]);
        assert_eq!(pairs(&old, &new).len(), 1);
    }

    #[test]
    fn each_goes_with_the_one_it_is_most_like() {
        let [a, b] =
            ["shop", "cellar"].map(|place| job(&format!("Tidies up the {place}"), 3, "aa"));
        assert_eq!(found(&[a.clone(), b.clone()], &[b.clone(), a.clone()]), [(1, 0), (0, 1)]);
        assert_eq!(found(std::slice::from_ref(&a), &[b, a.clone()]), [(0, 1)]);
    }
}
