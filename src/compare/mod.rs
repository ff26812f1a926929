//! Differences between two states, primitive by primitive.
//!
//! Contents decide, never numbers: the ids of a primitive's definition and of its reach are
//! compared first, and only those that differ are opened. The result holds facts and no sentence;
//! `report` has the words, and `operations`, `merge` and `flow` decide by it.

pub mod blame;
pub mod compiled_values;
mod count;
mod definition;
mod detail;
mod item;
pub mod moved;
pub mod persona;
mod reached;
mod renamed;
mod schema;
pub mod search;

pub use definition::{ImportMove, ModuleMove, PackageMove, PrimitiveChange, ToolParts};
pub use detail::{Detail, compare, shown};
pub use item::{PushChange, PushedItem};
pub use reached::{SharedReach, reached};

use crate::error::Result;
use crate::history::state::{CODE, Content, DEFINITION, REACH, State};
use crate::model::agent::ORDER;
use crate::model::kind::{KINDS, Kind};
use crate::model::{json, names};
use crate::object::{Id, Source};
use renamed::RenameCandidate;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub use count::count;

/// Everything that differs between two states.
#[derive(Debug, Default)]
pub struct StateChange {
    /// One for every kind of the table, in its order.
    pub kinds: Vec<KindChange>,
    pub persona: Option<PersonaChange>,
    /// Top-level settings of the agent, `model` and `voice` among them, that differ.
    pub settings: Vec<SettingChange>,
}

#[derive(Debug)]
pub struct KindChange {
    pub kind: &'static Kind,
    pub added: Vec<Named>,
    pub removed: Vec<Named>,
    pub changed: Vec<ChangedPrimitive>,
    /// Pairs of `removed` and `added` that are one thing under another name; both lists contain
    /// them as well.
    pub renamed: Vec<RenamedPrimitive>,
    /// The same in all that it is; only the compiler's code of it is another. No change.
    pub rebundled: Vec<Named>,
}

#[derive(Debug)]
pub struct RenamedPrimitive {
    pub from: Named,
    pub to: Named,
    pub parts: PrimitiveChange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub number: Option<String>,
}

#[derive(Debug)]
pub struct ChangedPrimitive {
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub parts: PrimitiveChange,
}

#[derive(Debug, PartialEq, Eq)]
pub struct PersonaChange {
    pub from: Option<PersonaContent>,
    pub to: Option<PersonaContent>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct PersonaContent {
    pub number: Option<String>,
    /// An object persona is its JSON.
    pub text: String,
    pub is_object: bool,
}

#[derive(Debug, PartialEq)]
pub struct SettingChange {
    pub name: String,
    pub from: Option<Value>,
    pub to: Option<Value>,
}

impl PersonaChange {
    /// By sentence; an object persona part by part.
    pub fn details(&self) -> Vec<Detail> {
        let value = |persona: &PersonaContent| match persona.is_object {
            true => serde_json::from_str(&persona.text)
                .unwrap_or_else(|_| Value::String(persona.text.clone())),
            false => Value::String(persona.text.clone()),
        };
        compare(
            "persona",
            self.from.as_ref().map(value).as_ref(),
            self.to.as_ref().map(value).as_ref(),
        )
    }
}

impl SettingChange {
    pub fn details(&self) -> Vec<Detail> {
        compare(&self.name, self.from.as_ref(), self.to.as_ref())
    }
}

impl StateChange {
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Number of changes: primitives, the persona, settings.
    pub fn count(&self) -> usize {
        let kinds: usize = self.kinds.iter().map(KindChange::count).sum();
        kinds + usize::from(self.persona.is_some()) + self.settings.len()
    }

    /// Leaves the changes of some primitives, and of the persona if it is wanted.
    pub fn keep(&mut self, has: impl Fn(&Kind, &str) -> bool, persona: bool) {
        for KindChange { kind, added, removed, changed, renamed, rebundled } in &mut self.kinds {
            for list in [added, removed, rebundled] {
                list.retain(|named| has(kind, &named.name));
            }
            changed.retain(|changed| has(kind, &changed.name));
            renamed.retain(|renamed| has(kind, &renamed.from.name) || has(kind, &renamed.to.name));
        }
        self.persona.take_if(|_| !persona);
        self.settings.clear();
    }

    pub fn has_rebundled(&self) -> bool {
        self.kinds.iter().any(|kind| !kind.rebundled.is_empty())
    }

