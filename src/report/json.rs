//! A change as JSON: the stock command's sections by kind, flat lists beside them, and every detail.

use crate::compare::{
    self, Detail, KindChange, Named, PersonaContent, RenamedPrimitive, StateChange,
};
use serde_json::{Map, Value, json};

/// The stock command's sections by kind, and beside them the flat lists `added`, `removed`,
/// `changed` that its documentation shows.
pub fn to_json(change: &StateChange) -> Value {
    let mut view = Map::new();
    let mut flat: [Vec<Value>; 3] = Default::default();
    for section in &change.kinds {
        let lists = section_lists(section);
        for (all, list) in flat.iter_mut().zip(&lists) {
            let kind = json!(section.kind.word);
            all.extend(list.iter().map(|item| with_kind(item, kind.clone())));
        }
        let [added, removed, changed] = lists;
        let rebundled = named_json(&section.rebundled);
        view.insert(
            section.kind.yaml.to_owned(),
            json!({"added": added, "removed": removed, "changed": changed, "renamed": renamed(section), "rebundled": rebundled}),
        );
    }
    view.insert("persona".to_owned(), persona_json(change));
    for name in ["model", "voice"] {
        let moved =
            change.setting(name).map(|setting| json!({"from": setting.from, "to": setting.to}));
        view.insert(name.to_owned(), moved.unwrap_or(Value::Null));
    }
    let settings: Vec<Value> = change
        .settings
        .iter()
        .map(|s| json!({"name": s.name, "from": s.from, "to": s.to, "details": s.details()}))
        .collect();
    view.insert("settings".to_owned(), Value::Array(settings));
    view.insert("reaches".to_owned(), json!(compare::reached(change)));
    for (name, list) in ["added", "removed", "changed"].into_iter().zip(flat) {
        view.insert(name.to_owned(), Value::Array(list));
    }
    Value::Object(view)
}

fn section_lists(section: &KindChange) -> [Vec<Value>; 3] {
    let changed = section.changed.iter().map(|item| {
        let mut view = json!({
            "name": item.name,
            "from": {"version": item.from},
            "to": {"version": item.to},
            "parts": item.parts,
        });
        if section.kind.word == super::MCP {
            view["changedFields"] = json!(item.parts.fields);
        }
        view
    });
    [named_json(&section.added), named_json(&section.removed), changed.collect()]
}

fn named_json(list: &[Named]) -> Vec<Value> {
    list.iter().map(|item| json!({"name": item.name, "version": item.number})).collect()
}

/// What stands in `added` and in `removed` and is one thing.
fn renamed(section: &KindChange) -> Vec<Value> {
    let named = |item: &Named| json!({"name": item.name, "version": item.number});
    let one = |one: &RenamedPrimitive| json!({"from": named(&one.from), "to": named(&one.to), "parts": one.parts});
    section.renamed.iter().map(one).collect()
}

fn with_kind(item: &Value, kind: Value) -> Value {
    let mut item = item.clone();
    item["kind"] = kind;
    item
}

fn persona_json(change: &StateChange) -> Value {
    let number = |persona: &Option<PersonaContent>| -> Option<u64> {
        persona.as_ref()?.number.as_ref()?.parse().ok()
    };
    let text =
        |persona: &Option<PersonaContent>| persona.as_ref().map(|persona| persona.text.clone());
    let details: Vec<Detail> =
        change.persona.iter().flat_map(compare::PersonaChange::details).collect();
    match &change.persona {
        None => Value::Null,
        Some(moved) => json!({
            "from": text(&moved.from),
            "to": text(&moved.to),
            "fromVersion": number(&moved.from),
            "toVersion": number(&moved.to),
            "details": details,
        }),
    }
}
