//! The rules of what may become part of an agent: refs name well-formed versions, the pointer goes on from the old one.
//!
//! Hashes, trees and closure were proven before; here is what the objects mean.

use super::bearer::Deeds;
use super::head::Head;
use crate::agent::bounds::Bounds;
use crate::agent::kind::Kind as PrimitiveKind;
use crate::agent::ledger::{self, Step};
use crate::agent::numbers::{self, PERSONA};
use crate::agent::record::{Event, META, PREVIOUS, RECORD, SOURCE, STATE, VERSION};
use crate::agent::source::SourceVersion;
use crate::agent::state::{self, State};
use crate::agent::version::Version;
use crate::agent::{json, names};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::object::{Entry, Id, Mode, Source};
use crate::protocol::{Create, Swap, Transaction, limits};
use crate::store::Odb;
use serde_json::Value;
use std::collections::HashSet;

/// How many records one transaction may add to the ledger.
const MOST_RECORDS: usize = 10_000;

/// What the transaction does, or the first rule that it breaks. Its expectations hold, and what it names is
/// among the objects.
pub fn check(head: &Head, tx: &Transaction, objects: &Odb) -> Result<Result<Deeds, String>> {
    match (Check { head, tx, objects }).all() {
        Ok(deeds) => Ok(Ok(deeds)),
        Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::Usage) => {
            Ok(Err(error.message().to_owned()))
        }
        Err(error) => Err(error),
    }
}

struct Check<'a> {
    head: &'a Head,
    tx: &'a Transaction,
    objects: &'a Odb,
}

fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::corrupt(reason))
}

/// The new refs of a series with their numbers.
fn created(series: &[Id], create: Option<&Create>) -> Vec<(u64, Id)> {
    let ids = create.into_iter().flat_map(|create| create.ids.iter().copied());
    (series.len() as u64 + 1..).zip(ids).collect()
}