    /// Adds primitives that a push found unchanged but compiled anew: it keeps their old code.
    pub fn add_rebundled(&mut self, items: &[PushedItem]) {
        for item in items.iter().filter(|item| item.rebundled) {
            let Some(section) =
                self.kinds.iter_mut().find(|section| section.kind.word == item.kind)
            else {
                continue;
            };
            let is_known = section.rebundled.iter().any(|named| named.name == item.name)
                || section.changed.iter().any(|changed| changed.name == item.name)
                || section.added.iter().any(|named| named.name == item.name);
            if !is_known {
                section
                    .rebundled
                    .push(Named { name: item.name.clone(), number: item.after.clone() });
            }
        }
    }

    pub fn setting(&self, name: &str) -> Option<&SettingChange> {
        self.settings.iter().find(|setting| setting.name == name)
    }
}

impl KindChange {
    /// Nothing of a kind differs.
    pub fn none(kind: &'static Kind) -> KindChange {
        let (added, removed, changed, renamed, rebundled) = Default::default();
        KindChange { kind, added, removed, changed, renamed, rebundled }
    }

    /// A rename is two: one name went, and another came.
    pub fn count(&self) -> usize {
        self.added.len() + self.removed.len() + self.changed.len()
    }

    /// Former name of a primitive.
    pub fn renamed_to(&self, name: &str) -> Option<&RenamedPrimitive> {
        self.renamed.iter().find(|renamed| renamed.to.name == name)
    }

