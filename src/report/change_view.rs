//! Change between two states as JSON: the stock command's sections by kind, flat lists beside them,
//! and every detail.

use super::by_kind::ByKind;
use crate::compare::{
    self, ChangedPrimitive, Detail, KindChange, Named, PersonaChange, PersonaContent,
    PrimitiveChange, RenamedPrimitive, SettingChange, SharedReach, StateChange,
};
use serde::Serialize;
use serde_json::Value;

/// The stock command's sections by kind, and beside them the flat lists `added`, `removed`,
/// `changed` that its documentation shows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeView<'a> {
    #[serde(flatten)]
    kinds: ByKind<KindView<'a>>,
    persona: Option<PersonaView<'a>>,
    model: Option<ValueView<'a>>,
    voice: Option<ValueView<'a>>,
    settings: Vec<SettingView<'a>>,
    reaches: SharedReach,
    added: Vec<OfKind<NamedView<'a>>>,
    removed: Vec<OfKind<NamedView<'a>>>,
    changed: Vec<OfKind<ChangedView<'a>>>,
}

/// Reason why the agent of either side was not read, where it was not.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadSides<'a> {
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

/// Changes of the primitives of one kind.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct KindView<'a> {
    added: Vec<NamedView<'a>>,
    removed: Vec<NamedView<'a>>,
    changed: Vec<ChangedView<'a>>,
    /// Pairs of `added` and `removed` that are one thing.
    renamed: Vec<RenamedView<'a>>,
    rebundled: Vec<NamedView<'a>>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NamedView<'a> {
    name: &'a str,
    version: Option<&'a str>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ChangedView<'a> {
    name: &'a str,
    from: NumberView<'a>,
    to: NumberView<'a>,
    parts: &'a PrimitiveChange,
    /// Fields that the stock command lists for a server of tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_fields: Option<&'a [String]>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NumberView<'a> {
    version: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RenamedView<'a> {
    from: NamedView<'a>,
    to: NamedView<'a>,
    parts: &'a PrimitiveChange,
}

/// An item of a flat list.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OfKind<T: Serialize> {
    #[serde(flatten)]
    item: T,
    kind: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ValueView<'a> {
    from: &'a Option<Value>,
    to: &'a Option<Value>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SettingView<'a> {
    name: &'a str,
    from: &'a Option<Value>,
    to: &'a Option<Value>,
    details: Vec<Detail>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PersonaView<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
    from_version: Option<u64>,
    to_version: Option<u64>,
    details: Vec<Detail>,
}

impl<'a> ChangeView<'a> {
    pub fn new(change: &'a StateChange) -> ChangeView<'a> {
        let kinds = change.kinds.iter().map(|section| (section.kind, KindView::new(section)));
        let of_each = |list: fn(&'a KindChange) -> &'a [Named]| {
            let one = move |section: &'a KindChange| flat(section, list(section), NamedView::new);
            change.kinds.iter().flat_map(one).collect()
        };
        let changed = |section: &'a KindChange| {
            flat(section, &section.changed, |item| ChangedView::new(section, item))
        };
        ChangeView {
            kinds: ByKind(kinds.collect()),
            persona: change.persona.as_ref().map(PersonaView::new),
            model: change.setting("model").map(ValueView::new),
            voice: change.setting("voice").map(ValueView::new),
            settings: change.settings.iter().map(SettingView::new).collect(),
            reaches: compare::reached(change),
            added: of_each(|section| &section.added),
            removed: of_each(|section| &section.removed),
            changed: change.kinds.iter().flat_map(changed).collect(),
        }
    }
}

/// The items of a section as they are in a flat list.
fn flat<'a, I, T: Serialize>(
    section: &'a KindChange,
    list: &'a [I],
    view: impl Fn(&'a I) -> T,
) -> Vec<OfKind<T>> {
    list.iter().map(|item| OfKind { item: view(item), kind: section.kind.word }).collect()
}

impl<'a> KindView<'a> {
    fn new(section: &'a KindChange) -> KindView<'a> {
        let named = |list: &'a [Named]| list.iter().map(NamedView::new).collect();
        let changed = section.changed.iter().map(|item| ChangedView::new(section, item));
        KindView {
            added: named(&section.added),
            removed: named(&section.removed),
            changed: changed.collect(),
            renamed: section.renamed.iter().map(RenamedView::new).collect(),
            rebundled: named(&section.rebundled),
        }
    }
}

impl<'a> NamedView<'a> {
    fn new(item: &'a Named) -> NamedView<'a> {
        NamedView { name: &item.name, version: item.number.as_deref() }
    }
}

impl<'a> ChangedView<'a> {
    fn new(section: &KindChange, item: &'a ChangedPrimitive) -> ChangedView<'a> {
        let is_server = section.kind.word == super::diff::MCP;
        ChangedView {
            name: &item.name,
            from: NumberView { version: item.from.as_deref() },
            to: NumberView { version: item.to.as_deref() },
            parts: &item.parts,
            changed_fields: is_server.then_some(&*item.parts.fields),
        }
    }
}

impl<'a> RenamedView<'a> {
    fn new(one: &'a RenamedPrimitive) -> RenamedView<'a> {
        let (from, to) = (NamedView::new(&one.from), NamedView::new(&one.to));
        RenamedView { from, to, parts: &one.parts }
    }
}

impl<'a> ValueView<'a> {
    fn new(setting: &'a SettingChange) -> ValueView<'a> {
        ValueView { from: &setting.from, to: &setting.to }
    }
}

impl<'a> SettingView<'a> {
    fn new(setting: &'a SettingChange) -> SettingView<'a> {
        let SettingChange { name, from, to } = setting;
        SettingView { name, from, to, details: setting.details() }
    }
}

impl<'a> PersonaView<'a> {
    fn new(change: &'a PersonaChange) -> PersonaView<'a> {
        let number = |persona: &Option<PersonaContent>| -> Option<u64> {
            persona.as_ref()?.number.as_ref()?.parse().ok()
        };
        PersonaView {
            from: change.from.as_ref().map(|persona| &*persona.text),
            to: change.to.as_ref().map(|persona| &*persona.text),
            from_version: number(&change.from),
            to_version: number(&change.to),
            details: change.details(),
        }
    }
}
