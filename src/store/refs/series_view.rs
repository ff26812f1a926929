//! View of one series: its newest number, and the object of each number, looked up one by one. For commands that need a
//! few refs of a long history; nothing here grows with it.

use super::log::RecentRefs;
use super::look::RefsLook;
use super::packed_file::PackedFile;
use super::{RefName, Refs};
use crate::error::Result;
use crate::object::Id;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The refs of a series at one moment: loose ones follow packed ones, and no number is missing.
#[derive(Debug)]
pub struct RefsView {
    refs: Refs,
    series: String,
    packed: Rc<PackedFile>,
    /// Highest number that is packed.
    last_packed: u64,
    last: u64,
    logged: RefCell<RecentRefs>,
    /// Refs that are files and were read: each is asked for several times.
    read: RefCell<HashMap<u64, Id>>,
}

impl Refs {
    /// A view of a series, where names and counts show no damage; otherwise the series must be listed whole.
    pub fn view(&self, series: &str) -> Result<Option<RefsView>> {
        self.read_series(&[series])?.view(series)
    }
}

impl RefsLook {
    /// A view of a series that was looked at; `None` as in [`Refs::view`].
    pub fn view(&self, series: &str) -> Result<Option<RefsView>> {
        let packed = self.packed().clone();
        let Some(last_packed) = packed.contiguous(series)?.filter(|_| !packed.is_text()) else {
            return Ok(None);
        };
        let loose = self.loose(series);
        let last = last_packed + loose.len() as u64;
        // A file beside its packed ref is left of a cut packing, and the whole series is compared.
        let is_whole =
            self.last_logged(series) <= last && loose.iter().copied().eq(last_packed + 1..=last);
        let (refs, series) = (self.refs().clone(), series.to_owned());
        let (logged, read) = Default::default();
        Ok(is_whole.then_some(RefsView { refs, series, packed, last_packed, last, logged, read }))
    }
}

impl RefsView {
    /// Highest number.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The object of a number up to the highest; `None` where it is damaged or doubtful, or was packed meanwhile.
    pub fn get(&self, number: u64) -> Option<Id> {
        if let Some(id) = self.read.borrow().get(&number) {
            return Some(*id);
        }
        let name = RefName::new(&self.series, number).ok()?;
        if number <= self.last_packed {
            let (found, damage) = self.packed.get(&name).ok()?;
            return found.filter(|_| damage.is_none());
        }
        let id = self.refs.loose(&name).ok()??;
        // A file that somebody copied over another one is well formed, but not what was logged.
        let logged = self.logged.borrow_mut().get(&self.refs.dir, &name);
        let found = logged.filter(|was| *was == id)?;
        self.read.borrow_mut().insert(number, found);
        Some(found)
    }

    /// All refs by number; `None` where one of them is damaged or doubtful.
    pub fn list(&self) -> Result<Option<Vec<(u64, Id)>>> {
        let Some(mut refs) = self.packed.list(&self.series)? else { return Ok(None) };
        for number in self.last_packed + 1..=self.last {
            let Some(id) = self.get(number) else { return Ok(None) };
            refs.push((number, id));
        }
        Ok(Some(refs))
    }
}