impl Check<'_> {
    fn all(&self) -> Result<Deeds> {
        let (mut deeds, mut bounds) = (Deeds::default(), Bounds::default());
        let creates = self.tx.source.iter().chain(&self.tx.versions);
        if self.tx.is_empty() || creates.into_iter().any(|create| create.ids.is_empty()) {
            return refuse("the transaction does nothing");
        }
        let mut before = match self.head.source.last() {
            Some(id) => self.state_of(id)?,
            None => None,
        };
        let mut files = self.head.source.last().map(|id| self.files_of(id)).transpose()?;
        for (number, id) in created(&self.head.source, self.tx.source.as_ref()) {
            let checked = self.source_version(number, id, before.as_ref(), files);
            let (state, version) =
                checked.map_err(|error| error.context(format!("refs/source/v{number}")))?;
            bounds.check(self.objects, &format!("refs/source/v{number}"), &id)?;
            (before, files) = (Some(state), Some(version.source));
            deeds.source(number, &version.record.by);
        }
        let mut versions = self.head.versions.clone();
        for (number, id) in created(&self.head.versions, self.tx.versions.as_ref()) {
            let checked = self.version(number, id, &versions);
            let by = checked.map_err(|error| error.context(format!("refs/versions/v{number}")))?;
            bounds.check(self.objects, &format!("refs/versions/v{number}"), &id)?;
            versions.push(id);
            deeds.version(number, &by);
        }
        if let Some(swap) = &self.tx.active {
            self.pointer(swap, &versions, &mut deeds)?;
        }
        Ok(deeds)
    }

    /// The state of an older source version, which passed when it came.
    fn state_of(&self, id: &Id) -> Result<Option<State>> {
        let state = self.objects.tree(id)?.require(STATE)?;
        State::load(self.objects, &state).map(Some)
    }

    /// The files of a source version.
    fn files_of(&self, id: &Id) -> Result<Id> {
        self.objects.tree(id)?.require(SOURCE)
    }

    /// A tree with a record and exactly these links.
    fn form(&self, id: &Id, what: &str, record: &str, links: &[&str]) -> Result<()> {
        let tree = self.objects.tree(id)?;
        let fits = |entry: &Entry| match entry.mode {
            Mode::File => &*entry.name == record,
            Mode::Directory => links.contains(&&*entry.name),
            Mode::Executable | Mode::Symlink => false,
        };
        if tree.entries().len() != links.len() + 1 || !tree.entries().iter().all(fits) {
            return refuse(format!("object {id} is no {what}"));
        }
        self.small(&tree.require(record)?, "a record").map(drop)
    }

    /// A blob that is held in memory to be looked at.
    fn small(&self, id: &Id, what: &str) -> Result<Vec<u8>> {
        match self.objects.kind_and_len(id)? {
            Some((_, len)) if len > limits::MAX_JSON as u64 => refuse(format!("{what} has {len} bytes")),
            _ => self.objects.blob(id),
        }
    }

    /// The state of a new source version, and what else it says.
    fn source_version(
        &self,
        number: u64,
        id: Id,
        before: Option<&State>,
        files: Option<Id>,
    ) -> Result<(State, SourceVersion)> {
        self.form(&id, "source version", RECORD, &[SOURCE, STATE])?;
        let version = SourceVersion::load(self.objects, number, id)?;
        self.files(version.source, files)?;
        Ok((self.state(&version.state, before)?, version))
    }

    /// Every file can be restored. `before` are files that passed: what is the same in them needs no look, and no
    /// tree is looked at twice, however many paths lead to it.
    fn files(&self, files: Id, before: Option<Id>) -> Result<()> {
        let (mut open, mut seen) = (vec![(String::new(), files, before)], HashSet::new());
        while let Some((folder, id, before)) = open.pop() {
            if Some(id) == before || !seen.insert(id) {
                continue;
            }
            let before = before.map(|before| self.objects.tree(&before)).transpose()?.unwrap_or_default();
            for entry in self.objects.tree(&id)?.entries() {
                if let Some(reason) = fs::untrackable(&entry.name) {
                    let path = format!("{folder}{}", entry.name);
                    return refuse(format!("its files have \"{path}\", which no project can have: {reason}"));
                }
                if entry.mode.is_directory() {
                    let old = before.get(&entry.name).filter(|old| old.mode.is_directory()).map(|old| old.id);
                    open.push((format!("{folder}{}/", entry.name), entry.id, old));
                }
            }
        }
        Ok(())
    }

    /// Who a new version says made it.
    fn version(&self, number: u64, id: Id, others: &[Id]) -> Result<String> {
        self.form(&id, "agent version", META, &[SOURCE, STATE])?;
        let version = Version::load(self.objects, number, id)?;
        if others.contains(&id) {
            // The ledger names versions by id.
            return refuse(format!("object {id} is another version already"));
        }
        let source = self.source_id(version.meta.source_version);
        let Some(source) = source else {
            let from = version.meta.source_version;
            return refuse(format!("it was made from source version v{from}, which does not exist"));
        };
        self.files(version.source, Some(self.files_of(&source)?))?;
        let pushed = self.state_of(&source)?;
        self.state(&version.state, pushed.as_ref())?;
        Ok(version.meta.by)
    }

    /// Of an older source version or of one that comes with this transaction.
    fn source_id(&self, number: u64) -> Option<Id> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        let new = self.tx.source.iter().flat_map(|create| &create.ids);
        self.head.source.iter().chain(new).nth(at).copied()
    }

    /// `before` is a state that passed: what is the same in it needs no look.
    fn state(&self, id: &Id, before: Option<&State>) -> Result<State> {
        const FILES: [&str; 4] =
            [state::SETTINGS, state::PERSONA_TEXT, state::PERSONA_OBJECT, state::NUMBERS];
        let tree = self.objects.tree(id)?;
        for entry in tree.entries() {
            let is_file = FILES.contains(&&*entry.name);
            let fits = if is_file { entry.mode == Mode::File } else { entry.mode.is_directory() };
            if !fits || (!is_file && PrimitiveKind::of_folder(&entry.name).is_none()) {
                return refuse(format!("its state has an entry \"{}\" that cannot be there", entry.name));
            }
        }
        self.json(&tree.require(state::NUMBERS)?, state::NUMBERS)?;
        let state = State::load(self.objects, id)?;
        if let Some(settings) = state.settings
            && !self.json(&settings, state::SETTINGS)?.is_object()
        {
            return refuse("its agent.json is no object");
        }
        if let Some(persona) = state.persona.filter(|persona| persona.is_object) {
            self.json(&persona.id, state::PERSONA_OBJECT)?;
        }
        check_numbers(&state)?;
        for (key, id) in &state.primitives {
            if before.and_then(|before| before.primitives.get(key)) != Some(id) {
                self.primitive(key, id).map_err(|error| error.context(key))?;
            }
        }
        Ok(state)
    }

    fn primitive(&self, key: &str, id: &Id) -> Result<()> {
        let name = key.split_once('/').map_or("", |(_, name)| name);
        if names::decode(name).is_none() {
            return refuse("its name is not encoded as it must be");
        }
        let content = state::Content::of(self.objects, id)?;
        self.json(&content.definition, state::DEFINITION)?;
        self.json(&content.reach, state::REACH).map(drop)
    }

    /// A canonical JSON value.
    fn json(&self, id: &Id, what: &str) -> Result<Value> {
        let bytes = self.small(id, what)?;
        let value: Value = json::decode(&bytes, what)?;
        if json::encode(&value)? != bytes {
            return refuse(format!("{what} is not in its canonical encoding"));
        }
        Ok(value)
    }

    /// The ledger of the new pointer is the old one and new records, and the pointer names what the last
    /// promotion among them named.
    fn pointer(&self, swap: &Swap, versions: &[Id], deeds: &mut Deeds) -> Result<()> {
        let old = swap.expected.map(|active| active.ledger);
        let mut active = swap.expected.and_then(|active| active.version);
        let mut deleted = ledger::fold(self.objects, old)?.deleted;
        for step in self.new_records(swap.new.ledger, old)?.iter().rev() {
            let name = step.id.short();
            let Some(at) = versions.iter().position(|id| *id == step.version) else {
                return refuse(format!("ledger record {name} names a version that does not exist"));
            };
            let number = at as u64 + 1;
            deeds.step(step.record.event, number, &step.record.by);
            match step.record.event {
                Event::Promote if deleted.contains(&step.version) => {
                    return refuse(format!("ledger record {name} promotes v{number}, which was deleted"));
                }
                Event::Promote => active = Some(number),
                Event::Delete if active == Some(number) => {
                    return refuse(format!("ledger record {name} deletes v{number}, which is active"));
                }
                Event::Delete => {
                    deleted.insert(step.version);
                }
            }
        }
        if swap.new.version == active {
            return Ok(());
        }
        let say = |number: Option<u64>| number.map_or("nothing".to_owned(), |number| format!("v{number}"));
        let (named, promoted) = (say(swap.new.version), say(active));
        refuse(format!("the pointer names {named}, but the ledger promoted {promoted} last"))
    }

    /// The records from the newest back to the old one, which is not among them.
    fn new_records(&self, newest: Id, old: Option<Id>) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        let mut next = Some(newest);
        while next != old {
            let Some(id) = next else {
                return refuse("the ledger does not go on from the one that is there");
            };
            if steps.len() == MOST_RECORDS {
                return refuse(format!("more than {MOST_RECORDS} ledger records at once"));
            }
            let is_first = self.objects.tree(&id)?.get(PREVIOUS).is_none();
            let links: &[&str] = if is_first { &[VERSION] } else { &[PREVIOUS, VERSION] };
            self.form(&id, "ledger record", RECORD, links)?;
            let step = Step::load(self.objects, &id)?;
            next = step.previous;
            steps.push(step);
        }
        if steps.is_empty() { refuse("the pointer moves without a ledger record") } else { Ok(steps) }
    }
}

/// Every primitive has a number, and every number is one.
fn check_numbers(state: &State) -> Result<()> {
    for (key, number) in &state.numbers {
        let fine = if key == PERSONA {
            number.parse::<u64>().is_ok()
        } else {
            key.contains('/') && numbers::parse(number).is_ok()
        };
        if !fine {
            return refuse(format!("its versions.json gives \"{key}\" the number \"{number}\""));
        }
    }
    match state.primitives.keys().find(|key| !state.numbers.contains_key(*key)) {
        Some(key) => refuse(format!("its versions.json has no number for \"{key}\"")),
        None => Ok(()),
    }
}
