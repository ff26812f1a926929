//! Bounds of versions that come from elsewhere: the number of entries and the bytes of a tree are
//! computed before anything unpacks it, because a few objects can unpack to more than any disk
//! holds.

use super::record::{SOURCE, STATE};
use crate::error::{Error, Result};
use crate::fs;
use crate::object::{Id, PathLimits, Source, TreeExtents};
use crate::store::ObjectGraph;

/// The files, which every client restores.
const FILES: PathLimits = PathLimits { levels: fs::DEEPEST as u64, path: fs::LONGEST_PATH as u64 };

/// The state holds files once more, below the folder of each primitive that reaches them.
const IN_STATE: PathLimits = PathLimits { levels: FILES.levels + 4, path: FILES.path + 4096 };

/// Counts versions of one agent, which share most of their trees.
#[derive(Debug)]
pub struct Bounds<'a> {
    counted: TreeExtents,
    /// Objects that were counted before.
    graph: &'a ObjectGraph,
}

impl<'a> Bounds<'a> {
    pub fn new(graph: &'a ObjectGraph) -> Bounds<'a> {
        Bounds { counted: TreeExtents::default(), graph }
    }

    /// Refuses a source version or a version whose files or state are more than any project has.
    pub fn check<S: Source + ?Sized>(&mut self, objects: &S, id: &Id) -> Result<()> {
        let tree = objects.tree(id)?;
        for (part, most) in [(SOURCE, FILES), (STATE, IN_STATE)] {
            let part_id = tree.require(part)?;
            let extent = match self.graph.extent(&part_id) {
                Some(extent) => extent,
                None => self.counted.of(objects, &part_id)?,
            };
            if let Some(reason) = extent.exceeds(most) {
                return Err(Error::usage(format!("{part}: {reason}")));
            }
        }
        Ok(())
    }
}
