//! Lookup of refs: by name, the newest, all of a series. A ref that the log knows and that is
//! missing is reported as lost, and never skipped.

use super::packed::{self, Packed};
use super::packed_file::PackedFile;
use super::{RefName, Refs, SNAPSHOTS, log, name};
use crate::error::{Error, Hint, Kind, Result};
use crate::object::Id;
use std::collections::BTreeMap;

/// No store loses more refs than this from the middle of a series.
const MOST_MISSING: u64 = 4096;

/// Result of one scan of a series.
pub(super) struct SeriesScan {
    pub found: BTreeMap<u64, Result<Id>>,
    /// Damage of `packed-refs`: which numbers its damaged records had is not known.
    pub damage: Option<Error>,
    /// True if the newest number is a file's, and so certain.
    ends_loose: bool,
}

impl SeriesScan {
    fn last(&self) -> Option<u64> {
        self.found.keys().next_back().copied()
    }

    fn has_gap(&self) -> bool {
        self.last().is_some_and(|last| last != self.found.len() as u64)
    }
}

impl Refs {
    /// The object a ref names, or `None` where there is no such ref.
    pub fn get(&self, name: &str) -> Result<Option<Id>> {
        let name = name.parse()?;
        match self.find(&name)? {
            (Some(id), None) => return Ok(Some(id)),
            // A record of a damaged file can be well formed and wrong.
            (Some(id), Some(damage)) => {
                let was = log::read_all(&self.dir).refs.get(&name).copied();
                return if was.is_none_or(|was| was == id) {
                    Ok(Some(id))
                } else {
                    Err(self.doubtful_error(&damage, &name))
                };
            }
            (None, _) => {}
        }
        let known = self.newest_logged(name.series());
        // Created between the two looks, or lost.
        match (self.find(&name)?, known) {
            ((Some(id), _), _) => Ok(Some(id)),
            ((None, damage), Some((last, _))) if name.number() <= last => Err(damage.map_or_else(
                || self.lost_error(&name),
                |damage| self.doubtful_error(&damage, &name),
            )),
            ((None, Some(damage)), None) => Err(damage),
            ((None, _), _) => Ok(None),
        }
    }

    fn find(&self, name: &RefName) -> Result<(Option<Id>, Option<Error>)> {
        if let Some(id) = self.loose(name)? {
            return Ok((Some(id), None));
        }
        PackedFile::open(&self.dir)?.get(name)
    }

    /// Every ref of a series (`refs/source`, `refs/versions`), by number.
    pub fn list(&self, series: &str) -> Result<Vec<(u64, Id)>> {
        let found = self.list_all(series)?.into_iter();
        found.map(|(number, id)| id.map(|id| (number, id))).collect()
    }

    /// The same, with damaged and lost refs in the list: each number with its error.
    pub fn list_all(&self, series: &str) -> Result<Vec<(u64, Result<Id>)>> {
        let series = name::check_series(series)?;
        if let Some(view) = self.view(series)?
            && let Some(refs) = view.list()?
        {
            return Ok(refs.into_iter().map(|(number, id)| (number, Ok(id))).collect());
        }
        let mut known = self.newest_logged(series);
        let mut looked = self.scan(series)?;
        // Listing a folder is no single step: a file made meanwhile may be missed while a later one
        // is seen. Numbers have no gaps, so a gap means to look again; all that were there at the
        // first look are there, or packed, at the second.
        if looked.has_gap() || looked.last() < known.map(|(number, _)| number) {
            known = self.newest_logged(series);
            looked = self.scan(series)?;
        }
        self.complete(series, looked, known)
    }

    /// Puts an error in the place of each number that is missing, and of each that has become a copy of another.
    fn complete(
        &self,
        series: &str,
        looked: SeriesScan,
        known: Option<(u64, Id)>,
    ) -> Result<Vec<(u64, Result<Id>)>> {
        let SeriesScan { mut found, damage, ends_loose } = looked;
        if let (Some(damage), None, false) = (&damage, known, ends_loose) {
            return Err(damage.repeat());
        }
        let last =
            found.keys().next_back().copied().max(known.map(|(number, _)| number)).unwrap_or(0);
        if series != SNAPSHOTS && last - (found.len() as u64) <= MOST_MISSING {
            for number in
                (1..=last).filter(|number| !found.contains_key(number)).collect::<Vec<_>>()
            {
                let name = RefName::new(series, number)?;
                let error = damage.as_ref().map(|damage| self.doubtful_error(damage, &name));
                found.insert(number, Err(error.unwrap_or_else(|| self.lost_error(&name))));
            }
        }
        if let Some(damage) = &damage {
            let known = log::read_all(&self.dir).refs;
            for (number, id) in found.iter_mut() {
                let name = RefName::new(series, *number)?;
                if id.as_ref().is_ok_and(|id| known.get(&name).is_some_and(|was| was != id)) {
                    *id = Err(self.doubtful_error(damage, &name));
                }
            }
        }
        self.mark_duplicates(series, &mut found)?;
        Ok(found.into_iter().collect())
    }

    /// A ref that names what another one names, and not what the log says that it was made to name. Where the log
    /// differs alone, an older program, which keeps none, made the refs others.
    fn mark_duplicates(&self, series: &str, found: &mut BTreeMap<u64, Result<Id>>) -> Result<()> {
        let mut ids: Vec<Id> = found.values().filter_map(|id| id.as_ref().ok().copied()).collect();
        ids.sort_unstable();
        let twice: Vec<Id> =
            ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        if twice.is_empty() {
            return Ok(());
        }
        let known = log::read_all(&self.dir).refs;
        for (number, id) in found.iter_mut() {
            let name = RefName::new(series, *number)?;
            let was = known.get(&name).copied();
            let is_copy =
                |id: &Id| twice.binary_search(id).is_ok() && was.is_some_and(|was| was != *id);
            if id.as_ref().is_ok_and(is_copy) {
                *id = Err(self.duplicate_error(&name, was.as_ref()));
            }
        }
        Ok(())
    }

