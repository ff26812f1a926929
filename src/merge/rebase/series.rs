//! Rebase of the two series, ours behind theirs.

use super::numbers::Renumber;
use super::{NumberChange, Renumbered};
use crate::error::Result;
use crate::history::record::VersionMeta;
use crate::history::source::{self, SourceVersion};
use crate::history::state::State;
use crate::history::version::{self, Version};
use crate::object::{Id, Memory, Sink, Source};
use crate::store::{Heads, common};
use std::collections::HashMap;

/// Series after a rebase.
#[derive(Debug, Default)]
pub struct RebasedSeries {
    pub ids: Vec<Id>,
    pub moved: Vec<NumberChange>,
    pub primitives: Vec<Renumbered>,
    /// Old number → new number, for renumbered versions.
    numbers: HashMap<u64, u64>,
    /// Old id → new id: states of source versions; agent versions.
    pub renamed: HashMap<Id, Id>,
}

impl RebasedSeries {
    /// Theirs, or ours where they have nothing that we lack. `None`: both have something.
    fn forward(ours: &[Id], theirs: &[Id]) -> Option<RebasedSeries> {
        let both = common(ours, theirs);
        let ids = match (both == ours.len(), both == theirs.len()) {
            (_, true) => ours,
            (true, false) => theirs,
            (false, false) => return None,
        };
        Some(RebasedSeries { ids: ids.to_vec(), ..RebasedSeries::default() })
    }

    fn push(&mut self, from: u64, id: Id) {
        self.ids.push(id);
        let to = self.ids.len() as u64;
        if from != to {
            self.moved.push(NumberChange { from, to });
            self.numbers.insert(from, to);
        }
    }
}

/// Our source versions behind theirs. The files of each are unchanged; the numbers of primitives
/// continue theirs.
pub fn sources<S: Source + Sink>(
    objects: &mut S,
    ours: &Heads,
    theirs: &Heads,
) -> Result<RebasedSeries> {
    if let Some(series) = RebasedSeries::forward(&ours.source, &theirs.source) {
        return Ok(series);
    }
    let both = common(&ours.source, &theirs.source);
    let load =
        |objects: &S, list: &[Id], at: usize| SourceVersion::load(objects, at as u64 + 1, list[at]);
    let base = both.checked_sub(1).map(|at| load(objects, &ours.source, at)).transpose()?;
    let mut newest = load(objects, &theirs.source, theirs.source.len() - 1)?;
    let mut series = RebasedSeries { ids: theirs.source.clone(), ..RebasedSeries::default() };
    let mut numbers = Renumber::new(objects, base.as_ref(), &newest)?;
    for at in both..ours.source.len() {
        let old = load(objects, &ours.source, at)?;
        let before = State::load(objects, &newest.state)?;
        let state = numbers.next(objects, &State::load(objects, &old.state)?, &before, &newest)?;
        let mut record = old.record.clone();
        record.highest = source::highest(Some(&newest), &before, &state);
        let state = state.store(objects, Some(old.state))?;
        let id = source::put(objects, &record, state, old.source, Some(&newest))?;
        series.renamed.insert(old.state, state);
        series.push(old.number, id);
        newest = SourceVersion::load(objects, series.ids.len() as u64, id)?;
    }
    series.primitives = numbers.renumbered();
    Ok(series)
}

/// Our agent versions behind theirs, each of the source version that its own became.
pub fn versions<S: Source + Sink>(
    objects: &mut S,
    ours: &Heads,
    theirs: &Heads,
    sources: &RebasedSeries,
) -> Result<RebasedSeries> {
    if let Some(series) = RebasedSeries::forward(&ours.versions, &theirs.versions)
        .filter(|_| sources.numbers.is_empty())
    {
        return Ok(series);
    }
    let both = common(&ours.versions, &theirs.versions);
    let mut series = RebasedSeries { ids: theirs.versions.clone(), ..RebasedSeries::default() };
    let mut newest = match theirs.versions.last() {
        Some(id) => Some(Version::load(objects, series.ids.len() as u64, *id)?),
        None => None,
    };
    for at in both..ours.versions.len() {
        let old = Version::load(objects, at as u64 + 1, ours.versions[at])?;
        let mut meta = old.meta.clone();
        if let Some(to) = sources.numbers.get(&meta.source_version) {
            meta.source_version = *to;
        }
        let state = sources.renamed.get(&old.state).copied().unwrap_or(old.state);
        let meta = unused(&series.ids, meta, state, old.source)?;
        let id = version::put(objects, &meta, state, old.source, newest.as_ref())?;
        series.renamed.insert(old.id, id);
        series.push(old.number, id);
        newest = Some(Version::load(objects, series.ids.len() as u64, id)?);
    }
    Ok(series)
}

/// No two versions are one object, as `version create` sees to it.
fn unused(taken: &[Id], mut meta: VersionMeta, state: Id, source: Id) -> Result<VersionMeta> {
    loop {
        let id = version::put(&mut Memory::default(), &meta, state, source, None)?;
        if !taken.contains(&id) {
            return Ok(meta);
        }
        meta.at_ms += 1;
    }
}
