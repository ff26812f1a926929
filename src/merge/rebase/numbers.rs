//! Renumbering of primitives in our versions, behind theirs: no number means two contents, and a
//! primitive that we did not change keeps the number that it has there.

use super::Renumbered;
use crate::error::Result;
use crate::history::source::SourceVersion;
use crate::history::state::{Content, PersonaId, State};
use crate::history::{source, state};
use crate::model::numbers::{self, Numbers, PERSONA};
use crate::object::Source;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Item that a number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberedItem {
    Primitive(Content),
    Persona(PersonaId),
}

type Contents = BTreeMap<String, NumberedItem>;

/// Gives the numbers of one unpushed version after the other.
pub struct Renumber {
    /// Numbers given before the two lines diverged.
    common: Numbers,
    theirs: Numbers,
    theirs_hold: Contents,
    /// Our version before, as it was.
    before: Numbers,
    before_holds: Contents,
    /// Key and our number → the number that it became.
    given: HashMap<(String, String), String>,
    renumbered: BTreeSet<Renumbered>,
}

impl Renumber {
    pub fn new<S: Source + ?Sized>(
        objects: &S,
        base: Option<&SourceVersion>,
        theirs: &SourceVersion,
    ) -> Result<Renumber> {
        let state = |version: &SourceVersion| State::load(objects, &version.state);
        let (mut common, mut before, mut before_holds) = Default::default();
        if let Some(base) = base {
            let state = state(base)?;
            before_holds = contents(objects, &state)?;
            before = state.numbers.clone();
            common = source::floor(&state, Some(base));
        }
        let state = state(theirs)?;
        let theirs_hold = contents(objects, &state)?;
        let (given, renumbered) = Default::default();
        Ok(Renumber {
            common,
            theirs: state.numbers,
            theirs_hold,
            before,
            before_holds,
            given,
            renumbered,
        })
    }

    /// The next of our states with its new numbers. It follows `newest`, whose state is `previous`.
    pub fn next<S: Source + ?Sized>(
        &mut self,
        objects: &S,
        state: &State,
        previous: &State,
        newest: &SourceVersion,
    ) -> Result<State> {
        let holds = contents(objects, state)?;
        let taken = source::floor(previous, Some(newest));
        let mut renumbered = state.clone();
        for (key, number) in &state.numbers {
            let Some(content) = holds.get(key) else { continue };
            let new = self.number(key, number, *content, taken.get(key).map(String::as_str))?;
            self.given.insert((key.clone(), number.clone()), new.clone());
            if new != *number {
                self.record(key, number, &new);
            }
            renumbered.numbers.insert(key.clone(), new);
        }
        (self.before, self.before_holds) = (state.numbers.clone(), holds);
        Ok(renumbered)
    }

    fn number(
        &self,
        key: &str,
        number: &str,
        content: NumberedItem,
        taken: Option<&str>,
    ) -> Result<String> {
        if let Some(given) = self.given.get(&(key.to_owned(), number.to_owned())) {
            return Ok(given.clone());
        }
        let is_as_before = self.before_holds.get(key) == Some(&content);
        let by_hand = is_as_before && self.before.get(key).is_some_and(|before| before != number);
        match self.theirs.get(key) {
            Some(theirs) if self.theirs_hold.get(key) == Some(&content) && !by_hand => {
                return Ok(theirs.clone());
            }
            _ => {}
        }
        let is_common =
            self.common.get(key).is_some_and(|common| !numbers::is_past(number, common));
        let is_free = taken.is_none_or(|taken| numbers::is_past(number, taken));
        match (is_common || is_free, content) {
            (true, _) => Ok(number.to_owned()),
            (false, NumberedItem::Persona(_)) => numbers::next_persona(taken),
            (false, NumberedItem::Primitive(_)) => numbers::next(taken),
        }
    }

    fn record(&mut self, key: &str, from: &str, to: &str) {
        let (kind, name) = match state::parse_key(key) {
            Some((kind, name)) => (kind.word, name),
            None => (PERSONA, PERSONA.to_owned()),
        };
        self.renumbered.insert(Renumbered { kind, name, from: from.to_owned(), to: to.to_owned() });
    }

    pub fn renumbered(self) -> Vec<Renumbered> {
        self.renumbered.into_iter().collect()
    }
}

fn contents<S: Source + ?Sized>(objects: &S, state: &State) -> Result<Contents> {
    let mut contents = Contents::new();
    for (key, tree) in &state.primitives {
        contents.insert(key.clone(), NumberedItem::Primitive(Content::of(objects, tree)?));
    }
    contents
        .extend(state.persona.map(|persona| (PERSONA.to_owned(), NumberedItem::Persona(persona))));
    Ok(contents)
}
