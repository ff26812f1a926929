//! Keeping the store small after a write. Nothing here may fail the command that came before it.

use crate::error::Result;
use crate::history::project::Project;
use crate::progress::Progress;
use crate::store::{CompactScope, Compacted};

/// Puts packs together when they have piled up.
pub fn after_write(project: &Project) -> Result<Option<Compacted>> {
    let objects = project.store().objects();
    match objects.needs_compaction()? {
        true => objects.compact(CompactScope::Small, &Progress::default()),
        false => Ok(None),
    }
}
