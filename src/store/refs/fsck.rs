//! Check of all refs: each with its problem, if it has one. Damage stops nothing here, because
//! `fsck` and `history::repair` need the sound refs beside the damaged ones.

use super::packed::{self, Packed};
use super::{LoggedRefs, RefName, Refs, SNAPSHOTS, SOURCE, VERSIONS, log, name};
use crate::error::{At, Error, Hint, Result};
use crate::object::Id;
use std::collections::{BTreeMap, BTreeSet};

const SERIES: [&str; 3] = [SOURCE, VERSIONS, SNAPSHOTS];

/// Most missing refs that are listed one by one, each with its repair.
const MOST_ALONE: usize = 10;

/// More than so many are not even counted.
const MOST_TOLD: usize = 10_000;

/// Each ref with its id, or with none where it cannot be read.
type FoundRefs = BTreeMap<RefName, Option<Id>>;

/// Result of a ref fsck.
#[derive(Debug)]
pub struct RefCheck {
    /// The refs that could be read, by series and number.
    pub refs: Vec<(RefName, Id)>,
    pub problems: Vec<RefProblem>,
}

/// Something that is wrong with the refs, and the refs that cannot be read for it.
#[derive(Debug)]
pub struct RefProblem {
    pub refs: Vec<RefName>,
    pub error: Error,
    /// Command that repairs it, if it is certain.
    pub next: Option<Hint>,
}

impl From<Error> for RefProblem {
    fn from(error: Error) -> RefProblem {
        RefProblem { refs: Vec::new(), error, next: None }
    }
}

impl Refs {
    /// Reads `packed-refs` and every file of the three series.
    pub fn check(&self) -> RefCheck {
        // Listing a folder is not one step: what looks like a gap beside a writer is looked at again.
        // Damage is still there then.
        let first = self.check_once();
        if first.problems.is_empty() { first } else { self.check_once() }
    }

    fn check_once(&self) -> RefCheck {
        let mut survey = RefCheck { refs: Vec::new(), problems: Vec::new() };
        // Before the refs: what is created meanwhile is not lost.
        let known = log::read_all(&self.dir);
        let mut found = BTreeMap::new();
        for series in SERIES {
            if let Err(problem) = self.check_loose(series, &mut found, &mut survey.problems) {
                survey.problems.push(problem.into());
            }
        }
        // Files first, `packed-refs` second, as every reader does.
        match Packed::scan(&self.dir) {
            Ok(looked) => {
                survey
                    .problems
                    .extend(looked.damage().map(|error| RefProblem::from(error.repeat())));
                if let Err(problem) = merge(&looked.packed, &mut found, &mut survey.problems) {
                    survey.problems.push(problem.into());
                }
            }
            Err(problem) => survey.problems.push(problem.into()),
        }
        self.missing(&known, &mut found, &mut survey.problems);
        self.copies(&known, &mut found, &mut survey.problems);
        let known = found.into_iter().filter_map(|(name, id)| Some((name, id?)));
        survey.refs.extend(known);
        survey
    }

    /// Numbers that were given and are not there: those that a series skips, and those that the log knows.
    fn missing(&self, known: &LoggedRefs, found: &mut FoundRefs, problems: &mut Vec<RefProblem>) {
        for series in SERIES {
            let of_series = |name: &&RefName| name.series() == series;
            let last =
                found.keys().chain(known.refs.keys()).filter(of_series).map(RefName::number).max();
            let numbers: BTreeSet<u64> =
                found.keys().filter(of_series).map(RefName::number).collect();
            let mut missing = (1..=last.unwrap_or(0)).filter(|number| !numbers.contains(number));
            let names: Vec<RefName> = missing
                .by_ref()
                .take(MOST_TOLD)
                .filter_map(|number| RefName::new(series, number).ok())
                .collect();
            for name in names.iter().take(MOST_ALONE) {
                let next = known.refs.get(name).map(|id| self.repair_hint(name, Some(id)));
                problems.push(RefProblem {
                    refs: vec![name.clone()],
                    error: self.lost_error(name),
                    next,
                });
                // With no id, so that nobody takes the number for free.
                found.insert(name.clone(), None);
            }
            if let [first, .., last] = &names[MOST_ALONE.min(names.len())..] {
                let error = Error::corrupt(format!(
                    "the refs \"{first}\" to \"{last}\" are missing, and perhaps more"
                ));
                problems.push(RefProblem { refs: names[MOST_ALONE..].to_vec(), error, next: None });
            }
        }
    }

    /// Each push and each version is an object of its own, so that of two refs with one id one is wrong.
    fn copies(&self, known: &LoggedRefs, found: &mut FoundRefs, problems: &mut Vec<RefProblem>) {
        let mut first: BTreeMap<(&str, Id), &RefName> = BTreeMap::new();
        let mut copied = Vec::new();
        for (name, id) in found.iter().filter(|(name, _)| name.series() != SNAPSHOTS) {
            let Some(id) = *id else { continue };
            let Some(other) = first.insert((name.series(), id), name) else { continue };
            let wrong = [name, other].into_iter().filter(|name| known.refs.get(*name) != Some(&id));
            copied.extend(wrong.map(|name| (name.clone(), known.refs.get(name).copied())));
        }
        copied.dedup();
        for (name, was) in copied {
            let next = was.map(|was| self.repair_hint(&name, Some(&was)));
            problems.push(RefProblem {
                error: self.duplicate_error(&name, was.as_ref()),
                refs: vec![name.clone()],
                next,
            });
            found.insert(name, None);
        }
    }

    /// Takes in the files of one series. A damaged one is kept with no id, so that it makes no gap.
    fn check_loose(
        &self,
        series: &str,
        found: &mut FoundRefs,
        problems: &mut Vec<RefProblem>,
    ) -> Result<()> {
        let dir = self.dir.join(series);
        // The folder of the snapshots is made with the first of them.
        if series == SNAPSHOTS && !dir.exists() {
            return Ok(());
        }
        for entry in std::fs::read_dir(&dir).at("read", &dir)? {
            let file = entry.at("read", &dir)?.file_name();
            let Some(number) = file.to_str().and_then(name::number_of) else {
                problems.extend(stray(series, &file.to_string_lossy()).map(RefProblem::from));
                continue;
            };
            let name = RefName::new(series, number)?;
            match self.loose(&name) {
                Ok(Some(id)) => drop(found.insert(name, Some(id))),
                Ok(None) => {}
                Err(error) => {
                    problems.push(RefProblem { refs: vec![name.clone()], error, next: None });
                    found.insert(name, None);
                }
            }
        }
        Ok(())
    }
}

/// A name that looks like a ref but is none. Other files are of no concern.
fn stray(series: &str, file: &str) -> Option<Error> {
    let like =
        file.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    like.then(|| Error::corrupt(format!("\"{series}/{file}\" is not the name of a ref")))
}

fn merge(packed: &Packed, found: &mut FoundRefs, problems: &mut Vec<RefProblem>) -> Result<()> {
    for series in packed::SERIES {
        for (number, id) in packed.series(series) {
            let name = RefName::new(series, *number)?;
            match found.get(&name) {
                Some(Some(loose)) if loose != id => {
                    problems.push(packed::disagree(&name, *loose, *id).into())
                }
                Some(_) => {}
                None => drop(found.insert(name, Some(*id))),
            }
        }
    }
    Ok(())
}
