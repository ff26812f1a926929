//! Drift: the difference between the project and the published version, component by component, by
//! content and never by number.
//!
//! Published is the newest version that was ever promoted, active or not: after a rollback the code
//! is still compared with the version that was last meant to be live. The last common state decides
//! which side moved.

use crate::compare::{
    self, ChangedPrimitive, KindChange, PersonaChange, SettingChange, StateChange,
};
use crate::error::{Error, Hint, Result};
use crate::history::ledger::{self, LedgerEntry, LedgerIndex};
use crate::history::record::Event;
use crate::history::revision::Revision;
use crate::history::version::Version;
use crate::object::{Id, Source};
use crate::store::Active;
use std::collections::BTreeSet;

/// Side that has changes which the other lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftStatus {
    InSync,
    /// Changed here, and not published yet.
    Ahead,
    /// Published by somebody else, and not here yet.
    Behind,
    /// Changed on both sides.
    Diverged,
    /// One side cannot be read: it is neither equal nor different.
    Unknown,
}

impl DriftStatus {
    pub fn word(self) -> &'static str {
        match self {
            DriftStatus::InSync => "in_sync",
            DriftStatus::Ahead => "ahead",
            DriftStatus::Behind => "behind",
            DriftStatus::Diverged => "diverged",
            DriftStatus::Unknown => "unknown",
        }
    }

    /// As a sentence ends: "Local code is …".
    pub fn phrase(self) -> &'static str {
        match self {
            DriftStatus::InSync => "in sync with the server",
            DriftStatus::Ahead => "ahead of the server: changed here, and not promoted yet",
            DriftStatus::Behind => "behind the server: changed there",
            DriftStatus::Diverged => "diverged from the server: changed on both sides",
            DriftStatus::Unknown => {
                "not compared: the server does not have the content of some numbers"
            }
        }
    }

    /// True if one side is known to have changed.
    pub fn is_drift(self) -> bool {
        !matches!(self, DriftStatus::InSync | DriftStatus::Unknown)
    }

    fn of(here: bool, there: bool) -> DriftStatus {
        match (here, there) {
            (false, false) => DriftStatus::InSync,
            (true, false) => DriftStatus::Ahead,
            (false, true) => DriftStatus::Behind,
            (true, true) => DriftStatus::Diverged,
        }
    }

    /// Status of two components together.
    pub fn combine(self, other: DriftStatus) -> DriftStatus {
        let is = |standing| [self, other].contains(&standing);
        if is(DriftStatus::Unknown) && !self.is_drift() && !other.is_drift() {
            return DriftStatus::Unknown;
        }
        let here = is(DriftStatus::Ahead) || is(DriftStatus::Diverged);
        let there = is(DriftStatus::Behind) || is(DriftStatus::Diverged);
        DriftStatus::of(here, there)
    }
}

/// Part of an agent that is compared, pushed and pulled by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentPart {
    Persona,
    /// A top-level setting: `name`, `model` and others.
    Setting(String),
    /// A primitive, by the word of its kind and its name.
    Primitive(&'static str, String),
}

/// Differences from the server to here, with the side that changed each part.
#[derive(Debug)]
pub struct Drift {
    pub change: StateChange,
    pub parts: Vec<(AgentPart, DriftStatus)>,
}

/// The states that are compared.
pub struct DriftStates {
    pub server: Id,
    pub local: Id,
    /// Last state in which both were equal, if known.
    pub base: Option<Id>,
}

impl Drift {
    pub fn between<S: Source + ?Sized>(objects: &S, sides: &DriftStates) -> Result<Drift> {
        let DriftStates { server, local, base } = sides;
        let change = compare::between(objects, Some(server), Some(local))?;
        let moved = |to: &Id| -> Result<Option<BTreeSet<AgentPart>>> {
            let Some(base) = base else { return Ok(None) };
            Ok(Some(parts(&compare::between(objects, Some(base), Some(to))?)))
        };
        let (here, there) = (moved(local)?, moved(server)?);
        let touched = |side: &Option<BTreeSet<AgentPart>>, part: &AgentPart| {
            side.as_ref().is_none_or(|parts| parts.contains(part))
        };
        let unknown = unknown(&change);
        let standing = |part: AgentPart| {
            let standing = match unknown.contains(&part) {
                true => DriftStatus::Unknown,
                false => DriftStatus::of(touched(&here, &part), touched(&there, &part)),
            };
            (part, standing)
        };
        let parts = parts(&change).into_iter().map(standing).collect();
        Ok(Drift { change, parts })
    }

    pub fn standing(&self) -> DriftStatus {
        self.parts.iter().fold(DriftStatus::InSync, |all, (_, one)| all.combine(*one))
    }

    /// Number of parts of which one side is known to have changed.
    pub fn drifted(&self) -> usize {
        self.parts.iter().filter(|(_, standing)| standing.is_drift()).count()
    }

    pub fn persona(&self) -> Option<&PersonaChange> {
        self.change.persona.as_ref()
    }

    pub fn setting(&self, name: &str) -> Option<&SettingChange> {
        self.change.setting(name)
    }
}