    pub fn is_renamed_from(&self, name: &str) -> bool {
        self.renamed.iter().any(|renamed| renamed.from.name == name)
    }
}

/// Compares two states; an absent one is empty. Equal subtrees are not opened.
pub fn between<S: Source + ?Sized>(
    source: &S,
    from: Option<&Id>,
    to: Option<&Id>,
) -> Result<StateChange> {
    let load =
        |id: Option<&Id>| id.map_or_else(|| Ok(State::default()), |id| State::load(source, id));
    let (from, to) = (load(from)?, load(to)?);
    let kinds =
        KINDS.iter().map(|kind| kind_change(source, kind, &from, &to)).collect::<Result<_>>()?;
    let persona = persona_change(source, &from, &to)?;
    Ok(StateChange { kinds, persona, settings: settings_change(source, &from, &to)? })
}

fn kind_change<S: Source + ?Sized>(
    source: &S,
    kind: &'static Kind,
    from: &State,
    to: &State,
) -> Result<KindChange> {
    let mut change = KindChange::none(kind);
    let (mut came, mut went) = (Vec::new(), Vec::new());
    let prefix = format!("{}/", kind.folder);
    let keys: BTreeSet<&String> = from
        .primitives
        .keys()
        .chain(to.primitives.keys())
        .filter(|key| key.starts_with(&prefix))
        .collect();
    for key in keys {
        let entry = &key[prefix.len()..];
        let name = names::decode(entry).unwrap_or_else(|| entry.to_owned());
        let number = |state: &State| state.numbers.get(key).cloned();
        match (from.primitives.get(key), to.primitives.get(key)) {
            (None, Some(new)) => {
                came.push(new);
                change.added.push(Named { name, number: number(to) });
            }
            (Some(old), None) => {
                went.push(old);
                change.removed.push(Named { name, number: number(from) });
            }
            (Some(old), Some(new)) if old != new => match primitive_change(source, old, new)? {
                Some(parts) => {
                    change.changed.push(ChangedPrimitive {
                        name,
                        from: number(from),
                        to: number(to),
                        parts,
                    });
                }
                None if is_rebundled(source, old, new)? => {
                    change.rebundled.push(Named { name, number: number(to) });
                }
                None => {}
            },
            _ => {}
        }
    }
    change.renamed = renames(source, &change, &went, &came)?;
    Ok(change)
}

/// `went` and `came` are the trees of removed and added primitives.
fn renames<S: Source + ?Sized>(
    source: &S,
    change: &KindChange,
    went: &[&Id],
    came: &[&Id],
) -> Result<Vec<RenamedPrimitive>> {
    if went.is_empty() || came.is_empty() {
        return Ok(Vec::new());
    }
    let load = |list: &[&Id]| -> Result<Vec<RenameCandidate>> {
        list.iter().enumerate().map(|(at, id)| RenameCandidate::load(source, at, id)).collect()
    };
    let (went, came) = (load(went)?, load(came)?);
    let renamed = |(old, new): (&RenameCandidate, &RenameCandidate)| {
        let (from, to) = (change.removed[old.at].clone(), change.added[new.at].clone());
        Ok(RenamedPrimitive { from, to, parts: old.parts(source, new)? })
    };
    renamed::pairs(&went, &came).into_iter().map(renamed).collect()
}

/// True if both have the compiler's code, and it differs.
fn is_rebundled<S: Source + ?Sized>(source: &S, old: &Id, new: &Id) -> Result<bool> {
    let code = |tree: &Id| -> Result<_> { Ok(source.tree(tree)?.get(CODE).map(|entry| entry.id)) };
    Ok(matches!((code(old)?, code(new)?), (Some(old), Some(new)) if old != new))
}

/// `None` if only files beside the content differ, such as the bytes of comments.
fn primitive_change<S: Source + ?Sized>(
    source: &S,
    old: &Id,
    new: &Id,
) -> Result<Option<PrimitiveChange>> {
    let (before, after) = (Content::of(source, old)?, Content::of(source, new)?);
    if !differs(source, &before, &after)? {
        return Ok(None);
    }
    let read = |id: &Id, what| -> Result<Value> { json::decode(&source.blob(id)?, what) };
    let mut parts = PrimitiveChange::default();
    let values = (compiled_values::values(source, old)?, compiled_values::values(source, new)?);
    if before.definition != after.definition || values.0 != values.1 {
        let mut definitions =
            (read(&before.definition, DEFINITION)?, read(&after.definition, DEFINITION)?);
        compiled_values::overlay_both(&mut definitions, &values);
        parts.compare_definitions(&definitions.0, &definitions.1);
    }
    if before.reach != after.reach {
        parts.compare_reaches(&read(&before.reach, REACH)?, &read(&after.reach, REACH)?);
    }
    Ok(Some(parts))
}

/// True if two contents differ. A reach that older rules made has fewer parts than one of today,
/// which is no difference as long as the common parts are equal.
pub fn differs<S: Source + ?Sized>(source: &S, before: &Content, after: &Content) -> Result<bool> {
    if before.definition != after.definition || before.reach == after.reach {
        return Ok(before != after);
    }
    let read = |id: &Id| -> Result<Value> { json::decode(&source.blob(id)?, REACH) };
    let mut parts = PrimitiveChange::default();
    parts.compare_reaches(&read(&before.reach)?, &read(&after.reach)?);
    Ok(!parts.reaches_the_same())
}

fn persona_change<S: Source + ?Sized>(
    source: &S,
    from: &State,
    to: &State,
) -> Result<Option<PersonaChange>> {
    if from.persona == to.persona {
        return Ok(None);
    }
    Ok(Some(PersonaChange { from: persona(source, from)?, to: persona(source, to)? }))
}

/// The persona of a state, as text (an object persona as its JSON).
pub fn persona<S: Source + ?Sized>(source: &S, state: &State) -> Result<Option<PersonaContent>> {
    let Some(persona) = state.persona else { return Ok(None) };
    let text = String::from_utf8_lossy(&source.blob(&persona.id)?).into_owned();
    let number = state.numbers.get(crate::model::numbers::PERSONA).cloned();
    Ok(Some(PersonaContent { number, text, is_object: persona.is_object }))
}

/// The settings of a state, as an object; empty where nothing was pushed of them yet.
pub fn settings<S: Source + ?Sized>(source: &S, state: &State) -> Result<Map<String, Value>> {
    match state.settings {
        Some(id) => json::decode(&source.blob(&id)?, crate::history::state::SETTINGS),
        None => Ok(Map::new()),
    }
}

fn settings_change<S: Source + ?Sized>(
    source: &S,
    from: &State,
    to: &State,
) -> Result<Vec<SettingChange>> {
    if from.settings == to.settings {
        return Ok(Vec::new());
    }
    Ok(settings_that_differ(&settings(source, from)?, &settings(source, to)?))
}

/// Settings that differ. The order of a list counts only for elements of both: added and removed
/// ones are reported by themselves.
pub fn settings_that_differ(
    from: &Map<String, Value>,
    to: &Map<String, Value>,
) -> Vec<SettingChange> {
    let names: BTreeSet<&String> =
        from.keys().chain(to.keys()).filter(|name| *name != ORDER).collect();
    let change = |name: &String| SettingChange {
        name: name.clone(),
        from: from.get(name).cloned(),
        to: to.get(name).cloned(),
    };
    let mut changes: Vec<SettingChange> =
        names.into_iter().map(change).filter(|change| change.from != change.to).collect();
    let lists = |settings: &Map<String, Value>| {
        settings.get(ORDER).and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let (before, after) = (lists(from), lists(to));
    for (folder, old) in &before {
        let Some(new) = after.get(folder) else { continue };
        let common = |one: &Value, other: &Value| -> Vec<Value> {
            let other = other.as_array().map_or(&[][..], Vec::as_slice);
            one.as_array()
                .into_iter()
                .flatten()
                .filter(|name| other.contains(name))
                .cloned()
                .collect()
        };
        if common(old, new) != common(new, old) {
            let name = format!("order of {folder}");
            changes.push(SettingChange { name, from: Some(old.clone()), to: Some(new.clone()) });
        }
    }
    changes
}
