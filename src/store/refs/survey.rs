//! Every ref there is and everything that is wrong with them, for `fsck`: damage stops nothing here.

use super::packed::{self, Packed};
use super::{Name, Refs, name};
use crate::error::{At, Error, Result};
use crate::object::Id;
use std::collections::BTreeMap;

const SERIES: [&str; 3] = [name::SOURCE, name::VERSIONS, name::SNAPSHOTS];

/// What a survey found.
#[derive(Debug)]
pub struct Survey {
    /// The refs that could be read, by series and number.
    pub refs: Vec<(Name, Id)>,
    pub problems: Vec<Trouble>,
}

/// Something that is wrong with the refs, and the ref that cannot be read for it.
#[derive(Debug)]
pub struct Trouble {
    pub damaged: Option<Name>,
    pub error: Error,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble { damaged: None, error }
    }
}

impl Refs {
    /// Reads `packed-refs` and every file of the three series.
    pub fn survey(&self) -> Survey {
        // Listing a folder is not one step: what looks like a gap beside a writer is looked at again.
        // Damage is still there then.
        let first = self.survey_once();
        if first.problems.is_empty() { first } else { self.survey_once() }
    }

    fn survey_once(&self) -> Survey {
        let mut survey = Survey { refs: Vec::new(), problems: Vec::new() };
        let mut found = BTreeMap::new();
        for series in SERIES {
            if let Err(problem) = self.survey_loose(series, &mut found, &mut survey.problems) {
                survey.problems.push(problem.into());
            }
        }
        // Files first, `packed-refs` second, as every reader does.
        let packed = Packed::read(&self.dir);
        match packed.and_then(|packed| merge(&packed, &mut found, &mut survey.problems)) {
            Ok(()) => {
                survey
                    .problems
                    .extend(SERIES.iter().filter_map(|series| gap(series, &found)).map(Trouble::from));
            }
            Err(problem) => survey.problems.push(problem.into()),
        }
        let known = found.into_iter().filter_map(|(name, id)| Some((name, id?)));
        survey.refs.extend(known);
        survey
    }

    /// Takes in the files of one series. A damaged one is kept with no id, so that it makes no gap.
    fn survey_loose(
        &self,
        series: &str,
        found: &mut BTreeMap<Name, Option<Id>>,
        problems: &mut Vec<Trouble>,
    ) -> Result<()> {
        let dir = self.dir.join(series);
        // The folder of the snapshots is made with the first of them.
        if series == name::SNAPSHOTS && !dir.exists() {
            return Ok(());
        }
        for entry in std::fs::read_dir(&dir).at("read", &dir)? {
            let file = entry.at("read", &dir)?.file_name();
            let Some(number) = file.to_str().and_then(name::number_of) else {
                problems.extend(stray(series, &file.to_string_lossy()).map(Trouble::from));
                continue;
            };
            let name = Name::new(series, number)?;
            match self.loose(&name) {
                Ok(Some(id)) => drop(found.insert(name, Some(id))),
                Ok(None) => {}
                Err(error) => {
                    problems.push(Trouble { damaged: Some(name.clone()), error });
                    found.insert(name, None);
                }
            }
        }
        Ok(())
    }
}

/// A name that looks like a ref but is none. Other files are of no concern.
fn stray(series: &str, file: &str) -> Option<Error> {
    let like = file.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    like.then(|| Error::corrupt(format!("\"{series}/{file}\" is not the name of a ref")))
}

fn merge(packed: &Packed, found: &mut BTreeMap<Name, Option<Id>>, problems: &mut Vec<Trouble>) -> Result<()> {
    for series in packed::SERIES {
        for (number, id) in packed.series(series) {
            let name = Name::new(series, *number)?;
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

/// Says where the numbers of a series first skip one.
fn gap(series: &str, found: &BTreeMap<Name, Option<Id>>) -> Option<Error> {
    let numbers = found.keys().filter(|name| name.series() == series).map(Name::number);
    let (missing, _) = (1..).zip(numbers).find(|(expected, number)| number != expected)?;
    Some(Error::corrupt(format!("the ref \"{series}/v{missing}\" is missing")))
}
