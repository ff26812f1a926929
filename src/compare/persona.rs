//! Versions of the persona, gathered from the source versions that introduced them, each with its
//! status. For the `persona` commands.

use crate::compare::{self, PersonaContent};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::catalog::Catalog;
use crate::history::record::STATE;
use crate::history::revision::Revision;
use crate::history::source::{self, SourceVersion};
use crate::history::state::{NUMBERS, PERSONA_OBJECT, PERSONA_TEXT, PersonaId, State};
use crate::model::json;
use crate::model::numbers::{Numbers, PERSONA};
use crate::object::{Id, Source, Tree, TreeEntry};
use crate::store::Store;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonaStatus {
    /// In the active version.
    Current,
    /// In a version that was active once.
    Published,
    /// Pushed, and never live.
    Draft,
}

impl PersonaStatus {
    pub fn word(self) -> &'static str {
        match self {
            PersonaStatus::Current => "current",
            PersonaStatus::Published => "published",
            PersonaStatus::Draft => "draft",
        }
    }
}

/// One version of the persona: its text, and the push that made it.
#[derive(Clone, Debug)]
pub struct PersonaVersion {
    pub number: u64,
    pub status: PersonaStatus,
    pub pushed: SourceVersion,
    id: PersonaId,
}

impl PersonaVersion {
    pub fn persona<S: Source + ?Sized>(&self, source: &S) -> Result<PersonaContent> {
        let number = Some(self.number.to_string());
        let state = State {
            persona: Some(self.id),
            numbers: number.into_iter().map(|number| (PERSONA.to_owned(), number)).collect(),
            ..State::default()
        };
        compare::persona(source, &state)?.ok_or_else(|| Error::corrupt("the persona is missing"))
    }
}

#[derive(Debug)]
pub struct PersonaHistory {
    /// The newest first.
    pub versions: Vec<PersonaVersion>,
    /// Source versions that cannot be read, which may have had others.
    pub damaged: Vec<(u64, Error)>,
}

/// All versions of the persona. Only states whose persona is another than the one before are looked into.
pub fn list(store: &Store, catalog: &Catalog) -> Result<PersonaHistory> {
    let (objects, mut damaged) = (store.objects(), Vec::new());
    let mut found: BTreeMap<u64, PersonaVersion> = BTreeMap::new();
    let mut before: (Option<Id>, Option<TreeEntry>) = (None, None);
    let status = statuses(objects, catalog)?;
    for (number, push) in store.refs().list_all(source::REFS)? {
        let read = push.and_then(|push| Ok((push, objects.tree(&push)?.require(STATE)?)));
        let (push, state) = match read {
            Ok(read) => read,
            Err(error) if error.kind() == Kind::Corrupt => {
                damaged.push((number, error));
                continue;
            }
            Err(error) => return Err(error),
        };
        if before.0 == Some(state) {
            continue;
        }
        let tree = objects.tree(&state)?;
        let entry = persona_entry(&tree).cloned();
        let same = before.1 == entry;
        before = (Some(state), entry.clone());
        let (false, Some(entry)) = (same, entry) else { continue };
        let Some(persona) = number_of(objects, &tree)? else { continue };
        // A rollback brings an older one back, which is no new version.
        if found.contains_key(&persona) {
            continue;
        }
        let id = PersonaId { id: entry.id, is_object: &*entry.name == PERSONA_OBJECT };
        let pushed = SourceVersion::load(objects, number, push)?;
        found.insert(
            persona,
            PersonaVersion { number: persona, status: status(persona), pushed, id },
        );
    }
    Ok(PersonaHistory { versions: found.into_values().rev().collect(), damaged })
}

/// Status of each version of the persona, from the versions that were ever live.
fn statuses<S: Source + ?Sized>(
    source: &S,
    catalog: &Catalog,
) -> Result<impl Fn(u64) -> PersonaStatus + use<S>> {
    let mut seen: HashMap<Id, Option<u64>> = HashMap::new();
    let mut persona = |version: &Id| -> Result<Option<u64>> {
        let tree = source.tree(&source.tree(version)?.require(STATE)?)?;
        let Some(numbers) = tree.get(NUMBERS).map(|entry| entry.id) else { return Ok(None) };
        if let Some(known) = seen.get(&numbers) {
            return Ok(*known);
        }
        let found = number_of(source, &tree)?;
        seen.insert(numbers, found);
        Ok(found)
    };
    let current = catalog.active_id().as_ref().map(&mut persona).transpose()?.flatten();
    let mut published = HashSet::new();
    for version in catalog.promoted() {
        published.extend(persona(version)?);
    }
    Ok(move |number| match number {
        number if current == Some(number) => PersonaStatus::Current,
        number if published.contains(&number) => PersonaStatus::Published,
        _ => PersonaStatus::Draft,
    })
}

fn persona_entry(state: &Tree) -> Option<&TreeEntry> {
    state.get(PERSONA_TEXT).or_else(|| state.get(PERSONA_OBJECT))
}

fn number_of<S: Source + ?Sized>(source: &S, state: &Tree) -> Result<Option<u64>> {
    let Some(entry) = state.get(NUMBERS).filter(|_| persona_entry(state).is_some()) else {
        return Ok(None);
    };
    let numbers: Numbers = json::decode(&source.blob(&entry.id)?, NUMBERS)?;
    Ok(numbers.get(PERSONA).and_then(|number| number.parse().ok()))
}

/// The one that a person names: `2`, `v2`, `latest`, or `active` for the current one.
pub fn pick<'v>(versions: &'v [PersonaVersion], revision: &Revision) -> Result<&'v PersonaVersion> {
    let (found, missing) = match revision {
        Revision::Number(number) => (
            versions.iter().find(|one| one.number == *number),
            format!("Persona v{number} not found"),
        ),
        Revision::Latest => (versions.first(), "no persona was pushed yet".to_owned()),
        Revision::Active => (
            versions.iter().find(|one| one.status == PersonaStatus::Current),
            "no version with a persona is active".to_owned(),
        ),
        other => {
            return Err(Error::usage(format!("\"{other}\" is not a version of the persona"))
                .hint(Hint::ListPersonas));
        }
    };
    found.ok_or_else(|| Error::not_found(missing).hint(Hint::ListPersonas))
}
