//! Bounds of versions that come from elsewhere: what they unfold to is counted before anything unfolds them.

use super::record::{SOURCE, STATE};
use crate::error::{Error, Result};
use crate::object::{Extents, Id, Source};

/// Counts versions of one agent, which share most of their trees.
#[derive(Debug, Default)]
pub struct Bounds(Extents);

impl Bounds {
    /// Refuses a source version or a version whose files or state are more than any project has.
    pub fn check<S: Source + ?Sized>(&mut self, objects: &S, what: &str, id: &Id) -> Result<()> {
        let tree = objects.tree(id)?;
        for part in [SOURCE, STATE] {
            self.0
                .check(objects, &tree.require(part)?)
                .map_err(|error| error.context(format!("{part} of {what}")))?;
        }
        Ok(())
    }

    /// The same for those of two series, from v1 on, that are new here.
    pub fn check_all<S: Source + ?Sized>(
        objects: &S,
        source: &[Id],
        versions: &[Id],
        is_new: impl Fn(&Id) -> bool,
    ) -> Result<()> {
        let mut bounds = Bounds::default();
        for (what, series) in [("source version", source), ("version", versions)] {
            for (number, id) in (1u64..).zip(series).filter(|(_, id)| is_new(id)) {
                bounds.check(objects, &format!("{what} v{number}"), id)?;
            }
        }
        Ok(())
    }
}

/// Says whose versions they are, and that nothing came of it.
pub fn refused(what: &str, error: Error) -> Error {
    error.context(format!("{what} is not taken in")).hint("nothing was changed; no project is that large")
}
