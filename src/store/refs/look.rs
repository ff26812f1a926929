//! Look at the refs: the newest line of the log, the files of a series and `packed-refs`, each read once, for all
//! questions of one step.

use super::log::{self, RefTips};
use super::packed_file::PackedFile;
use super::{RefName, Refs, name, packed};
use crate::error::Result;
use crate::object::Id;
use std::rc::Rc;

/// The refs of some series at one moment.
#[derive(Debug)]
pub struct RefsLook {
    refs: Refs,
    tips: Option<RefTips>,
    /// The numbers that are files, ascending, of each series that was looked at.
    loose: Vec<(String, Vec<u64>)>,
    packed: Rc<PackedFile>,
}

impl Refs {
    /// A look at some series. The files come before `packed-refs`, and the log before both.
    pub fn read_series(&self, series: &[&str]) -> Result<RefsLook> {
        self.read_series_after(log::newest(&self.dir), series)
    }

    /// The same after the log was read.
    pub(in crate::store) fn read_series_after(
        &self,
        tips: Option<RefTips>,
        series: &[&str],
    ) -> Result<RefsLook> {
        let mut loose = Vec::new();
        for series in series {
            let mut numbers = self.loose_numbers(name::check_series(series)?)?;
            numbers.sort_unstable();
            loose.push(((*series).to_owned(), numbers));
        }
        let packed = Rc::new(PackedFile::open(&self.dir)?);
        Ok(RefsLook { refs: self.clone(), tips, loose, packed })
    }
}

impl RefsLook {
    /// The newest line of the log.
    pub fn tips(&self) -> Option<&RefTips> {
        self.tips.as_ref()
    }

    pub(in crate::store) fn packed(&self) -> &Rc<PackedFile> {
        &self.packed
    }

    pub(super) fn refs(&self) -> &Refs {
        &self.refs
    }

    /// The numbers of a series that are files, ascending.
    pub(super) fn loose(&self, series: &str) -> &[u64] {
        let of_series = self.loose.iter().find(|(other, _)| *other == series);
        of_series.map_or(&[], |(_, numbers)| numbers)
    }

    /// Highest number of a series in the log.
    pub(super) fn last_logged(&self, series: &str) -> u64 {
        let newest = self.tips.as_ref().and_then(|tips| tips.newest(series));
        newest.map_or(0, |(number, _)| number)
    }

    /// True if no number of a series is missing, as far as names and counts say it.
    fn is_whole(&self, series: &str) -> Result<bool> {
        let Some(packed) = self.packed.contiguous(series)? else { return Ok(false) };
        let mut later = self.loose(series).iter().filter(|number| packed < **number);
        let last = packed + later.clone().count() as u64;
        Ok(later.next_back().is_none_or(|number| *number == last)
            && self.last_logged(series) <= last)
    }

    /// Refuses where a number is missing in what all later ones are built on: nothing may be added to that.
    pub(in crate::store) fn require_whole(&self) -> Result<()> {
        for series in packed::SERIES {
            if !self.is_whole(series)? {
                self.refs.require_no_loss(series)?;
            }
        }
        Ok(())
    }

    /// The object of a ref; `None` if that takes another look.
    pub(in crate::store) fn get(&self, name: &RefName) -> Result<Option<Id>> {
        if self.loose(name.series()).contains(&name.number()) {
            return self.refs.loose(name);
        }
        let (found, damage) = self.packed.get(name)?;
        Ok(found.filter(|_| damage.is_none()))
    }

    /// True if both looks found the same refs of these series, for certain: the header of a table has the checksum of
    /// all of it, and a file is a ref that never changes while `packed-refs` is the same.
    pub(in crate::store) fn is_same(&self, other: &RefsLook, series: &str) -> bool {
        self.packed.is_same(&other.packed) && self.loose(series) == other.loose(series)
    }
}
