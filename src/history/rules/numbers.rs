//! Rules for the numbers of primitives and of the persona: each leaves room for the next, no number
//! means two contents, and a number that was given once is never forgotten.

use crate::error::Result;
use crate::history::imported;
use crate::history::source;
use crate::history::source::SourceVersion;
use crate::history::state::{Content, PersonaId, State};
use crate::model::numbers::{self, Numbers, PERSONA};
use crate::object::Id;
use crate::store::Odb;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Content behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberUse {
    Nothing,
    Primitive(Content),
    Persona(PersonaId),
}

/// Numbers that were given up to some source version.
pub struct UsedNumbers<'a> {
    /// Source versions that were there before.
    before: &'a [Id],
    newest: Option<(SourceVersion, State)>,
    /// The highest number of each entry up to the newest one, where that is known.
    floor: Option<Numbers>,
    /// The states of new ones, which are read again if they are needed.
    passed: Vec<Id>,
    /// Content behind each number, loaded on first use.
    history: Option<HashMap<(String, String), NumberUse>>,
}

impl<'a> UsedNumbers<'a> {
    pub fn of(before: &'a [Id], newest: Option<(SourceVersion, State)>) -> UsedNumbers<'a> {
        UsedNumbers { before, newest, floor: None, passed: Vec::new(), history: None }
    }

    /// The files of the newest source version.
    pub fn files(&self) -> Option<Id> {
        self.newest.as_ref().map(|(version, _)| version.source)
    }

    pub fn state(&self) -> Option<&State> {
        self.newest.as_ref().map(|(_, state)| state)
    }

    pub fn next(&mut self, objects: &Odb, version: SourceVersion, state: State) -> Result<()> {
        if let Some(history) = &mut self.history {
            note(objects, &state, history)?;
        }
        self.passed.push(version.state);
        self.newest = Some((version, state));
        Ok(())
    }

    /// The newest one is no measure for the next.
    pub fn lose(&mut self) {
        (self.newest, self.floor) = (None, None);
    }

    /// Broken rules among the numbers of the next source version, which then is the [`next`](UsedNumbers::next), or is lost.
    pub fn check(
        &mut self,
        objects: &Odb,
        version: &SourceVersion,
        state: &State,
    ) -> Result<Vec<String>> {
        let known = self.floor.take();
        let floor = match &self.newest {
            Some((newest, old)) => known.unwrap_or_else(|| source::floor(old, Some(newest))),
            None if self.before.is_empty() && self.passed.is_empty() => Numbers::new(),
            None => return Ok(Vec::new()),
        };
        let highest = &version.record.highest;
        let mut wrong = Vec::new();
        for (key, number) in &state.numbers {
            if self.is_unchanged(state, key, number) {
                continue;
            }
            let is_past = floor.get(key).is_none_or(|floor| numbers::is_past(number, floor));
            let number_use = number_use(objects, state, key)?;
            if is_past && !numbers::leaves_room(key, number, floor.get(key).map(String::as_str)) {
                wrong.push(format!("the number {number} of \"{key}\" leaves no room for the next"));
            } else if !is_past {
                let meant = self.meant(objects, key, number)?;
                // The platform may name a number that no backup followed: it is lower than others, and was never given.
                let is_new = meant.is_none() && imported::source_is_partial(version);
                if !is_new && meant != Some(number_use) {
                    wrong.push(format!(
                        "the number {number} of \"{key}\" was given already, for something else"
                    ));
                }
            }
        }
        for (key, number) in highest {
            if floor.get(key).is_none_or(|floor| numbers::is_past(number, floor)) {
                wrong.push(format!(
                    "it says that \"{key}\" had the number {number}, which it never had"
                ));
            }
        }
        let kept = source::floor(state, Some(version));
        for (key, number) in &floor {
            let is_kept = |kept: &String| kept == number || !numbers::is_past(number, kept);
            if !kept.get(key).is_some_and(is_kept) {
                wrong.push(format!("it forgets that \"{key}\" had the number {number} already"));
            }
        }
        self.floor = Some(kept);
        Ok(wrong)
    }

    /// True if the newest source version has the same part under this number.
    fn is_unchanged(&self, state: &State, key: &str, number: &str) -> bool {
        let Some((_, old)) = &self.newest else { return false };
        let is_same = match key {
            PERSONA => old.persona == state.persona,
            key => old.primitives.get(key) == state.primitives.get(key),
        };
        is_same && old.numbers.get(key).is_some_and(|old| old == number)
    }

    /// Content behind a number; `None` for one that was never given.
    fn meant(&mut self, objects: &Odb, key: &str, number: &str) -> Result<Option<NumberUse>> {
        if let Some((_, state)) = &self.newest
            && state.numbers.get(key).is_some_and(|newest| newest == number)
        {
            return number_use(objects, state, key).map(Some);
        }
        // Only a rollback gives an older number back.
        if self.history.is_none() {
            self.history = Some(self.whole_history(objects)?);
        }
        let key = (key.to_owned(), number.to_owned());
        Ok(self.history.as_ref().and_then(|history| history.get(&key).copied()))
    }

    fn whole_history(&self, objects: &Odb) -> Result<HashMap<(String, String), NumberUse>> {
        let mut history = HashMap::new();
        for (number, id) in (1..).zip(self.before) {
            // A version that cannot be read proves nothing.
            let read = SourceVersion::load(objects, number, *id)
                .and_then(|version| State::load(objects, &version.state));
            if let Ok(state) = read {
                note(objects, &state, &mut history)?;
            }
        }
        for state in &self.passed {
            note(objects, &State::load(objects, state)?, &mut history)?;
        }
        Ok(history)
    }
}

fn note(
    objects: &Odb,
    state: &State,
    history: &mut HashMap<(String, String), NumberUse>,
) -> Result<()> {
    for (key, number) in &state.numbers {
        if let Entry::Vacant(vacant) = history.entry((key.clone(), number.clone())) {
            vacant.insert(number_use(objects, state, key)?);
        }
    }
    Ok(())
}

fn number_use(objects: &Odb, state: &State, key: &str) -> Result<NumberUse> {
    if key == PERSONA {
        return Ok(state.persona.map_or(NumberUse::Nothing, NumberUse::Persona));
    }
    match state.primitives.get(key) {
        Some(tree) => Content::of(objects, tree).map(NumberUse::Primitive),
        None => Ok(NumberUse::Nothing),
    }
}