/// Primitives whose content is unknown on one side.
fn unknown(change: &StateChange) -> BTreeSet<AgentPart> {
    let of_kind = |kind: &'_ KindChange| {
        let unknown = kind.changed.iter().filter(|changed| !changed.parts.unknown.is_empty());
        let part =
            |changed: &ChangedPrimitive| AgentPart::Primitive(kind.kind.word, changed.name.clone());
        unknown.map(part).collect::<Vec<_>>()
    };
    change.kinds.iter().flat_map(of_kind).collect()
}

fn parts(change: &StateChange) -> BTreeSet<AgentPart> {
    let mut parts = BTreeSet::new();
    for kind in &change.kinds {
        let named = kind.added.iter().chain(&kind.removed).map(|named| &named.name);
        let names = named.chain(kind.changed.iter().map(|changed| &changed.name));
        parts.extend(names.map(|name| AgentPart::Primitive(kind.kind.word, name.clone())));
    }
    parts.extend(change.persona.iter().map(|_| AgentPart::Persona));
    parts.extend(change.settings.iter().map(|setting| AgentPart::Setting(setting.name.clone())));
    parts
}

/// Version with which a project is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DriftTarget {
    /// The newest version that was ever promoted, and is not deleted.
    #[default]
    Published,
    Version(Revision),
}

impl std::str::FromStr for DriftTarget {
    type Err = Error;

    fn from_str(text: &str) -> Result<DriftTarget> {
        match text {
            "published" => Ok(DriftTarget::Published),
            _ => match text.parse()? {
                revision @ (Revision::Number(_)
                | Revision::Active
                | Revision::Latest
                | Revision::Previous) => Ok(DriftTarget::Version(revision)),
                other => Err(Error::usage(format!("\"{other}\" is not a version to compare with"))
                    .hint(
                        "use `published`, `active`, `latest`, `previous`, or a number like `v2`",
                    )),
            },
        }
    }
}

/// Versions of a remote, and its ledger.
pub struct Versions<'a, S: ?Sized> {
    objects: &'a S,
    /// By number, from v1 on.
    ids: &'a [Id],
    active: Option<Active>,
    folded: LedgerIndex,
}

impl<'a, S: Source + ?Sized> Versions<'a, S> {
    pub fn of(objects: &'a S, ids: &'a [Id], active: Option<Active>) -> Result<Versions<'a, S>> {
        let folded = ledger::fold(objects, active.map(|active| active.ledger))?;
        Ok(Versions { objects, ids, active, folded })
    }

    /// The version that this means; `None` where nothing is published, or nothing live.
    pub fn find(&self, what: &DriftTarget) -> Result<Option<Version>> {
        let number = match what {
            DriftTarget::Published => self.newest(|id| self.folded.promoted.contains_key(id)),
            DriftTarget::Version(Revision::Active) => self.active.and_then(|active| active.version),
            DriftTarget::Version(Revision::Latest) => self.newest(|_| true),
            DriftTarget::Version(Revision::Previous) => self.previous(),
            DriftTarget::Version(Revision::Number(number)) => Some(*number),
            DriftTarget::Version(_) => None,
        };
        number.map(|number| self.load(number)).transpose()
    }

    fn load(&self, number: u64) -> Result<Version> {
        let id = number.checked_sub(1).and_then(|at| self.ids.get(at as usize));
        let missing = || {
            Error::not_found(format!("the remote has no version v{number}"))
                .hint(Hint::ListAfterFetch)
        };
        Version::load(self.objects, number, *id.ok_or_else(missing)?)
    }

    fn newest(&self, is: impl Fn(&Id) -> bool) -> Option<u64> {
        let known = (1..).zip(self.ids);
        known
            .filter(|(_, id)| is(id) && !self.folded.deleted.contains(id))
            .map(|(number, _)| number)
            .last()
    }

    /// Version that was live before the present one.
    fn previous(&self) -> Option<u64> {
        let (active, before) = (self.folded.was_active.first(), &self.folded.was_active);
        let id = before.iter().find(|id| Some(*id) != active)?;
        (1..).zip(self.ids).find(|(_, known)| *known == id).map(|(number, _)| number)
    }

    /// Live version, and the record that promoted it.
    pub fn live(&self) -> Result<Option<(Version, LedgerEntry)>> {
        let Some(version) = self.find(&DriftTarget::Version(Revision::Active))? else {
            return Ok(None);
        };
        for step in ledger::steps(self.objects, self.active.map(|active| active.ledger)) {
            let step = step?;
            if step.record.event == Event::Promote {
                return Ok(Some((version, step)));
            }
        }
        Err(Error::corrupt(format!(
            "v{} is active, and no record of the ledger promoted it",
            version.number
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_moved_decides() {
        use DriftStatus::*;
        for (one, two, both) in [
            (InSync, InSync, InSync),
            (Ahead, InSync, Ahead),
            (Ahead, Ahead, Ahead),
            (Ahead, Behind, Diverged),
            (Behind, InSync, Behind),
            (Diverged, InSync, Diverged),
            (Diverged, Ahead, Diverged),
            (Unknown, InSync, Unknown),
            (Unknown, Ahead, Ahead),
            (Unknown, Diverged, Diverged),
            (Unknown, Unknown, Unknown),
        ] {
            assert_eq!(one.combine(two), both);
            assert_eq!(two.combine(one), both);
        }
    }
}
