//! Repair of refs that were lost or damaged.

use super::packed::{self, Packed};
use super::{RefName, Refs, StoreLock, log};
use crate::error::Result;
use crate::fs;
use crate::object::Id;
use std::collections::BTreeMap;

impl Refs {
    /// Checks that every ref can be read, but for those whose lines are damaged and that have files by now.
    fn list_whole(&self) -> Result<()> {
        packed::SERIES.iter().try_for_each(|series| self.list(series).map(drop))
    }

    /// Makes these refs what they were, durably, and no others. Each becomes a file first, which counts more than a
    /// damaged `packed-refs`; that is put together anew when nothing is missing in it any more. A crash in between
    /// leaves some of them mended, and the next run mends the rest.
    pub fn mend(&self, lock: &StoreLock, lost: &BTreeMap<RefName, Id>) -> Result<()> {
        lock.check(&self.dir);
        for (name, id) in lost {
            fs::create_dir_all(&self.dir.join(name.series()))?;
            fs::replace(&self.path(name), format!("{id}\n").as_bytes())?;
        }
        let looked = Packed::scan(&self.dir)?;
        let perhaps_pointer = looked.pointer().is_err() && log::newest(&self.dir).is_none();
        if looked.damage().is_none() || perhaps_pointer || self.list_whole().is_err() {
            return Ok(());
        }
        let mut packed = looked.packed;
        // A line of a damaged file can be well formed and wrong, and a file counts more.
        for series in packed::SERIES {
            for number in self.loose_numbers(series)? {
                packed.remove(&RefName::new(series, number)?);
            }
        }
        self.pack_onto(packed, true)
    }
}