    /// The ref of a series with the highest number.
    pub fn latest(&self, series: &str) -> Result<Option<(u64, Id)>> {
        let series = name::check_series(series)?;
        match self.latest_once(series) {
            // A change between its two scans looks like a loss once, and not twice.
            Err(error) if error.kind() == Kind::Corrupt => self.latest_once(series),
            other => other,
        }
    }

    fn latest_once(&self, series: &str) -> Result<Option<(u64, Id)>> {
        let known = self.newest_logged(series);
        let loose = self.loose_numbers(series)?.into_iter().max();
        let (packed, damage) = PackedFile::open(&self.dir)?.newest(series)?;
        let is_loose = loose.is_some_and(|number| packed.is_none_or(|(last, _)| last < number));
        let found = match loose.filter(|_| is_loose) {
            Some(number) => {
                let name = RefName::new(series, number)?;
                // Packed between the two looks, perhaps: `find` looks in the right order.
                Some((number, self.find(&name)?.0.ok_or_else(|| self.lost_error(&name))?))
            }
            None => packed,
        };
        let damage_or = |or: Error, name: &RefName| match &damage {
            Some(damage) => Err(self.doubtful_error(damage, name)),
            None => Err(or),
        };
        match (found, known) {
            (found, Some((last, _))) if found.is_none_or(|(number, _)| number < last) => {
                let name = RefName::new(series, last)?;
                damage_or(self.lost_error(&name), &name)
            }
            (Some((number, id)), Some((last, was)))
                if number == last && id != was && damage.is_some() =>
            {
                let name = RefName::new(series, number)?;
                damage_or(self.lost_error(&name), &name)
            }
            (Some((number, id)), Some((last, was))) if number == last && id != was => {
                let copies = self.scan(series)?.found;
                let is_copy = copies
                    .iter()
                    .any(|(other, same)| *other != number && same.as_ref().ok() == Some(&id));
                let name = RefName::new(series, number)?;
                // Unless an older program, which keeps no log, made the refs others.
                if is_copy { Err(self.duplicate_error(&name, Some(&was))) } else { Ok(found) }
            }
            (found, None) if !is_loose => damage.map_or(Ok(found), Err),
            (found, _) => Ok(found),
        }
    }

    /// Refuses where a number is missing in what all later ones are built on: nothing may be added to that.
    pub(in crate::store) fn require_whole(&self) -> Result<()> {
        self.read_series(&packed::SERIES)?.require_whole()
    }

    /// The same for one series, from the content of all its refs.
    pub(super) fn require_no_loss(&self, series: &str) -> Result<()> {
        let first_lost = || -> Result<Option<u64>> {
            let known = self.newest_logged(series).map_or(0, |(number, _)| number);
            let looked = self.scan(series)?;
            let last = looked.last().unwrap_or(0).max(known);
            // Behind a damaged file nobody knows what is missing; that stops what needs it.
            let from = if looked.damage.is_some() { looked.last().unwrap_or(0) + 1 } else { 1 };
            Ok((from..=last).find(|number| !looked.found.contains_key(number)))
        };
        if first_lost()?.is_some()
            && let Some(number) = first_lost()?
        {
            return Err(self.lost_error(&RefName::new(series, number)?));
        }
        Ok(())
    }

    pub(super) fn newest_logged(&self, series: &str) -> Option<(u64, Id)> {
        log::newest(&self.dir).and_then(|mark| mark.newest(series))
    }

    /// A ref that was there, with the command that makes it what it was.
    pub(super) fn lost_error(&self, name: &RefName) -> Error {
        let error = Error::corrupt(format!("the ref \"{name}\" is missing"));
        error.hint(self.repair_hint(name, log::read_all(&self.dir).refs.get(name)))
    }

    /// Error for a ref that a damaged file may have wrong.
    fn doubtful_error(&self, damage: &Error, name: &RefName) -> Error {
        damage.repeat().hint(self.repair_hint(name, log::read_all(&self.dir).refs.get(name)))
    }

    pub(super) fn duplicate_error(&self, name: &RefName, was: Option<&Id>) -> Error {
        let error =
            Error::corrupt(format!("the ref \"{name}\" names the object of another version"));
        error.hint(self.repair_hint(name, was))
    }

    pub(super) fn repair_hint(&self, name: &RefName, was: Option<&Id>) -> Hint {
        match was {
            Some(id) => Hint::RepairRef { id: id.to_string(), path: self.path(name) },
            None => Hint::FsckNext,
        }
    }

    /// One look at a series: the files first, `packed-refs` second.
    pub(super) fn scan(&self, series: &str) -> Result<SeriesScan> {
        let mut found = BTreeMap::new();
        for number in self.loose_numbers(series)? {
            match self.loose(&RefName::new(series, number)?) {
                Ok(Some(id)) => drop(found.insert(number, Ok(id))),
                // Gone since the folder was listed means packed, and that is read next.
                Ok(None) => {}
                Err(error) if error.kind() == Kind::Corrupt => {
                    drop(found.insert(number, Err(error)))
                }
                Err(error) => return Err(error),
            }
        }
        let loose = found.keys().next_back().copied();
        let looked = Packed::scan(&self.dir)?;
        for (number, id) in looked.packed.series(series) {
            found.entry(*number).or_insert(Ok(*id));
        }
        let ends_loose = loose.is_some() && loose == found.keys().next_back().copied();
        Ok(SeriesScan { found, damage: looked.damage().map(Error::repeat), ends_loose })
    }
}
